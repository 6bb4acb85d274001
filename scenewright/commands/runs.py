"""`scenewright runs`: the stored runs listed, moved to another folder, removed, or pared down to what is wanted."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import get_args

from planner.errors import BadInput
from scenewright.commands.console import table
from scenewright.commands.shell import Ending, harmless, write, write_json
from scenewright.config import Settings, assigned
from scenewright.loop.runs import RunPart
from scenewright.loop.shelf import move, prune, remove_run, runs_in


def manage_runs(names: Sequence[str], *, keep: str, to: Path | None, remove: bool, assignments: Sequence[str],
                json: bool) -> Ending:
    """The command. Only what is named is moved or removed; what is kept is kept of all finished runs."""
    root = Settings.load(assigned(assignments)).runs
    if sum((bool(keep), to is not None, remove)) > 1:
        raise BadInput("expected one of --keep, --move and --remove at a time")
    if (to is not None or remove) and not names:
        raise BadInput("expected the names of the runs that are meant; `scenewright runs` lists them")
    if to is not None:
        return _done([f"{move(root, name, to).folder}" for name in names], "moved to", json)
    if remove:
        for name in names:
            remove_run(root, name)
        return _done(names, "removed", json)
    if keep:
        if names:
            raise BadInput("--keep is for all finished runs, and takes no names")
        return _done(prune(root, parts_of(keep)), "pared down", json)
    return _listed(root, names, json)


def parts_of(words: str) -> frozenset[RunPart]:
    """The parts of a run that a list like `picture,labels` names."""
    parts: tuple[RunPart, ...] = get_args(RunPart)
    wanted = {word.strip() for word in words.split(",")}
    if strange := sorted(wanted - set(parts)):
        raise BadInput(f"expected a list of {', '.join(parts)}, got `{strange[0]}`")
    return frozenset(part for part in parts if part in wanted)


def _done(names: Sequence[str], what: str, json: bool) -> Ending:
    if json:
        write_json({what: list(names)})
    else:
        write("".join(harmless(f"{what} {name}") + "\n" for name in names) or "no runs\n")
    return Ending.DONE


def _listed(root: Path, names: Sequence[str], json: bool) -> Ending:
    """The stored runs, newest first."""
    found = [run for run in runs_in(root) if not names or run.id in names]
    if json:
        write_json([run.model_dump() for run in found])
    elif not found:
        write(f"no runs in {root.resolve()}\n")
    else:
        write(table(("run", "state", "rounds", "when", "prompt"),
                    [(r.id, r.state, str(r.rounds or ""), r.created.replace("T", " ")[:16], r.prompt) for r in found]))
    return Ending.DONE
