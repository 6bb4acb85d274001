"""Joint attention: narrow taps against an independent computation, guidance, memory within bounds."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import pytest
import torch
from diffusers import DDIMScheduler, FluxControlNetModel, SD3ControlNetModel
from torch import Tensor

from grounding import attention
from grounding.attention import CrossWatch, Layer, RowWatch
from grounding.backbones.mmdit import JointControl
from grounding.errors import BadRequest, Unsupported
from grounding.guide.bind import Bind
from grounding.guide.guidance import Scenes
from grounding.guide.ours import our_measure
from grounding.guide.profile import IDLE
from grounding.guide.refocus import Refocus, Refocuser
from grounding.guide.targets import aim
from grounding.painter import Painter
from grounding.settings import How
from grounding.spans import ground
from planner.scene import Layout, Scene
from tests.grounding.backbones.jointly import (
    CAT,
    LEFT,
    PROMPT,
    RED,
    RIGHT,
    SIDE,
    Seen,
    T,
    latents,
    layout,
)


def rotated(states: Tensor, positions: Tensor, dims: Sequence[int]) -> Tensor:
    """Rotary embedding written as complex numbers: pairs of neighbours turn by position / 10000^(2i/d) per axis."""
    angles = torch.cat([positions[:, axis, None].double() * 10000.0 ** (-torch.arange(0, d, 2).double() / d)
                        for axis, d in enumerate(dims)], -1)
    pairs = torch.view_as_complex(states.double().unflatten(-1, (-1, 2)).contiguous())
    turned = pairs * torch.polar(torch.ones_like(angles), angles)
    return torch.view_as_real(turned).flatten(-2)


def full_attention(model: Any, name: str, seen: dict[str, Tensor], columns: int) -> Tensor:
    """A layer's joint probabilities from its inputs, text first: "batch heads tokens tokens"."""
    attn = model.transformer.get_submodule(name)
    rows, cols = model.grid(model.shape(SIDE, SIDE))

    def heads(states: Tensor, to: Any, norm: Any) -> Tensor:
        split = to(states).unflatten(-1, (attn.heads, -1)).transpose(1, 2)
        return norm(split).double()

    if "text" in seen:
        q, k = (torch.cat([heads(seen["text"], a, an), heads(seen["image"], b, bn)], 2) for a, an, b, bn in (
            (attn.add_q_proj, attn.norm_added_q, attn.to_q, attn.norm_q),
            (attn.add_k_proj, attn.norm_added_k, attn.to_k, attn.norm_k)))
    else:
        q, k = heads(seen["image"], attn.to_q, attn.norm_q), heads(seen["image"], attn.to_k, attn.norm_k)
    if type(model).__name__ == "Flux":
        places = torch.zeros(columns + rows * cols, 3)
        for r in range(rows):
            for c in range(cols):
                places[columns + r * cols + c] = torch.tensor([0.0, r, c])
        q, k = rotated(q, places, (4, 4, 8)), rotated(k, places, (4, 4, 8))
    return torch.softmax(q @ k.transpose(-1, -2) / math.sqrt(q.shape[-1]), -1)


def test_narrow_taps_equal_the_shares_of_the_full_joint_attention(model: Any) -> None:
    cond, x = model.stack(model.encode([PROMPT, "two cats"])), latents(model, 2)
    grid, columns = model.grid(model.shape(SIDE, SIDE)), cond.states.shape[1]
    boxes = torch.zeros(2, 2, grid[0] * grid[1])
    boxes[0, 0, :7], boxes[0, 1, 20:25], boxes[1, 0, 60:] = 1, 1, 1
    cross, own = CrossWatch(*grid, columns, 2), RowWatch(*grid, boxes)
    inputs: dict[str, dict[str, Tensor]] = {}
    watched = [layer for layer in model.layers(model.shape(SIDE, SIDE)) if layer.watched]

    def note(name: str) -> Callable[..., None]:
        def hook(module: Any, args: Any, kwargs: dict[str, Any]) -> None:
            both = {"image": kwargs["hidden_states"], "text": kwargs.get("encoder_hidden_states")}
            inputs[name] = {part: states for part, states in both.items() if states is not None}
        return hook

    for layer in watched:
        model.transformer.get_submodule(layer.name).register_forward_pre_hook(note(layer.name), with_kwargs=True)
    model.predict(x, T, cond, [cross, own])
    joint = [layer.name for layer in watched if layer.kind == "joint"]
    assert joint
    maps = torch.cat([full_attention(model, name, inputs[name], columns) for name in joint], 1)
    to_text = maps[:, :, columns:, :columns]
    expected = (to_text / to_text.sum(-1, keepdim=True)).mean(1).reshape(2, *grid, columns)
    torch.testing.assert_close(cross.maps().double(), expected, rtol=1e-4, atol=1e-6)
    for n, layer in enumerate(watched):
        full = full_attention(model, layer.name, inputs[layer.name], columns)
        to_image = full[:, :, -grid[0] * grid[1]:, -grid[0] * grid[1]:]
        shares = to_image / to_image.sum(-1, keepdim=True)
        for row, box in ((0, 0), (0, 1), (1, 0)):
            mean = shares[row, :, boxes[row, box].bool()].mean(1)
            torch.testing.assert_close(own.maps()[row, n, :, box].double(), mean, rtol=1e-4, atol=1e-6)


def test_only_the_named_blocks_are_watched(open_family: Callable[..., Any]) -> None:
    for name, blocks in (("sd3", 3), ("flux", 2)):
        for chosen in ([0], [0, 1], [blocks - 1]):
            model = open_family(name, watched=chosen)
            cond, x = model.stack(model.encode([PROMPT])), latents(model)
            watch = CrossWatch(*model.grid(model.shape(SIDE, SIDE)), cond.states.shape[1], 1)
            model.attend(x, T, cond, [watch], lambda: None)
            assert list(watch._by_layer) == [f"transformer_blocks.{n}.attn" for n in chosen]
        with pytest.raises(BadRequest, match="watched"):
            open_family(name, watched=[blocks])


def test_maps_made_in_parts_are_the_same_and_take_less_memory(model: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    cond, x = model.stack(model.encode([PROMPT])), latents(model)
    grid = model.grid(model.shape(SIDE, SIDE))
    boxes = torch.zeros(1, 1, grid[0] * grid[1])
    boxes[..., :30] = 1

    def look() -> tuple[Tensor, Tensor, Tensor, int]:
        start = x.clone().requires_grad_()
        cross, own = CrossWatch(*grid, cond.states.shape[1], 1), RowWatch(*grid, boxes)
        energy = model.attend(start, T, cond, [cross, own],
                              lambda: cross.maps()[..., 2].std() + own.maps()[..., 5].sum())
        (gradient,) = torch.autograd.grad(energy, start)
        return cross.maps().detach(), own.maps().detach(), gradient, cross.bytes + own.bytes

    whole = look()
    monkeypatch.setattr(attention, "BUDGET", 1)
    parts = look()
    for a, b in zip(whole[:3], parts[:3], strict=True):
        torch.testing.assert_close(a, b, rtol=1e-4, atol=1e-6)
    assert parts[3] < whole[3]


def test_the_receipt_tells_how_much_memory_watching_and_binding_took(model: Any) -> None:
    scene = layout((RED, LEFT), (CAT, RIGHT))
    none = Painter(model).paint(scene, How(steps=2, guidance_scale=2.0, watch=False))[0].receipt.cost
    watched = Painter(model).paint(scene, How(steps=2, guidance_scale=2.0))[0].receipt.cost
    bound = Painter(model).paint(scene, How(steps=2, guidance_scale=2.0, bind=Bind()))[0].receipt.cost
    rows, cols = model.grid(model.shape(SIDE, SIDE))
    columns = len(model.encode(["a"])[0].offsets)
    assert none.attention_bytes == 0
    assert watched.attention_bytes >= 4 * rows * cols * columns
    assert bound.attention_bytes >= watched.attention_bytes + 4 * (rows * cols + columns) ** 2


@pytest.mark.parametrize("profile", ["paper", "head", "ours"])
def test_layouts_are_painted_with_binding_and_guidance(model: Any, profile: str) -> None:
    prompt = "cat beside a red ball"  # the first word is a thing: in FLUX it is the very first column
    scenes = [layout((CAT, RIGHT), (RED, LEFT), prompt=prompt), Layout(scene=Scene(prompt="a cat"))]
    refocus = Refocus(profile=profile, weak_bound=1.0)
    found = Painter(model).paint(scenes, How(steps=4, guidance_scale=2.0, bind=Bind(), refocus=refocus), keep=True)
    assert all(f.trajectory is not None and torch.isfinite(f.trajectory.latents).all() for f in found)
    assert found[0].receipt.cost.backward > 0
    assert 0 < found[0].receipt.cost.share < 1.1  # in so small a model, watching itself counts
    assert {a.thing for a in found[0].receipt.attention} == {"c", "r"}


def test_guidance_of_scale_zero_is_no_guidance_to_the_bit(model: Any) -> None:
    scene = layout((RED, LEFT), (CAT, RIGHT))
    none, zero = (Painter(model).paint(scene, How(steps=3, guidance_scale=2.0, refocus=r), keep=True)[0].trajectory
                  for r in (None, Refocus(scale=0.0)))
    assert none is not None
    assert zero is not None
    assert torch.equal(none.latents, zero.latents)


def test_one_step_of_guidance_lowers_the_energy(model: Any) -> None:
    scene = ground(layout((RED, LEFT), (CAT, RIGHT)))
    words = model.encode([scene.prompt])
    target = aim(scene, words[0], 8, 8)
    assert target is not None
    refocus = Refocus(weak=1.0, step=0.01)
    scenes = Scenes(model, model.shape(SIDE, SIDE), words, [target], model.stack(words), range(10))
    refocuser = Refocuser(refocus, scenes)

    def energy(x: Tensor) -> float:
        look, hooks = refocuser.watches(scenes.given, x, T, [0])
        found = model.attend(x, T, scenes.given, hooks, lambda: our_measure(refocus, target, look()[0], IDLE))
        return float(found.energy)

    x = latents(model)
    energies = [energy(x)]
    for _ in range(4):
        x = refocuser.move(x, T, 0).detach()
        energies.append(energy(x))
    assert energies == sorted(energies, reverse=True)


def test_the_words_of_a_text_without_a_start_token_count_from_column_zero(open_family: Callable[..., Any]) -> None:
    model = open_family("flux")
    scene = ground(layout((CAT, RIGHT), prompt="cat"))
    (words,) = model.encode([scene.prompt])
    target = aim(scene, words, 4, 4)
    assert target is not None
    assert target.columns[0].all == (0,)
    cross = torch.full((4, 4, len(words.offsets)), 1e-3)
    cross[3, 3, 0] = 1.0
    assert target.strength(target.canonical(cross)).item() > 0.3
    cross[3, 3, 0], cross[0, 0, 0] = 1e-3, 1.0
    assert target.strength(target.canonical(cross)).item() < 0.1
    assert target.objects()[0].columns == (1,)
    assert target.column_masks()[0].tolist() == [1]


def test_the_last_step_ends_at_the_clean_picture(model: Any) -> None:
    scheduler = model.scheduler(shape=model.shape(SIDE, SIDE))
    scheduler.set_timesteps(4)
    x, output = latents(model), latents(model) * 0.3
    t = scheduler.timesteps[-1]
    torch.testing.assert_close(scheduler.step(output, t, x).prev_sample, model.clean(x, t, output))
    assert model.noise_level(t) == pytest.approx(float(scheduler.sigmas[-2]))


def test_schedulers_of_another_kind_are_refused(model: Any) -> None:
    with pytest.raises(Unsupported, match="FlowMatch"):
        model.scheduler(DDIMScheduler)


@pytest.mark.filterwarnings("ignore:`FluxPosEmbed`:FutureWarning")
def test_a_controlnet_passes_through(model: Any) -> None:
    torch.manual_seed(1)
    picture, x = torch.rand(1, 3, SIDE, SIDE), latents(model, 2)
    cond = model.stack(model.encode([PROMPT, "two cats"]))
    latent = (model.vae.encode(picture * 2 - 1).latent_dist.mean - 0.1) * model.vae.config.scaling_factor
    latent, time = latent.repeat(2, 1, 1, 1), T.expand(2)
    free = model.predict(x, T, cond)
    if type(model).__name__ == "StableDiffusion3":
        net: Any = SD3ControlNetModel.from_transformer(
            model.transformer, num_layers=2, num_extra_conditioning_channels=0)
        for block in (net.pos_embed_input.proj, *net.controlnet_blocks):
            torch.nn.init.normal_(block.weight, std=0.1)
        assert net.config.force_zeros_for_pooled_projection
        bare, pooled = latent + 0.1 * model.vae.config.scaling_factor, cond.extra["pooled"]
        residuals = net(x, bare, 0.5, cond.states, torch.zeros_like(pooled), time, return_dict=False)[0]
        theirs = model.transformer(x, cond.states, pooled, time, block_controlnet_hidden_states=residuals).sample
    else:
        net = FluxControlNetModel.from_transformer(model.transformer, num_layers=1, num_single_layers=1,
                                                   attention_head_dim=16, num_attention_heads=2)
        for block in (net.controlnet_x_embedder, *net.controlnet_blocks, *net.controlnet_single_blocks):
            torch.nn.init.normal_(block.weight, std=0.1)
        pack, unpack = model.pipe._pack_latents, model.pipe._unpack_latents
        ids = model.pipe._prepare_latent_image_ids(2, 8, 8, "cpu", torch.float32)
        given = {"hidden_states": pack(x, 2, 4, 16, 16), "timestep": time / 1000, "guidance": torch.full([2], 3.5),
                 "pooled_projections": cond.extra["pooled"], "encoder_hidden_states": cond.states,
                 "txt_ids": torch.zeros(24, 3), "img_ids": ids, "return_dict": False}
        double, single = net(**given, controlnet_cond=pack(latent, 2, 4, 16, 16), conditioning_scale=0.5)
        theirs = unpack(model.transformer(**given, controlnet_block_samples=double,
                                          controlnet_single_block_samples=single)[0], SIDE, SIDE, 2)
    model.control = JointControl(net, picture, scale=0.5)
    torch.testing.assert_close(model.predict(x, T, cond), theirs)
    assert not torch.allclose(free, theirs)
    model.control = JointControl(net, torch.rand(1, 3, 64, 64))
    assert model.predict(x, T, cond).shape == x.shape


@pytest.mark.filterwarnings("ignore:`FluxPosEmbed`:FutureWarning")
def test_a_fresh_controlnet_changes_no_bit_of_a_bound_batch(model: Any) -> None:
    """It adds zeros, whatever it reads; also with a picture for each, and where one alone is guided."""
    scenes = [layout((RED, LEFT), (CAT, RIGHT)), layout((CAT, LEFT))]
    how = How(steps=3, guidance_scale=2.0, bind=Bind(), refocus=Refocus(weak_bound=1.0, weights={"r": 3.0}))

    def paint() -> Tensor:
        found = Painter(model).paint(scenes, how, seed=[1, 2], keep=True)
        assert all(f.trajectory is not None for f in found)
        return torch.cat([f.trajectory.latents for f in found if f.trajectory], 1)

    free = paint()
    net: Any = SD3ControlNetModel.from_transformer(
        model.transformer, num_layers=2, num_extra_conditioning_channels=0,
    ) if type(model).__name__ == "StableDiffusion3" else FluxControlNetModel.from_transformer(
        model.transformer, num_layers=1, num_single_layers=1, attention_head_dim=16, num_attention_heads=2)
    model.control = JointControl(net, torch.rand(2, 3, SIDE, SIDE))
    assert torch.equal(paint(), free)


def test_states_of_stable_diffusion_three_do_without_t5(open_family: Callable[..., Any]) -> None:
    model = open_family("sd3")
    model.pipe.text_encoder_3 = None
    short = type(model)(model.pipe, name="short", length=24)
    (words,) = short.encode([PROMPT])
    theirs = model.pipe.encode_prompt(PROMPT, PROMPT, PROMPT, device="cpu", max_sequence_length=24,
                                      do_classifier_free_guidance=False)[0][0]
    assert torch.equal(words.states, theirs)
    assert len(words.columns(2, 5)) == 1
    assert short.blank().embedding.shape == (56,)


@pytest.mark.filterwarnings("ignore:`torch.jit:DeprecationWarning")
def test_what_would_bypass_the_taps_is_refused_by_name(open_family: Callable[..., Any]) -> None:
    watch_all = Seen()
    model = open_family("sd3")
    cond, x = model.stack(model.encode([PROMPT])), latents(model)
    model.transformer.fuse_qkv_projections()
    with pytest.raises(Unsupported, match="unfuse_qkv_projections"):
        model.predict(x, T, cond, [watch_all])
    model = open_family("flux")
    cond = model.stack(model.encode([PROMPT]))
    model.transformer.set_attention_backend("_native_math")
    with pytest.raises(Unsupported, match="_native_math"):
        model.predict(x, T, cond, [watch_all])
    model.transformer.set_attention_backend("native")
    model.predict(x, T, cond, [watch_all])
    model.transformer.transformer_blocks[0].attn.compile()
    with pytest.raises(Unsupported, match="compiled"):
        model.predict(x, T, cond, [watch_all])


def test_plain_attention_is_untouched_by_a_hook_of_another_layer(model: Any) -> None:
    class Elsewhere(Seen):
        def wants(self, layer: Layer) -> bool:
            return layer.name.endswith("blocks.1.attn")

    cond = model.stack(model.encode([PROMPT]))
    assert torch.equal(model.predict(latents(model), T, cond, [Elsewhere()]), model.predict(latents(model), T, cond))
