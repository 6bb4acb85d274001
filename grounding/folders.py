"""A model folder before any library reads it: sane JSON, no code, nothing vast, and one digest of its files."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from grounding.errors import GroundingError, ModelMissing, Unsupported

ENDS = 1 << 20
"""How many bytes at either end of a file tell it apart; large weights are not read whole for that."""
MARKED = (".json", ".model", ".safetensors", ".txt")
"""The kinds of file that make a model what it is."""
MOST_CONFIG = 1 << 20
"""No published description of a model is a tenth as large (tokenizers are not read here)."""
MOST_LAYERS = 1000
MOST_NUMBER = 1 << 40
_DESCRIPTIONS = ("model_index.json", "config.json", "scheduler_config.json", "processor_config.json",
                 "preprocessor_config.json", "generation_config.json", "tokenizer_config.json")


def digest(*sources: Path, further: str = "", without: str = "thresholds.json") -> str:
    """SHA-256 over what makes a model: names, sizes and either end of every file of it, wherever it lies.

    Two copies have the same digest, other weights another one. What was measured on the model is no part of it, and
    `further` is what stands in no file.
    """
    mark = hashlib.sha256(further.encode())
    for source in sources:
        for path in _files(source, without):
            name = "" if path == source else path.relative_to(source).as_posix()
            with path.open("rb") as file:
                size = file.seek(0, os.SEEK_END)
                mark.update(f"{name} {size}\n".encode())
                for start in sorted({0, max(size - ENDS, 0)}):
                    file.seek(start)
                    mark.update(file.read(ENDS))
    return mark.hexdigest()


def _files(source: Path, without: str) -> list[Path]:
    if source.is_file():
        return [source]
    return sorted(p for p in source.rglob("*") if p.suffix in MARKED and p.name != without and p.is_file())


def name_of(source: str | Path) -> str:
    """What a checkpoint is called in thresholds and reports: its hub name, or its folder's name and its digest's
    beginning."""
    folder = Path(source)
    return f"{folder.resolve().name} {digest(folder)[:8]}" if folder.is_dir() else str(source)


def described(path: Path, role: str = "model") -> Mapping[str, Any]:
    """What a JSON file of a checkpoint says. Raises `ModelMissing` where it is not an object, or is no sane one."""
    try:
        if path.stat().st_size > MOST_CONFIG:
            raise ModelMissing(f"`{path}` has more than {MOST_CONFIG} bytes, so it is no description of a model")
        content = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, RecursionError):
        raise ModelMissing(f"`{path}` of the {role} is not JSON, so it is damaged; get the checkpoint anew") from None
    except OSError as error:
        raise ModelMissing(f"`{path}` cannot be read ({error.strerror}); get the checkpoint anew") from None
    if not isinstance(content, Mapping):
        raise ModelMissing(f"`{path}` of the {role} is not a JSON object, so it is damaged; get the checkpoint anew")
    return content


def kind_of(folder: Path) -> str:
    """The kind of model that a folder's config.json states; empty where it states none."""
    try:
        return str(described(folder / "config.json").get("model_type", ""))
    except ModelMissing:
        return ""


def examined(role: str, folder: Path) -> None:
    """Refuse a folder that brings code, or that describes what is not or cannot be built."""
    for path in sorted(folder.rglob("*.py")):
        raise ModelMissing(f"the {role} `{folder}` brings code of its own (*.py: `{path.name}`), which is never run; "
                           "use a checkpoint of a class that transformers or diffusers has")
    for path in sorted(p for p in folder.rglob("*.json") if p.name in _DESCRIPTIONS):
        refuse(f"the {role} `{folder}`", described(path, role), f" (in `{path.relative_to(folder)}`)")


def refuse(who: str, description: Mapping[str, Any], where: str = "") -> None:
    """Refuse a description that asks for code, a kernel or another library, or for something vast."""
    for key, value in pairs(description):
        if wrong := _wrong(key, value):
            raise ModelMissing(f"{who} {wrong}{where}")


def _wrong(key: str, value: Any) -> str:
    """What is wrong with an entry of a description; empty where nothing is."""
    if key == "auto_map":
        return "asks for code of its own (`auto_map`), which is never run; use a checkpoint of a class that " \
               "transformers has"
    if "attn_implementation" in key and isinstance(value, str) and ("/" in value or ":" in value):
        return f"asks for the kernel `{value[:100]}`, which is never fetched; remove `{key}` from its config.json"
    if key == "quantization_config" and value:
        return "is quantised (`quantization_config`), which takes libraries that are not used here; get the " \
               "checkpoint as it was before, and set `dtype` instead"
    numbers = [n for n in (value if isinstance(value, list) else [value])
               if isinstance(n, int | float) and not isinstance(n, bool)]
    bound = MOST_LAYERS if "layers" in key and "dim" not in key else MOST_NUMBER
    if any(abs(number) > bound for number in numbers) and "max_length" not in key:
        return f"has a `{key}` of {max(numbers, key=abs):.3g}, which nobody can build"
    return ""


def pairs(value: Any) -> Iterator[tuple[str, Any]]:
    """All keys and values of a nested JSON value."""
    waiting = [value]
    while waiting:
        inner = waiting.pop()
        if isinstance(inner, Mapping):
            yield from ((str(key), each) for key, each in inner.items())
        waiting.extend(inner.values() if isinstance(inner, Mapping) else inner if isinstance(inner, list) else ())


@contextmanager
def explained(what: str, advice: str) -> Iterator[None]:
    """Whatever a library raises while it reads a checkpoint becomes one sentence that says what to do."""
    try:
        yield
    except GroundingError:
        raise
    except Exception as error:
        lines = str(error).strip().splitlines()
        said = lines[0][:160] if lines else ""
        raise ModelMissing(f"{what} could not be loaded ({type(error).__name__}: {said}); {advice}") from error


def usable(device: str) -> None:
    """Raise `Unsupported` where the models cannot run on this device."""
    if device == "cpu":
        return
    import torch

    kind, _, number = device.partition(":")
    there = torch.cuda.device_count() if kind == "cuda" else int(torch.backends.mps.is_available())
    if there <= int(number or 0):
        seen = f"torch {torch.__version__} sees {there or 'no'} {kind} device{'' if there == 1 else 's'} here"
        raise Unsupported(f"device={device} cannot be used: {seen}; set device=cpu, or install a torch that was built "
                          "for your device")
