"""`scenewright settings`: every setting with its meaning, its value, and where that comes from."""

from __future__ import annotations

from collections.abc import Sequence

from scenewright.commands.console import table
from scenewright.commands.shell import Ending, write, write_json
from scenewright.config import Settings, assigned, sources
from scenewright.places import PREFIX


def list_settings(assignments: Sequence[str], *, json: bool) -> Ending:
    """The command."""
    flags = assigned(assignments)
    settings, origins = Settings.load(flags), sources(flags)
    values = settings.shown() | {"llm_api_key": "set" if settings.llm_api_key else None}
    rows = [{"name": name, "variable": f"{PREFIX}{name.upper()}", "value": values[name], "from": origins[name],
             "meaning": field.description} for name, field in Settings.model_fields.items()]
    if json:
        write_json(rows)
    else:
        write(table(("setting", "value", "from", "meaning"),
                    [(row["name"], _told(row["value"]), row["from"], row["meaning"]) for row in rows]))
        write(f"Set one with --set name=value, a variable {PREFIX}NAME, or a line in the settings file.\n")
    return Ending.DONE


def _told(value: object) -> str:
    """A value in a cell; one that is a table of its own is only named."""
    return "–" if value in (None, "") else "the usual ones" if isinstance(value, dict) else str(value)
