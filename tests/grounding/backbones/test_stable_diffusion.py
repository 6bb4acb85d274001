"""Stable Diffusion as a backbone: it reads, paints and opens its attention exactly as the stock pipeline does."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from diffusers import ControlNetModel
from torch import Tensor

from grounding.attention import Call, CrossWatch, Enough, Layer, Proceed, RowWatch
from grounding.backbones import unet as unets
from grounding.backbones.stable_diffusion import Control, StableDiffusion
from grounding.errors import AttemptFailed, BadRequest, ModelMissing, Unsupported
from grounding.folders import digest
from grounding.guide.bind import Bind
from grounding.guide.refocus import Refocus
from grounding.painter import Painter
from grounding.settings import How
from planner.scene import Box, Canvas, Layout, Placement, Scene, Thing

BALL = Layout(scene=Scene(prompt="a red ball", things=(Thing(id="b", noun="ball", phrase="a red ball"),)),
              placements=(Placement(thing="b", box=Box.of(0.1, 0.1, 0.4, 0.4)),))
T = torch.tensor(500)
TEXTS = ["a red ball and a teddy bear", "two cats"]


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


def test_texts_are_encoded_as_the_pipeline_encodes_them(backbone: StableDiffusion) -> None:
    for text in (*TEXTS, "", "a very long prompt " * 20):
        theirs = backbone.pipe.encode_prompt(text, "cpu", 1, False)[0][0]
        assert torch.equal(backbone.encode([text])[0].states, theirs)


def test_columns_are_found_by_character_offsets_in_words_of_several_pieces(backbone: StableDiffusion) -> None:
    (words,) = backbone.encode(["a sphinx, a red Cat"])
    assert words.columns(2, 8) == tuple(range(2, 8))
    assert words.columns(12, 19) == (10, 11)
    assert words.content == range(1, 12)


def test_what_does_not_fit_is_said(backbone: StableDiffusion) -> None:
    (words,) = backbone.encode(["cat " * 38 + "dog dog"])
    assert words.dropped == "dog dog"
    assert len(words.offsets) == 40
    assert words.states.shape[0] == 40


def test_learned_tokens_stand_before_the_end_token_and_carry_a_gradient(backbone: StableDiffusion) -> None:
    table = backbone.text.get_input_embeddings().weight
    ids = backbone.tokenizer("red ball", add_special_tokens=False)["input_ids"]
    learned = table[ids].clone().requires_grad_()
    (with_them,) = backbone.encode(["two"], learned)
    (spelled,) = backbone.encode(["two red ball"])
    torch.testing.assert_close(with_them.states, spelled.states)
    assert with_them.content == range(1, 2)
    (gradient,) = torch.autograd.grad(with_them.states.sum(), learned)
    assert gradient.abs().sum() > 0
    assert torch.equal(backbone.encode(["two red ball"])[0].states, spelled.states)


def test_layers_come_in_the_order_in_which_a_pass_runs_them(
        backbone: StableDiffusion, noise: Callable[..., Tensor]) -> None:
    peek = Peek()
    backbone.predict(noise(2), T, backbone.stack(backbone.encode(TEXTS)), [peek])
    assert peek.ran == [layer.name for layer in backbone.layers(backbone.shape(128, 128))]


@pytest.mark.parametrize("size", [(128, 128), (128, 96), (100, 68)])
def test_grids_are_those_of_the_real_queries(backbone: StableDiffusion, size: tuple[int, int]) -> None:
    shape = backbone.shape(*size)
    seen: dict[Layer, int] = {}

    class Count(Peek):
        def __call__(self, call: Call, proceed: Proceed) -> Tensor:
            seen[call.layer] = call.q.shape[2]
            return proceed(call)

    backbone.predict(torch.randn(1, *shape), T, backbone.stack(backbone.encode(["a cat"])), [Count()])
    assert all(layer.cells == queries for layer, queries in seen.items())


def test_a_hook_that_only_watches_changes_no_bit(backbone: StableDiffusion, noise: Callable[..., Tensor]) -> None:
    cond = backbone.stack(backbone.encode(TEXTS))
    watched = backbone.predict(noise(2), T, cond, [CrossWatch(16, 16, 40, 2), RowWatch(16, 16, torch.ones(2, 1, 256))])
    assert torch.equal(watched, backbone.predict(noise(2), T, cond))


@pytest.mark.parametrize("fail", [False, True])
def test_processors_are_put_back_exactly(backbone: StableDiffusion, noise: Callable[..., Tensor], fail: bool) -> None:
    cond = backbone.stack(backbone.encode(TEXTS))
    before, out = dict(backbone.unet.attn_processors), backbone.predict(noise(2), T, cond)
    peek = Peek(fail_in="mid_block.attentions.0.transformer_blocks.0.attn2" if fail else "")
    if fail:
        with pytest.raises(RuntimeError, match="as planned"):
            backbone.predict(noise(2), T, cond, [peek])
    else:
        backbone.attend(noise(2), T, cond, [peek], lambda: None)
    assert all(backbone.unet.attn_processors[name] is p for name, p in before.items())
    assert torch.equal(backbone.predict(noise(2), T, cond), out)


def test_a_truncated_pass_gives_the_maps_of_a_full_one(backbone: StableDiffusion, noise: Callable[..., Tensor]) -> None:
    cond = backbone.stack(backbone.encode(TEXTS))
    boxes = torch.zeros(2, 3, 256)
    boxes[:, 0, :50], boxes[:, 1, 40:90], boxes[0, 2, 250:] = 1, 1, 1
    whole, part = ((CrossWatch(16, 16, 40, 2), RowWatch(16, 16, boxes)) for _ in range(2))
    backbone.predict(noise(2), T, cond, whole)
    backbone.attend(noise(2), T, cond, part, lambda: None)
    for a, b in zip(whole, part, strict=True):
        assert torch.equal(a.maps(), b.maps())
    assert torch.allclose(whole[0].maps().sum(-1), torch.ones(2, 16, 16))


def test_a_truncated_pass_ends_in_the_last_layer_that_is_wanted(
        backbone: StableDiffusion, noise: Callable[..., Tensor]) -> None:
    class OnlyMid(Peek):
        def wants(self, layer: Layer) -> bool:
            return layer.name.startswith("mid_block")

    ran: list[str] = []
    handle = backbone.unet.up_blocks[0].register_forward_pre_hook(lambda *_: ran.append("up"))
    backbone.attend(noise(), T, backbone.stack(backbone.encode(["a cat"])), [OnlyMid()], lambda: None)
    handle.remove()
    assert ran == []


def test_the_signal_that_ends_a_pass_does_not_escape_a_full_one(
        backbone: StableDiffusion, noise: Callable[..., Tensor]) -> None:
    class Rude(Peek):
        def __call__(self, call: Call, proceed: Proceed) -> Tensor:
            raise Enough

    with pytest.raises(Enough):
        backbone.predict(noise(), T, backbone.stack(backbone.encode(["a cat"])), [Rude()])


def test_a_gradient_through_a_checkpointed_truncated_pass_is_the_plain_one(
        checkpoint: Callable[..., Path], noise: Callable[..., Tensor]) -> None:
    gradients = []
    for checkpointing in (False, True):
        model = StableDiffusion.load(checkpoint(), checkpointing=checkpointing)
        x, watch = noise().requires_grad_(), CrossWatch(16, 16, 40, 1)
        cond = model.stack(model.encode(["a red ball"]))
        gradients += model.attend(
            x, T, cond, [watch], lambda: torch.autograd.grad(watch.maps()[..., 2:4].square().sum(), x))  # noqa: B023
    torch.testing.assert_close(*gradients)
    assert gradients[0].abs().sum() > 0


def test_weights_get_no_gradients(backbone: StableDiffusion) -> None:
    assert not any(w.requires_grad for part in (backbone.unet, backbone.vae, backbone.text) for w in part.parameters())


@pytest.mark.filterwarnings("ignore:.torch.jit:DeprecationWarning")
@pytest.mark.parametrize(("upset", "named"), [
    (lambda b: b.pipe.enable_attention_slicing(1), "slicing"),
    (lambda b: b.unet.fuse_qkv_projections(), "unfuse_qkv_projections"),
    (lambda b: setattr(b, "unet", torch.compile(b.unet)), "torch.compile"),
    (lambda b: b.unet.compile(), "torch.compile"),
])
def test_what_would_bypass_the_hooks_is_refused_by_name(
        backbone: StableDiffusion, noise: Callable[..., Tensor], upset: Callable[[StableDiffusion], object],
        named: str) -> None:
    upset(backbone)
    with pytest.raises(Unsupported, match=named):
        backbone.predict(noise(), T, backbone.stack(backbone.encode(["a cat"])), [Peek()])


def test_a_compiled_unet_is_refused_as_such_before_anything_is_painted(backbone: StableDiffusion) -> None:
    backbone.unet = torch.compile(backbone.unet)
    with pytest.raises(Unsupported, match="compiled"):
        backbone.grid(backbone.shape(128, 128))


def test_a_unet_that_was_given_an_ip_adapter_is_refused_even_where_nothing_is_watched(
        backbone: StableDiffusion) -> None:
    backbone.unet.register_to_config(encoder_hid_dim_type="ip_image_proj")
    with pytest.raises(Unsupported, match="IP-Adapter"):
        Painter(backbone).paint(Layout(scene=Scene(prompt="a cat")), How(steps=1, watch=False))


def test_two_runs_on_one_model_are_told_apart_from_odd_processors(
        backbone: StableDiffusion, noise: Callable[..., Tensor]) -> None:
    cond = backbone.stack(backbone.encode(["a cat"]))
    layer = backbone.layers(backbone.shape(128, 128))[0]
    with unets.opened(backbone.unet, [layer], [Peek()]), pytest.raises(Unsupported, match="another run"):
        backbone.predict(noise(), T, cond, [Peek()])


def test_an_ip_adapter_is_refused_by_name(backbone: StableDiffusion, noise: Callable[..., Tensor]) -> None:
    from diffusers.models.attention_processor import IPAdapterAttnProcessor2_0

    module = backbone.unet.mid_block.attentions[0].transformer_blocks[0].attn2
    module.set_processor(IPAdapterAttnProcessor2_0(hidden_size=32, cross_attention_dim=32))
    with pytest.raises(Unsupported, match="IP-Adapter"):
        backbone.predict(noise(), T, backbone.stack(backbone.encode(["a cat"])), [Peek()])


def test_a_hook_that_fits_no_layer_is_refused(backbone: StableDiffusion, noise: Callable[..., Tensor]) -> None:
    cond = backbone.stack(backbone.encode(["a cat"]))
    with pytest.raises(Unsupported, match="CrossWatch"):
        backbone.predict(noise(), T, cond, [CrossWatch(5, 5, 40, 1)])
    with pytest.raises(Unsupported, match="CrossWatch"):
        backbone.attend(noise(), T, cond, [CrossWatch(5, 5, 40, 1)], lambda: None)


@pytest.mark.parametrize("prediction", ["epsilon", "v_prediction", "sample"])
def test_the_clean_picture_is_what_the_scheduler_takes_it_for(
        checkpoint: Callable[..., Path], noise: Callable[..., Tensor], prediction: str) -> None:
    model = StableDiffusion.load(checkpoint(prediction=prediction))
    scheduler = model.scheduler()
    scheduler.set_timesteps(10)
    t, x, output = scheduler.timesteps[3], noise(seed=1), noise(seed=2)
    theirs = scheduler.step(output, t, x).pred_original_sample
    torch.testing.assert_close(model.clean(x, t, output), theirs)
    assert model.noise_level(t) == pytest.approx((1 - scheduler.alphas_cumprod[t]).sqrt().item())


def test_pictures_go_to_latents_and_back_as_in_the_pipeline(
        backbone: StableDiffusion, noise: Callable[..., Tensor]) -> None:
    latents = noise(2)
    pictures = backbone.decode(latents)
    decoded = backbone.vae.decode(latents / backbone.vae.config.scaling_factor).sample
    theirs = backbone.pipe.image_processor.postprocess(decoded, output_type="pil")
    assert all(np.array_equal(np.asarray(a), np.asarray(b)) for a, b in zip(pictures, theirs, strict=True))
    assert backbone.encode_images(pictures).shape == latents.shape


def test_a_controlnet_passes_through(backbone: StableDiffusion, noise: Callable[..., Tensor]) -> None:
    torch.manual_seed(1)
    net = ControlNetModel.from_unet(backbone.unet)
    for block in (*net.controlnet_down_blocks, net.controlnet_mid_block):
        torch.nn.init.normal_(block.weight, std=0.1)
    cond, x = backbone.stack(backbone.encode(TEXTS)), noise(2)
    free = backbone.predict(x, T, cond)
    backbone.control = Control(net, torch.rand(1, 3, 256, 256), scale=0.5)
    down, mid = net(x, T, cond.states, backbone.control.picture.expand(2, -1, -1, -1), 0.5, return_dict=False)
    theirs = backbone.unet(x, T, cond.states, down_block_additional_residuals=down, mid_block_additional_residual=mid)
    assert torch.equal(backbone.predict(x, T, cond), theirs.sample)
    assert not torch.equal(free, theirs.sample)


def test_the_fingerprint_is_that_of_the_files(backbone: StableDiffusion, checkpoint: Callable[..., Path]) -> None:
    assert backbone.fingerprint() == StableDiffusion.load(checkpoint()).fingerprint()
    assert backbone.fingerprint() == digest(checkpoint())
    assert StableDiffusion.load(checkpoint(seed=1)).fingerprint() != backbone.fingerprint()


def test_pixels_that_are_not_finite_are_no_picture(backbone: StableDiffusion, noise: Callable[..., Tensor]) -> None:
    backbone.vae.decoder.conv_out.bias.data.fill_(float("nan"))
    with pytest.raises(AttemptFailed, match="pixels"):
        backbone.decode(noise())


def test_sizes_that_do_not_fit_the_latents_are_refused(backbone: StableDiffusion) -> None:
    for size in ((0, 128), (127, 128), (-4, 8)):
        with pytest.raises(BadRequest, match="multiples of 4"):
            backbone.shape(*size)


def test_a_missing_checkpoint_is_named(tmp_path: Path) -> None:
    with pytest.raises(ModelMissing, match="nothing-here"):
        StableDiffusion.load(tmp_path / "nothing-here")
    (tmp_path / "model_index.json").write_text("{}")
    with pytest.raises(ModelMissing, match="could not be loaded"):
        StableDiffusion.load(tmp_path)


class Spy:
    """A ControlNet that remembers what it was given."""

    def __init__(self, net: ControlNetModel) -> None:
        self.net, self.config = net, net.config
        self.seen: list[tuple[Tensor, Tensor]] = []

    def __call__(self, x: Tensor, t: Tensor, *, encoder_hidden_states: Tensor, controlnet_cond: Tensor,
                 **further: Any) -> Any:
        self.seen.append((encoder_hidden_states.detach(), controlnet_cond.detach()))
        return self.net(x, t, encoder_hidden_states=encoder_hidden_states, controlnet_cond=controlnet_cond, **further)


@pytest.fixture
def followed(backbone: StableDiffusion) -> Spy:
    torch.manual_seed(1)
    pictures = torch.stack([torch.full((3, 256, 256), value) for value in (0.25, 0.75)])
    spy = Spy(ControlNetModel.from_unet(backbone.unet))
    backbone.control = Control(spy, pictures)
    return spy


def test_each_picture_of_a_batch_follows_its_own_also_where_only_one_is_guided(
        backbone: StableDiffusion, followed: Spy) -> None:
    scenes = [Layout(scene=Scene(prompt="a cat")), BALL]
    Painter(backbone).paint(scenes, How(steps=2, refocus=Refocus(weak=1.0)))
    guided = [picture[:, 0, 0, 0].tolist() for _, picture in followed.seen if len(picture) == 1]
    assert guided
    assert set(map(tuple, guided)) == {(0.75,)}
    assert {tuple(p[:, 0, 0, 0].tolist()) for _, p in followed.seen if len(p) == 4} == {(0.25, 0.75, 0.25, 0.75)}


def test_a_controlnet_does_not_read_what_only_binding_knows_how_to_hide(
        backbone: StableDiffusion, followed: Spy) -> None:
    Painter(backbone).paint([BALL, BALL], How(steps=2, bind=Bind(), refocus=Refocus(weak_bound=1.0)))
    assert {states.shape[1] for states, _ in followed.seen} == {40}
    whole = backbone.stack(backbone.encode(["", "a red ball"]))
    assert torch.equal(followed.seen[0][0][[0, 2]], whole.states)


def test_a_control_of_another_size_is_brought_to_the_size_that_is_painted(
        backbone: StableDiffusion, followed: Spy) -> None:
    wide = BALL.model_copy(update={"canvas": Canvas(width=1600, height=900)})
    Painter(backbone).paint(wide, How(steps=2))
    assert {tuple(picture.shape[2:]) for _, picture in followed.seen} == {(192, 352)}


def test_a_controlnet_is_frozen(backbone: StableDiffusion) -> None:
    net = ControlNetModel.from_unet(backbone.unet).train()
    StableDiffusion(backbone.pipe, name="tiny", control=Control(net, torch.rand(1, 3, 256, 256)))
    assert not net.training
    assert not any(weight.requires_grad for weight in net.parameters())
