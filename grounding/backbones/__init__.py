"""Model families, one file each, and how a checkpoint finds its own."""

from __future__ import annotations

import json
from importlib import import_module
from pathlib import Path
from typing import Any

from grounding.backbone import Backbone
from grounding.errors import ModelMissing, Unsupported

FAMILIES = {
    "StableDiffusionPipeline": "stable_diffusion:StableDiffusion",
    "StableDiffusionGLIGENPipeline": "gligen:Gligen",
    "StableDiffusionXLPipeline": "sdxl:StableDiffusionXL",
    "StableDiffusion3Pipeline": "sd3:StableDiffusion3",
    "FluxPipeline": "flux:Flux",
}
"""The pipeline class that a checkpoint names in its `model_index.json`, and the family that takes it."""


def load(source: str | Path, *, offline: bool = True, **options: Any) -> Backbone:
    """The checkpoint at a local folder (or, with `offline=False`, a hub name) as a backbone of its own family.

    `options` are the family's: `device`, `dtype`, `control`, `checkpointing`, …
    """
    name = _pipeline_class(source, offline)
    if name not in FAMILIES:
        raise Unsupported(f"`{source}` is a `{name}`; there are families for {', '.join(FAMILIES)}")
    module, family = FAMILIES[name].split(":")
    loaded: Backbone = getattr(import_module(f"{__name__}.{module}"), family).load(source, offline=offline, **options)
    return loaded


def _pipeline_class(source: str | Path, offline: bool) -> str:
    index = Path(source) / "model_index.json"
    if not index.is_file() and not offline:
        from huggingface_hub import hf_hub_download

        index = Path(hf_hub_download(str(source), "model_index.json"))
    if not index.is_file():
        raise ModelMissing(f"there is no checkpoint folder at `{source}` (one with `model_index.json` is expected); "
                           "give another folder, or a hub name with `offline=False`")
    try:
        return str(json.loads(index.read_text(encoding="utf-8"))["_class_name"])
    except (ValueError, KeyError, TypeError) as error:
        raise ModelMissing(f"`{index}` does not say which pipeline it is: {error!r}") from error
