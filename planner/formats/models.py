"""The box formats of image models and their tools: GLIGEN, FLUX.3, Ideogram and ComfyUI."""

from __future__ import annotations

from typing import Any

from planner.errors import FormatError
from planner.formats.conventions import Convention, boxes_from
from planner.formats.pictures import ForeignLayout, LabelledBox, decoded, items_of, rows_of, word, written
from planner.scene import Box, Canvas, Layout

GLIGEN = Convention("xyxy", 1.0, decimals=4)
FLUX3 = Convention("yxyx", 1.0, decimals=4)
IDEOGRAM = Convention("yxyx", 1000.0)
COMFYUI = Convention("xywh", None)


def load_gligen(source: str | bytes | object, canvas: Canvas | None) -> ForeignLayout:
    """Read GLIGEN phrases and boxes."""
    data = decoded(source)
    if not isinstance(data, dict):
        raise FormatError("a GLIGEN file is an object with `gligen_phrases` and `gligen_boxes`")
    phrases = data.get("gligen_phrases", data.get("phrases"))
    quads = data.get("gligen_boxes", data.get("boxes"))
    if not isinstance(phrases, list) or not isinstance(quads, list) or not all(isinstance(p, str) for p in phrases):
        raise FormatError("a GLIGEN file needs the lists `gligen_phrases` (texts) and `gligen_boxes`")
    if len(phrases) != len(quads):
        raise FormatError(f"a GLIGEN file needs one box for each phrase, got {len(phrases)} and {len(quads)}")
    canvas = canvas or Canvas()
    items = [LabelledBox(phrase, box) for phrase, box in zip(phrases, boxes_from(quads, GLIGEN, canvas), strict=True)]
    return ForeignLayout(items, canvas, prompt=word(data, "prompt"))


def dump_gligen(layout: Layout) -> str:
    """Write GLIGEN phrases and boxes under the names that the pipelines of `diffusers` use."""
    pairs = items_of(layout)
    return written({"prompt": layout.scene.prompt, "gligen_phrases": [thing.phrase for thing, _ in pairs],
                    "gligen_boxes": [GLIGEN.numbers(p.box, layout.canvas) for _, p in pairs]})


def load_flux3(source: str | bytes | object, canvas: Canvas | None) -> ForeignLayout:
    """Read the `boxes` of a FLUX.3 pipeline; of an edit's rows, the target boxes."""
    rows = rows_of(decoded(source), "a FLUX.3 file")
    canvas = canvas or Canvas()
    quads = [row.get("bbox") if row.get("bbox") is not None else row.get("tgt_bbox") for row in rows]
    boxes = boxes_from(quads, FLUX3, canvas)
    return ForeignLayout([LabelledBox(word(row, "desc") or word(row, "id", "thing"), box, id=word(row, "id"))
                    for row, box in zip(rows, boxes, strict=True)], canvas)


def dump_flux3(layout: Layout) -> str:
    """Write the `boxes` argument of a FLUX.3 pipeline."""
    return written([{"id": thing.id, "bbox": FLUX3.numbers(p.box, layout.canvas), "desc": thing.phrase}
                    for thing, p in items_of(layout)])


def load_ideogram(source: str | bytes | object, canvas: Canvas | None) -> ForeignLayout:
    """Read an Ideogram JSON caption. Elements come far ones first; an element may have no box."""
    data = decoded(source)
    parts = data.get("compositional_deconstruction") if isinstance(data, dict) else None
    if not isinstance(parts, dict):
        raise FormatError("an Ideogram caption is an object with `compositional_deconstruction`")
    canvas = canvas or Canvas()
    return ForeignLayout(_elements(rows_of(parts.get("elements"), "`elements`"), canvas), canvas,
                   prompt=word(data, "high_level_description"), background=word(parts, "background"))


def _elements(rows: list[dict[str, Any]], canvas: Canvas) -> list[LabelledBox]:
    boxed = [row for row in rows if row.get("bbox") is not None]
    boxes: list[Box | None] = [*boxes_from([row["bbox"] for row in boxed], IDEOGRAM, canvas)]
    found = iter(boxes)
    return [LabelledBox(word(row, "desc") or word(row, "text", "thing"),
                        next(found) if row.get("bbox") is not None else None, text=word(row, "text")) for row in rows]


def dump_ideogram(layout: Layout) -> str:
    """Write an Ideogram JSON caption."""
    texts = {text.host: text.content for text in layout.scene.lettering}
    elements = [_element(thing.phrase, texts.get(thing.id)) | {"bbox": IDEOGRAM.numbers(p.box, layout.canvas)}
                for thing, p in items_of(layout)]
    return written({"high_level_description": layout.scene.prompt, "compositional_deconstruction": {
        "background": layout.scene.background, "elements": elements}})


def _element(desc: str, text: str | None) -> dict[str, Any]:
    return {"type": "obj", "desc": desc} if text is None else {"type": "text", "text": text, "desc": desc}


def load_comfyui(source: str | bytes | object, canvas: Canvas | None) -> ForeignLayout:
    """Read the bounding boxes of a ComfyUI canvas, which are in pixels of a canvas that must be given."""
    rows = rows_of(decoded(source), "a ComfyUI file")
    if canvas is None:
        raise FormatError("ComfyUI boxes are in pixels of a canvas that the file does not name; give its size, as in "
                          "`--canvas 768x512`")
    boxes = boxes_from([[row.get(key) for key in ("x", "y", "width", "height")] for row in rows], COMFYUI, canvas)
    notes = [row.get("metadata") or {} for row in rows]
    if not all(isinstance(note, dict) for note in notes):
        raise FormatError("`metadata` of a ComfyUI box needs an object")
    return ForeignLayout([LabelledBox(word(note, "desc") or word(note, "text", "thing"), box, text=word(note, "text"))
                    for note, box in zip(notes, boxes, strict=True)], canvas)


def dump_comfyui(layout: Layout) -> str:
    """Write the bounding boxes of a ComfyUI canvas."""
    texts = {text.host: text.content for text in layout.scene.lettering}
    rows = []
    for thing, p in items_of(layout):
        numbers = COMFYUI.numbers(p.box, layout.canvas)
        note = {"text": "", "palette": []} | _element(thing.phrase, texts.get(thing.id))
        rows.append(dict(zip(("x", "y", "width", "height"), numbers, strict=True)) | {"metadata": note})
    return written(rows)
