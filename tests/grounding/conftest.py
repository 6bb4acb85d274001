"""Tiny random models in the real formats: everything about a family can be tested on them, except quality."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from diffusers import AutoencoderKL, DDIMScheduler, StableDiffusionPipeline, UNet2DConditionModel
from transformers import CLIPTextConfig, CLIPTextModel, CLIPTokenizer

from grounding.backbones.stable_diffusion import StableDiffusion

WORDS = [
    "a", "an", "the", "and", "of", "to", "red", "blue", "green", "black", "ball", "box", "cat", "cats", "dog", "two",
    "three", "on", "left", "right", "beside", "hat", "wearing", "is", "with", "no", "stop", "sign", "teddy", "bear",
]


def tokenizer(limit: int = 40) -> CLIPTokenizer:
    """A CLIP tokenizer that knows a few words whole and spells the others."""
    letters = [*"abcdefghijklmnopqrstuvwxyz0123456789,.-'!"]
    pieces = [*letters, *(c + "</w>" for c in letters)]
    merges = []
    for word in WORDS:
        parts = [*word[:-1], word[-1] + "</w>"]
        while len(parts) > 1:
            merges.append((parts[0], parts[1]))
            parts = ["".join(parts[:2]), *parts[2:]]
            pieces.append(parts[0])
    vocab = {piece: i for i, piece in enumerate(dict.fromkeys([*pieces, "<|startoftext|>", "<|endoftext|>"]))}
    return CLIPTokenizer(vocab=vocab, merges=[*dict.fromkeys(merges)], model_max_length=limit)


def parts(
    *, prediction: str = "epsilon", limit: int = 40, attention_type: str = "default", seed: int = 0,
) -> dict[str, Any]:
    """The parts of a small Stable Diffusion: 32×32 latents, attention at 16×16 and 8×8, as in the pocket."""
    torch.manual_seed(seed)
    tok = tokenizer(limit)
    unet = UNet2DConditionModel(
        sample_size=32, in_channels=4, out_channels=4, layers_per_block=2, block_out_channels=(16, 32, 32),
        down_block_types=("DownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D"),
        up_block_types=("CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "UpBlock2D"),
        cross_attention_dim=32, attention_head_dim=2, norm_num_groups=8, attention_type=attention_type)
    vae = AutoencoderKL(block_out_channels=(8, 8, 8), down_block_types=("DownEncoderBlock2D",) * 3,
                        up_block_types=("UpDecoderBlock2D",) * 3, latent_channels=4, norm_num_groups=4, sample_size=128)
    text = CLIPTextModel(CLIPTextConfig(
        vocab_size=len(tok), hidden_size=32, intermediate_size=64, num_hidden_layers=2, num_attention_heads=4,
        max_position_embeddings=limit, bos_token_id=tok.bos_token_id, eos_token_id=tok.eos_token_id,
        pad_token_id=tok.pad_token_id))
    for name, weight in unet.named_parameters():
        if "attn" in name and ("to_q" in name or "to_k" in name):
            weight.data.mul_(4.0)  # random attention is flat; sharpen it so that there is something to guide
    if attention_type == "gated":
        for name, weight in unet.named_parameters():
            if "alpha_" in name:
                weight.data.fill_(0.7)  # an untrained gate is shut
    scheduler = DDIMScheduler(beta_start=0.00085, beta_end=0.012, beta_schedule="scaled_linear", clip_sample=False,
                              set_alpha_to_one=False, steps_offset=1, prediction_type=prediction)
    return {"vae": vae, "text_encoder": text, "tokenizer": tok, "unet": unet, "scheduler": scheduler,
            "safety_checker": None, "feature_extractor": None, "requires_safety_checker": False}


@pytest.fixture(scope="session")
def clip_tokenizer() -> Callable[..., CLIPTokenizer]:
    """How to make a CLIP tokenizer."""
    return tokenizer


@pytest.fixture(scope="session")
def known_words() -> list[str]:
    """The words that tiny models know whole."""
    return list(WORDS)


@pytest.fixture(scope="session")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """Write a tiny checkpoint with these options (once) and give its folder."""
    made: dict[str, Path] = {}

    def make(**options: Any) -> Path:
        key = repr(sorted(options.items()))
        if key not in made:
            made[key] = tmp_path_factory.mktemp("tiny")
            StableDiffusionPipeline(**parts(**options)).save_pretrained(made[key])
        return made[key]

    return make


@pytest.fixture
def backbone(checkpoint: Callable[..., Path]) -> StableDiffusion:
    """A freshly loaded tiny Stable Diffusion."""
    return StableDiffusion.load(checkpoint())


@pytest.fixture
def noise() -> Callable[..., torch.Tensor]:
    """Latent noise by seed."""
    def draw(batch: int = 1, seed: int = 0, side: int = 32) -> torch.Tensor:
        return torch.randn(batch, 4, side, side, generator=torch.Generator().manual_seed(seed))

    return draw
