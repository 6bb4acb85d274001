"""Painting as a whole: the stock pipeline's picture, the same bytes again, batches, receipts, refusals."""

from __future__ import annotations

from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from diffusers import (
    DPMSolverMultistepScheduler,
    EulerAncestralDiscreteScheduler,
    EulerDiscreteScheduler,
    HeunDiscreteScheduler,
    PNDMScheduler,
    UniPCMultistepScheduler,
)
from PIL import Image
from pydantic import ValidationError

from grounding.backbones.stable_diffusion import StableDiffusion
from grounding.errors import AttemptFailed, BadRequest, Cancelled
from grounding.guide.bind import Bind
from grounding.guide.refocus import Refocus, profile_of
from grounding.job import fitted
from grounding.painter import Painter, Start
from grounding.rendering import Step
from grounding.sampler import draw_noise
from grounding.settings import How, Incant, Mend
from planner.scene import Absent, Box, Canvas, Layout, Placement, Scene, Thing

pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")
"""Some schedulers of diffusers use NumPy's old array protocol."""

RED = Thing(id="r", noun="ball", phrase="a red ball", attributes=("red",))
CATS = tuple(Thing(id=f"c{i}", noun="cat", phrase="two cats") for i in range(2))


def layout(prompt: str = "a red ball left of two cats", **canvas: int) -> Layout:
    boxes = {"r": (0.05, 0.2, 0.4, 0.8), "c0": (0.5, 0.1, 0.7, 0.5), "c1": (0.75, 0.5, 0.97, 0.95)}
    placements = tuple(Placement(thing=id, box=Box.of(*corners)) for id, corners in boxes.items())
    return Layout(scene=Scene(prompt=prompt, things=(RED, *CATS)), placements=placements, canvas=Canvas(**canvas))


def same(a: Image.Image, b: Image.Image) -> bool:
    return a.size == b.size and a.tobytes() == b.tobytes()


def close(a: Image.Image, b: Image.Image) -> bool:
    return bool(np.abs(np.asarray(a, float) - np.asarray(b, float)).max() <= 1)


@pytest.mark.parametrize("kind", [
    None, PNDMScheduler, DPMSolverMultistepScheduler, EulerDiscreteScheduler, UniPCMultistepScheduler,
    HeunDiscreteScheduler])
def test_plain_painting_is_the_stock_pipelines_picture(backbone: StableDiffusion, kind: type[Any] | None) -> None:
    mine = Painter(backbone, kind).paint(layout(), How(steps=6, guidance_scale=4.0), seed=5)[0]
    pipe = backbone.pipe
    pipe.scheduler = (kind or type(pipe.scheduler)).from_config(pipe.scheduler.config)
    latents, _ = draw_noise(backbone.shape(128, 128), [5])
    pipe.set_progress_bar_config(disable=True)
    theirs = pipe("a red ball left of two cats", negative_prompt="", latents=latents, num_inference_steps=6,
                  guidance_scale=4.0).images[0]
    assert same(mine.image, theirs)


def test_v_prediction_is_the_stock_pipelines_picture(checkpoint: Callable[..., Path]) -> None:
    model = StableDiffusion.load(checkpoint(prediction="v_prediction"))
    mine = Painter(model).paint(layout(), How(steps=4), seed=1)[0]
    latents, _ = draw_noise(model.shape(128, 128), [1])
    model.pipe.set_progress_bar_config(disable=True)
    theirs = model.pipe("a red ball left of two cats", latents=latents, num_inference_steps=4, guidance_scale=7.5)
    assert same(mine.image, theirs.images[0])


@pytest.mark.parametrize("options", [
    {}, {"watch": False}, {"refocus": Refocus(scale=0.0)}, {"refocus": Refocus(scale=0.0, profile="head")},
    {"bind": Bind(until=0.0)}, {"refocus": Refocus(weak=0.0)}])
def test_guidance_that_does_nothing_changes_no_bit(backbone: StableDiffusion, options: dict[str, Any]) -> None:
    bare = Painter(backbone).paint(layout(), How(steps=4, watch=False), seed=3)[0]
    assert same(Painter(backbone).paint(layout(), How(steps=4, **options), seed=3)[0].image, bare.image)


@pytest.mark.parametrize("options", [
    {"refocus": Refocus(weak=1.0)}, {"refocus": Refocus(profile="head")}, {"refocus": Refocus(profile="paper")},
    {"bind": Bind()}, {"bind": Bind(), "refocus": Refocus(weak_bound=1.0)}])
def test_guidance_acts_repeats_itself_and_leaves_no_trace(backbone: StableDiffusion, options: dict[str, Any]) -> None:
    painter = Painter(backbone)
    bare = painter.paint(layout(), How(steps=5), seed=3)[0].image
    guided, again = (painter.paint(layout(), How(steps=5, **options), seed=3)[0].image for _ in range(2))
    assert same(guided, again)
    assert not same(guided, bare)
    assert same(painter.paint(layout(), How(steps=5), seed=3)[0].image, bare)


def test_a_batch_of_different_layouts_paints_what_each_would_be_alone(backbone: StableDiffusion) -> None:
    placements = (Placement(thing="c0", box=Box.of(0, 0, 1, 0.5)),)
    other = Layout(scene=Scene(prompt="two cats", things=CATS), placements=placements)
    many, seeds = [layout(), other, Layout(scene=Scene(prompt="a dog"))], [1, 2, 3]
    options: dict[str, Any] = {"steps": 4, "bind": Bind(), "refocus": Refocus(weak_bound=1.0)}
    together = Painter(backbone).paint(many, How(**options), seed=seeds)
    for one, seed, found in zip(many, seeds, together, strict=True):
        assert close(Painter(backbone).paint(one, How(**options), seed=seed)[0].image, found.image)
        assert found.receipt.seed == seed


def test_canvases_of_different_shapes_are_painted_in_one_call(backbone: StableDiffusion) -> None:
    wide, square = layout(width=1600, height=900), layout()
    first, second, third = Painter(backbone).paint([wide, square, wide], How(steps=2, bind=Bind()), seed=[1, 2, 3])
    assert first.image.size == third.image.size == (176, 96)
    assert second.image.size == (128, 128)
    assert (first.receipt.batch, second.receipt.batch) == (2, 1)


def test_a_stochastic_scheduler_draws_its_noise_per_picture(backbone: StableDiffusion) -> None:
    painter = Painter(backbone, EulerAncestralDiscreteScheduler)
    alone = painter.paint(layout(), How(steps=4), seed=2)[0]
    assert close(painter.paint([layout("a dog"), layout()], How(steps=4), seed=[1, 2])[1].image, alone.image)
    assert same(painter.paint(layout(), How(steps=4), seed=2)[0].image, alone.image)


def test_the_receipt_says_what_was_done_and_what_it_cost(backbone: StableDiffusion) -> None:
    refocus = Refocus(weak=1.0, weak_bound=1.0, until=0.3, updates=2)
    bound = Painter(backbone).paint(layout(), How(steps=10, refocus=refocus, bind=Bind()), seed=7)[0].receipt
    assert (bound.cost.full, bound.cost.truncated, bound.cost.backward) == (20, 4, 4)
    found = Painter(backbone).paint(layout(), How(steps=10, refocus=refocus), seed=7)[0].receipt
    assert (found.cost.full, found.cost.truncated, found.cost.backward) == (20, 8, 8)
    assert 0.5 < found.cost.share < 1
    assert found.cost.forward_equivalents == pytest.approx(20 + 16 * found.cost.share)
    assert [a.thing for a in found.attention] == ["r", "c0", "c1"]
    assert all(0 <= a.before <= 1 and 0 <= a.after <= 1 for a in found.attention)
    assert found.weak == tuple(a.thing for a in found.attention if a.after < 0.9)
    assert found.prompt == "a red ball left of two cats"
    assert type(found).model_validate_json(found.model_dump_json()) == found


def test_plain_painting_costs_two_passes_a_step_and_one_without_guidance(backbone: StableDiffusion) -> None:
    assert Painter(backbone).paint(layout(), How(steps=3))[0].receipt.cost.forward_equivalents == 6
    assert Painter(backbone).paint(layout(), How(steps=3, guidance_scale=1.0))[0].receipt.cost.forward_equivalents == 3


def test_words_that_were_appended_and_what_must_be_absent_reach_the_model(backbone: StableDiffusion) -> None:
    scene = Scene(prompt="a dog", things=(RED,), absent=(Absent(noun="cat", phrase="no cats"),))
    one = Layout(scene=scene, placements=(Placement(thing="r", box=Box.of(0, 0, 0.5, 0.5)),))
    found = Painter(backbone).paint(one, How(steps=1, negative="blue"))[0].receipt
    assert found.prompt == "a dog, a red ball"
    assert found.negative == "blue, cat"
    assert "appended" in found.notes[0]


def test_each_step_is_told_with_attention_and_a_preview(backbone: StableDiffusion) -> None:
    heard: list[Step] = []
    final = Painter(backbone).paint([layout(), layout("a cat")], How(steps=5), seed=1, on_step=heard.append)
    assert [(s.index, s.total) for s in heard] == [(i, 5) for i in range(5)]
    assert set(heard[0].attention[0]) == {"r", "c0", "c1"}
    assert len(heard[0].preview()) == 2
    assert all(close(a, b.image) for a, b in zip(heard[-1].preview(), final, strict=True))


@pytest.mark.parametrize("options", [{}, {"bind": Bind(), "refocus": Refocus(weak_bound=1.0)}])
def test_a_cancelled_run_stops_between_steps_and_leaves_the_model_as_it_was(
        backbone: StableDiffusion, options: dict[str, Any]) -> None:
    painter, calls, before = Painter(backbone), count(), dict(backbone.unet.attn_processors)
    bare = painter.paint(layout(), How(steps=3))[0].image
    with pytest.raises(Cancelled, match="before step 3 of 5"):
        painter.paint(layout(), How(steps=5, **options), cancel=lambda: next(calls) == 2)
    assert all(backbone.unet.attn_processors[n] is p for n, p in before.items())
    assert same(painter.paint(layout(), How(steps=3))[0].image, bare)


def test_an_error_in_a_callback_leaves_the_model_as_it_was(backbone: StableDiffusion) -> None:
    painter, before = Painter(backbone), dict(backbone.unet.attn_processors)
    bare = painter.paint(layout(), How(steps=3))[0].image

    def fail(step: Step) -> None:
        raise KeyError("as planned")

    with pytest.raises(KeyError):
        painter.paint(layout(), How(steps=3, bind=Bind(), refocus=Refocus(weak_bound=1.0)), on_step=fail)
    assert all(backbone.unet.attn_processors[n] is p for n, p in before.items())
    assert same(painter.paint(layout(), How(steps=3))[0].image, bare)


@pytest.mark.parametrize("kind", [None, EulerDiscreteScheduler, HeunDiscreteScheduler])
def test_a_trajectory_starts_in_the_noise_ends_in_the_picture_and_can_be_continued(
        backbone: StableDiffusion, kind: type[Any] | None) -> None:
    painter = Painter(backbone, kind)
    full = painter.paint(layout(), How(steps=6), seed=4, keep=True)[0]
    path = full.trajectory
    assert path is not None
    assert len(path.latents) == len(path.timesteps) + 1
    assert torch.equal(path.latents[0], draw_noise(backbone.shape(128, 128), [4])[0] * painter_sigma(backbone, kind, 6))
    assert same(backbone.decode(path.result)[0], full.image)
    if kind is not HeunDiscreteScheduler:  # a second-order step cannot be entered half-way
        again = painter.paint(layout(), How(steps=6), seed=99, start=Start(warm=path, at=3))[0]
        assert same(again.image, full.image)
        assert again.receipt.cost.full == 6


def test_a_continued_trajectory_can_be_continued(backbone: StableDiffusion) -> None:
    """Steps are found by their time, wherever the trajectory itself began."""
    painter = Painter(backbone)
    first = painter.paint(layout(), How(steps=6), seed=4, keep=True)[0]
    second = painter.paint(layout(), How(steps=6), keep=True, start=Start(warm=first.trajectory, at=2))[0]
    third = painter.paint(layout(), How(steps=6), start=Start(warm=second.trajectory, at=4))[0]
    assert same(third.image, first.image)
    assert (second.receipt.warm_from, third.receipt.warm_from) == (2, 4)
    with pytest.raises(BadRequest, match="was not at the time of step 1 of 6"):
        painter.paint(layout(), How(steps=6), start=Start(warm=second.trajectory, at=1))


def test_a_warm_start_that_does_not_fit_is_refused(backbone: StableDiffusion) -> None:
    painter = Painter(backbone)
    path = painter.paint(layout(), How(steps=4), keep=True)[0].trajectory
    for wrong, of in ((-1, "0 to 3"), (4, "0 to 3"), (99, "0 to 3")):
        with pytest.raises(BadRequest, match=of):
            painter.paint(layout(), How(steps=4), start=Start(warm=path, at=wrong))  # type: ignore[arg-type]
    with pytest.raises(BadRequest, match="without one"):
        painter.paint(layout(), How(steps=4), start=Start(at=2))
    with pytest.raises(BadRequest, match="was not at the time of step 2 of 7"):
        painter.paint(layout(), How(steps=7), start=Start(warm=path, at=2))
    with pytest.raises(BadRequest, match="the canvas and the model have to be the same"):
        painter.paint(layout(width=1600, height=900), How(steps=4), start=Start(warm=path, at=1))


@pytest.mark.parametrize("profile", ["head", "paper", "ours"])
@pytest.mark.parametrize("steps", [2, 6])
def test_before_is_what_was_seen_before_guidance_and_after_comes_after_it(
        backbone: StableDiffusion, profile: str, steps: int) -> None:
    watched = Painter(backbone).paint(layout(), How(steps=steps), seed=3)[0].receipt
    seen: list[dict[str, float]] = []
    guided = Painter(backbone).paint(layout(), How(steps=steps, refocus=Refocus(profile=profile, weak=1.0)),
        seed=3, on_step=lambda step: seen.append(dict(step.attention[0])))[0].receipt
    assert guided.cost.backward > 0
    assert [a.before for a in guided.attention] == pytest.approx([a.before for a in watched.attention], abs=1e-5)
    last = max(n for n, one in enumerate(seen) if n == 0 or one != seen[n - 1])
    policy = profile_of(Refocus(profile=profile), range(steps), bound=False)
    acting = [i for i in range(steps) if policy.plan(i).most]
    assert last >= min(max(acting) + 1, steps - 1) - (profile == "paper")
    assert [a.after for a in guided.attention] == pytest.approx(list(seen[-1].values()))


def test_words_past_the_limit_claim_nothing(backbone: StableDiffusion) -> None:
    long = layout(f"{'very ' * 60}red ball left of two cats")
    found = Painter(backbone).paint(long, How(steps=2))[0].receipt
    assert {(a.before, a.after, a.weak) for a in found.attention} == {(0.0, 0.0, True)}
    assert any("past the model's limit" in note for note in found.notes)
    bound = Painter(backbone).paint(long, How(steps=2, bind=Bind()))[0].receipt
    assert not bound.weak  # each has a text of its own, which has been read


def test_the_receipt_tells_two_requests_apart(backbone: StableDiffusion) -> None:
    painter = Painter(backbone)
    tokens = torch.zeros(2, 32)
    plain, taught, other = (painter.paint(layout(), How(steps=2), start=Start(learned=learned))[0].receipt.learned
                            for learned in (None, tokens, tokens + 1))
    assert plain == ""
    assert len({plain, taught, other}) == 3
    before = painter.paint(layout(), How(steps=2))[0].receipt.cost.share
    painter.paint(layout(), How(steps=2, refocus=Refocus(weak=1.0)))
    assert painter.paint(layout(), How(steps=2))[0].receipt.cost.share == before
    cut = painter.paint(layout(), How(steps=2, negative="dog " * 90))[0].receipt
    assert any("what is unwanted" in note for note in cut.notes)


def test_learned_tokens_of_another_model_are_refused(backbone: StableDiffusion) -> None:
    for wrong in (torch.zeros(2, 7), torch.zeros(32)):
        with pytest.raises(BadRequest, match="32 wide"):
            Painter(backbone).paint(layout(), How(steps=2), start=Start(learned=wrong))


def painter_sigma(backbone: StableDiffusion, kind: type[Any] | None, steps: int) -> float:
    scheduler = backbone.scheduler(kind)
    scheduler.set_timesteps(steps)
    return float(scheduler.init_noise_sigma)


def test_learned_tokens_reach_the_picture(backbone: StableDiffusion) -> None:
    ids = backbone.tokenizer("blue box", add_special_tokens=False)["input_ids"]
    learned = backbone.text.get_input_embeddings().weight[ids]
    with_them = Painter(backbone).paint(Layout(scene=Scene(prompt="a cat")), How(steps=3),
        seed=1, start=Start(learned=learned))[0]
    spelled = Painter(backbone).paint(Layout(scene=Scene(prompt="a cat blue box")), How(steps=3), seed=1)[0]
    assert close(with_them.image, spelled.image)


@pytest.mark.parametrize(("options", "message"), [
    ({"steps": 0}, "steps"), ({"steps": -1}, "steps"), ({"steps": 1001}, "steps"), ({"steps": 2.5}, "steps"),
    ({"guidance_scale": float("nan")}, "guidance_scale"), ({"guidance_scale": 0.5}, "guidance_scale"),
    ({"guidance": 3.0}, "guidance"), ({"bind": {"untill": 0.5}}, "bind.untill"),
    ({"mend": Mend(areas=(Box.of(0, 0, 1, 1),)), "tokens": Incant()}, "not while a part of one is mended")])
def test_a_way_to_paint_that_cannot_be_is_refused_by_name(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        How(**options)


def test_half_a_character_is_refused() -> None:
    with pytest.raises(ValidationError, match="negative"):
        How(negative="\ud800")


def test_what_is_mended_and_the_picture_come_together(backbone: StableDiffusion) -> None:
    with pytest.raises(BadRequest, match="to mend"):
        Painter(backbone).paint(layout(), How(mend=Mend(areas=(Box.of(0, 0, 1, 1),))))


@pytest.mark.parametrize("seed", [-1, 2**63, [1, 2]])
def test_seeds_that_cannot_be_used_are_refused(backbone: StableDiffusion, seed: Any) -> None:
    with pytest.raises(BadRequest, match="seed"):
        Painter(backbone).paint(layout(), seed=seed)


@pytest.mark.parametrize(("native", "canvas", "pixels", "painted"), [
    ((512, 512), (768, 512), True, (768, 512)),     # so many pixels as asked for
    ((512, 512), (770, 500), True, (768, 512)),     # to the nearest step of 64
    ((512, 512), (640, 640), True, (640, 640)),     # one and a quarter times its own, either way
    ((512, 512), (704, 704), True, (512, 512)),     # and no more
    ((512, 512), (384, 384), True, (512, 512)),
    ((512, 512), (768, 512), False, (640, 448)),    # only the ratio
    ((1024, 1024), (1344, 768), True, (1344, 768)),
    ((128, 128), (160, 96), True, (160, 96)),       # an eighth of a small model's own side
    ((128, 128), (1024, 512), True, (176, 96)),
])
def test_a_canvas_in_pixels_is_painted_so_large_where_the_model_knows_about_as_many(
        native: tuple[int, int], canvas: tuple[int, int], pixels: bool, painted: tuple[int, int]) -> None:
    assert fitted(native, Canvas(width=canvas[0], height=canvas[1]), pixels) == painted


def test_a_picture_has_the_size_in_pixels_that_was_asked_for(backbone: StableDiffusion) -> None:
    width, height = (side * 5 // 4 for side in backbone.size())
    image = Painter(backbone).paint(layout(width=width, height=height), How(steps=1, pixels=True))[0].image
    assert image.size == (width, height)


def test_a_canvas_like_a_ribbon_is_refused(backbone: StableDiffusion) -> None:
    with pytest.raises(BadRequest, match="4 times"):
        Painter(backbone).paint(layout(width=1000, height=100), How(steps=1))


def test_a_box_outside_the_canvas_is_refused_by_name(backbone: StableDiffusion) -> None:
    scene = Scene(prompt="a red ball", things=(RED,))
    with pytest.raises(BadRequest, match="`r` lies outside"):
        Painter(backbone).paint(Layout(scene=scene, placements=(Placement(thing="r", box=Box.of(1.1, 0, 1.5, 1)),)))


@pytest.mark.parametrize("corners", [
    (0.5, 0.5, 0.500001, 0.500001), (0.999, 0.999, 1.0, 1.0), (-3.0, -3.0, 0.001, 0.001), (-50.0, -50.0, 50.0, 50.0)])
@pytest.mark.parametrize("profile", ["paper", "head", "ours"])
def test_specks_and_giants_are_painted_without_a_nan(
        backbone: StableDiffusion, corners: tuple[float, float, float, float], profile: str) -> None:
    placements = (Placement(thing="r", box=Box.of(*corners)),)
    one = Layout(scene=Scene(prompt="a red ball", things=(RED,)), placements=placements)
    refocus = Refocus(profile=profile, weak_bound=1.0)
    found = Painter(backbone).paint(one, How(steps=4, bind=Bind(), refocus=refocus), keep=True)[0]
    assert found.trajectory is not None
    assert torch.isfinite(found.trajectory.latents).all()


@pytest.mark.parametrize("profile", ["paper", "head", "ours"])
def test_forty_overlapping_boxes_are_painted_and_what_does_not_fit_is_said(
        backbone: StableDiffusion, profile: str) -> None:
    nouns = [f"{'abcdefghij'[i % 10]}{'xyzw'[i // 10]}" for i in range(40)]
    things = tuple(Thing(id=f"t{i}", noun=noun, phrase=f"a {noun}") for i, noun in enumerate(nouns))
    placements = tuple(Placement(thing=t.id, box=Box.of(0.01 * i, 0.2, 0.01 * i + 0.5, 0.8), depth=i)
                       for i, t in enumerate(things))
    crowd = Layout(scene=Scene(prompt="a crowd", things=things), placements=placements)
    refocus = Refocus(profile=profile, weak=1.0)
    found = Painter(backbone).paint(crowd, How(steps=3, bind=Bind(), refocus=refocus), keep=True)[0]
    assert found.trajectory is not None
    assert torch.isfinite(found.trajectory.latents).all()
    assert any("only its boxes bind it" in note for note in found.receipt.notes)


def test_latents_that_become_non_finite_end_the_attempt_with_a_typed_error(backbone: StableDiffusion) -> None:
    backbone.unet.conv_out.bias.data.fill_(float("nan"))
    with pytest.raises(AttemptFailed, match=r"images \[0, 1\] .* step 1"):
        Painter(backbone).paint([layout(), layout()], How(steps=2))
