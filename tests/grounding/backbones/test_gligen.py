"""GLIGEN through the UNet: boxes reach the gated layers, and gates open, close and stand aside as they should."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from torch import Tensor

from grounding import backbones
from grounding.attention import CrossWatch, RowWatch
from grounding.backbone import Conditioning, Placed
from grounding.backbones.gligen import Gligen
from grounding.backbones.stable_diffusion import StableDiffusion
from grounding.errors import ModelMissing, Unsupported
from grounding.guide.refocus import Refocus
from grounding.painter import Painter
from grounding.settings import How
from planner.scene import Box, Layout, Placement, Scene, Thing

EARLY, LATE = torch.tensor(900), torch.tensor(300)
PLACED = [[Placed("a red ball", (0.1, 0.1, 0.5, 0.5)), Placed("a cat", (0.6, 0.2, 0.9, 0.8))], []]


@pytest.fixture
def gligen(checkpoint: Callable[..., Path]) -> Gligen:
    return Gligen.load(checkpoint(attention_type="gated"))


@pytest.fixture
def cond(gligen: Gligen) -> Conditioning:
    return gligen.place(gligen.stack(gligen.encode(["a red ball beside a cat", ""])), PLACED)


def test_boxes_reach_the_gated_layers_as_in_the_stock_unet(
        gligen: Gligen, cond: Conditioning, noise: Callable[..., Tensor]) -> None:
    pooled = gligen.text(gligen.tokenizer("a cat", return_tensors="pt")["input_ids"]).pooler_output[0]
    boxes, phrases, masks = torch.zeros(2, 30, 4), torch.zeros(2, 30, 32), torch.zeros(2, 30)
    boxes[0, :2] = torch.tensor([p.corners for p in PLACED[0]])
    phrases[0, 0] = gligen.text(gligen.tokenizer("a red ball", return_tensors="pt")["input_ids"]).pooler_output[0]
    phrases[0, 1], masks[0, :2] = pooled, 1
    given = {"gligen": {"boxes": boxes, "positive_embeddings": phrases, "masks": masks}}
    theirs = gligen.unet(noise(2), EARLY, cond.states, cross_attention_kwargs=given).sample
    assert torch.equal(gligen.predict(noise(2), EARLY, cond), theirs)
    assert not torch.equal(gligen.predict(noise(2), EARLY, Conditioning(cond.states)), theirs)


def test_gates_are_shut_after_their_share_of_the_trajectory(
        gligen: Gligen, cond: Conditioning, noise: Callable[..., Tensor]) -> None:
    plain = gligen.unet(noise(2), LATE, cond.states).sample
    assert torch.equal(gligen.predict(noise(2), LATE, cond), plain)
    assert [gligen.opening(torch.tensor(t)) for t in (999, 720, 680, 0)] == [1, 1, 0, 0]
    gligen.fade = 0.2
    assert gligen.opening(torch.tensor(599)) == pytest.approx(0.5)
    assert gligen.opening(torch.tensor(480)) == 0


def test_a_half_open_gate_adds_half_in_every_layer(
        gligen: Gligen, cond: Conditioning, noise: Callable[..., Tensor]) -> None:
    added: dict[float, Tensor] = {}

    def note(opening: float) -> None:
        fuser = gligen.unet.down_blocks[1].attentions[0].transformer_blocks[0].fuser
        gligen.opening = lambda t: opening  # type: ignore[method-assign]
        with gligen._gated(EARLY):
            handle = fuser.register_forward_hook(lambda m, a, o: added.update({opening: o - a[0]}))
            gligen._pass(noise(2), EARLY, cond)
            handle.remove()

    note(1.0)
    note(0.5)
    torch.testing.assert_close(added[0.5], added[1.0] / 2)


def test_parallel_gates_leave_the_queries_of_cross_attention_as_they_were(
        gligen: Gligen, cond: Conditioning, noise: Callable[..., Tensor]) -> None:
    """ReGround: h + gated(h) + cross(h) in place of h + gated(h) + cross(h + gated(h))."""
    block = gligen.unet.down_blocks[1].attentions[0].transformer_blocks[0]
    seen: list[Tensor] = []
    gligen.parallel = True
    with gligen._gated(EARLY):
        block.norm2.register_forward_pre_hook(lambda m, a: seen.append(a[0]))
        block.norm3.register_forward_pre_hook(lambda m, a: seen.append(a[0]))
        gligen._pass(noise(2), EARLY, cond)
    before, after = seen
    objects = gligen.unet.position_net(**dict(cond.extra))
    crossed = block.attn2(block.norm2(before), encoder_hidden_states=cond.states)
    torch.testing.assert_close(after, before + (block.fuser(before, objects) - before) + crossed)


def test_nothing_is_left_behind(gligen: Gligen, cond: Conditioning, noise: Callable[..., Tensor]) -> None:
    plain = gligen.predict(noise(2), EARLY, cond)
    gligen.parallel, gligen.fade = True, 0.5
    moved = gligen.predict(noise(2), EARLY, cond)
    gligen.parallel = False
    assert not torch.equal(moved, plain)
    assert torch.equal(gligen.predict(noise(2), EARLY, cond), plain)


@pytest.mark.parametrize("parallel", [False, True])
def test_a_truncated_pass_gives_the_maps_of_a_full_one(
        gligen: Gligen, cond: Conditioning, noise: Callable[..., Tensor], parallel: bool) -> None:
    gligen.parallel = parallel
    whole, part = ([CrossWatch(16, 16, 40, 2), *(RowWatch(16, 16, torch.ones(2, 2, 256), k) for k in ("self", "gated"))]
                   for _ in range(2))
    gligen.predict(noise(2), EARLY, cond, whole)
    gligen.attend(noise(2), EARLY, cond, part, lambda: None)
    for a, b in zip(whole, part, strict=True):
        assert torch.equal(a.maps(), b.maps())
    assert whole[2].maps().shape == (2, 5, 2, 2, 286)


def test_shut_gates_are_not_among_the_layers(gligen: Gligen) -> None:
    shape = gligen.shape(128, 128)
    assert any(layer.kind == "gated" for layer in gligen.layers(shape, EARLY))
    assert not any(layer.kind == "gated" for layer in gligen.layers(shape, LATE))


@pytest.mark.parametrize("profile", ["paper", "head", "ours"])
def test_layouts_are_painted_with_gates_and_guidance(gligen: Gligen, profile: str) -> None:
    things = tuple(Thing(id=f"t{i}", noun="cat", phrase="a cat") for i in range(32))
    boxes = [Box.around(0.5, 0.02 + 0.03 * i, 0.3, 0.2) for i in range(32)]
    placements = tuple(Placement(thing=t.id, box=box) for t, box in zip(things, boxes, strict=True))
    layout = Layout(scene=Scene(prompt="a red cat", things=things), placements=placements)
    how = How(steps=4, refocus=Refocus(profile=profile, weak=1.0))
    found = Painter(gligen).paint([layout, Layout(scene=Scene(prompt="a cat"))], how, keep=True)
    assert all(f.trajectory is not None and torch.isfinite(f.trajectory.latents).all() for f in found)
    assert "takes 30 boxes; without it: t30, t31" in found[0].receipt.notes[0]
    assert found[0].receipt.cost.backward > 0


def test_a_checkpoint_finds_its_family(checkpoint: Callable[..., Path], tmp_path: Path) -> None:
    assert isinstance(backbones.load(checkpoint()), StableDiffusion)
    index = tmp_path / "model_index.json"
    index.write_text('{"_class_name": "WuerstchenPipeline"}')
    with pytest.raises(Unsupported, match="WuerstchenPipeline"):
        backbones.load(tmp_path)
    index.write_text("[]")
    with pytest.raises(ModelMissing, match="not a JSON object"):
        backbones.load(tmp_path)
    with pytest.raises(ModelMissing, match="nowhere"):
        backbones.load(tmp_path / "nowhere")


def test_a_gligen_checkpoint_is_told_by_its_index(checkpoint: Callable[..., Path]) -> None:
    folder = checkpoint(attention_type="gated", seed=1)
    index = folder / "model_index.json"
    index.write_text(index.read_text().replace("StableDiffusionPipeline", "StableDiffusionGLIGENPipeline"))
    assert isinstance(backbones.load(folder, parallel=True), Gligen)


def test_a_model_without_gates_is_refused(checkpoint: Callable[..., Path]) -> None:
    with pytest.raises(Unsupported, match="no gated layers"):
        Gligen.load(checkpoint())
