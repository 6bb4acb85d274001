"""What the name of a model stands for: one in the package, a folder or file, or a place in the hub's local cache."""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

from grounding.errors import ModelMissing
from grounding.folders import examined, kind_of
from grounding.pocket.models import checked
from grounding.verify.load import DETECTORS, SCORERS

POCKET = "pocket"
"""The models in the package; what they are like stands in their folders."""
NONE = "none"
"""Does without a judge."""
PARTS = {"image model": "pipeline", "detector": "detector", "scorer": "clip"}
"""The folder of each role there."""
PROPOSED = {
    "image model": ("stable-diffusion-v1-5/stable-diffusion-v1-5",),
    "detector": ("google/owlv2-base-patch16-ensemble", "IDEA-Research/grounding-dino-base"),
    "scorer": ("openai/clip-vit-large-patch14", "google/siglip2-so400m-patch14-384"),
}
"""Well-known models of each role, named where none is there."""
KINDS = {**dict.fromkeys(DETECTORS, "detector"), **dict.fromkeys(SCORERS, "scorer")}
"""The role that each kind of judge can take."""


def model_folder(name: str, role: str) -> Path:
    """Where a model lies. `role` is one of `PARTS`, perhaps a second one of it. Raises `ModelMissing`."""
    kind = role.removeprefix("second ")
    if find_spec("torch") is None or find_spec("diffusers") is None:
        raise ModelMissing(f"the {role} `{name}` needs torch, transformers and diffusers, which are not all installed; "
                           "install them with `pip install 'scenewright[render]'`")
    if name == POCKET:
        return checked(PARTS[kind])
    path = Path(name)
    if path.is_dir() or (path.is_file() and kind == "image model"):
        return path
    return _hub_folder(name, role)


def fitting(role: str, folder: Path) -> None:
    """Raise `ModelMissing` where what lies there cannot take the role, as far as its descriptions say."""
    examined(role, folder)
    kind = role.removeprefix("second ")
    if kind != "image model":
        if KINDS.get(kind_of(folder)) != kind:
            raise ModelMissing(f"`{folder}` holds a `{kind_of(folder) or 'model of unknown kind'}`, which is no {kind} "
                               "that is supported")
    elif folder.is_file() and folder.suffix != ".safetensors":
        raise ModelMissing(f"`{folder.name}` is no .safetensors file")
    elif folder.is_dir() and not (folder / "model_index.json").is_file():
        raise ModelMissing(f"`{folder}` has no model_index.json, so it is no diffusers pipeline")


def cached() -> Iterator[tuple[str, str]]:
    """The models in the hub's cache that could take a role: the role, and the model's name."""
    if find_spec("huggingface_hub") is None:
        return
    from huggingface_hub import scan_cache_dir
    from huggingface_hub.errors import CacheNotFound

    try:
        repositories = sorted(scan_cache_dir().repos, key=lambda repo: repo.repo_id)
    except CacheNotFound:
        return
    for repository in repositories:
        for folder in (revision.snapshot_path for revision in repository.revisions):
            pipeline = (folder / "model_index.json").is_file()
            if role := "image model" if pipeline else KINDS.get(kind_of(folder), ""):
                yield role, repository.repo_id


def _hub_folder(name: str, role: str) -> Path:
    """Where the hub's cache holds a checkpoint. Nothing is downloaded: that is for the person to decide."""
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import LocalEntryNotFoundError

    try:
        return Path(snapshot_download(name, local_files_only=True))
    except (LocalEntryNotFoundError, ValueError, OSError):
        if not re.fullmatch(r"[\w.-]+(/[\w.-]+)?", name) or name.startswith("."):
            raise ModelMissing(f"there is no folder `{name}` for the {role}; name another one, or use `{POCKET}`"
                               ) from None
        raise ModelMissing(f"there is no folder `{name}` for the {role}, and no model of that name in the local cache; "
                           f"download it with `hf download {name}`, or use `{POCKET}`") from None
