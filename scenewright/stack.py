"""Opens what the settings name: planner, image model, detector and scorer; what is missing is told, the rest works."""

from __future__ import annotations

import json
import warnings
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import grounding.pocket
from grounding.settings import Bind, How, Refocus
from planner.scene import Canvas
from scenewright.config import Settings
from scenewright.loop.runs import digest
from scenewright.loop.stages import Painter, Planner
from scenewright.loop.stages import Verifier as Judge
from scenewright.planning import Planner as Reader

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel

    from grounding.verify.load import Judges
    from grounding.verify.verify import Verifier
    from scenewright.loop.adapters import ClaimVerifier, SampledPainter
    from scenewright.planning import Callbacks

POCKET = "pocket"
POCKET_THRESHOLDS = Path(grounding.pocket.__file__).parent / "weights" / "thresholds.json"
"""As `scenewright calibrate` measured them on the shipped weights."""


class Habit(NamedTuple):
    """How a kind of model is run where the settings say nothing; at a guidance scale of 1 only the prompt's half is."""

    steps: int
    guidance_scale: float


HABITS = {
    POCKET: Habit(20, 5.0),
    "StableDiffusion": Habit(25, 7.5),
    "Gligen": Habit(25, 7.5),
    "StableDiffusionXL": Habit(30, 5.0),
    "StableDiffusion3": Habit(28, 7.0),
    "Flux": Habit(28, 1.0),  # distilled: it is told its guidance, and what it was trained on has no other half
}
"""By the pocket's name or the family's class."""


@dataclass(frozen=True)
class Stack:
    """The stages of one loop, and a sentence for everything that is missing from it."""

    planner: Planner
    painter: Painter
    verifier: Judge | None
    missing: tuple[str, ...] = ()


def open_stack(settings: Settings, model: BaseChatModel | None = None, callbacks: Callbacks | None = None) -> Stack:
    """The stages that these settings name, read by `model` if there is one. Models stay loaded for the next call."""
    painter = open_painter(settings.image_model, settings.device)
    verifier, missing = open_verifier(settings.detector, settings.scorer, settings.thresholds, settings.device)
    canvas = Canvas(width=painter.size[0], height=painter.size[1])
    return Stack(open_planner(settings, canvas, model, callbacks), painter, verifier, missing)


def open_planner(settings: Settings, canvas: Canvas, model: BaseChatModel | None = None,
                 callbacks: Callbacks | None = None) -> Planner:
    """The planner alone; it needs no image model, and its language model is opened at once, so that what is wrong with
    it is told before anything is painted."""
    opened = Reader(settings, model, callbacks, canvas)
    _ = opened.chat_model
    return opened


@lru_cache(maxsize=2)
def open_painter(source: str, device: str = "cpu") -> SampledPainter:
    """The image model: the pocket, a checkpoint's folder, or a name that lies in the hub's local cache."""
    from grounding.backbones import load
    from grounding.backbones.quiet import quietly
    from grounding.painter import Painter as Sampler
    from grounding.pocket.pictures import SCALES
    from grounding.pocket.vocabulary import unpaintable
    from scenewright.loop.adapters import SampledPainter, fingerprint

    folder = model_folder(source, "image model")
    with warnings.catch_warnings(), quietly():
        warnings.simplefilter("ignore", FutureWarning)  # meant for whoever published the checkpoint
        backbone = load(folder, device=device)
    own = source == POCKET
    habit = HABITS[POCKET if own else type(backbone).__name__]
    usual = How(steps=habit.steps, guidance_scale=habit.guidance_scale, refocus=Refocus(),
                bind=Bind(scales=SCALES if own else {}))
    return SampledPainter(Sampler(backbone), f"{Path(source).name}@{fingerprint(folder)}", usual,
                          unpaintable if own else None)


def _pocket(part: str) -> Path:
    """The folder of a shipped model, its files found unaltered."""
    from grounding.errors import ModelMissing

    try:
        from grounding.pocket.models import checked
    except ImportError as error:
        raise ModelMissing(f"the pocket models need what is not installed here ({error}); install it with "
                           "`pip install 'scenewright[render]'`") from None
    return checked(part)


def hub_folder(name: str) -> Path:
    """Where the hub's cache holds a checkpoint. Nothing is downloaded: that is for the person to decide."""
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import LocalEntryNotFoundError

    from grounding.errors import ModelMissing

    try:
        return Path(snapshot_download(name, local_files_only=True))
    except (LocalEntryNotFoundError, ValueError, OSError):
        raise ModelMissing(f"there is no folder `{name}`, and no model of that name in the local cache; download it "
                           f"with `hf download {name}`, or use `{POCKET}`") from None


@lru_cache(maxsize=2)
def open_verifier(detector: str, scorer: str, thresholds: Path | None,
                  device: str = "cpu") -> tuple[ClaimVerifier | None, tuple[str, ...]]:
    """The verifier with what could be opened, and why the rest could not; none where nothing could."""
    from scenewright.loop.adapters import ClaimVerifier

    judges, folders = open_both(detector, scorer, device)
    if judges.detector is None and judges.scorer is None:
        return None, (*judges.reasons, "pictures cannot be verified here; they are painted all the same")
    claims = _claims(judges, folders[0], POCKET in (detector, scorer), thresholds)
    names = (judge.name if judge else "" for judge in (judges.detector, judges.scorer))
    return ClaimVerifier(claims, digest("\n".join((*names, claims.thresholds.model_dump_json())))), judges.reasons


def open_both(detector: str, scorer: str, device: str = "cpu") -> tuple[Judges, tuple[Path | None, Path | None]]:
    """Both judges and the folders that they come from. One that is missing is left out, with the reason."""
    from grounding.errors import ModelMissing
    from grounding.verify.load import QUERY, open_judges

    folders: list[Path | None] = []
    reasons: list[str] = []
    for role, name in (("detector", detector), ("scorer", scorer)):
        try:
            folders.append(model_folder(name, role) if name else None)
        except ModelMissing as error:
            folders.append(None)
            reasons.append(f"there is no {role}: {error}")
    judges = open_judges(*folders, device=device, query="{}" if detector == POCKET else QUERY)
    return judges._replace(reasons=(*reasons, *judges.reasons)), (folders[0], folders[1])


def _claims(judges: Judges, detector: Path | None, pocket: bool, thresholds: Path | None) -> Verifier:
    from grounding.verify.pocket import NOUNS, SIZES, VOCABULARY
    from grounding.verify.thresholds import DEFAULTS, Thresholds
    from grounding.verify.verify import Verifier

    if thresholds is None and pocket and POCKET_THRESHOLDS.exists():
        thresholds = POCKET_THRESHOLDS
    family = model_type(detector) if detector else ""
    measured = Thresholds.load(thresholds) if thresholds else DEFAULTS.get(family, Thresholds())
    if pocket:
        return Verifier(judges.detector, judges.scorer, measured, vocabulary=VOCABULARY, bystanders=NOUNS, scales=SIZES,
                        reasons=judges.reasons)
    return Verifier(judges.detector, judges.scorer, measured, reasons=judges.reasons)


def model_type(folder: Path) -> str:
    """The kind of model that a folder's config.json states."""
    try:
        return str(json.loads((folder / "config.json").read_text(encoding="utf-8")).get("model_type", ""))
    except (OSError, ValueError, AttributeError):
        return ""


def model_folder(name: str, role: str) -> Path:
    """Where a model lies: in the package, in a folder, or in the hub's cache. Raises `ModelMissing`."""
    if name == POCKET:
        return _pocket({"image model": "pipeline", "detector": "detector", "scorer": "clip"}[role])
    return Path(name) if Path(name).is_dir() else hub_folder(name)
