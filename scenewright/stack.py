"""Opens what the settings name: planner, image model, detector and scorer; what is missing is told, the rest works."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from grounding.errors import ModelMissing, Unsupported
from grounding.folders import usable
from grounding.loading import PLAIN, Followed, Loading, Lora
from grounding.named import NONE, POCKET, PROPOSED, fitting, model_folder
from grounding.profile import Profile
from planner.place import PAINTER
from planner.scene import Canvas
from scenewright.config import Settings
from scenewright.errors import BadSettings
from scenewright.loop.stages import PaintStage, PlanStage, VerifyStage
from scenewright.planning import PromptPlanner

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel

    from planner.read.model.line import Callbacks
    from scenewright.loop.painter import SampledPainter
    from scenewright.loop.verifier import ClaimVerifier

MOST_NAMED = 6


@dataclass(frozen=True)
class Stack:
    """The stages of one loop, and a sentence for everything that is missing from it."""

    planner: PlanStage
    painter: PaintStage
    verifier: VerifyStage | None
    missing: tuple[str, ...] = ()


def open_stack(settings: Settings, model: BaseChatModel | None = None, callbacks: Callbacks | None = None) -> Stack:
    """The stages that these settings name, read by `model` if there is one. Models stay loaded for the next call."""
    named(settings)
    told = tuple(sentence for _, sentence in objections(settings))
    verifier, missing = open_verifier(settings)
    painter = open_painter(settings.image_model, settings.device, loading_of(settings))
    canvas = Canvas(width=painter.size[0], height=painter.size[1])
    return Stack(open_planner(settings, canvas, model, callbacks), painter, verifier,
                 (*told, *missing))


def open_planner(settings: Settings, canvas: Canvas, model: BaseChatModel | None = None,
                 callbacks: Callbacks | None = None) -> PlanStage:
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


def open_painter(source: str, device: str = "cpu", loading: Loading = PLAIN) -> SampledPainter:
    """The image model of this name. Torch is loaded on use, here and for judges."""
    from scenewright.loop import painter

    return painter.open_painter(source, device, loading)


def open_verifier(settings: Settings) -> tuple[ClaimVerifier | None, tuple[str, ...]]:
    """The verifier with what could be opened of the judges that the settings name, and why the rest could not."""
    from scenewright.loop import verifier

    return verifier.open_verifier(settings.detector, settings.scorer, settings.thresholds, settings.device,
                                  settings.second_detector, settings.second_scorer)


def objections(settings: Settings) -> Iterator[tuple[str, str]]:
    """What a person should know of these models before anything is painted or judged: of which role or setting, and a
    sentence. Only files are looked at; a model that is missing is told by whoever opens it."""
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
    for role in sorted(found.keys() & {"detector", "scorer"}):
        judge = found[role]
        if paints and judge.nouns is not None and (paints.nouns is None or set(paints.nouns) - set(judge.nouns)):
            others = set(paints.nouns or ()) - set(judge.nouns)
            yield role, (f"the {role} `{names[role]}` knows {len(judge.nouns)} kinds of thing, and the image model "
                         f"`{names['image model']}` paints {', '.join(sorted(others)[:MOST_NAMED]) or 'any'} too: of "
                         "what it does not know it cannot tell whether it is there; name one that does with "
                         f"SCENEWRIGHT_{role.upper()}, such as `{PROPOSED[role][0]}`")


def roles(settings: Settings) -> dict[str, str]:
    """The model that the settings name for each role."""
    every = {"image model": settings.image_model, "detector": settings.detector, "scorer": settings.scorer,
             "second detector": settings.second_detector, "second scorer": settings.second_scorer}
    return {role: name for role, name in every.items() if name not in ("", NONE)}


def named(settings: Settings) -> None:
    """Raise `ModelMissing` where a person named a model that is not there, or is of another kind, before anything large
    is loaded."""
    for role, name in roles(settings).items():
        if name != POCKET:
            fitting(role, model_folder(name, role))
