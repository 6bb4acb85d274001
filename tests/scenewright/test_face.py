"""What a program may import: every name, loaded when first used, sorted; and planning inside LangChain programs."""

from __future__ import annotations

import ast
import doctest
import json
from pathlib import Path
from typing import Any

import pytest
from langchain_core.callbacks import BaseCallbackHandler
from langchain_core.messages import ToolMessage

import scenewright
from planner.errors import NoReply
from scenewright import chains
from tests.planner.fakes import ScriptedModel

ROOT = Path(__file__).resolve().parents[2]
NEEDED = {
    "read", "place", "check", "verdicts", "plan", "draw", "render", "watch", "verify", "load", "dump", "as_runnable",
    "as_tool", "events", "Thing", "Relation", "Group", "Absent", "Lettering", "Placement", "Box", "Canvas", "Scene",
    "Layout", "Settings", "Remedies", "Result", "Report", "ScenewrightError", "BadInput", "PlanError",
    "GroundingError", "RunError"}
REPLY = json.dumps({"things": [{"id": "cat", "noun": "cat", "words": "un chat", "boxes": [[100, 400, 400, 700]]}]})


class Told(BaseCallbackHandler):
    """Counts the requests that it sees."""

    def __init__(self) -> None:
        self.requests = 0

    def on_chat_model_start(self, *args: Any, **options: Any) -> None:
        self.requests += 1


def test_all_that_a_program_needs_can_be_imported() -> None:
    assert set(scenewright.__all__) >= NEEDED
    assert list(scenewright.__all__) == sorted(scenewright.__all__)
    for name in scenewright.__all__:
        found = getattr(scenewright, name)
        assert getattr(found, "__name__", "").rpartition(".")[2] == name


def test_what_type_checkers_see_is_what_is_there() -> None:
    tree = ast.parse((ROOT / "scenewright/__init__.py").read_text())
    (checked,) = (node for node in tree.body if isinstance(node, ast.If))
    imports = [node for node in checked.body if isinstance(node, ast.ImportFrom)]
    seen = {alias.name: node.module for node in imports for alias in node.names}
    assert set(seen) == set(scenewright.__all__)
    assert all(getattr(__import__(home or "", fromlist=[name]), name) is getattr(scenewright, name)
               for name, home in seen.items())


def test_a_scene_can_be_built_by_hand_placed_written_and_read_back() -> None:
    scene = scenewright.Scene(
        things=(scenewright.Thing(id="cat", noun="cat", phrase="a cat"),
                scenewright.Thing(id="dog", noun="dog", phrase="a dog")),
        relations=(scenewright.Relation(kind="left_of", subjects=("cat",), objects=("dog",), words="left of"),))
    layout = scenewright.place(scene, seed=3)
    assert not scenewright.check(layout)
    assert scenewright.load(scenewright.dump(layout)) == layout
    with pytest.raises(scenewright.BadInput):
        scenewright.load("nonsense")


def test_the_examples_of_the_chains_are_true() -> None:
    outcome = doctest.testmod(chains)
    assert outcome.attempted
    assert not outcome.failed


def test_a_chat_model_and_callbacks_can_be_handed_over() -> None:
    told = Told()
    layout = scenewright.plan("un chat", model=ScriptedModel([REPLY]), callbacks=[told])
    assert layout.boxes["cat"].corners == pytest.approx((0.1, 0.4, 0.4, 0.7))
    assert told.requests == 1


def test_a_runnable_tells_its_callers_callbacks_of_the_requests() -> None:
    told = Told()
    runnable = scenewright.as_runnable(model=ScriptedModel([REPLY]))
    assert runnable.invoke("un chat", {"callbacks": [told]}).boxes.keys() == {"cat"}
    assert told.requests == 1


def test_a_tool_answers_in_words_has_the_layout_and_says_what_cannot_be_planned() -> None:
    tool = scenewright.as_tool(planner="grammar")
    call = {"name": tool.name, "args": {"prompt": "a red cat left of a dog"}, "id": "1", "type": "tool_call"}
    answer = tool.invoke(call)
    assert isinstance(answer, ToolMessage)
    assert "the red cat is left of the dog: holds" in answer.content
    assert answer.artifact == scenewright.plan("a red cat left of a dog", planner="grammar")
    assert "cannot be planned" in tool.invoke({"prompt": "a cat left of a dog, the cat is right of the dog"})


def test_a_model_that_was_asked_for_and_fails_is_an_error_unless_the_grammar_may_stand_in(
        monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("planner.read.model.reader.sureness", lambda scene: 0.5)
    for given in ({"planner": "llm"}, {"planner": "llm", "llm_fallback": False}):
        with pytest.raises(NoReply):
            scenewright.plan("a cat", model=ScriptedModel([ValueError("down")]), **given)
    layout = scenewright.plan("a cat", model=ScriptedModel([ValueError("down")]), planner="llm", llm_fallback=True)
    assert any("grammar" in note for note in layout.scene.notes)


def test_plan_and_render_know_the_same_settings() -> None:
    settings = scenewright.Settings(seed=5, canvas="2:1", planner="grammar", rounds=2)
    layout = scenewright.plan("a cat", settings=settings)
    assert layout == scenewright.plan("a cat", seed=5, canvas="2:1", planner="grammar", rounds=2)
    assert (layout.seed, layout.canvas.width) == (5, 2 * layout.canvas.height)
    assert scenewright.plan("a cat", canvas=scenewright.Canvas(width=300, height=200)).canvas.width == 300
    for call in (scenewright.plan, scenewright.read):
        with pytest.raises(scenewright.BadSettings, match="did you mean `canvas`"):
            call("a cat", canvass="2:1")
    for seed in (-1, 2**63):
        with pytest.raises(scenewright.BadSettings, match="seed"):
            scenewright.plan("a cat", seed=seed)
