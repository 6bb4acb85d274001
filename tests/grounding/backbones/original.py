"""Writes a tiny Stable Diffusion as its authors' own code names it: one file, as checkpoints are passed around."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file

RESNET = (("norm1", "in_layers.0"), ("conv1", "in_layers.2"), ("norm2", "out_layers.0"), ("conv2", "out_layers.3"),
          ("time_emb_proj", "emb_layers.1"), ("conv_shortcut", "skip_connection"))
ENDS = (("time_embedding.linear_1.", "time_embed.0."), ("time_embedding.linear_2.", "time_embed.2."),
        ("add_embedding.linear_1.", "label_emb.0.0."), ("add_embedding.linear_2.", "label_emb.0.2."),
        ("conv_in.", "input_blocks.0.0."), ("conv_norm_out.", "out.0."), ("conv_out.", "out.2."))
LOOKING = (("group_norm", "norm"), ("to_q", "q"), ("to_k", "k"), ("to_v", "v"), ("to_out.0", "proj_out"))


def unet(model: Any) -> dict[str, torch.Tensor]:
    """The UNet's weights under `model.diffusion_model`."""
    layers, last = model.config.layers_per_block, len(model.config.block_out_channels) - 1
    places: dict[str, str] = {f"mid_block.resnets.{j}.": f"middle_block.{2 * j}." for j in range(2)}
    places["mid_block.attentions.0."] = "middle_block.1."
    for i in range(last + 1):
        for j in range(layers):
            at = (layers + 1) * i + j + 1
            places |= {f"down_blocks.{i}.resnets.{j}.": f"input_blocks.{at}.0.",
                       f"down_blocks.{i}.attentions.{j}.": f"input_blocks.{at}.1."}
        for j in range(layers + 1):
            at = (layers + 1) * i + j
            places |= {f"up_blocks.{i}.resnets.{j}.": f"output_blocks.{at}.0.",
                       f"up_blocks.{i}.attentions.{j}.": f"output_blocks.{at}.1."}
        looks = "Attn" in model.config.up_block_types[i]
        places |= {f"down_blocks.{i}.downsamplers.0.conv.": f"input_blocks.{(layers + 1) * (i + 1)}.0.op.",
                   f"up_blocks.{i}.upsamplers.0.": f"output_blocks.{(layers + 1) * i + layers}.{1 + looks}."}
    found = {}
    for name, weight in model.state_dict().items():
        for ours, theirs in (*ENDS, *places.items()):
            if name.startswith(ours):
                rest = name.removeprefix(ours)
                for a, b in RESNET if ".resnets." in ours else ():
                    rest = rest.replace(a, b)
                found[f"model.diffusion_model.{theirs}{rest}"] = weight.contiguous()
    assert len(found) == len(model.state_dict())
    return found


def vae(model: Any) -> dict[str, torch.Tensor]:
    """The autoencoder's weights under `first_stage_model`."""
    last, found = len(model.config.block_out_channels) - 1, {}
    for name, weight in model.state_dict().items():
        new = name.replace("conv_norm_out", "norm_out").replace("conv_shortcut", "nin_shortcut")
        for i in range(last + 1):
            new = new.replace(f"down_blocks.{i}.resnets.", f"down.{i}.block.").replace(
                f"down_blocks.{i}.downsamplers.0.", f"down.{i}.downsample.").replace(
                f"up_blocks.{i}.resnets.", f"up.{last - i}.block.").replace(
                f"up_blocks.{i}.upsamplers.0.", f"up.{last - i}.upsample.")
        for i in range(2):
            new = new.replace(f"mid_block.resnets.{i}.", f"mid.block_{i + 1}.")
        if "mid_block.attentions.0." in new:
            new = new.replace("mid_block.attentions.0.", "mid.attn_1.")
            for a, b in LOOKING:
                new = new.replace(f".{a}.", f".{b}.")
            weight = weight[:, :, None, None] if weight.ndim == 2 else weight
        found[f"first_stage_model.{new}"] = weight.contiguous()
    return found


def save(pipe: Any, path: Path) -> Path:
    """The pipeline's weights in one file."""
    text = {f"cond_stage_model.transformer.text_model.{name.removeprefix('text_model.')}": weight.contiguous()
            for name, weight in pipe.text_encoder.state_dict().items()}
    save_file({**unet(pipe.unet), **vae(pipe.vae), **text}, path)
    return path


OPEN_CLIP = (("text_model.encoder.layers.", "transformer.resblocks."), ("self_attn.out_proj.", "attn.out_proj."),
             ("layer_norm1.", "ln_1."), ("layer_norm2.", "ln_2."), ("mlp.fc1.", "mlp.c_fc."),
             ("mlp.fc2.", "mlp.c_proj."),
             ("text_model.final_layer_norm.", "ln_final."),
             ("text_model.embeddings.token_embedding.", "token_embedding."),
             ("text_model.embeddings.position_embedding.weight", "positional_embedding"))


def open_clip(model: Any) -> dict[str, torch.Tensor]:
    """The second text tower of Stable Diffusion XL, which is OpenCLIP's and named so."""
    state, found = model.state_dict(), {}
    for name, weight in state.items():
        if ".k_proj." in name or ".v_proj." in name:
            continue
        new = name
        for ours, theirs in OPEN_CLIP:
            new = new.replace(ours, theirs)
        if ".q_proj." in name:
            parts = [state[name.replace("q_proj", part)] for part in ("q_proj", "k_proj", "v_proj")]
            new, weight = new.replace("self_attn.q_proj.", "attn.in_proj_"), torch.cat(parts)
        if name == "text_projection.weight":
            new, weight = "text_projection", weight.T
        found[f"conditioner.embedders.1.model.{new}"] = weight.contiguous()
    return found


def save_xl(pipe: Any, path: Path) -> Path:
    """The weights of a Stable Diffusion XL in one file."""
    first = {f"conditioner.embedders.0.transformer.text_model.{name.removeprefix('text_model.')}": weight.contiguous()
             for name, weight in pipe.text_encoder.state_dict().items()}
    save_file({**unet(pipe.unet), **vae(pipe.vae), **first, **open_clip(pipe.text_encoder_2)}, path)
    return path
