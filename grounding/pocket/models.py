"""The shipped pocket models: checked against their manifest, then loaded by the stock classes."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from grounding.errors import ModelMissing

if TYPE_CHECKING:
    import torch
    from transformers import CLIPModel, CLIPProcessor, OwlViTForObjectDetection, OwlViTProcessor

WEIGHTS = Path(__file__).parent / "weights"
MANIFEST = "manifest.json"
GATES = "gated/gates.safetensors"

_RESTORE = "restore it with `git checkout -- grounding/pocket/weights` or `pip install --force-reinstall scenewright`"
_LOCAL: dict[str, Any] = {"local_files_only": True, "use_safetensors": True}


class PocketScorer(NamedTuple):
    """The pocket CLIP and what prepares its input."""

    model: CLIPModel
    processor: CLIPProcessor


class Finder(NamedTuple):
    """The pocket detector and what prepares its input."""

    model: OwlViTForObjectDetection
    processor: OwlViTProcessor


def load_pipeline(weights: Path = WEIGHTS, dtype: torch.dtype | None = None) -> Any:
    """The text-to-image pipeline (a `StableDiffusionPipeline`); `side` says how large its pictures are."""
    from grounding.backbones.quiet import quietly

    folder = checked("pipeline", weights)
    with quietly():
        from diffusers import StableDiffusionPipeline

        pipeline: Any = StableDiffusionPipeline.from_pretrained(folder, dtype=dtype, **_LOCAL)  # type: ignore[no-untyped-call]
    pipeline.set_progress_bar_config(disable=True)
    return pipeline


def side(pipeline: Any) -> int:
    """How many pixels wide and high the pictures of a pipeline are."""
    return int(pipeline.unet.config.sample_size * pipeline.vae_scale_factor)


def load_gated(weights: Path = WEIGHTS, dtype: torch.dtype | None = None) -> Any:
    """The pipeline with GLIGEN's gated layers in its UNet: the base is shared, the gates come from their own file."""
    from safetensors.torch import load_file

    pipeline = load_pipeline(weights, dtype)
    gates = load_file(checked("gated", weights) / Path(GATES).name)
    unet: Any = type(pipeline.unet).from_config(pipeline.unet.config, attention_type="gated")
    unet.load_state_dict({**pipeline.unet.state_dict(), **gates})
    pipeline.register_modules(unet=unet.to(pipeline.unet.dtype).eval())
    return pipeline


def load_clip(weights: Path = WEIGHTS, dtype: torch.dtype | None = None) -> PocketScorer:
    """The CLIP that was trained on the pocket world; its text tower is the pipeline's text encoder's origin."""
    return PocketScorer(*_loaded("clip", "CLIPModel", "CLIPProcessor", weights, dtype))


def load_detector(weights: Path = WEIGHTS, dtype: torch.dtype | None = None) -> Finder:
    """The open-vocabulary detector; queries such as "a red ball"."""
    return Finder(*_loaded("detector", "OwlViTForObjectDetection", "OwlViTProcessor", weights, dtype))


def _loaded(part: str, model: str, processor: str, weights: Path, dtype: torch.dtype | None) -> tuple[Any, Any]:
    import torch
    import transformers

    from grounding.backbones.quiet import quietly

    folder = checked(part, weights)
    with quietly():
        found = getattr(transformers, model).from_pretrained(folder, dtype=dtype or torch.float32, **_LOCAL)
        return found.eval(), getattr(transformers, processor).from_pretrained(
            folder, local_files_only=True, backend="pil")


def checked(part: str, weights: Path = WEIGHTS) -> Path:
    """The folder of one model, after every file the manifest lists for it was found unaltered."""
    marks = {name: mark for name, mark in manifest(weights).items() if name.startswith(f"{part}/")}
    if not marks:
        raise ModelMissing(f"`{weights / MANIFEST}` lists no file of the model `{part}`; {_RESTORE}")
    for name, mark in marks.items():
        _check(weights / name, mark)
    return weights / part


def manifest(weights: Path = WEIGHTS) -> Mapping[str, str]:
    """File name below `weights` to SHA-256."""
    path = weights / MANIFEST
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ModelMissing(f"`{path}` is missing: the pocket models cannot be checked; {_RESTORE}") from None
    except ValueError:
        raise ModelMissing(f"`{path}` is not JSON, so it was altered; {_RESTORE}") from None
    if "sha256" not in content:
        raise ModelMissing(f"`{path}` has no table `sha256`, so it was altered; {_RESTORE}")
    return dict(content["sha256"])


def write_manifest(weights: Path) -> None:
    """List every file below `weights` with its SHA-256."""
    files = sorted(path for path in weights.rglob("*") if path.is_file() and path.name != MANIFEST)
    marks = {path.relative_to(weights).as_posix(): sha256(path) for path in files}
    (weights / MANIFEST).write_text(json.dumps({"sha256": marks}, indent=1) + "\n", encoding="utf-8")


def sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _check(path: Path, mark: str) -> None:
    if not path.is_file():
        raise ModelMissing(f"the weight file `{path}` is missing; {_RESTORE}")
    found = sha256(path)
    if found != mark:
        raise ModelMissing(
            f"the weight file `{path}` is not the one that was shipped (SHA-256 {found[:12]}…, expected {mark[:12]}…); "
            f"{_RESTORE}"
        )
