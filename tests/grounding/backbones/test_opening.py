"""Precision, LoRAs, ControlNets, single files and what is refused, on tiny checkpoints in the published formats."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import get_args

import numpy as np
import pytest
import torch
from diffusers import ControlNetModel, StableDiffusionPipeline
from PIL import Image
from safetensors.torch import save_file

from grounding import backbones
from grounding.backbones.stable_diffusion import StableDiffusion
from grounding.errors import BadRequest, ModelMissing, Unsupported
from grounding.folders import MOST_LAYERS, digest
from grounding.loading import Followed, Loading, Lora
from grounding.painter import Painter
from grounding.sampler import KINDS
from grounding.settings import How, Scheduler
from planner.scene import Layout, Scene
from tests.grounding.conftest import parts

LAYER = "down_blocks.1.attentions.0.transformer_blocks.0.attn2.to_k"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A tiny checkpoint of one's own, to be damaged."""
    StableDiffusionPipeline(**parts()).save_pretrained(tmp_path / "sd")
    return tmp_path / "sd"


def weight(model: StableDiffusion) -> torch.Tensor:
    found: torch.Tensor = model.unet.get_submodule(LAYER).weight
    return found


def opened(folder: Path, loading: Loading) -> StableDiffusion:
    model = backbones.load(folder, loading=loading)
    assert isinstance(model, StableDiffusion)
    return model


@pytest.mark.parametrize(("dtype", "expected"), [
    ("float32", torch.float32), ("float16", torch.float16), ("bfloat16", torch.bfloat16)])
def test_every_part_has_the_precision_that_was_asked_for(
        checkpoint: Callable[..., Path], dtype: str, expected: torch.dtype) -> None:
    model = opened(checkpoint(), Loading.model_validate({"dtype": dtype}))
    assert {p.dtype for part in (model.unet, model.vae, model.text) for p in part.parameters()} == {expected}
    x = torch.randn(1, 4, 32, 32)
    out = model.predict(x, torch.tensor(500), model.stack(model.encode(["a red ball"])))
    assert out.dtype == torch.float32
    assert torch.isfinite(out).all()


def factors(folder: Path) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """The weight that a LoRA changes, and two random factors of rank 4 that fit it."""
    before = weight(opened(folder, Loading())).detach().clone()
    random = torch.Generator().manual_seed(1)
    return (before, torch.randn(4, before.shape[1], generator=random),
            torch.randn(before.shape[0], 4, generator=random))


@pytest.mark.parametrize("naming", ["peft", "diffusers", "kohya"])
def test_a_lora_adds_its_product_times_alpha_over_rank_times_its_weight(
        checkpoint: Callable[..., Path], tmp_path: Path, naming: str) -> None:
    before, down, up = factors(checkpoint())
    flat = "lora_unet_" + LAYER.replace(".", "_")
    alpha = 2.0 if naming == "kohya" else 4.0
    state = {"peft": {f"unet.{LAYER}.lora_A.weight": down, f"unet.{LAYER}.lora_B.weight": up},
             "diffusers": {f"unet.{LAYER}.lora.down.weight": down, f"unet.{LAYER}.lora.up.weight": up},
             "kohya": {f"{flat}.lora_down.weight": down, f"{flat}.lora_up.weight": up,
                       f"{flat}.alpha": torch.tensor(alpha)}}[naming]
    save_file(state, tmp_path / "style.safetensors")
    for path in (tmp_path / "style.safetensors", tmp_path):
        model = opened(checkpoint(), Loading(loras=(Lora(path=str(path), weight=0.5),)))
        torch.testing.assert_close(weight(model), before + 0.5 * alpha / 4 * up @ down)
        assert model.fingerprint() != digest(checkpoint())


def test_a_lora_for_another_model_is_refused(checkpoint: Callable[..., Path], tmp_path: Path) -> None:
    _, down, up = factors(checkpoint())
    for name, state in {
        "nowhere": {"unet.no.such.layer.lora_A.weight": down, "unet.no.such.layer.lora_B.weight": up},
        "wide": {f"unet.{LAYER}.lora_A.weight": torch.zeros(4, 999), f"unet.{LAYER}.lora_B.weight": up},
    }.items():
        save_file(state, tmp_path / f"{name}.safetensors")
        with pytest.raises(Unsupported, match="trained on another"):
            opened(checkpoint(), Loading(loras=(Lora(path=str(tmp_path / f"{name}.safetensors")),)))
    (tmp_path / "old.bin").write_bytes(b"x")
    with pytest.raises(ModelMissing, match=r"one \.safetensors file"):
        opened(checkpoint(), Loading(loras=(Lora(path=str(tmp_path / "old.bin")),)))


def test_loras_are_named_with_their_weights() -> None:
    assert Lora.all_of("") == ()
    assert Lora.all_of("a.safetensors:0.8, folder,b:-1") == (
        Lora(path="a.safetensors", weight=0.8), Lora(path="folder"), Lora(path="b", weight=-1.0))
    with pytest.raises(BadRequest, match="from -10 to 10"):
        Lora.all_of("a.safetensors:11")


def test_a_controlnet_and_its_picture_are_opened_with_the_model(
        checkpoint: Callable[..., Path], tmp_path: Path) -> None:
    net = ControlNetModel.from_unet(StableDiffusion.load(checkpoint()).unet)
    net.save_pretrained(tmp_path / "net")
    Image.fromarray(np.full((40, 60, 3), 255, np.uint8)).save(tmp_path / "edges.png")
    followed = Followed(net=str(tmp_path / "net"), picture=str(tmp_path / "edges.png"), strength=0.5)
    model = opened(checkpoint(), Loading(control=followed))
    assert model.control is not None
    assert (model.control.scale, tuple(model.control.picture.shape)) == (0.5, (1, 3, 40, 60))
    assert model.control.picture.unique().tolist() == [1.0]
    weaker = Loading(control=followed.model_copy(update={"strength": 0.4}))
    assert opened(checkpoint(), weaker).fingerprint() != model.fingerprint()
    (tmp_path / "edges.png").write_bytes(b"no picture")
    with pytest.raises(BadRequest, match="not a picture"):
        opened(checkpoint(), Loading(control=followed))
    with pytest.raises(Unsupported, match="holds a `None`; this image model follows a ControlNetModel"):
        opened(checkpoint(), Loading(control=followed.model_copy(update={"net": str(checkpoint() / "text_encoder")})))


@pytest.mark.parametrize(("loading", "reason"), [
    (Loading(attention_slicing=True), "guidance and watching read the whole attention"),
    (Loading(offload="model"), "device=cpu has nowhere to move them"),
    (Loading(offload="sequential"), "device=cpu has nowhere to move them")])
def test_what_cannot_be_done_is_refused_with_the_reason(
        checkpoint: Callable[..., Path], loading: Loading, reason: str) -> None:
    with pytest.raises(Unsupported, match=reason):
        opened(checkpoint(), loading)


def test_a_device_that_is_not_there_is_a_sentence(checkpoint: Callable[..., Path]) -> None:
    if torch.cuda.is_available():
        pytest.skip("there is one")
    with pytest.raises(Unsupported, match=r"device=cuda cannot be used: torch .* sees no cuda devices here"):
        backbones.load(checkpoint(), device="cuda")


@pytest.mark.parametrize(("file", "content", "reason"), [
    ("unet/config.json", "[" * 100_000, "is not JSON"),
    ("model_index.json", '{"a":' * 100_000, "is not JSON"),
    ("unet/config.json", '{"block_out_channels": [1e300, 2]}', "nobody can build"),
    ("unet/config.json", json.dumps({"layers_per_block": MOST_LAYERS + 1}), "nobody can build"),
    ("unet/config.json", '{"quantization_config": {"load_in_4bit": true}}', "is quantised"),
    ("text_encoder/config.json", '{"auto_map": {"AutoModel": "evil.Model"}}', "code of its own"),
    ("vae/config.json", "7", "not a JSON object"),
    ("tokenizer/evil.py", "raise SystemExit", "code of its own")])
def test_an_odd_folder_is_one_sentence(folder: Path, file: str, content: str, reason: str) -> None:
    (folder / file).write_text(content)
    with pytest.raises(ModelMissing, match=reason):
        backbones.load(folder)


def test_a_vast_model_is_one_sentence(folder: Path) -> None:
    config = json.loads((folder / "unet/config.json").read_text())
    (folder / "unet/config.json").write_text(json.dumps({**config, "block_out_channels": [2**36, 2**36, 2**36]}))
    with pytest.raises(ModelMissing, match="could not be loaded"):
        backbones.load(folder)


def test_a_single_file_needs_a_folder_that_describes_it_and_is_never_a_pickle(tmp_path: Path) -> None:
    save_file({"x": torch.zeros(1)}, tmp_path / "model.safetensors")
    with pytest.raises(ModelMissing, match=r"no folder in diffusers' format.*image_config"):
        backbones.load(tmp_path / "model.safetensors")
    StableDiffusionPipeline(**parts()).save_pretrained(tmp_path / "model")
    (tmp_path / "model.ckpt").write_bytes(b"x")
    with pytest.raises(ModelMissing, match=r"no \.safetensors file"):
        backbones.load(tmp_path / "model.ckpt")
    with pytest.raises(ModelMissing, match="could not be loaded"):
        backbones.load(tmp_path / "model.safetensors")


@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")
def test_a_scheduler_is_chosen_by_name_and_refused_where_the_model_cannot_use_it(
        checkpoint: Callable[..., Path]) -> None:
    assert set(KINDS) == set(get_args(Scheduler)) - {"own"}
    painter = Painter(StableDiffusion.load(checkpoint()))
    layout = Layout(scene=Scene(prompt="a red ball"))
    for name, kind in (("own", "DDIMScheduler"), ("unipc", "UniPCMultistepScheduler"),
                       ("euler", "EulerDiscreteScheduler")):
        how = How.model_validate({"steps": 2, "scheduler": name})
        assert painter.paint(layout, how)[0].receipt.scheduler == kind
    with pytest.raises(Unsupported, match="FlowMatchEulerDiscreteScheduler"):
        painter.paint(layout, How(steps=2, scheduler="flow-euler"))
