"""Checkpoints as people pass them around: one file with its authors' names, and what is added to the larger UNet."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from diffusers import ControlNetModel, StableDiffusionPipeline
from PIL import Image
from safetensors.torch import save_file

from grounding import backbones
from grounding.loading import Followed, Loading, Lora
from tests.grounding.backbones import original
from tests.grounding.backbones.conftest import clip, sdxl
from tests.grounding.conftest import WORDS, parts, tokenizer

T = torch.tensor(500)
PARTS = {"sd": ("unet", "vae", "text_encoder"), "xl": ("unet", "vae", "text_encoder", "text_encoder_2")}


def larger(folder: Path, **options: int) -> Any:
    """A tiny Stable Diffusion XL; `options` are of its second text tower."""
    torch.manual_seed(0)
    second = tokenizer()
    second.pad_token = "!"
    pipe = sdxl(tokenizer(), second, list(WORDS))
    if options:
        pipe.register_modules(text_encoder_2=clip(second, **options))
    pipe.save_pretrained(folder)
    return pipe


def described(folder: Path) -> Path:
    """The folder without its weights: only what describes them."""
    for path in folder.rglob("*.safetensors"):
        path.unlink()
    return folder


def model(place: Path, **loading: Any) -> Any:
    return backbones.load(place, loading=Loading(**loading))


@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")
@pytest.mark.parametrize("kind", ["sd", "xl"])
def test_a_file_with_its_authors_names_is_read_weight_for_weight_with_a_folder_that_has_none(
        tmp_path: Path, kind: str) -> None:
    if kind == "sd":
        pipe: Any = StableDiffusionPipeline(**parts())
        pipe.save_pretrained(tmp_path / "family")
        one = original.save(pipe, tmp_path / "one.safetensors")
    else:
        pipe = larger(tmp_path / "family", hidden=20, projection=20)
        one = original.save_xl(pipe, tmp_path / "one.safetensors")
    read = model(one, config=str(described(tmp_path / "family")))
    for part in PARTS[kind]:
        found, wanted = getattr(read.pipe, part).state_dict(), getattr(pipe, part).state_dict()
        assert set(found) == set(wanted)
        for name, weight in wanted.items():
            torch.testing.assert_close(found[name], weight, rtol=0, atol=0)
    assert read.decode(torch.zeros(1, 4, 8, 8))[0].size == (8 * read.pipe.vae_scale_factor,) * 2


def noise(read: Any) -> torch.Tensor:
    return torch.randn(1, *read.shape(*read.size()), generator=torch.Generator().manual_seed(1))


@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")
def test_a_lora_for_the_larger_unet_adds_its_product_to_the_layer_that_it_names(tmp_path: Path) -> None:
    larger(tmp_path / "xl")
    layer = "down_blocks.1.attentions.0.transformer_blocks.1.attn2.to_v"
    before = model(tmp_path / "xl").unet.get_submodule(layer).weight.detach().clone()
    random = torch.Generator().manual_seed(1)
    down, up = (torch.randn(2, before.shape[1], generator=random), torch.randn(before.shape[0], 2, generator=random))
    save_file({f"unet.{layer}.lora_A.weight": down, f"unet.{layer}.lora_B.weight": up}, tmp_path / "l.safetensors")
    read = model(tmp_path / "xl", loras=(Lora(path=str(tmp_path / "l.safetensors"), weight=0.5),))
    torch.testing.assert_close(read.unet.get_submodule(layer).weight, before + 0.5 * up @ down)


@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")
def test_a_controlnet_of_the_larger_unet_changes_nothing_as_it_is_born_and_adds_its_residuals_later(
        tmp_path: Path) -> None:
    larger(tmp_path / "xl")
    plain = model(tmp_path / "xl")
    net = ControlNetModel.from_unet(plain.unet)
    Image.fromarray(np.full((40, 60, 3), 255, np.uint8)).save(tmp_path / "edges.png")
    x, cond = noise(plain), plain.stack(plain.encode(["a red ball"]))
    predictions = {}
    for name, moved in (("born", 0.0), ("trained", 0.1)):
        net.controlnet_mid_block.bias.data.fill_(moved)
        net.save_pretrained(tmp_path / name)
        followed = Followed(net=str(tmp_path / name), picture=str(tmp_path / "edges.png"), strength=1.0)
        predictions[name] = model(tmp_path / "xl", control=followed).predict(x, T, cond)
    torch.testing.assert_close(predictions["born"], plain.predict(x, T, cond))
    added = {"text_embeds": cond.extra["pooled"], "time_ids": torch.tensor([[x.shape[2] * plain.pipe.vae_scale_factor,
             x.shape[3] * plain.pipe.vae_scale_factor, 0, 0, x.shape[2] * plain.pipe.vae_scale_factor,
             x.shape[3] * plain.pipe.vae_scale_factor]]).float()}
    residual = torch.full((1, plain.unet.config.block_out_channels[-1], x.shape[2] // 2, x.shape[3] // 2), 0.1)
    zeros = [torch.zeros_like(r) for r in net(x, T, cond.states, torch.zeros(1, 3, 1, 1).expand(
        1, 3, x.shape[2] * 8, x.shape[3] * 8), added_cond_kwargs=added, return_dict=False)[0]]
    wanted = plain.unet(x, T, cond.states, added_cond_kwargs=added, down_block_additional_residuals=tuple(zeros),
                        mid_block_additional_residual=residual, return_dict=False)[0]
    torch.testing.assert_close(predictions["trained"], wanted, rtol=1e-4, atol=1e-5)
