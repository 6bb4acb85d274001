"""How much the solver and the check do at most, counted and not timed, and what is tried before anything is refused."""

import pytest

from planner.check import check
from planner.errors import Conflict
from planner.geometry import Frame
from planner.overlap import allowed_pairs
from planner.place import place, solve
from planner.place.conflicts import minimal_set
from planner.place.settle import Board, Work
from planner.place.task import MOST_WORK
from planner.place.trial import Trial
from planner.read.grammar import read
from planner.relations.aim import Aim
from planner.scene import Box, Canvas, Group, Layout, Placement, Relation, Scene, Thing
from tests.planner.scenes import NOUNS, thing

HUNDRED = tuple(thing(f"t{i}", NOUNS[i % len(NOUNS)]) for i in range(100))


def counted(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The work that is done from now on, added up as it is spent."""
    spent = [0]
    spend = Work.spend

    def counting(self: Work, units: int) -> bool:
        spent[0] += units
        return spend(self, units)

    monkeypatch.setattr(Work, "spend", counting)
    return spent


def chain(n: int) -> Scene:
    return Scene(things=HUNDRED[:n], relations=tuple(
        Relation(kind="left_of", subjects=(f"t{i}",), objects=(f"t{i + 1}",)) for i in range(n - 1)))


def test_the_work_for_one_scene_is_three_quarters_of_a_million_inequalities() -> None:
    assert MOST_WORK == 700_000


@pytest.mark.parametrize("box", [Box.of(0.4, 0.4, 0.6, 0.6), Box.of(0, 0, 1, 1)])
def test_a_hundred_things_given_one_box_are_parted_within_the_work_of_two_scenes(
        box: Box, monkeypatch: pytest.MonkeyPatch) -> None:
    spent = counted(monkeypatch)
    scene = Scene(things=HUNDRED)
    assert check(place(scene, {t.id: box for t in HUNDRED})) == []
    assert spent[0] < 1_500_000


@pytest.mark.parametrize("n", [40, 100])
def test_a_chain_that_is_too_long_is_refused_within_the_work_of_two_scenes(
        n: int, monkeypatch: pytest.MonkeyPatch) -> None:
    spent = counted(monkeypatch)
    with pytest.raises(Conflict):
        place(chain(n))
    assert spent[0] < 1_500_000


def test_work_that_is_used_up_is_refused_whatever_is_asked_next() -> None:
    work = Work(10)
    assert [work.spend(4), work.spend(4), work.spend(4), work.spend(0)] == [True, True, False, False]


def test_settling_stops_where_the_work_ends() -> None:
    board = Board(Frame(1, 1), [(0.1, 0.1)] * 2, [0, 1], [(0.0, 0.0)] * 2, [1.0, 1.0])
    board.x, board.y = [0.5, 0.5], [0.5, 0.5]
    assert not board.settle([Aim(0, 1, 1.0, 0.0, 0.3)], (), 0.0, 50, Work(3))
    assert board.settle([Aim(0, 1, 1.0, 0.0, 0.3)], (), 0.0, 50, Work(1000))


def test_things_are_kept_apart_by_four_tenths_of_their_smallest_side_at_most() -> None:
    board = Board(Frame(3, 3), [(0.1, 0.1), (0.3, 0.2)], [0, 1], [(0.0, 0.0)] * 2, [1.0, 1.0])
    board.x, board.y = [1.5, 1.51], [1.5, 1.5]
    assert board.settle((), [(0, 1)], 1.0, 50, Work(10_000))
    across, down = abs(board.x[0] - board.x[1]), abs(board.y[0] - board.y[1])
    assert max(across - 0.2, down - 0.15) == pytest.approx(0.04, abs=1e-3)


def test_watching_only_what_is_close_parts_a_crowd_as_looking_at_all_of_it_does() -> None:
    n = 30
    board = Board(Frame(4, 4), [(0.2, 0.2)] * n, range(n), [(0.0, 0.0)] * n, [1.0] * n)
    board.x, board.y = [2 + 0.01 * (k % 6) for k in range(n)], [2 + 0.013 * (k // 6) for k in range(n)]
    pairs = [(i, j) for j in range(n) for i in range(j)]
    assert len(pairs) > 200
    assert board.settle((), pairs, 0.0, 500, Work(10 ** 7))
    assert all(max(abs(board.x[i] - board.x[j]), abs(board.y[i] - board.y[j])) > 0.2 - 2e-3 for i, j in pairs)


def test_three_more_attempts_are_spent_on_breathing_room(monkeypatch: pytest.MonkeyPatch) -> None:
    attempts: list[int] = []

    class Tight(Trial):
        def run(self) -> bool:
            attempts.append(self.attempt)
            holds = super().run()
            self.settled = False
            return holds

    monkeypatch.setattr(solve, "Trial", Tight)
    place(Scene(things=(thing("a", "cat"),)))
    assert attempts == [0, 1, 2, 3]


def crowd(n: int) -> Layout:
    things = tuple(thing(f"t{i}", "cat") for i in range(n))
    return Layout(scene=Scene(things=things), placements=tuple(
        Placement(thing=t.id, box=Box.of(0.4, 0.4, 0.6, 0.6)) for t in things))


@pytest.mark.parametrize(("n", "told"), [(2, 1), (10, 45), (200, 101)])
def test_the_first_hundred_overlaps_are_told_and_that_there_are_more(n: int, told: int) -> None:
    found = check(crowd(n))
    assert len(found) == told
    assert ("check again for more" in found[-1].sentence) == (told > 100)


def test_the_first_hundred_broken_claims_are_told_and_how_many_more_there_are() -> None:
    things = tuple(thing(f"t{i}", "cat") for i in range(24))
    ids = tuple(t.id for t in things)
    relation = Relation(kind="left_of", subjects=ids[:12], objects=ids[12:])
    layout = Layout(scene=Scene(things=things, relations=(relation,)), placements=tuple(
        Placement(thing=t.id, box=Box.of(0.9 - 0.035 * i, 0.5, 0.93 - 0.035 * i, 0.6)) for i, t in enumerate(things)))
    found = [v for v in check(layout) if v.kind == "claim"]
    assert len(found) == 101
    assert found[-1].sentence == "44 more claims do not hold on the boxes"


def test_a_thing_has_at_most_sixty_four_attributes() -> None:
    words = tuple(f"w{i}" for i in range(65))
    assert len(Thing(id="a", noun="cat", phrase="cat", attributes=words[:64]).attributes) == 64
    with pytest.raises(ValueError, match="at most 64"):
        Thing(id="a", noun="cat", phrase="cat", attributes=words)


@pytest.mark.parametrize("clash", [{3}, {0, 7}, {1, 2, 6}, set(range(8))])
def test_a_minimal_set_is_exactly_what_clashes(clash: set[int]) -> None:
    claims = list(range(8))
    assert set(minimal_set(claims, lambda some: not clash <= set(some))) == clash  # type: ignore[arg-type]


@pytest.mark.parametrize("prompt", [
    "a man holds a kite, the kite is above the man",
    "a man holds a kite, the kite is below the man",
    "a man holds a kite, the kite is to the left of the man",
    "a man holds a kite, the kite is next to the man",
])
def test_what_is_held_can_be_beside_who_holds_it(prompt: str) -> None:
    for seed in range(5):
        assert check(place(read(prompt), seed=seed)) == []


def test_what_goes_along_goes_along_however_far_the_chain_reaches() -> None:
    things = (thing("horse", "horse"), thing("man", "man"), thing("hat", "hat"),
              thing("badge", "badge").model_copy(update={"part_of": "hat"}),
              thing("gem", "gem").model_copy(update={"part_of": "badge"}))
    scene = Scene(things=things, relations=(Relation(kind="riding", subjects=("man",), objects=("horse",)),
                                            Relation(kind="wearing", subjects=("man",), objects=("hat",))))
    allowed = allowed_pairs(scene)
    assert {frozenset(pair) for pair in (("gem", "horse"), ("badge", "horse"), ("gem", "man"))} <= allowed


def test_a_hundred_people_have_places_and_a_crowd_that_finds_none_is_refused_as_a_crowd() -> None:
    things = tuple(Thing(id=f"t{i}", noun="person", phrase="a person", group="g") for i in range(100))
    scene = Scene(things=things, groups=(Group(id="g", words="a hundred", at_least=100, at_most=100),))
    assert check(place(scene)) == []
    with pytest.raises(Conflict, match="there are 100 things"):
        place(scene, canvas=Canvas(width=100, height=1000))
