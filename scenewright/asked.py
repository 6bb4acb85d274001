"""What is asked of a plan: the settings that reading and placing depend on, without the libraries that look for them.

`scenewright.config.Settings` has these and all others; they are the same words everywhere.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, SecretStr, ValidationError

from planner.scene import Canvas
from scenewright.canvases import canvas_of
from scenewright.errors import BadSettings
from scenewright.places import configured


def _in_words(canvas: object) -> object:
    return f"{canvas.width}x{canvas.height}" if isinstance(canvas, Canvas) else canvas


def _readable(canvas: str) -> str:
    if canvas:
        canvas_of(canvas)
    return canvas


class Asked(BaseModel):
    """How a prompt is read and placed, whatever the prompt.

    >>> Asked(seed=1, canvas="16:9").size(spare=Canvas())
    Canvas(width=896, height=504)
    """

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False, hide_input_in_errors=True)

    planner: Literal["auto", "grammar", "llm"] = Field(
        default="auto", description="who reads: `grammar`, `llm`, or `auto`: the model where the grammar is unsure")
    seed: Annotated[int, Field(ge=0, lt=2**63)] = Field(
        default=0, description="another number gives another composition")
    canvas: Annotated[str, BeforeValidator(_in_words), AfterValidator(_readable)] = Field(
        default="", description="a ratio like 16:9 or a size like 768x512; empty: what the prompt or the model says")
    llm: str = Field(
        default="", description="the language model that plans, as in `openai:NAME`; none: the built-in grammar")
    llm_base_url: str = Field(default="", description="an OpenAI-compatible server of one's own")
    llm_api_key: SecretStr | None = Field(default=None, description="its key; never printed or stored")
    llm_calls: Annotated[int, Field(ge=0, le=100)] = Field(
        default=6, description="the most requests to the language model")
    llm_seconds: Annotated[float, Field(gt=0.0)] = Field(
        default=60.0, description="the most time for one reading by it")
    llm_tries: Annotated[int, Field(ge=1, le=20)] = Field(
        default=3, description="how often one request is sent to a server that fails or cannot be reached")
    llm_repairs: Annotated[int, Field(ge=0, le=10)] = Field(
        default=1, description="how often a reply that cannot be used is sent back")
    llm_tokens: Annotated[int, Field(ge=1)] = Field(default=30_000, description="the most tokens for one reading")
    llm_price: tuple[float, float] | None = Field(
        default=None, description="what a million tokens cost, in and out, as in [0.15, 0.6]")
    llm_money: Annotated[float, Field(gt=0.0)] | None = Field(
        default=None, description="the most that one reading may cost; it takes a price to know")
    llm_examples: Annotated[int, Field(ge=0, le=20)] = Field(default=3, description="examples that it is shown")
    llm_size: Literal["full", "small"] = Field(
        default="full", description="`small` asks models of 1 to 3 billion weights for less")
    llm_sure: Annotated[float, Field(ge=0.0, le=1.0)] = Field(
        default=0.8, description="with planner=auto, what the grammar reads with this confidence is not sent to it")
    llm_fallback: bool = Field(
        default=False, description="with planner=llm, the grammar reads what the model cannot; with auto it does")

    @classmethod
    def load(cls, flags: Mapping[str, Any] | None = None) -> Self:
        """With these on top of what is set; raises `BadSettings` in words that name the culprit."""
        try:
            return cls(**{name: value for name, value in (flags or {}).items() if value is not None})
        except ValidationError as error:
            raise BadSettings(_told(error, cls.model_fields)) from None
        except ValueError as error:
            raise BadSettings(f"cannot read the settings: {error}") from None

    def with_changes(self, changes: Mapping[str, Any]) -> Self:
        """The same with these changes, tested like any settings."""
        if not changes:
            return self
        return self.load({name: getattr(self, name) for name in self.model_fields_set} | dict(changes))

    def size(self, spare: Canvas) -> Canvas:
        """The canvas that is asked for, or `spare`."""
        return canvas_of(self.canvas) if self.canvas else spare


def asked(settings: Asked | None, changes: Mapping[str, Any], assignments: Sequence[str] = ()) -> Asked:
    """The settings with changes, which count for more than `name=value` words. Files and variables are looked for only
    where something may be set."""
    if settings is not None:
        return settings.with_changes(changes)
    if not configured() and not assignments and changes.keys() <= Asked.model_fields.keys():
        return Asked.load(changes)
    from scenewright.config import Settings, assigned

    return Settings.load({**assigned(assignments), **{k: v for k, v in changes.items() if v is not None}})


def nearest(name: str, known: Mapping[str, Any]) -> str:
    """What a misspelt setting may have meant."""
    near = get_close_matches(name, known, 1)
    return f"; did you mean `{near[0]}`?" if near else f"; known are {', '.join(known)}"


def _told(error: ValidationError, known: Mapping[str, Any]) -> str:
    first = error.errors(include_url=False, include_input=False, include_context=False)[0]
    name = ".".join(str(step) for step in first["loc"])
    if first["type"] == "extra_forbidden":
        return f"there is no setting `{name}`{nearest(name, known)}"
    more = f" ({error.error_count() - 1} more)" if error.error_count() > 1 else ""
    return f"the setting `{name}` cannot be used: {first['msg']}{more}"
