"""How a checkpoint comes into memory: from a folder or one file, in which precision, where, with which LoRAs."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from PIL import Image
from torch import Tensor

from grounding.backbones.latents import pixels_of
from grounding.backbones.lora import fuse
from grounding.backbones.quiet import quietly
from grounding.errors import BadRequest, ModelMissing, Unsupported
from grounding.folders import digest, examined, explained, usable
from grounding.loading import Followed, Loading

ADVICE = "name a folder in diffusers' format with safetensors, or get the checkpoint anew"


def open_pipeline(kind: Any, source: Path, loading: Loading, *, device: str, without: Mapping[str, Any]) -> Any:
    """The checkpoint as a diffusers pipeline, where it is to run, `without` the parts that nothing uses."""
    usable(device)
    _refuse(loading, device)
    dtype = getattr(torch, loading.dtype)
    with explained(f"`{source}`", ADVICE), quietly():
        pipe = _single(kind, source, loading, dtype, without) if source.is_file() else kind.from_pretrained(
            source, dtype=dtype, local_files_only=True, use_safetensors=True, **without)
    for lora in loading.loras:
        fuse(pipe, lora)
    if loading.offload == "none":
        return pipe.to(device)
    for part in ("text_encoder", "text_encoder_2", "text_encoder_3", "unet", "transformer", "vae"):
        if getattr(pipe, part, None) is not None:
            getattr(pipe, part).requires_grad_(False)
    if loading.offload == "model":
        pipe.enable_model_cpu_offload(device=device)
    else:
        pipe.enable_sequential_cpu_offload(device=device)
    return pipe


def _refuse(loading: Loading, device: str) -> None:
    if loading.attention_slicing:
        raise Unsupported("attention slicing cannot be used: guidance and watching read the whole attention, which it "
                          "never holds at once; to save memory set `dtype=float16` or `offload=model`")
    if loading.offload != "none" and device == "cpu":
        raise Unsupported(f"offload={loading.offload} moves parts of the model to a device and back, and device=cpu "
                          "has nowhere to move them; set device=cuda, or offload=none")


def _single(kind: Any, source: Path, loading: Loading, dtype: torch.dtype, without: Mapping[str, Any]) -> Any:
    """A checkpoint in one file. Tokenizers and descriptions come from a folder, so nothing is fetched."""
    if source.suffix != ".safetensors":
        raise ModelMissing(f"`{source.name}` is no .safetensors file; others may hold code and are never read")
    used = {name: value for name, value in without.items() if value is not None}
    return kind.from_single_file(str(source), config=str(config_of(source, loading)), local_files_only=True,
                                 dtype=dtype, **used)


def config_of(source: Path, loading: Loading) -> Path:
    """The folder that describes a single file: the one that is named, or the one of its name beside it."""
    folder = Path(loading.config) if loading.config else source.with_suffix("")
    if not (folder / "model_index.json").is_file():
        raise ModelMissing(f"`{source}` is a single file, and no folder in diffusers' format at `{folder}` "
                           "describes it; set `image_config` to one of the same family (its weights are not needed)")
    examined("image model", folder)
    return folder


def controlled(followed: Followed, kinds: Mapping[str, str], dtype: torch.dtype, device: str) -> tuple[Any, Tensor]:
    """A ControlNet of one of these classes, and its picture ("1 3 height width", 0 to 1)."""
    import diffusers

    from grounding.folders import described

    folder = Path(followed.net)
    if not (folder / "config.json").is_file():
        raise ModelMissing(f"there is no ControlNet at `{folder}` (a folder with `config.json` is expected)")
    examined("ControlNet", folder)
    name = str(described(folder / "config.json").get("_class_name"))
    if name not in kinds:
        raise Unsupported(f"`{folder}` holds a `{name}`; this image model follows a {' or '.join(kinds) or 'none'}")
    with explained(f"the ControlNet `{folder}`", ADVICE), quietly():
        net = getattr(diffusers, kinds[name]).from_pretrained(folder, dtype=dtype, local_files_only=True,
                                                             use_safetensors=True)
    try:
        with Image.open(followed.picture) as image:
            pixels = pixels_of([image])
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        raise BadRequest(f"`{followed.picture}` is not a picture that can be read and followed") from None
    return net.to(device), pixels / 2 + 0.5


def marked(source: Path, loading: Loading) -> str:
    """The digest of all that the pictures depend on: the checkpoint, LoRAs with their weights, ControlNet, picture."""
    files = [source, *(Path(lora.path) for lora in loading.loras)]
    if source.is_file():
        files.append(config_of(source, loading))
    if loading.control:
        files += [Path(loading.control.net), Path(loading.control.picture)]
    further = "" if loading == Loading() else _facts(loading)
    return digest(*files, further=further)


def _facts(loading: Loading) -> str:
    """What changes pictures and stands in no file."""
    strength = loading.control.strength if loading.control else None
    return f"{loading.dtype} {[lora.weight for lora in loading.loras]} {strength}"
