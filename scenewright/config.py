"""Settings: a TOML file, then SCENEWRIGHT_ variables, then flags; what is unknown is an error, secrets stay secret.

The file is `~/.config/scenewright/config.toml`, or the one that SCENEWRIGHT_CONFIG names. A file in the working folder
is never read by itself: a stranger's folder must not choose where a key is sent.
"""

from __future__ import annotations

import json
import os
import tomllib
from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from scenewright.errors import BadSettings
from scenewright.loop.decide import Remedies
from scenewright.places import FILE, OTHER_VARIABLES, PREFIX, config_file


class Settings(BaseSettings):
    """How pictures are made. `Settings(rounds=2)` overrides one setting; the rest comes from variables and the file.

    >>> Settings(rounds=2).rounds
    2
    >>> Settings(llm_api_key="sk-123").llm_api_key
    SecretStr('**********')
    """

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, env_nested_delimiter="__", extra="forbid", frozen=True, allow_inf_nan=False,
        env_ignore_empty=True, hide_input_in_errors=True, validate_default=False,
    )

    image_model: str = Field("pocket", min_length=1, description="`pocket`, a model's folder or its name on the hub")
    detector: str = Field("pocket", min_length=1, description="what finds things: `pocket`, a folder or a name")
    scorer: str = Field("pocket", min_length=1, description="what compares a picture with words")
    second_detector: str = Field("", description="another one, asked too; where they disagree, a claim is in doubt")
    second_scorer: str = Field("", description="another one, asked too")
    thresholds: Path | None = Field(None, description="a file that `scenewright calibrate` wrote")
    device: str = Field("cpu", pattern=r"^(cpu|cuda(:\d+)?|mps)$", description="where the models run")
    llm: str = Field("", description="the language model that plans, as in `openai:NAME`; none: the built-in grammar")
    llm_base_url: str = Field("", description="an OpenAI-compatible server of one's own")
    llm_api_key: SecretStr | None = Field(None, description="its key; never printed or stored")
    planner: Literal["auto", "grammar", "llm"] = Field("auto", description="who reads the prompt")
    canvas: str = Field("", description="a ratio like 16:9 or a size like 768x512; empty: the model's own size")
    seed: Annotated[int, Field(ge=0, lt=2**63)] = 0
    steps: Annotated[int, Field(ge=1, le=1000)] | None = Field(None, description="none: what the model does best with")
    guidance_scale: Annotated[float, Field(ge=0.0, le=100.0)] | None = Field(None, description="none: the model's own")
    strength: Annotated[float, Field(ge=0.0, le=100.0)] = Field(1.0, description="of the guidance; 0 paints plainly")
    candidates: Annotated[int, Field(ge=1, le=16)] = Field(
        1, description="pictures per round, in one batch; what two rounds failed at gets up to three times as many")
    rounds: Annotated[int, Field(ge=1, le=50)] = Field(4, description="the most rounds of painting and verifying")
    seconds: Annotated[float, Field(gt=0.0)] = Field(900.0, description="after this long no new round begins")
    llm_calls: Annotated[int, Field(ge=0, le=100)] = Field(6, description="the most requests to the language model")
    remedies: Remedies = Field(default_factory=Remedies, description="what is tried for which fault, in order")
    runs: Path = Field(Path("runs"), description="the folder in which runs are stored")

    @classmethod
    def settings_customise_sources(
        cls, settings_cls: type[BaseSettings], init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource, dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Flags, then variables, then the file."""
        refuse_unknown_variables()
        return init_settings, env_settings, _File(settings_cls)

    @classmethod
    def load(cls, flags: Mapping[str, Any] | None = None) -> Settings:
        """The settings with these flags on top; raises `BadSettings` in words that name the culprit."""
        try:
            return cls(**{name: value for name, value in (flags or {}).items() if value is not None})
        except ValidationError as error:
            raise BadSettings(_told(error)) from None
        except ValueError as error:
            raise BadSettings(f"cannot read the settings: {error}") from None

    def shown(self) -> dict[str, Any]:
        """Every setting as plain data, without secrets."""
        return self.model_dump(mode="json", exclude={"llm_api_key"})


class _File(PydanticBaseSettingsSource):
    """The settings in the TOML file."""

    def get_field_value(self, field: Any, field_name: str) -> tuple[Any, str, bool]:
        """Not used: `__call__` gives all fields at once."""
        return None, field_name, False

    def __call__(self) -> dict[str, Any]:
        """What the file says, or nothing where there is none."""
        path = config_file()
        try:
            content = tomllib.loads(path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            if os.environ.get(FILE):
                raise BadSettings(f"{FILE} names `{path}`, and there is no such file") from None
            return {}
        except (OSError, tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise BadSettings(f"cannot read the settings in `{path}`: {error}") from None
        for name in content:
            if name not in Settings.model_fields:
                raise BadSettings(f"`{path}` sets `{name}`, and there is no such setting{_nearest(name)}")
        return content


def assigned(assignments: Sequence[str]) -> dict[str, Any]:
    """Settings from `name=value` words; lists and numbers as in JSON, rows of remedies as `remedies.missing=[…]`."""
    found: dict[str, Any] = {}
    for assignment in assignments:
        name, equals, value = assignment.partition("=")
        place, *inner = name.strip().split(".")
        if not equals or len(inner) > 1:
            raise BadSettings(f"expected NAME=VALUE, got `{name}`")
        if place not in Settings.model_fields:
            raise BadSettings(f"there is no setting `{place}`{_nearest(place)}")
        if inner:
            found.setdefault(place, {})[inner[0]] = _value(value)
        else:
            found[place] = value
    return found


def _value(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text


def refuse_unknown_variables() -> None:
    """Raise `BadSettings` for a variable with our prefix that is no setting: a misspelt one would be ignored."""
    known = {PREFIX + name.upper() for name in Settings.model_fields} | OTHER_VARIABLES
    for name in sorted(os.environ):
        if name.upper().startswith(PREFIX) and name.upper().split("__")[0] not in known:
            raise BadSettings(f"the variable {name} is set, and there is no such setting"
                              f"{_nearest(name.removeprefix(PREFIX).lower())}")


def _nearest(name: str) -> str:
    near = get_close_matches(name, Settings.model_fields, 1)
    return f"; did you mean `{near[0]}`?" if near else f"; known are {', '.join(Settings.model_fields)}"


def _told(error: ValidationError) -> str:
    first = error.errors(include_url=False, include_input=False, include_context=False)[0]
    name = ".".join(str(step) for step in first["loc"])
    if first["type"] == "extra_forbidden":
        return f"there is no setting `{name}`{_nearest(name)}"
    more = f" ({error.error_count() - 1} more)" if error.error_count() > 1 else ""
    return f"the setting `{name}` cannot be used: {first['msg']}{more}"
