"""The public calls: `render` and `watch` run the loop, `verify` judges a picture; the same stages serve all of them."""

from __future__ import annotations

import queue
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from PIL import Image

from grounding.verify.report import Report
from planner.errors import BadInput
from planner.scene import Layout
from scenewright import __version__
from scenewright.config import Settings
from scenewright.errors import StorageFailed
from scenewright.loop import events
from scenewright.loop.course import Request
from scenewright.loop.metadata import versions
from scenewright.loop.result import Result
from scenewright.loop.runs import PAGE, Run, run_id

if TYPE_CHECKING:
    from scenewright.stack import Stack

LONGEST_PROMPT = 20_000


def render(prompt: str = "", *, settings: Settings | None = None, layout: Layout | None = None,
           parent: str | None = None, stack: Stack | None = None,
           on_event: Callable[[events.Event], None] | None = None) -> Result:
    """A picture of the prompt, painted, verified and repaired within the settings' budgets.

    With `layout`, that layout is painted instead of a new one. The same request to the same models is one run: it goes
    on where it was stopped, and a finished one is given back at once. `stack` replaces the stages that the settings
    name. Raises `planner.errors.PlanError`, `grounding.errors.GroundingError` or `scenewright.errors.RunError`.

    >>> import scenewright, scenewright.fakes as fakes
    >>> layout = scenewright.plan("a red ball left of a blue box")
    >>> result = scenewright.render(layout=layout, stack=fakes.stack(layout.scene))
    >>> result.verified, result.image.size
    (True, (128, 128))
    """
    result: Result | None = None
    for event in watch(prompt, settings=settings, layout=layout, parent=parent, stack=stack):
        if on_event is not None:
            on_event(event)
        if isinstance(event, events.Finished):
            result = event.result
    assert result is not None
    return result


def watch(prompt: str = "", *, settings: Settings | None = None, layout: Layout | None = None,
          parent: str | None = None, stack: Stack | None = None) -> Iterator[events.Event]:
    """What `render` does, as events; the last one is `Finished`. Closing the iterator stops the run at its next step.

    >>> import scenewright, scenewright.fakes as fakes
    >>> layout = scenewright.plan("a red ball left of a blue box")
    >>> stack = fakes.stack(layout.scene, steps=1)
    >>> [type(e).__name__ for e in scenewright.watch(layout=layout, settings=scenewright.Settings(seed=1), stack=stack)]
    ['Began', 'Planned', 'RoundBegan', 'Stepped', 'Painted', 'Verified', 'Finished']
    """
    settings = settings or Settings.load()
    prompt = _prompt(prompt, layout)
    if stack is None:
        from scenewright.stack import open_stack

        stack = open_stack(settings)
    yield from _Errand(settings, stack, _request(prompt, settings, layout, parent)).events()


def verify(image: Image.Image | str | Path, claims: str | Layout, *, settings: Settings | None = None) -> Report:
    """The evidence for every claim of a prompt, or of a layout with its places, on a picture.

    Raises `grounding.errors.ModelMissing` where there is nothing to judge with.
    """
    from grounding.errors import ModelMissing
    from scenewright.stack import open_verifier

    settings = settings or Settings.load()
    layout = claims if isinstance(claims, Layout) else _scene_only(claims, settings)
    picture = image if isinstance(image, Image.Image) else open_picture(Path(image))
    verifier, missing = open_verifier(settings.detector, settings.scorer, settings.thresholds, settings.device,
                                      settings.second_detector, settings.second_scorer)
    if verifier is None:
        raise ModelMissing("; ".join(missing))
    return verifier.verifier.verify(picture, layout)


def open_picture(path: Path) -> Image.Image:
    """A picture from a file, or `BadInput` in words that repeat nothing of its content."""
    try:
        with Image.open(path) as image:
            if image.width * image.height > Image.MAX_IMAGE_PIXELS:  # type: ignore[operator]
                raise BadInput(f"`{path}` has {image.width} × {image.height} pixels, which is more than can be judged")
            return image.convert("RGB")
    except FileNotFoundError:
        raise BadInput(f"there is no picture `{path}`") from None
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        raise BadInput(f"`{path}` is not a picture that can be read") from None


def _scene_only(prompt: str, settings: Settings) -> Layout:
    """What a prompt claims, with nothing placed."""
    from scenewright.loop.adapters import read_scene
    from scenewright.reader import language_model

    return Layout(scene=read_scene(_prompt(prompt, None), language_model(settings), settings.llm_calls))


def _prompt(prompt: str, layout: Layout | None) -> str:
    words = " ".join((prompt or (layout.scene.prompt if layout else "")).split())
    if not words and layout is None:
        raise BadInput("the prompt is empty; say what the picture shows")
    if len(words) > LONGEST_PROMPT:
        raise BadInput(f"the prompt has {len(words)} characters; at most {LONGEST_PROMPT} are read")
    return words.encode("utf-8", "replace").decode()


def _request(prompt: str, settings: Settings, layout: Layout | None, parent: str | None) -> Request:
    return Request(prompt=prompt, seed=settings.seed, layout=layout, steps=settings.steps, strength=settings.strength,
                   guidance_scale=settings.guidance_scale, candidates=settings.candidates, rounds=settings.rounds,
                   seconds=settings.seconds, llm_calls=settings.llm_calls, parent=parent)


@dataclass(frozen=True)
class _Error:
    error: BaseException | None


class _Errand:
    """One run of the loop in a thread of its own, its events handed over through a queue."""

    def __init__(self, settings: Settings, stack: Stack, request: Request) -> None:
        self.settings, self.stack, self.request = settings, stack, request
        self.stop = threading.Event()
        self.channel: queue.SimpleQueue[events.Event | _Error] = queue.SimpleQueue()

    def events(self) -> Iterator[events.Event]:
        """The events, as they happen."""
        worker = threading.Thread(target=self._work, name="scenewright", daemon=True)
        worker.start()
        try:
            while not isinstance(item := self.channel.get(), _Error):
                yield item
            if item.error is not None:
                raise item.error
        finally:
            self.stop.set()
            worker.join()

    def _work(self) -> None:
        try:
            self._go()
            self.channel.put(_Error(None))
        except BaseException as error:
            self.channel.put(_Error(error))

    def _go(self) -> None:
        for sentence in self.stack.missing:
            self.channel.put(events.Warned(sentence))
        description = self._description()
        with _opened(self.settings.runs, run_id(self.request.prompt, description), self.channel.put) as run:
            run.describe(description, versions(), self.request.parent)
            self.channel.put(events.Finished(self._looped(run)))

    def _looped(self, run: Run) -> Result:
        from scenewright.loop.agent import Loop

        result = Loop(self.request, run, self.stack.planner, self.stack.painter, self.stack.verifier,
                      self.settings.remedies, tell=self.channel.put, cancel=self.stop.is_set).go()
        if not (run.folder / PAGE).exists():
            self._page(run, result)
        return result

    def _page(self, run: Run, result: Result) -> None:
        """The report page. A run whose page cannot be made is whole without it."""
        from scenewright.page import page

        try:
            run.write(PAGE, page(run, result))
        except StorageFailed as error:
            self.channel.put(events.Warned(str(error)))

    def _description(self) -> dict[str, object]:
        """What makes this run this run: budgets in time and calls do not."""
        verifier = self.stack.verifier
        return {**self.request.model_dump(mode="json", exclude={"seconds", "llm_calls"}),
                "remedies": self.settings.remedies.model_dump(mode="json"), "llm": self.settings.llm,
                "planner": self.settings.planner, "canvas": self.settings.canvas,
                "verifier": verifier.identity if verifier else "", "painter": self.stack.painter.identity,
                "scenewright": __version__}


@contextmanager
def _opened(root: Path, name: str, tell: Callable[[events.Event], None]) -> Iterator[Run]:
    """A run's folder, locked; where the folder of runs cannot be written, one for this time only."""
    run = Run(root / name)
    with ExitStack() as stack:
        try:
            stack.enter_context(run.locked())
        except StorageFailed as error:
            spare = Path(tempfile.mkdtemp(prefix="scenewright-"))
            tell(events.Warned(f"{error}. This time the run is kept in `{spare}`"))
            run = Run(spare / name)
            stack.enter_context(run.locked())
        yield run
