"""LoRAs added to the weights they were trained on: W + weight · α/rank · up down, for every published naming."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from grounding.errors import ModelMissing, Unsupported
from grounding.folders import explained
from grounding.loading import Lora

_SIDES = ((".lora_A.weight", ".lora_B.weight"), (".lora.down.weight", ".lora.up.weight"),
          (".lora_linear_layer.down.weight", ".lora_linear_layer.up.weight"), (".lora_down.weight", ".lora_up.weight"),
          ("_lora.down.weight", "_lora.up.weight"))
"""How the two factors are called: by peft, by diffusers (three ways), and by those who trained single files."""


class _Layer(NamedTuple):
    down: Tensor
    up: Tensor
    alpha: float


@torch.no_grad()
def fuse(pipe: Any, lora: Lora) -> None:
    """Add a LoRA to the weights of a pipeline's models. Raises where any part of it fits none of them."""
    path = _file(Path(lora.path))
    with explained(f"the LoRA `{path}`", "get it anew, or one for this family of models"):
        more = {"unet_config": pipe.unet.config} if hasattr(pipe, "unet") else {}
        found = type(pipe).lora_state_dict(str(path.parent), weight_name=path.name, use_safetensors=True,
                                           local_files_only=True, **more)
    state, alphas = found if isinstance(found, tuple) else (found, None)
    for name, layer in _layers(state, alphas or {}).items():
        weight = _target(pipe, name, path).weight
        change = (layer.up.float().flatten(1) @ layer.down.float().flatten(1)).reshape(
            len(layer.up), *layer.down.shape[1:])
        if change.numel() != weight.numel():
            raise Unsupported(f"the LoRA `{path}` was trained on another kind of model: `{name}` has a shape of "
                              f"{tuple(weight.shape)} here and {tuple(change.shape)} there")
        scale = lora.weight * layer.alpha / layer.down.shape[0]
        weight.add_((scale * change).reshape(weight.shape).to(weight))


def _file(path: Path) -> Path:
    files = sorted(path.glob("*.safetensors")) if path.is_dir() else [path]
    if len(files) != 1 or not files[0].is_file() or files[0].suffix != ".safetensors":
        raise ModelMissing(f"expected a LoRA as one .safetensors file, or a folder with one, at `{path}`")
    return files[0]


def _layers(state: Mapping[str, Tensor], alphas: Mapping[str, Any]) -> dict[str, _Layer]:
    """The pairs of factors by the name of the layer that they change."""
    found = {}
    for down_name, down in state.items():
        for first, second in _SIDES:
            if down_name.endswith(first):
                name = down_name.removesuffix(first)
                up = state[name + second]
                alpha = next((float(value) for key, value in (*alphas.items(), *state.items())
                              if key in (f"{name}.alpha", f"{down_name}.alpha")), len(down))
                found[name] = _Layer(down, up, alpha)
    return found


def _target(pipe: Any, name: str, path: Path) -> Any:
    """The layer of a pipeline's model that a name means."""
    part, _, inner = name.partition(".")
    model = getattr(pipe, part, None)
    inner = inner.replace(".processor", "").replace(".to_out_lora", ".to_out.0").removesuffix("_lora")
    for way in (inner, f"{inner}.0", inner.removeprefix("text_model."), f"text_model.{inner}"):
        try:
            layer = model.get_submodule(way) if isinstance(model, nn.Module) else None
        except AttributeError:
            continue
        if isinstance(getattr(layer, "weight", None), Tensor):
            return layer
    raise Unsupported(f"the LoRA `{path}` changes `{name}`, which this model does not have: it was trained on another "
                      "kind of model")
