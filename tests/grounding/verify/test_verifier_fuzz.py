"""Whatever the scene and whatever the judges see, there is a whole report that says no more than was seen."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from grounding.verify.picture import draw
from grounding.verify.report import Report
from grounding.verify.thresholds import Cut, Thresholds
from grounding.verify.uninvited import ALONE
from grounding.verify.verify import Verifier
from planner.claims import claims_of
from planner.relations import TABLE
from planner.scene import Absent, Box, Canvas, Group, Layout, Lettering, Placement, Relation, Scene, Thing
from tests.grounding.verify.oracle import Scripted, Seen

NOUNS = ("cat", "dog", "stop sign")
WORDS = ("red", "blue", "small", "large", "striped", "ticklish", "medium")
side = st.floats(0.02, 0.6)
boxes = st.builds(lambda x, y, w, h: Box.of(x, y, x + w, y + h), st.floats(0, 0.9), st.floats(0, 0.9), side, side)


@st.composite
def scenes(draw: st.DrawFn) -> Scene:
    nouns = draw(st.lists(st.sampled_from(NOUNS), min_size=1, max_size=5))
    things = tuple(Thing(id=f"t{k}", noun=noun, phrase=f"a {noun}", attributes=tuple(draw(
        st.lists(st.sampled_from(WORDS), max_size=2, unique=True))),
        part_of="t0" if k and draw(st.integers(0, 5)) == 0 else None,
        group="g" if k < 2 and nouns[:2] == ["cat", "cat"] else None) for k, noun in enumerate(nouns))
    groups = (Group(id="g", words="cats", at_least=2, at_most=draw(st.sampled_from([2, None]))),
              ) if any(t.group for t in things) else ()
    ids = [t.id for t in things]
    relations = tuple(r for r in (draw(_relation(ids)) for _ in range(draw(st.integers(0, 4)))) if r)
    return Scene(prompt=draw(st.sampled_from(["", "some cats"])), things=things, groups=groups, relations=relations,
                 absent=tuple(Absent(noun=n, phrase=f"{w} {n}s".strip()) for n, w in draw(st.lists(
                     st.tuples(st.sampled_from((*NOUNS, "car")), st.sampled_from(("", "red", "small"))), max_size=2))),
                 background=draw(st.sampled_from(["", "a forest", "on the moon"])),
                 style=draw(st.sampled_from([(), ("cartoon",), ("baroque style", "photo")])),
                 lettering=(Lettering(content="STOP", host="t0"),) if draw(st.booleans()) else ())


def _relation(ids: list[str]) -> st.SearchStrategy[Relation | None]:
    def build(kind: str, order: list[str], cut: int, negated: bool) -> Relation | None:
        arity = TABLE[kind].arity
        if arity in ("alone", "arrangement"):
            return Relation(kind=kind, subjects=tuple(order), negated=negated)
        if len(order) < 2:
            return None
        cut = 1 if arity == "ring" else 1 + cut % (len(order) - 1)
        return Relation(kind=kind, subjects=tuple(order[:cut]), objects=tuple(order[cut:]), negated=negated,
                        words="chasing" if kind == "other" else "")

    return st.builds(build, st.sampled_from(list(TABLE)), st.permutations(ids), st.integers(0, 10), st.booleans())


asked = st.sampled_from((*NOUNS, "car", "red cat", "blue cat"))
sights = st.lists(st.tuples(asked, boxes, st.floats(0, 1)), max_size=8)
tables = st.dictionaries(st.sampled_from(("red", "blue", "forest", "cartoon", "city")), st.floats(-20, 20), max_size=3)


@settings(max_examples=150, deadline=None)
@given(scenes(), sights, st.none() | tables, st.lists(boxes, max_size=5), st.booleans())
def test_there_is_always_a_whole_and_modest_report(scene: Scene, seen: list[tuple[str, Box, float]],
                                                   table: dict[str, float] | None, planned: list[Box],
                                                   eyes: bool) -> None:
    placements = tuple(Placement(thing=t.id, box=b) for t, b in zip(scene.things, planned, strict=False))
    layout = Layout(scene=scene, canvas=Canvas(width=60, height=40), placements=placements)
    verifier = Verifier(Seen(*seen) if eyes else None, None if table is None else Scripted(table),
                        Thresholds(noun=Cut(at=0.3)), bystanders=("car",))
    image = Image.new("RGB", (60, 40), (90, 120, 60))
    report = verifier.verify(image, layout)
    assert tuple(f.claim for f in report.findings if f.claim != ALONE) == claims_of(scene)
    assert ({f.claim for f in report.findings} >= {ALONE}) == (eyes and bool(scene.things))
    assert Report.model_validate_json(report.model_dump_json()) == report
    used = [m.seen for m in report.matches if m.seen]
    assert len({(s.query, s.box, s.score) for s in used}) == len(used)
    assert all(s.score >= 0.3 for s in used)
    bright = {noun for noun, _, score in seen if score >= 0.3} if eyes else set()
    for finding in report.holding:
        assert finding.claim.kind != "exists" or finding.claim.noun in bright
        assert finding.claim.kind not in ("background", "style") or table is not None
    named = {id for problem in report.problems for id in problem.claims}
    assert named <= {f.claim.id for f in (*report.failing, *report.doubtful)}
    assert report.passed <= (not (report.failing or report.doubtful))
    assert all((f.doubt is None) == (f.ruling != "cannot tell") or f.doubt is None for f in report.findings)
    assert draw(image, report).height > 0
