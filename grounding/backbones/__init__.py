"""Model families, one file each, and how a checkpoint finds its own."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import Any

from grounding.backbone import Backbone
from grounding.backbones.opening import config_of
from grounding.errors import ModelMissing, Unsupported
from grounding.folders import described, examined
from grounding.loading import PLAIN, Loading

FAMILIES = {
    "StableDiffusionPipeline": "stable_diffusion:StableDiffusion",
    "StableDiffusionGLIGENPipeline": "gligen:Gligen",
    "StableDiffusionXLPipeline": "sdxl:StableDiffusionXL",
    "StableDiffusion3Pipeline": "sd3:StableDiffusion3",
    "FluxPipeline": "flux:Flux",
}
"""The pipeline class that a checkpoint names in its `model_index.json`, and the family that takes it."""


def load(source: str | Path, *, offline: bool = True, loading: Loading = PLAIN, **options: Any) -> Backbone:
    """The checkpoint at a local folder, in a single file, or (with `offline=False`) under a hub name, as a backbone of
    its own family.

    `options` are the family's: `device`, `control`, `checkpointing`, …
    """
    place = Path(source)
    if not offline and not place.exists():
        from huggingface_hub import snapshot_download

        place = Path(snapshot_download(str(source), allow_patterns=["*.json", "*.txt", "*.model", "*.safetensors"]))
    if not place.is_file() and not (place / "model_index.json").is_file():
        raise ModelMissing(f"there is no checkpoint folder at `{source}` (one with `model_index.json` is expected); "
                           "give another folder, or a hub name with `offline=False`")
    folder = config_of(place, loading) if place.is_file() else place
    examined("image model", folder)
    name = described(folder / "model_index.json").get("_class_name")
    if name is None:
        raise ModelMissing(f"`{folder / 'model_index.json'}` does not say which pipeline it is: no `_class_name`")
    if name not in FAMILIES:
        raise Unsupported(f"`{source}` is a `{name}`; there are families for {', '.join(FAMILIES)}")
    module, family = FAMILIES[name].split(":")
    loaded: Backbone = getattr(import_module(f"{__name__}.{module}"), family).load(place, loading=loading, **options)
    return loaded
