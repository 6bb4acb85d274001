"""SDXL, Stable Diffusion 3 and FLUX.1 read, paint and open their attention exactly as their stock pipelines do."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from grounding.attention import Call, CrossWatch, Layer, Proceed, RowWatch
from grounding.backbone import Backbone, Conditioning
from grounding.errors import BadRequest, Unsupported
from grounding.folders import digest
from grounding.guide.bind import Bind
from grounding.mend import Mend
from grounding.painter import Painter, Start
from grounding.settings import How
from planner.scene import Box, Layout, Placement, Scene, Thing

T = torch.tensor(500.0)
TEXTS = ["a red ball and a teddy bear", "two cats beside a sphinx"]
SIDE = 32


class Peek:
    """Notes which layers ran, and can fail in one of them."""

    def __init__(self, fail_in: str = "") -> None:
        self.fail_in, self.ran = fail_in, list[str]()

    def wants(self, layer: Layer) -> bool:
        return True

    def __call__(self, call: Call, proceed: Proceed) -> Tensor:
        self.ran.append(call.layer.name)
        if call.layer.name == self.fail_in:
            raise RuntimeError("as planned")
        return proceed(call)


def latents(model: Backbone, batch: int = 2, seed: int = 0) -> Tensor:
    return torch.randn(batch, *model.shape(SIDE, SIDE), generator=torch.Generator().manual_seed(seed))


def denoiser(model: Any) -> Any:
    return model.unet if hasattr(model, "unet") else model.transformer


def stock_text(model: Any, text: str) -> tuple[Tensor, Tensor]:
    """The pipeline's own states and pooled text."""
    if type(model).__name__ == "StableDiffusionXL":
        states, _, pooled, _ = model.pipe.encode_prompt(text, do_classifier_free_guidance=False)
    elif type(model).__name__ == "StableDiffusion3":
        states, _, pooled, _ = model.pipe.encode_prompt(text, text, text, device="cpu", max_sequence_length=24,
                                                        do_classifier_free_guidance=False)
    else:
        states, pooled, _ = model.pipe.encode_prompt(text, max_sequence_length=24)
    return states[0], pooled[0]


def test_texts_are_encoded_as_the_pipeline_encodes_them(family: Any) -> None:
    for text in (*TEXTS, "red ball " * 40):
        states, pooled = stock_text(family, text)
        (words,) = family.encode([text])
        assert torch.equal(words.states, states)
        assert torch.equal(words.extra["pooled"], pooled)
        assert len(words.offsets) == len(states)


def test_words_of_several_pieces_are_found_in_every_encoder(family: Any) -> None:
    text = "a sphinx, a red ball"
    (words,) = family.encode([text])
    for start, end in ((2, 8), (12, 15), (16, 20)):
        read = {text[slice(*words.offsets[c])].strip() for c in words.columns(start, end)}
        assert read
        assert all(piece in text[start:end] for piece in read)
    per_encoder = [len(words.columns(2, 3)), len(words.columns(12, 15))]
    assert per_encoder[1] == {"StableDiffusion3": 2}.get(type(family).__name__, 1)
    assert not set(words.spoken) & set(words.summary)


def test_what_does_not_fit_is_said(family: Any) -> None:
    assert family.encode(["cat " * 60 + "dog"])[0].dropped.endswith("cat dog")
    assert family.encode(["a cat"])[0].dropped == ""


@pytest.mark.parametrize("name", ["sdxl", "sd3", "flux"])
def test_learned_tokens_read_like_the_words_that_they_are_copies_of(
        name: str, open_family: Callable[..., Any]) -> None:
    model = open_family(name)
    towers = model.towers
    rows = [tower.table[tower.tokenizer("red", add_special_tokens=False)["input_ids"]] for tower in towers]
    assert all(len(row) == 1 for row in rows)
    learned = torch.cat(rows, -1).clone().requires_grad_()
    (with_them,), (spelled,) = model.encode(["two"], learned), model.encode(["two red"])
    torch.testing.assert_close(with_them.states, spelled.states)
    torch.testing.assert_close(with_them.extra["pooled"], spelled.extra["pooled"])
    assert with_them.spoken == model.encode(["two"])[0].spoken
    (gradient,) = torch.autograd.grad(with_them.states.sum() + with_them.extra["pooled"].sum(), learned)
    widths = [tower.table.shape[1] for tower in towers]
    assert all(part.abs().sum() > 0 for part in gradient.split(widths, dim=1))
    assert model.blank().embedding.shape == (sum(widths),)
    with pytest.raises(BadRequest, match="wide"):
        model.encode(["two"], torch.zeros(2, sum(widths) + 1))


def test_an_open_pass_is_the_stock_pass_to_the_bit(family: Any) -> None:
    cond, x, peek = family.stack(family.encode(TEXTS)), latents(family), Peek()
    plain = family.predict(x, T, cond)
    before = dict(denoiser(family).attn_processors)
    assert torch.equal(family.predict(x, T, cond, [peek]), plain)
    assert peek.ran == [layer.name for layer in family.layers(family.shape(SIDE, SIDE))]
    assert all(denoiser(family).attn_processors[name] is processor for name, processor in before.items())
    assert torch.equal(family.predict(x, T, cond), plain)


def test_processors_are_restored_after_an_error(family: Any) -> None:
    cond, x = family.stack(family.encode(TEXTS)), latents(family)
    plain, before = family.predict(x, T, cond), dict(denoiser(family).attn_processors)
    for layer in family.layers(family.shape(SIDE, SIDE))[1:3]:
        with pytest.raises(RuntimeError, match="as planned"):
            family.predict(x, T, cond, [Peek(layer.name)])
        with pytest.raises(RuntimeError, match="as planned"):
            family.attend(x, T, cond, [Peek(layer.name)], lambda: None)
    assert all(denoiser(family).attn_processors[name] is processor for name, processor in before.items())
    assert torch.equal(family.predict(x, T, cond), plain)


def test_a_truncated_pass_gives_the_maps_of_a_full_one(family: Any) -> None:
    cond, x = family.stack(family.encode(TEXTS)), latents(family)
    rows, cols = family.grid(family.shape(SIDE, SIDE))
    boxes = torch.zeros(2, 1, rows * cols)
    boxes[..., : rows * cols // 3] = 1
    whole, part = ([CrossWatch(rows, cols, cond.states.shape[1], 2), RowWatch(rows, cols, boxes)] for _ in range(2))
    family.predict(x, T, cond, whole)
    peek = Peek()
    family.attend(x, T, cond, part, lambda: None)
    family.attend(x, T, cond, [peek, *part], lambda: None)
    for full, cut in zip(whole, part, strict=True):
        assert torch.equal(full.maps(), cut.maps())
    torch.testing.assert_close(whole[0].maps().sum(-1), torch.ones(2, rows, cols))
    torch.testing.assert_close(whole[1].maps().sum(-1), torch.ones_like(whole[1].maps()[..., 0]))


@pytest.mark.parametrize("checkpointing", [False, True])
@pytest.mark.parametrize("name", ["sdxl", "sd3", "flux"])
def test_the_gradient_of_an_energy_is_its_slope(
        name: str, checkpointing: bool, open_family: Callable[..., Any]) -> None:
    model = open_family(name, checkpointing=checkpointing)
    if checkpointing:
        denoiser(model).train()
    cond, x = model.stack(model.encode(TEXTS[:1])), latents(model, 1)
    rows, cols = model.grid(model.shape(SIDE, SIDE))
    weights = torch.randn(rows, cols, cond.states.shape[1], generator=torch.Generator().manual_seed(1))

    def energy(at: Tensor) -> Tensor:
        watch = CrossWatch(rows, cols, cond.states.shape[1], 1)
        return model.attend(at, T, cond, [watch], lambda: (watch.maps()[0] * weights).sum())

    start = x.clone().requires_grad_()
    watch = CrossWatch(rows, cols, cond.states.shape[1], 1)
    (gradient,) = model.attend(start, T, cond, [watch], lambda: torch.autograd.grad(
        (watch.maps()[0] * weights).sum(), start))
    along = gradient / gradient.norm()
    with torch.no_grad():
        slope = (energy(x + 0.002 * along) - energy(x - 0.002 * along)) / 0.004
    assert slope.item() == pytest.approx(gradient.norm().item(), rel=0.02)


@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")
def test_pictures_are_painted_as_the_pipeline_paints_them(family: Any) -> None:
    options = {"num_inference_steps": 3, "height": SIDE, "width": SIDE, "output_type": "pil",
               "generator": torch.Generator().manual_seed(3)}
    if type(family).__name__ == "Flux":
        theirs = family.pipe("a red ball", guidance_scale=3.5, max_sequence_length=24, **options).images[0]
    else:
        length = {"max_sequence_length": 24} if hasattr(family, "transformer") else {}
        theirs = family.pipe("a red ball", guidance_scale=4.0, **length, **options).images[0]
    family.size = lambda: (SIDE, SIDE)
    layout = Layout(scene=Scene(prompt="a red ball"))
    scale = 1.0 if type(family).__name__ == "Flux" else 4.0
    ours = Painter(family).paint(layout, How(steps=3, guidance_scale=scale), seed=3)[0].image
    difference = np.abs(np.asarray(ours, dtype=int) - np.asarray(theirs, dtype=int))
    assert difference.max() <= 1
    assert (difference > 0).mean() < 0.02


def test_a_missing_layer_and_an_odd_processor_are_refused_by_name(family: Any) -> None:
    cond, x = family.stack(family.encode(TEXTS)), latents(family)
    with pytest.raises(Unsupported, match="CrossWatch"):
        family.predict(x, T, cond, [CrossWatch(5, 5, 40, 1)])

    class Odd:
        def __call__(self, attn: Any, hidden_states: Tensor, **kwargs: Any) -> Tensor:
            return hidden_states

    layer = denoiser(family).get_submodule(family.layers(family.shape(SIDE, SIDE))[0].name)
    layer.processor = Odd()
    with pytest.raises(Unsupported, match="by `Odd`"):
        family.predict(x, T, cond, [Peek()])


def test_sizes_that_do_not_fit_are_refused(family: Any) -> None:
    for size in ((0, 128), (127, 128), (-4, 8)):
        with pytest.raises(BadRequest, match="multiples of"):
            family.shape(*size)


def test_conditionings_of_a_batch_can_be_picked_and_joined(family: Any) -> None:
    cond = family.stack(family.encode(TEXTS))
    again = cond.pick([0]) + cond.pick([1])
    x = latents(family)
    assert isinstance(again, Conditioning)
    assert torch.equal(family.predict(x, T, again), family.predict(x, T, cond))


def test_the_fingerprint_is_the_digest_of_the_folder(family: Any) -> None:
    assert family.fingerprint() == digest(Path(family.name))


@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")
def test_a_part_of_a_picture_is_mended_and_the_rest_keeps_its_pixels(family: Any) -> None:
    painter, ball = Painter(family), Thing(id="b", noun="ball", phrase="a red ball", attributes=("red",))
    layout = Layout(scene=Scene(prompt="a red ball", things=(ball,)),
                    placements=(Placement(thing="b", box=Box.of(0.0, 0.0, 0.4, 0.4)),))
    before = painter.paint(layout, How(steps=3, guidance_scale=3.0), seed=1)[0].image
    mend = Mend(areas=(Box.of(0.0, 0.0, 0.4, 0.4),), things=("b",), margin=0.0)
    after = painter.paint(layout, How(steps=3, guidance_scale=3.0, bind=Bind(until=1.0), mend=mend),
        seed=2, start=Start(source=before))[0].image
    changed = (np.asarray(before) != np.asarray(after)).any(-1)
    far = [round(0.6 * side) for side in changed.shape]
    assert changed[: far[0] // 2, : far[1] // 2].any()
    assert not changed[far[0] :].any()
    assert not changed[:, far[1] :].any()
