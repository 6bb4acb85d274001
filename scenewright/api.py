"""The public calls: `render` and `watch` run the loop, `verify` judges a picture; the same stages serve all of them."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PIL import Image

from grounding.settings import How
from grounding.verify.report import Report
from planner.errors import BadInput
from planner.scene import Layout
from scenewright import __version__
from scenewright.canvases import canvas_of
from scenewright.config import Settings
from scenewright.errors import StorageFailed
from scenewright.loop import events
from scenewright.loop.course import Request
from scenewright.loop.metadata import versions
from scenewright.loop.naming import run_id
from scenewright.loop.result import Result
from scenewright.loop.runs import PAGE, PICTURES, UNREADABLE, Run
from scenewright.planning import in_words, read

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel

    from planner.read.model.line import Callbacks
    from scenewright.stack import Stack

def render(prompt: str = "", *, settings: Settings | None = None, layout: Layout | None = None,
           parent: str | None = None, stack: Stack | None = None, model: BaseChatModel | None = None,
           callbacks: Callbacks | None = None, on_event: Callable[[events.Event], None] | None = None,
           **changes: Any) -> Result:
    """A picture of the prompt, painted, verified and repaired within the settings' budgets.

    `changes` are settings by name, on top of `settings` or of what variables and the settings file say; `model` is a
    LangChain chat model that reads, with `callbacks`, as for `plan`. With `layout`, that layout is painted instead of a
    new one. The same request to the same models is one run: it goes on where it was stopped, and a finished one is
    given back at once. `stack` replaces the stages that the settings name. Raises `ScenewrightError`.

    >>> import scenewright
    >>> result = scenewright.render("a red ball left of a blue box", rounds=2)
    >>> result.verified, result.image.size
    (True, (128, 128))
    """
    result: Result | None = None
    for event in watch(prompt, settings=settings, layout=layout, parent=parent, stack=stack, model=model,
                       callbacks=callbacks, **changes):
        if on_event is not None:
            on_event(event)
        if isinstance(event, events.Finished):
            result = event.result
    assert result is not None
    return result


def watch(prompt: str = "", *, settings: Settings | None = None, layout: Layout | None = None,
          parent: str | None = None, stack: Stack | None = None, model: BaseChatModel | None = None,
          callbacks: Callbacks | None = None, **changes: Any) -> Iterator[events.Event]:
    """What `render` does, as events; the last one is `Finished`. Closing the iterator stops the run at its next step.

    >>> import scenewright
    >>> [type(e).__name__ for e in scenewright.watch("a red ball", steps=1)]
    ['Began', 'Planned', 'RoundBegan', 'Stepped', 'Painted', 'Verified', 'Finished']
    """
    settings = _settings(settings, changes)
    prompt = _prompt(prompt, layout)
    if stack is None:
        from scenewright.stack import open_stack

        stack = open_stack(settings, model, callbacks)
    request = _request(prompt, settings, stack.painter.usual, layout, parent)
    yield from _Errand(settings, stack, request, _named(model)).events()


def verify(image: Image.Image | str | Path, claims: str | Layout, *, settings: Settings | None = None,
           model: BaseChatModel | None = None, callbacks: Callbacks | None = None, **changes: Any) -> Report:
    """The evidence for every claim of a prompt, or of a layout with its places, on a picture; settings as for `render`.

    Raises `ModelMissing` where there is nothing to judge with.
    """
    from grounding.errors import ModelMissing
    from scenewright.stack import open_verifier

    settings = _settings(settings, changes)
    if not isinstance(claims, Layout):
        claims = Layout(scene=read(claims, settings=settings, model=model, callbacks=callbacks))
    picture = image if isinstance(image, Image.Image) else open_picture(Path(image))
    verifier, missing = open_verifier(settings)
    if verifier is None:
        raise ModelMissing("; ".join(missing))
    return verifier.look(picture, claims)


def open_picture(path: Path) -> Image.Image:
    """A picture from a file, or `BadInput` in words that repeat nothing of its content."""
    try:
        with Image.open(path) as image:
            if image.width * image.height > Image.MAX_IMAGE_PIXELS:  # type: ignore[operator]
                raise BadInput(f"`{path}` has {image.width} × {image.height} pixels, which is more than can be judged")
            return image.convert("RGB")
    except FileNotFoundError:
        raise BadInput(f"there is no picture `{path}`") from None
    except UNREADABLE:
        raise BadInput(f"`{path}` is not a picture that can be read") from None


def _settings(settings: Settings | None, changes: Mapping[str, Any]) -> Settings:
    return Settings.load(changes) if settings is None else settings.with_changes(changes)


def _prompt(prompt: str, layout: Layout | None) -> str:
    """What the run is called after: the prompt, or that of the layout, which may have none."""
    words = prompt or (layout.scene.prompt if layout else "")
    return words if layout is not None and not words.strip() else in_words(words)


def _named(model: BaseChatModel | None) -> str:
    """A chat model that was handed over, by a name that tells it from others."""
    return "" if model is None else f"{type(model).__name__}:{getattr(model, 'model_name', '') or model.name or ''}"


def _request(prompt: str, settings: Settings, usual: How, layout: Layout | None, parent: str | None) -> Request:
    pixels = settings.canvas != "" and ":" not in settings.canvas
    if layout is not None and settings.canvas:
        fits = canvas_of(settings.canvas).units == layout.canvas.units
        layout = layout.model_copy(update={"canvas": canvas_of(settings.canvas)}) if fits and pixels else layout
        pixels = pixels and fits
    how = usual.asked(settings.steps, settings.guidance_scale, settings.strength).but(
        negative=settings.negative, scheduler=settings.scheduler, pixels=pixels)
    return Request(prompt=prompt, seed=settings.seed, layout=layout, how=how, wording=settings.wording,
                   candidates=settings.candidates, rounds=settings.rounds, seconds=settings.seconds,
                   llm_calls=settings.llm_calls, parent=parent)


class _Errand:
    """One run of the loop in a thread of its own, its events handed over through a queue."""

    def __init__(self, settings: Settings, stack: Stack, request: Request, reader: str) -> None:
        self.settings, self.stack, self.request, self.reader = settings, stack, request, reader
        self.stop = threading.Event()
        self.channel: queue.SimpleQueue[events.Event | None] = queue.SimpleQueue()
        self.error: BaseException | None = None

    def events(self) -> Iterator[events.Event]:
        """The events, as they happen."""
        worker = threading.Thread(target=self._work, name="scenewright", daemon=True)
        worker.start()
        try:
            while (item := self.channel.get()) is not None:
                yield item
            if self.error is not None:
                raise self.error
        finally:
            self.stop.set()
            worker.join()

    def _work(self) -> None:
        try:
            self._go()
        except BaseException as error:
            self.error = error
        self.channel.put(None)

    def _go(self) -> None:
        for sentence in (*self.stack.missing, *self._canvas()):
            self.channel.put(events.Warned(sentence))
        description = self._description()
        run = Run(self.settings.runs / run_id(self.request.prompt, description))
        with run.locked():
            run.describe(description, versions(), self.request.parent)
            self.channel.put(events.Finished(self._looped(run)))

    def _looped(self, run: Run) -> Result:
        from scenewright.loop.agent import Loop

        result = Loop(self.request, run, self.stack.planner, self.stack.painter, self.stack.verifier,
                      self.settings.remedies, tell=self.channel.put, cancel=self.stop.is_set).go()
        if (run.folder / PICTURES).exists() and not (run.folder / PAGE).exists():
            self._page(run, result)
        return result

    def _canvas(self) -> Iterator[str]:
        """Whether the canvas that is asked for is not that of the layout which is to be painted."""
        asked, layout = self.settings.canvas, self.request.layout
        if asked and layout is not None and canvas_of(asked).units != layout.canvas.units:
            yield (f"the layout is for {layout.canvas.width}x{layout.canvas.height}; the canvas {asked} that was asked "
                   "for has another shape and is not used")

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
                "remedies": self.settings.remedies.model_dump(mode="json"), "llm": self.reader or self.settings.llm,
                "planner": self.settings.planner, "canvas": self.settings.canvas,
                "verifier": verifier.identity if verifier else "", "painter": self.stack.painter.identity,
                "scenewright": __version__}
