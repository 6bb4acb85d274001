"""Opens what the settings name: planner, image model, detector and scorer; what is missing is told, the rest works."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from grounding.loading import PLAIN, Followed, Loading, Lora
from grounding.settings import Bind, How, Refocus
from planner.place import PAINTER
from planner.scene import Canvas
from scenewright.config import Settings
from scenewright.errors import BadSettings
from scenewright.loop.runs import digest
from scenewright.loop.stages import Painter, Planner
from scenewright.loop.stages import Verifier as Judge
from scenewright.planning import PromptPlanner

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel

    from grounding.profile import Profile
    from grounding.verify.judges import Detector, Inspector, Knowledge, Scorer
    from grounding.verify.thresholds import Thresholds
    from grounding.verify.verify import Verifier
    from scenewright.loop.adapters import ClaimVerifier, SampledPainter
    from scenewright.planning import Callbacks

POCKET = "pocket"
"""Where the settings say this, a model in the package is meant; what it is like stands in its folder."""
MOST_NAMED = 6
PROPOSED = {
    "image model": ("stable-diffusion-v1-5/stable-diffusion-v1-5",),
    "detector": ("google/owlv2-base-patch16-ensemble", "IDEA-Research/grounding-dino-base"),
    "scorer": ("openai/clip-vit-large-patch14", "google/siglip2-so400m-patch14-384"),
}
"""Well-known models of each role, named where none is there."""
PARTS = {"image model": "pipeline", "detector": "detector", "scorer": "clip"}
"""The folder of each role there."""


class Habit(NamedTuple):
    """How a kind of model is run where the settings say nothing; at a guidance scale of 1 only the prompt's half is."""

    steps: int
    guidance_scale: float


HABITS = {
    "StableDiffusion": Habit(25, 7.5),
    "Gligen": Habit(25, 7.5),
    "StableDiffusionXL": Habit(30, 5.0),
    "StableDiffusion3": Habit(28, 7.0),
    "Flux": Habit(28, 1.0),  # distilled: it is told its guidance, and what it was trained on has no other half
}
"""By the family's class, for folders whose profile says nothing of it."""


@dataclass(frozen=True)
class Stack:
    """The stages of one loop, and a sentence for everything that is missing from it."""

    planner: Planner
    painter: Painter
    verifier: Judge | None
    missing: tuple[str, ...] = ()


def open_stack(settings: Settings, model: BaseChatModel | None = None, callbacks: Callbacks | None = None) -> Stack:
    """The stages that these settings name, read by `model` if there is one. Models stay loaded for the next call."""
    told = tuple(sentence for _, sentence in objections(settings))
    painter = open_painter(settings.image_model, settings.device, loading_of(settings))
    verifier, missing = open_verifier(settings.detector, settings.scorer, settings.thresholds, settings.device,
                                      settings.second_detector, settings.second_scorer)
    canvas = Canvas(width=painter.size[0], height=painter.size[1])
    return Stack(open_planner(settings, canvas, model, callbacks), painter, verifier,
                 (*told, *missing))


def open_planner(settings: Settings, canvas: Canvas, model: BaseChatModel | None = None,
                 callbacks: Callbacks | None = None) -> Planner:
    """The planner alone; it needs no image model, and its language model is opened at once, so that what is wrong with
    it is told before anything is painted."""
    opened = PromptPlanner(settings, model, callbacks, canvas, PAINTER)
    _ = opened.chat_model
    return opened


def loading_of(settings: Settings) -> Loading:
    """How the image model is brought into memory."""
    if bool(settings.control_model) != bool(settings.control_picture):
        raise BadSettings("a ControlNet and the picture it follows go together: set `control_model` and "
                          "`control_picture`, or neither")
    control = Followed(net=settings.control_model, picture=settings.control_picture,
                       strength=settings.control_strength) if settings.control_model else None
    return Loading(dtype=settings.dtype, offload=settings.offload, attention_slicing=settings.attention_slicing,
                   loras=Lora.all_of(settings.lora), control=control, config=settings.image_config)


@lru_cache(maxsize=2)
def open_painter(source: str, device: str = "cpu", loading: Loading = PLAIN) -> SampledPainter:
    """The image model: the pocket, a checkpoint's folder, or a name that lies in the hub's local cache."""
    from grounding.backbones import load
    from grounding.backbones.quiet import quietly
    from grounding.painter import Painter as Sampler
    from grounding.profile import Profile
    from scenewright.loop.adapters import SampledPainter

    folder = model_folder(source, "image model")
    with warnings.catch_warnings(), quietly():
        warnings.simplefilter("ignore", FutureWarning)  # meant for whoever published the checkpoint
        backbone = load(folder, device=device, loading=loading)
    profile, habit = Profile.of(folder if folder.is_dir() else folder.parent), HABITS[type(backbone).__name__]
    usual = How(steps=profile.steps or habit.steps, guidance_scale=profile.guidance_scale or habit.guidance_scale,
                refocus=Refocus(), bind=Bind(scales=dict(profile.scales)))
    return SampledPainter(Sampler(backbone), f"{Path(source).name}@{backbone.fingerprint()[:16]}", usual, profile)


def hub_folder(name: str) -> Path:
    """Where the hub's cache holds a checkpoint. Nothing is downloaded: that is for the person to decide."""
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import LocalEntryNotFoundError

    from grounding.errors import ModelMissing

    try:
        return Path(snapshot_download(name, local_files_only=True))
    except (LocalEntryNotFoundError, ValueError, OSError):
        if not re.fullmatch(r"[\w.-]+(/[\w.-]+)?", name) or name.startswith("."):
            raise ModelMissing(f"there is no folder `{name}`; name another one, or use `{POCKET}`") from None
        raise ModelMissing(f"there is no folder `{name}`, and no model of that name in the local cache; download it "
                           f"with `hf download {name}`, or use `{POCKET}`") from None


@lru_cache(maxsize=2)
def open_verifier(detector: str, scorer: str, thresholds: Path | None, device: str = "cpu", second_detector: str = "",
                  second_scorer: str = "") -> tuple[ClaimVerifier | None, tuple[str, ...]]:
    """The verifier with what could be opened, and why the rest could not; none where nothing could. Where a second
    detector or scorer is named, a claim on which they disagree is in doubt."""
    from grounding.verify.looks import EDITION, Looks
    from scenewright.loop.adapters import ClaimVerifier

    pairs = [pair for pair in ((detector, scorer), (second_detector, second_scorer)) if any(pair)]
    opened = [open_both(*pair, device) for pair in pairs]
    reasons = tuple(reason for judges in opened for reason in judges.reasons)
    claims = [_claims(judges, thresholds if k == 0 else None) for k, judges in enumerate(opened)
              if judges.detector or judges.scorer]
    if not claims:
        return None, (*reasons, "pictures cannot be verified here; they are painted all the same")
    marks = [mark for each in claims for mark in (each.thresholds.model_dump_json(), *(
        judge.name if judge else "" for judge in (each.detector, each.scorer, each.inspector)))]
    return ClaimVerifier(Looks.of(claims[0], claims[1:]), digest("\n".join((EDITION, *marks)))), reasons


class Judges(NamedTuple):
    """Both judges, what their folders say of themselves, and a sentence for each that is missing."""

    detector: Detector | None
    scorer: Scorer | None
    profiles: tuple[Profile, Profile]
    thresholds: Thresholds
    reasons: tuple[str, ...]
    inspector: Inspector | None = None


def open_both(detector: str, scorer: str, device: str = "cpu") -> Judges:
    """Both judges with what is known of them. One that is missing is left out, with the reason."""
    from grounding.profile import Profile

    finder, first, lacking = open_judge("detector", detector, device) if detector else (None, None, "")
    comparer, second, silent = open_judge("scorer", scorer, device) if scorer else (None, None, "")
    profiles = Profile.of(first) if first else Profile(), Profile.of(second) if second else Profile()
    inspector, unable = _inspector(finder, first, profiles[0]) if finder and first else (None, "")
    return Judges(finder, comparer, profiles, _measured(first, profiles[0]),
                  tuple(r for r in (lacking, silent, unable) if r), inspector)


@lru_cache(maxsize=4)
def open_judge(role: str, name: str, device: str) -> tuple[Any, Path | None, str]:
    """A judge, its folder, and why it is missing if it is. It stays loaded for whoever asks next."""
    from grounding.errors import ModelMissing
    from grounding.profile import Profile
    from grounding.verify.load import QUERY, open_detector, open_scorer

    try:
        folder = model_folder(name, role)
    except ModelMissing as error:
        return None, None, f"there is no {role}: {error}"
    try:
        profile = Profile.of(folder)
        if role == "scorer":
            return open_scorer(folder, device=device, knows=_knowledge(profile)), folder, ""
        return open_detector(folder, device=device, query=profile.query or QUERY, knows=_knowledge(profile)), folder, ""
    except ModelMissing as error:
        return None, folder, str(error)


def _inspector(finder: Any, folder: Path, profile: Profile) -> tuple[Inspector | None, str]:
    """What stands beside a detector to tell sound things from broken ones, and why it cannot if it cannot."""
    from grounding.errors import ModelMissing
    from grounding.verify.inspector import open_inspector

    try:
        return (open_inspector(folder / profile.inspector, finder) if profile.inspector else None), ""
    except ModelMissing as error:
        return None, str(error)


def _knowledge(profile: Profile) -> Knowledge:
    """What a judge was taught, by its profile: everything, where that names no kinds of thing."""
    from grounding.verify.judges import OPEN, Knowledge

    if profile.nouns is None:
        return OPEN
    return Knowledge(frozenset(profile.nouns), profile.vocabulary.told() if profile.vocabulary else None)


def _measured(folder: Path | None, profile: Profile) -> Thresholds:
    """What was measured on a detector, or what is usual for its kind."""
    from grounding.folders import kind_of
    from grounding.verify.thresholds import DEFAULTS, Thresholds

    if folder and profile.thresholds:
        return Thresholds.load(folder / profile.thresholds)
    return DEFAULTS.get(kind_of(folder) if folder else "", Thresholds())


def _claims(judges: Judges, thresholds: Path | None) -> Verifier:
    from grounding.verify.thresholds import Thresholds
    from grounding.verify.verify import Verifier

    finds, compares = judges.profiles
    return Verifier(judges.detector, judges.scorer, Thresholds.load(thresholds) if thresholds else judges.thresholds,
                    vocabulary=finds.vocabulary or compares.vocabulary, bystanders=finds.nouns or (),
                    inspector=judges.inspector,
                    scales=finds.scales or compares.scales or None, reasons=judges.reasons)


def objections(settings: Settings) -> Iterator[tuple[str, str]]:
    """What a person should know of these models before anything is painted or judged: of which role or setting, and a
    sentence. Only files are looked at; a model that is missing is told by whoever opens it."""
    from grounding.errors import ModelMissing, Unsupported
    from grounding.folders import usable
    from grounding.profile import Profile

    try:
        usable(settings.device)
    except Unsupported as error:
        yield "device", str(error)
    names = roles(settings)
    found: dict[str, Profile] = {}
    for role, name in names.items():
        with suppress(ModelMissing):
            found[role] = Profile.of(model_folder(name, role))
    paints = found.pop("image model", None)
    for role, judge in found.items() if paints else ():
        if paints and judge.nouns is not None and (paints.nouns is None or set(paints.nouns) - set(judge.nouns)):
            others = set(paints.nouns or ()) - set(judge.nouns)
            yield role, (f"the {role} `{names[role]}` knows {len(judge.nouns)} kinds of thing, and the image model "
                         f"`{names['image model']}` paints {', '.join(sorted(others)[:MOST_NAMED]) or 'any'} too: of "
                         "what it does not know it cannot tell whether it is there; name one that does with "
                         f"SCENEWRIGHT_{role.upper()}, such as `{PROPOSED[role][0]}`")


def roles(settings: Settings) -> dict[str, str]:
    """The model that the settings name for each role."""
    return {"image model": settings.image_model, "detector": settings.detector, "scorer": settings.scorer}


def model_folder(name: str, role: str) -> Path:
    """Where a model lies: in the package, in a folder, or in the hub's cache. Raises `ModelMissing`."""
    from grounding.errors import ModelMissing

    if find_spec("torch") is None or find_spec("diffusers") is None:
        raise ModelMissing(f"the {role} `{name}` needs torch, transformers and diffusers, which are not all installed; "
                           "install them with `pip install 'scenewright[render]'`")
    if name == POCKET:
        from grounding.pocket.models import checked

        return checked(PARTS[role])
    path = Path(name)
    if path.is_dir() or (path.is_file() and role == "image model"):
        return path
    return hub_folder(name)
