"""Planning as a part of a LangChain program: a `Runnable` from prompt to layout, and a tool that a model may call."""

from __future__ import annotations

from typing import Any

from langchain_core.language_models import BaseChatModel
from langchain_core.runnables import Runnable, RunnableConfig, RunnableLambda
from langchain_core.tools import BaseTool, StructuredTool

from planner.check import verdicts
from planner.claims import names_of
from planner.errors import ScenewrightError
from planner.scene import Layout
from scenewright.asked import Asked
from scenewright.planning import plan

TOLD = "Plans a picture: reads a description of it in English and gives every thing in it a box, so that all that is " \
       "said of counts and places holds. Boxes are left, top, right, bottom in fractions of the picture."


def as_runnable(*, settings: Asked | None = None, model: BaseChatModel | None = None,
                **changes: Any) -> Runnable[str, Layout]:
    """`plan` as a runnable; the callbacks of its caller see the requests to the language model.

    >>> as_runnable(planner="grammar").invoke("a red cat left of a dog").scene.things[0].noun
    'cat'
    """
    def plan_scene(prompt: str, config: RunnableConfig) -> Layout:
        return plan(prompt, settings=settings, model=model, callbacks=config.get("callbacks"), **changes)

    return RunnableLambda(plan_scene)


def as_tool(*, settings: Asked | None = None, model: BaseChatModel | None = None, **changes: Any) -> BaseTool:
    """`plan` as a tool: its answer is text that a model can read, its artifact the layout. What cannot be planned is
    an answer, too, so that the model may ask for something else.

    >>> print(as_tool(planner="grammar").invoke({"prompt": "a red cat"}).splitlines()[2])
    the red cat is there: holds
    """
    def plan_scene(prompt: str) -> tuple[str, Layout | None]:
        try:
            layout = plan(prompt, settings=settings, model=model, **changes)
        except ScenewrightError as error:
            return f"this cannot be planned: {error}", None
        return told(layout), layout

    return StructuredTool.from_function(plan_scene, name="plan_scene", description=TOLD,
                                        response_format="content_and_artifact")


def told(layout: Layout) -> str:
    """A layout in a few lines: its canvas, its things with their boxes, its claims, and what was not understood."""
    names = names_of(layout.scene)
    lines = [f"canvas {layout.canvas.width}x{layout.canvas.height}",
             *(f"{names[p.thing]}: {', '.join(f'{v:.2f}' for v in p.box.corners)}" for p in layout.far_to_near()),
             *(verdict.sentence for verdict in verdicts(layout)),
             *(f"not understood: {words}" for words in layout.scene.unread)]
    return "\n".join(lines)
