"""Settings: a TOML file, then SCENEWRIGHT_ variables, then flags; what is unknown is an error, secrets stay secret.

The file is `~/.config/scenewright/config.toml`, or the one that SCENEWRIGHT_CONFIG names. A file in the working folder
is never read by itself: a stranger's folder must not choose where a key is sent.
"""

from __future__ import annotations

import json
import os
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from grounding.loading import Offload, Precision
from grounding.settings import GuidanceScale, Negative, Scheduler, Steps, Strength
from scenewright.asked import Asked, nearest
from scenewright.errors import BadSettings
from scenewright.loop.course import Wording
from scenewright.loop.remedies import Remedies
from scenewright.loop.stages import MOST_SEEDS
from scenewright.places import FILE, OTHER_VARIABLES, PREFIX, config_file

LARGEST_FILE = 16_384
"""The bytes of a settings file; within them, no nesting takes long to read."""


class Settings(Asked, BaseSettings):
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
    detector: str = Field("pocket", min_length=1, description="what finds things: `pocket`, `none`, a folder or a name")
    scorer: str = Field("pocket", min_length=1, description="what compares a picture with words, as for the detector")
    second_detector: str = Field("", description="another one, asked too; where they disagree, a claim is in doubt")
    second_scorer: str = Field("", description="another one, asked too")
    thresholds: Path | None = Field(None, description="a file that `scenewright calibrate` wrote")
    device: str = Field("cpu", pattern=r"^(cpu|cuda(:\d+)?|mps)$", description="where the models run")
    dtype: Precision = Field("float32", description="of the image model's weights; float16 and bfloat16 take half")
    offload: Offload = Field("none", description="model or sequential: parts lie on the device only while at work")
    attention_slicing: bool = Field(False, description="refused with the reason: guidance reads the whole attention")
    lora: str = Field("", description="LoRAs for the image model, as in `style.safetensors:0.8, folder`")
    control_model: str = Field("", description="the folder of a ControlNet that fits the image model")
    control_picture: str = Field("", description="the picture that it follows")
    control_strength: Annotated[float, Field(ge=0.0, le=10.0)] = Field(1.0, description="how closely it is followed")
    image_config: str = Field("", description="for an image model in one file: a folder of its family to describe it")
    negative: Negative = Field("", description="what the picture is to be led away from, in words")
    scheduler: Scheduler = Field("own", description="how noise is taken away; own: as the image model brings it")
    steps: Steps | None = Field(None, description="none: what the model does best with")
    guidance_scale: GuidanceScale | None = Field(None, description="none: the model's own; 1 is no guidance")
    wording: Wording = Field("brief", description="brief: the painter is told its own words; typed: the prompt's")
    strength: Strength = Field(1.0, description="of the guidance; 0 paints plainly")
    candidates: Annotated[int, Field(ge=1, le=MOST_SEEDS)] = Field(
        1, description="pictures per round, in one batch; what two rounds failed at gets up to three times as many")
    rounds: Annotated[int, Field(ge=1, le=50)] = Field(4, description="the most rounds of painting and verifying")
    seconds: Annotated[float, Field(gt=0.0)] = Field(900.0, description="after this long no new round begins")
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
        return in_file()


def in_file() -> dict[str, Any]:
    """What the settings file says, or nothing where there is none."""
    path = config_file()
    try:
        raw = path.read_bytes()
        if len(raw) > LARGEST_FILE:
            raise BadSettings(f"`{path}` has {len(raw)} bytes; settings take at most {LARGEST_FILE}")
        content = tomllib.loads(raw.decode())
    except FileNotFoundError:
        if os.environ.get(FILE):
            raise BadSettings(f"{FILE} names `{path}`, and there is no such file") from None
        return {}
    except RecursionError:
        raise BadSettings(f"cannot read the settings in `{path}`: they are nested too deeply") from None
    except (OSError, tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BadSettings(f"cannot read the settings in `{path}`: {error}") from None
    for name in content:
        if name not in Settings.model_fields:
            raise BadSettings(f"`{path}` sets `{name}`, and there is no such setting"
                              f"{nearest(name, Settings.model_fields)}")
    return content


def sources(flags: Mapping[str, Any]) -> dict[str, str]:
    """Where the value of each setting comes from: `--set`, a variable, the file, or `default`."""
    variables = {name.upper().removeprefix(PREFIX).split("__")[0].lower(): name for name in os.environ
                 if name.upper().startswith(PREFIX) and os.environ[name]}
    file = in_file()
    return {name: "--set" if name in flags else variables.get(name) or (
        str(config_file()) if name in file else "default") for name in Settings.model_fields}


def assigned(assignments: Sequence[str]) -> dict[str, Any]:
    """Settings from `name=value` words; lists and numbers as in JSON, rows of remedies as `remedies.missing=[…]`."""
    found: dict[str, Any] = {}
    for assignment in assignments:
        name, equals, value = assignment.partition("=")
        place, *inner = name.strip().split(".")
        if not equals or len(inner) > 1:
            raise BadSettings(f"expected NAME=VALUE, got `{name}`")
        if place not in Settings.model_fields:
            raise BadSettings(f"there is no setting `{place}`{nearest(place, Settings.model_fields)}")
        if inner:
            found.setdefault(place, {})[inner[0]] = _value(value)
        else:
            found[place] = _value(value) if value.startswith(("[", "{")) else value
    return found


def _value(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text


def refuse_unknown_variables() -> None:
    """Raise `BadSettings` for a variable with our prefix that is no setting: a misspelt one would be ignored."""
    known = {PREFIX + name.upper() for name in Settings.model_fields} | OTHER_VARIABLES
    for name in sorted(os.environ):
        if name.upper().startswith(PREFIX) and name.upper().split("__")[0] not in known:
            raise BadSettings(f"the variable {name} is set, and there is no such setting"
                              f"{nearest(name.removeprefix(PREFIX).lower(), Settings.model_fields)}")
