"""Pictures written as what the names of their files say."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

from PIL import Image

from planner.errors import BadInput
from planner.whole import write_whole

PICTURES = {".png": "PNG", ".jpg": "JPEG", ".jpeg": "JPEG", ".webp": "WEBP"}


def picture_format(path: Path) -> str:
    """What a picture of this name is; raises `BadInput` where the name says nothing that can be written."""
    if path.suffix.lower() not in PICTURES:
        raise BadInput(f"a picture is written as {', '.join(PICTURES)}, got `{path.name}`; choose one of them")
    return PICTURES[path.suffix.lower()]


def write_picture(path: Path, png: bytes) -> None:
    """Write a picture as what its name says. Only PNG keeps the recipe that it carries."""
    kind = picture_format(path)
    write_whole(path, png if kind == "PNG" else _encoded(png, kind))


def _encoded(png: bytes, kind: str) -> bytes:
    stream, image = BytesIO(), Image.open(BytesIO(png))
    image.convert("RGB").save(stream, kind, quality=95)
    return stream.getvalue()
