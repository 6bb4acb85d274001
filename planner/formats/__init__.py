"""Layout files in and out: one table of formats, each with its convention of four numbers named and enforced.

    layout = load(text, "lmd")          # or load(text), which tells the format from the text
    text = dump(layout, "coco")

A file whose numbers cannot be meant as its format says is refused with the reading that would fit. Only the project's
own format keeps everything; what a foreign one has no place for (relations, most of all) is left out.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from pydantic import ValidationError

from planner.errors import FormatError
from planner.formats import datasets, lmd, models
from planner.formats.conventions import Convention, few_enough, leaving
from planner.formats.datasets import names
from planner.formats.pictures import ForeignLayout, decoded, items_of, text_of, written
from planner.plain import sentence_of, shown
from planner.scene import SCHEMA_VERSION, Canvas, Layout

__all__ = ["FORMATS", "LABELLED", "OWN", "Format", "dump", "load", "names", "sniff"]

OWN = "scenewright"
LABELLED = frozenset({"coco", "yolo"})
"""The formats in which a class has a number."""
_ON_CANVAS = 1e-6


class Format(NamedTuple):
    """One foreign format."""

    load: Callable[[str | bytes | object, Canvas | None], ForeignLayout]
    dump: Callable[[Layout], str]
    convention: Convention
    about: str


FORMATS: dict[str, Format] = {
    "lmd": Format(lmd.load, lmd.dump, lmd.BOXES, "answer text of LLM-grounded Diffusion"),
    "gligen": Format(models.load_gligen, models.dump_gligen, models.GLIGEN, "phrases and boxes of a GLIGEN pipeline"),
    "flux3": Format(models.load_flux3, models.dump_flux3, models.FLUX3, "boxes of a FLUX.3 pipeline"),
    "ideogram": Format(models.load_ideogram, models.dump_ideogram, models.IDEOGRAM, "Ideogram JSON caption"),
    "comfyui": Format(models.load_comfyui, models.dump_comfyui, models.COMFYUI, "ComfyUI bounding boxes"),
    "coco": Format(datasets.load_coco, datasets.dump_coco, datasets.COCO, "COCO annotations of one image"),
    "yolo": Format(datasets.load_yolo, datasets.dump_yolo, datasets.YOLO, "YOLO label lines"),
}
"""Every foreign format by name; the project's own is `OWN`."""


def load(source: str | bytes | object, format: str = "", *, canvas: Canvas | None = None,
         nouns: Sequence[str] = ()) -> Layout:
    """The layout in a file's text (or in its decoded JSON). Without `format`, it is told from the text.

    `canvas` is the size of the picture where the file does not say it; `nouns` are the class names of a YOLO file.
    """
    format = format or sniff(source)
    if format == OWN:
        return _load_own(source)
    if format == "yolo":
        return datasets.load_yolo(source, canvas, nouns).layout()
    return _format(format).load(source, canvas).layout()


def dump(layout: Layout, format: str = OWN, *, nouns: Sequence[str] = (), image: str = "image.png") -> str:
    """The layout as the text of a file. Only the project's own format has a place for boxes that leave the canvas.

    A data set's labels are numbered as in `nouns`, its class names; without any, by this layout's own nouns. `image` is
    the name of the picture's file, for the formats that name it.
    """
    if format == OWN:
        return layout.model_dump_json(indent=2) + "\n"
    kind = _format(format)
    for thing, placement in items_of(layout):
        if leaving(placement.box, _ON_CANVAS):
            raise FormatError(f"the box of `{thing.id}` leaves the canvas; place the layout first, or cut the box")
    if format == "yolo":
        return datasets.dump_yolo(layout, nouns)
    return datasets.dump_coco(layout, nouns, image) if format == "coco" else kind.dump(layout)


def sniff(source: str | bytes | object) -> str:
    """The format of a file, told from its keys and its look."""
    text = text_of(source).lstrip() if isinstance(source, str | bytes) else ""
    if isinstance(source, str | bytes) and text[:1] not in ("{", "["):
        return _sniff_text(text)
    try:
        return _sniff_keys(decoded(source))
    except FormatError:
        if text.startswith("["):
            return _sniff_text(text)
        raise


def _sniff_text(text: str) -> str:
    first = text.splitlines()[0].split() if text else []
    if len(first) == 5 and first[0].isdigit():
        return "yolo"
    if "[" in text and ("(" in text or "background prompt" in text.lower()):
        return "lmd"
    raise _unknown("the text is neither JSON, nor YOLO lines, nor an LMD answer")


def _sniff_keys(value: object) -> str:
    if isinstance(value, dict):
        for key, format in (("scene", OWN), ("layout", OWN), ("annotations", "coco"),
                            ("compositional_deconstruction", "ideogram"),
                            ("gligen_boxes", "gligen"), ("phrases", "gligen")):
            if key in value:
                return format
        if isinstance(value.get("error"), str):
            raise FormatError(f"this line of a batch has no layout, but an error: {shown(value['error'])}")
        raise _unknown(f"an object with the keys {[shown(str(key)) for key in list(value)[:6]]}")
    if isinstance(value, list) and value and isinstance(value[0], dict):
        if {"x", "y", "width", "height"} <= value[0].keys():
            return "comfyui"
        if {"bbox", "tgt_bbox", "src_bbox"} & value[0].keys():
            return "flux3"
    raise _unknown("the value is not of a known shape")


def _unknown(what: str) -> FormatError:
    return FormatError(f"cannot tell the format: {what}. Name one of {', '.join((OWN, *FORMATS))}")


def _format(name: str) -> Format:
    if name not in FORMATS:
        raise FormatError(f"there is no format `{name}`; have {', '.join((OWN, *FORMATS))}")
    return FORMATS[name]


def _load_own(source: str | bytes | object) -> Layout:
    data = decoded(source)
    if isinstance(data, dict) and "scene" not in data and isinstance(data.get("layout"), dict):
        data = data["layout"]  # a line of a batch, which says more than the layout
    placements = data.get("placements") if isinstance(data, dict) else None
    few_enough(placements if isinstance(placements, list) else ())
    version = data.get("schema_version") if isinstance(data, dict) else None
    if type(version) is int and version > SCHEMA_VERSION:
        raise FormatError(f"the file has schema version {version}; this program reads version {SCHEMA_VERSION}: "
                          "upgrade it")
    if version is not None and type(version) is not int:
        raise FormatError(f"`schema_version` is a whole number, got a {type(version).__name__}")
    try:
        return Layout.model_validate_json(written(data))
    except ValidationError as error:
        raise FormatError(f"the file is not a layout: {sentence_of(error)}") from None
    except (TypeError, ValueError, RecursionError) as error:
        raise FormatError(f"the file is not a layout: {error}") from None
