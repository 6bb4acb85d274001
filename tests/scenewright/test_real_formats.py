"""The whole way with checkpoints in the published formats, loaded from folders by the settings that a user has."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import torch
from diffusers import StableDiffusionPipeline
from PIL import Image

from grounding.errors import ModelMissing, Unsupported
from grounding.settings import How, Incant
from grounding.verify.report import Problem, Report
from planner.scene import Canvas
from scenewright.api import render, verify
from scenewright.commands.cli import command
from scenewright.commands.reproduce import reproduce
from scenewright.commands.shell import run
from scenewright.config import Settings
from scenewright.loop.metadata import recipe_in, with_recipe
from scenewright.loop.painter import SampledPainter
from scenewright.loop.stages import PaintTask
from scenewright.planning import PromptPlanner
from scenewright.stack import open_painter, open_stack, open_verifier
from tests.grounding.backbones.conftest import flux, sd3, sdxl
from tests.grounding.conftest import WORDS, parts, tokenizer
from tests.grounding.verify.tiny import save_clip, save_dino, save_owl, save_siglip

PROMPT = "a red ball left of a blue box"


class Folders(NamedTuple):
    """Where the tiny checkpoints lie."""

    painter: Path
    owl: Path
    dino: Path
    clip: Path
    siglip: Path


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> Folders:
    """A tiny checkpoint of each kind."""
    root = tmp_path_factory.mktemp("checkpoints")
    StableDiffusionPipeline(**parts()).save_pretrained(root / "sd")
    return Folders(root / "sd", save_owl(root / "owl", 2), save_dino(root / "dino"), save_clip(root / "clip"),
                   save_siglip(root / "siglip"))


@pytest.fixture
def settings(folders: Folders, tmp_path: Path) -> Callable[..., Settings]:
    """Settings that name the tiny checkpoints; arguments replace some."""
    def make(**more: Any) -> Settings:
        named = {"image_model": str(folders.painter), "detector": str(folders.owl), "scorer": str(folders.clip),
                 "runs": tmp_path / "runs", "steps": 3, "rounds": 2}
        return Settings(**{**named, **more})
    return make


@pytest.mark.parametrize(("detector", "scorer"), [("owl", "clip"), ("dino", "siglip")])
def test_a_prompt_goes_through_the_whole_loop(settings: Any, folders: Folders, detector: str, scorer: str) -> None:
    chosen = settings(detector=str(getattr(folders, detector)), scorer=str(getattr(folders, scorer)))
    result = render(PROMPT, settings=chosen)
    assert result.image.size == (128, 128)
    assert result.report is not None
    assert len(result.report.findings) >= 7
    assert result.receipt.cost.forward_equivalents >= result.receipt.how.plain_passes == 6
    assert result.cost >= 1
    assert 1 <= result.rounds <= 2


def test_the_same_request_paints_the_same_file_and_its_recipe_paints_it_again(settings: Any, tmp_path: Path) -> None:
    first = render(PROMPT, settings=settings(rounds=1))
    second = render(PROMPT, settings=settings(rounds=1, runs=tmp_path / "other"))
    assert first.picture.read_bytes() == second.picture.read_bytes()
    again = reproduce(first.picture, open_painter(settings().image_model))
    assert again.same_bytes
    assert again.sentence == "the same bytes came out"


def test_a_picture_of_a_batch_is_reproduced_with_its_batch(settings: Any) -> None:
    result = render(PROMPT, settings=settings(rounds=1, candidates=3))
    assert len(recipe_in(result.picture).task.seeds) == 3
    assert reproduce(result.picture, open_painter(settings().image_model)).same_bytes


def test_another_version_or_model_is_named_when_other_pixels_come_out(settings: Any, tmp_path: Path) -> None:
    result = render(PROMPT, settings=settings(rounds=1))
    recipe = recipe_in(result.picture)
    old = recipe.model_copy(update={"versions": {**recipe.versions, "torch": "1.0"}, "painter": "elsewhere@0",
                                    "task": recipe.task.model_copy(update={"seeds": (9,)})})
    odd = tmp_path / "odd.png"
    odd.write_bytes(with_recipe(result.image, old))
    told = reproduce(odd, open_painter(settings().image_model))
    assert not told.same_bytes
    assert "another picture came out" in told.sentence
    assert "torch was 1.0, here it is" in told.sentence
    assert "painted by elsewhere@0" in told.sentence


@pytest.mark.parametrize("role", ["detector", "scorer", "second_detector", "second_scorer"])
def test_a_judge_that_is_named_and_not_there_is_an_error_before_anything_is_painted(
        settings: Any, tmp_path: Path, role: str) -> None:
    wrong = settings(**{role: "nowhere"})
    with pytest.raises(ModelMissing, match=rf"`nowhere` for the {role.replace('_', ' ')}"):
        render(PROMPT, settings=wrong)
    assert not wrong.runs.exists()
    with pytest.raises(ModelMissing, match="nowhere"):
        verify(Image.new("RGB", (8, 8)), PROMPT, settings=wrong)
    found = {f["what"]: f for f in json.loads(told_by("models", f"{role}=nowhere"))["chosen"]}
    assert not found[role.replace("_", " ")]["well"]


def told_by(name: str, assignment: str) -> str:
    stream = StringIO()
    with redirect_stdout(stream):
        run(lambda: command([name, "--json", "--set", assignment]))
    return stream.getvalue()


def test_one_judge_that_is_done_without_leaves_the_other_at_work(settings: Any) -> None:
    for name in ("detector", "scorer"):
        report = render(PROMPT, settings=settings(rounds=1, **{name: "none"})).report
        assert report is not None
        assert (report.detector is None, report.scorer is None) == (name == "detector", name == "scorer")


def test_without_any_judge_the_picture_is_painted_and_said_to_be_unchecked(settings: Any) -> None:
    blind = settings(detector="none", scorer="none")
    result = render(PROMPT, settings=blind)
    assert result.outcome.ended == "unchecked"
    with pytest.raises(ModelMissing, match="cannot be verified here"):
        verify(result.picture, PROMPT, settings=blind)


def test_an_image_model_that_is_missing_is_told_with_what_to_do(settings: Any, tmp_path: Path) -> None:
    with pytest.raises(ModelMissing, match=r"there is no folder.*`pocket`"):
        render(PROMPT, settings=settings(image_model=str(tmp_path / "nowhere")))
    with pytest.raises(ModelMissing, match=r"hf download nobody/nothing"):
        render(PROMPT, settings=settings(image_model="nobody/nothing"))


def test_a_canvas_of_another_ratio_is_painted_in_that_ratio(settings: Any) -> None:
    image = render(PROMPT, settings=settings(rounds=1, canvas="2:1")).image
    assert image.width / image.height == pytest.approx(2, rel=0.2)


def test_verifying_a_picture_needs_no_image_model(settings: Any, folders: Folders, tmp_path: Path) -> None:
    picture = render(PROMPT, settings=settings(rounds=1)).picture
    report = verify(picture, PROMPT, settings=settings(image_model="nowhere"))
    assert {f.claim.kind for f in report.findings} >= {"exists", "count", "attribute", "relation"}


def test_models_stay_loaded_between_calls(settings: Any) -> None:
    assert open_stack(settings()).painter is open_stack(settings(seed=3)).painter
    assert open_verifier(settings()) is open_verifier(settings(seed=3))


def test_more_guidance_is_another_picture_and_none_is_cheapest(settings: Any) -> None:
    plain = render(PROMPT, settings=settings(rounds=1, strength=0.0))
    guided = render(PROMPT, settings=settings(rounds=1, strength=3.0))
    assert plain.image.tobytes() != guided.image.tobytes()
    assert plain.cost == 1
    assert guided.cost >= plain.cost


def test_replanning_gives_what_was_missing_more_room() -> None:
    planner = PromptPlanner(spare=Canvas(width=128, height=128))
    layout = planner.plan(PROMPT, seed=0, calls=0).layout
    ball = layout.scene.things[0].id
    missing = Report(canvas=layout.canvas, problems=(Problem(kind="missing", sentence="no ball", things=(ball,)),))
    again = planner.replan(layout, missing, seed=1, calls=0).layout
    assert again.boxes[ball].area > 1.2 * layout.boxes[ball].area
    assert planner.replan(layout, None, seed=1, calls=0).layout.scene == layout.scene


def call(capsys: pytest.CaptureFixture[str], *args: object) -> tuple[int, str, str]:
    code = run(lambda: command([str(arg) for arg in args]))
    return code, *capsys.readouterr()


def test_every_command_works_on_a_real_checkpoint(
        settings: Any, folders: Folders, tmp_path: Path, capsys: pytest.CaptureFixture[str],
        monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("image_model", "detector", "scorer", "runs"):
        monkeypatch.setenv(f"SCENEWRIGHT_{name.upper()}", str(getattr(settings(), name)))
    out, page = tmp_path / "p.png", tmp_path / "p.html"
    code, told, _ = call(capsys, "render", PROMPT, "--steps", 3, "--rounds", 1, "--out", out, "--report", page,
                         "--preview", tmp_path / "preview.png", "--json")
    found = json.loads(told)
    assert code == (0 if found["verified"] else 3)
    assert found["claims"]
    assert out.read_bytes() == Path(found["picture"]).read_bytes()
    assert page.read_text().startswith("<!doctype html>")
    assert (tmp_path / "preview.png").exists()
    code, told, _ = call(capsys, "reproduce", out, "--json")
    assert (code, json.loads(told)["same_bytes"]) == (0, True)
    code, told, _ = call(capsys, "verify", out, PROMPT, "--draw", tmp_path / "evidence.png", "--json")
    assert code in (0, 3)
    assert json.loads(told)["findings"]
    assert (tmp_path / "evidence.png").exists()
    code, told, _ = call(capsys, "runs", "--json")
    assert (code, [r["prompt"] for r in json.loads(told)]) == (0, [PROMPT])
    code, told, _ = call(capsys, "models", "--json")
    assert (code, [f["well"] for f in json.loads(told)["chosen"]]) == (0, [True] * 3)
    code, told, _ = call(capsys, "doctor", "--json")
    assert (code, [f["what"] for f in json.loads(told) if not f["well"]]) == (0, [])
    code, told, _ = call(capsys, "calibrate", "--pictures", 20, "--out", tmp_path / "t.json", "--json")
    assert code == 0
    monkeypatch.setenv("SCENEWRIGHT_THRESHOLDS", str(tmp_path / "t.json"))
    assert call(capsys, "verify", out, PROMPT)[0] in (0, 3)


@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")
@pytest.mark.parametrize("build", [sdxl, sd3, flux], ids=lambda build: build.__name__)
def test_other_families_are_a_setting_away(settings: Any, tmp_path: Path, build: Any) -> None:
    torch.manual_seed(0)
    second = tokenizer()
    second.pad_token = "!"
    build(tokenizer(), second, list(WORDS)).save_pretrained(tmp_path / "model")
    result = render(PROMPT, settings=settings(image_model=str(tmp_path / "model"), rounds=1, steps=2, canvas="1:1"))
    assert result.report is not None
    assert result.receipt.scheduler
    assert reproduce(result.picture, open_painter(str(tmp_path / "model"))).same_bytes


class Cramped:
    """A sampler for which a batch is too much, or even one picture."""

    def __init__(self, inner: Any, most: int, error: BaseException) -> None:
        self.inner, self.most, self.error = inner, most, error
        self.backbone = inner.backbone
        self.asked: list[int] = []

    def paint(self, layouts: Any, how: How, **options: Any) -> Any:
        self.asked.append(len(layouts))
        if len(layouts) > self.most:
            raise self.error
        return self.inner.paint(layouts, how, **options)


@pytest.mark.parametrize("error", [
    torch.OutOfMemoryError("CUDA out of memory"), RuntimeError("CUDNN_STATUS_ALLOC_FAILED"), MemoryError()])
def test_a_batch_that_does_not_fit_is_painted_one_by_one_and_one_that_does_not_fit_is_told(
        settings: Any, error: BaseException) -> None:
    painter = open_painter(settings().image_model)
    layout = PromptPlanner(spare=Canvas(width=128, height=128)).plan(PROMPT, seed=0, calls=0).layout
    task = PaintTask(layout=layout, seeds=(1, 2), how=painter.usual.asked(steps=2))

    def paint(most: int) -> Any:
        cramped: Any = Cramped(painter.painter, most, error)
        small = SampledPainter(cramped, "small", painter.usual)
        return small.paint(task, on_step=lambda step: None, cancel=lambda: False), cramped.asked

    pictures, asked = paint(1)
    assert (len(pictures), asked) == (2, [2, 1, 1])
    with pytest.raises(Unsupported, match="not enough memory"):
        paint(0)
    pictures, asked = paint(2)
    assert (len(pictures), asked) == (2, [2])


def test_tokens_can_be_learned_for_a_picture_and_are_learned_the_same_again(settings: Any) -> None:
    painter = open_painter(settings().image_model)
    layout = PromptPlanner(spare=Canvas(width=128, height=128)).plan(PROMPT, seed=0, calls=0).layout
    how = painter.usual.asked(steps=2)
    task = PaintTask(layout=layout, seeds=(1,), how=how.but(tokens=Incant(iterations=2, checks=1)))

    def paint(task: PaintTask) -> Any:
        return painter.paint(task, on_step=lambda step: None, cancel=lambda: False)[0]

    learned, again = paint(task), paint(task)
    assert "tokens" in painter.can
    assert learned.receipt.learned
    assert learned.image.tobytes() == again.image.tobytes()
    plain = paint(task.model_copy(update={"how": how}))
    assert learned.receipt.cost.forward_equivalents > 2 * plain.receipt.cost.forward_equivalents
