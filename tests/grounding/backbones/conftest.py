"""Tiny random checkpoints of the larger families, written in their published formats and read back."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from diffusers import (
    AutoencoderKL,
    EulerDiscreteScheduler,
    FlowMatchEulerDiscreteScheduler,
    FluxPipeline,
    FluxTransformer2DModel,
    SD3Transformer2DModel,
    StableDiffusion3Pipeline,
    StableDiffusionXLPipeline,
    UNet2DConditionModel,
)
from transformers import (
    CLIPTextConfig,
    CLIPTextModel,
    CLIPTextModelWithProjection,
    CLIPTokenizer,
    T5Config,
    T5EncoderModel,
    T5TokenizerFast,
)

from grounding import backbones
from grounding.backbone import Backbone

FAMILIES = ("sdxl", "sd3", "flux")


def clip(tokenizer: CLIPTokenizer, hidden: int, projection: int | None = None) -> Any:
    config = CLIPTextConfig(
        vocab_size=len(tokenizer), hidden_size=hidden, intermediate_size=2 * hidden, num_hidden_layers=3,
        num_attention_heads=4, max_position_embeddings=tokenizer.model_max_length, projection_dim=projection or 16,
        bos_token_id=tokenizer.bos_token_id, eos_token_id=tokenizer.eos_token_id, pad_token_id=tokenizer.pad_token_id)
    return CLIPTextModelWithProjection(config) if projection else CLIPTextModel(config)


def t5_tokenizer(words: list[str]) -> T5TokenizerFast:
    letters = [*"abcdefghijklmnopqrstuvwxyz,.'"]
    pieces = ["<pad>", "</s>", "<unk>", "▁", *("▁" + word for word in words), *letters]
    return T5TokenizerFast(vocab=[(piece, -float(i > 3) * 3) for i, piece in enumerate(pieces)], extra_ids=0,
                           model_max_length=40)


def t5(tokenizer: T5TokenizerFast, width: int) -> T5EncoderModel:
    return T5EncoderModel(T5Config(vocab_size=len(tokenizer), d_model=width, d_kv=8, d_ff=32, num_layers=2, num_heads=4,
                                   feed_forward_proj="gated-gelu", dropout_rate=0.0, pad_token_id=0, eos_token_id=1))


def vae(**options: Any) -> AutoencoderKL:
    return AutoencoderKL(block_out_channels=(8, 8), down_block_types=("DownEncoderBlock2D",) * 2,
                         up_block_types=("UpDecoderBlock2D",) * 2, latent_channels=4, norm_num_groups=4, **options)


def sharpened(model: Any) -> Any:
    """Random attention is flat; this one looks somewhere."""
    for name, weight in model.named_parameters():
        if name.endswith(("to_q.weight", "to_k.weight", "add_q_proj.weight", "add_k_proj.weight")):
            weight.data.mul_(6.0)
    return model


def sdxl(tokenizer: CLIPTokenizer, second: CLIPTokenizer, words: list[str]) -> StableDiffusionXLPipeline:
    unet = UNet2DConditionModel(
        sample_size=32, layers_per_block=1, block_out_channels=(16, 32), norm_num_groups=8, cross_attention_dim=56,
        down_block_types=("DownBlock2D", "CrossAttnDownBlock2D"), up_block_types=("CrossAttnUpBlock2D", "UpBlock2D"),
        attention_head_dim=(2, 4), transformer_layers_per_block=(1, 2), use_linear_projection=True,
        addition_embed_type="text_time", addition_time_embed_dim=8, projection_class_embeddings_input_dim=20 + 48)
    scheduler = EulerDiscreteScheduler(beta_start=0.00085, beta_end=0.012, beta_schedule="scaled_linear")
    return StableDiffusionXLPipeline(
        vae(), clip(tokenizer, 32), clip(second, 24, 20), tokenizer, second, sharpened(unet), scheduler,
        add_watermarker=False)


def sd3(tokenizer: CLIPTokenizer, second: CLIPTokenizer, words: list[str]) -> StableDiffusion3Pipeline:
    transformer = SD3Transformer2DModel(
        sample_size=16, patch_size=2, in_channels=4, out_channels=4, num_layers=3, attention_head_dim=8,
        num_attention_heads=4, joint_attention_dim=64, caption_projection_dim=32, pooled_projection_dim=36,
        pos_embed_max_size=16, dual_attention_layers=(0, 1), qk_norm="rms_norm")
    long = t5_tokenizer(words)
    return StableDiffusion3Pipeline(
        sharpened(transformer), FlowMatchEulerDiscreteScheduler(shift=3.0),
        vae(scaling_factor=1.5, shift_factor=0.1), clip(tokenizer, 32, 16), tokenizer, clip(second, 24, 20), second,
        t5(long, 64), long)


def flux(tokenizer: CLIPTokenizer, second: CLIPTokenizer, words: list[str]) -> FluxPipeline:
    transformer = FluxTransformer2DModel(
        in_channels=16, num_layers=2, num_single_layers=2, attention_head_dim=16, num_attention_heads=2,
        joint_attention_dim=32, pooled_projection_dim=32, guidance_embeds=True, axes_dims_rope=(4, 4, 8))
    long = t5_tokenizer(words)
    return FluxPipeline(
        FlowMatchEulerDiscreteScheduler(use_dynamic_shifting=True), vae(scaling_factor=0.4, shift_factor=0.1),
        clip(tokenizer, 32), tokenizer, t5(long, 32), long, sharpened(transformer))


@pytest.fixture(scope="session")
def folders(tmp_path_factory: pytest.TempPathFactory, clip_tokenizer: Callable[..., CLIPTokenizer],
            known_words: list[str]) -> dict[str, Path]:
    """One checkpoint folder per family."""
    found = {}
    for build in (sdxl, sd3, flux):
        torch.manual_seed(0)
        found[build.__name__] = tmp_path_factory.mktemp(build.__name__)
        second = clip_tokenizer()
        second.pad_token = "!"
        build(clip_tokenizer(), second, known_words).save_pretrained(found[build.__name__])
    return found


@pytest.fixture
def open_family(folders: dict[str, Path]) -> Callable[..., Backbone]:
    """A freshly loaded tiny model of a family."""
    def opened(name: str, **options: Any) -> Any:
        lengths = {} if name == "sdxl" else {"length": 24}
        model: Any = backbones.load(folders[name], **{**lengths, **options})
        model.pipe.set_progress_bar_config(disable=True)
        model.pipe.default_sample_size = 16
        return model

    return opened


@pytest.fixture(params=FAMILIES)
def family(request: pytest.FixtureRequest, open_family: Callable[..., Backbone]) -> Any:
    """Each family in turn."""
    return open_family(request.param)


@pytest.fixture(params=["sd3", "flux"])
def model(request: pytest.FixtureRequest, open_family: Callable[..., Any]) -> Any:
    """A tiny model with joint attention."""
    return open_family(request.param)
