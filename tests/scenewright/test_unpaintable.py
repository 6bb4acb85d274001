"""What the image model does not know is said before painting, everywhere a person looks, and never of other models."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from diffusers import StableDiffusionPipeline
from rich.console import Console

from planner.place import place
from planner.read.grammar import read
from planner.scene import Absent, Canvas, Layout, Scene, Thing
from scenewright.api import render, watch
from scenewright.commands.evidence import told_result
from scenewright.commands.live import Live
from scenewright.config import Settings
from scenewright.loop import events
from scenewright.loop.agent import Loop
from scenewright.loop.result import Result
from scenewright.loop.runs import PAGE, RESULT
from scenewright.loop.stages import PaintTask, Unpaintable
from scenewright.planning import PromptPlanner
from scenewright.stack import Stack, open_painter
from tests.grounding.conftest import parts
from tests.scenewright import fakes

DRAGON = "a purple dragon beside a red ball"
STRANGE = Unpaintable(word="griffin", nearest=("bird",), sentence="the <b>griffin</b> is strange; the nearest: bird")
SQUARE = Canvas(width=128, height=128)


def layout(prompt: str) -> Layout:
    return place(read(prompt), seed=0, canvas=SQUARE)


def strange_stack(scene: Scene) -> Stack:
    return Stack(fakes.ScenePlanner(scene), fakes.DrawingPainter(strange=(STRANGE,)), fakes.Oracle())


def test_the_pocket_warns_before_it_paints_and_paints_all_the_same(tmp_path: Path) -> None:
    stack = Stack(PromptPlanner(spare=SQUARE), open_painter("pocket"), None)
    settings = Settings(runs=tmp_path / "runs", steps=2, rounds=1)
    told = list(watch(DRAGON, settings=settings, stack=stack))
    names = [type(event).__name__ for event in told]
    assert names.index("Planned") < names.index("Unknown") < names.index("RoundBegan") < names.index("Stepped")
    words = [word for event in told if isinstance(event, events.Unknown) for word in event.words]
    assert [word.word for word in words] == ["dragon"]
    assert words[0].nearest
    assert all(near in words[0].sentence for near in ("dragon", *words[0].nearest))
    last = told[-1]
    assert isinstance(last, events.Finished)
    assert last.result.unpaintable == tuple(words)
    assert last.result.image.size == (128, 128)


@pytest.mark.parametrize(("prompt", "unknown"), [
    ("a red ball left of a blue box", []),
    ("a chartreuse ball underneath two spotted umbrellas", ["chartreuse"]),
    ("a red ball on the beach, and no dragon", []),
    ("a red ball on a zeppelin, watercolor", ["zeppelin", "watercolor"]),
    ("a blue mug... I mean a blue cup on a table", []),
])
def test_only_what_is_wanted_and_not_known_is_named(prompt: str, unknown: list[str]) -> None:
    assert [word.word for word in open_painter("pocket").unpaintable(layout(prompt))] == unknown


def test_a_layout_without_a_prompt_is_read_as_it_will_be_painted() -> None:
    bare = layout("a dragon").model_copy(update={"scene": Scene(
        things=(Thing(id="d", noun="dragon", phrase="a dragon"),)), "placements": ()})
    assert [word.word for word in open_painter("pocket").unpaintable(bare)] == ["dragon"]


def test_a_word_of_something_absent_is_named_if_something_wanted_has_it_too() -> None:
    scene = Scene(prompt="a dragon without a dragon egg", things=(Thing(id="d", noun="dragon", phrase="a dragon"),),
                  absent=(Absent(noun="dragon egg", phrase="no dragon egg"),))
    assert [word.word for word in open_painter("pocket").unpaintable(Layout(scene=scene))] == ["dragon"]


def test_nothing_is_said_of_a_model_whose_words_nobody_knows(tmp_path: Path) -> None:
    StableDiffusionPipeline(**parts()).save_pretrained(tmp_path / "sd")
    assert open_painter(str(tmp_path / "sd")).unpaintable(layout(DRAGON)) == ()


def test_it_is_told_once_over_all_rounds(scene: Scene, loop: Callable[..., Loop]) -> None:
    told: list[events.Event] = []
    painter = fakes.DrawingPainter(lambda task, index: ("exists:ball",), strange=(STRANGE,))
    loop(painter=painter, tell=told.append).go()
    assert sum(isinstance(event, events.Unknown) for event in told) == 1
    assert len(painter.tasks) == 4


def test_a_word_that_a_new_plan_brings_is_told_too(loop: Callable[..., Loop]) -> None:
    class Learning(fakes.DrawingPainter):
        def unpaintable(self, layout: Layout) -> tuple[Unpaintable, ...]:
            other = Unpaintable(word="hydra", sentence="no hydra")
            return (STRANGE,) if len(self.tasks) < 3 else (STRANGE, other)

    told: list[events.Event] = []
    loop(painter=Learning(lambda task, index: ("exists:ball",)), tell=told.append).go()
    assert [[w.word for w in e.words] for e in told if isinstance(e, events.Unknown)] == [["griffin"], ["hydra"]]


def test_a_finished_or_an_interrupted_run_says_it_again_when_it_is_opened(loop: Callable[..., Loop]) -> None:
    class Power(BaseException):
        """The power goes out."""

    class Doomed(fakes.DrawingPainter):
        def paint(self, task: PaintTask, **options: Any) -> Any:
            raise Power

    with pytest.raises(Power):
        loop(painter=Doomed(strange=(STRANGE,))).go()
    for _ in range(2):
        told: list[events.Event] = []
        loop(painter=fakes.DrawingPainter(strange=(STRANGE,)), tell=told.append).go()
        assert [e.words for e in told if isinstance(e, events.Unknown)] == [(STRANGE,)]


def test_terminal_json_and_page_all_say_it(
        scene: Scene, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    live = Live(console=Console(stderr=True, width=200))
    result = render(scene.prompt, settings=Settings(runs=tmp_path / "runs"), stack=strange_stack(scene),
                    on_event=live.show)
    assert STRANGE.sentence in capsys.readouterr().err
    assert STRANGE.sentence in told_result(result)
    assert json.loads(json.dumps(result.told()))["unpaintable"] == [STRANGE.model_dump(mode="json")]
    page = (result.folder / PAGE).read_text()
    assert "&lt;b&gt;griffin&lt;/b&gt; is strange" in page
    assert "<b>griffin" not in page


def test_a_run_that_was_stored_before_words_were_told_opens_still(scene: Scene, tmp_path: Path) -> None:
    settings = Settings(runs=tmp_path / "runs")
    folder = render(scene.prompt, settings=settings, stack=fakes.stack(scene)).folder
    stored = json.loads((folder / RESULT).read_text())
    del stored["unpaintable"]
    (folder / RESULT).write_text(json.dumps(stored))
    again = render(scene.prompt, settings=settings, stack=fakes.stack(scene))
    assert isinstance(again, Result)
    assert again.unpaintable == ()
    assert json.loads((folder / RESULT).read_text()) == stored
