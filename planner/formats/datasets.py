"""The box formats of detection datasets: COCO and YOLO."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from planner.errors import FormatError
from planner.formats.conventions import Convention, boxes_from
from planner.formats.pictures import ForeignLayout, LabelledBox, decoded, items_of, rows_of, text_of, word, written
from planner.scene import Canvas, Layout

COCO = Convention("xywh", None, decimals=2)
YOLO = Convention("cxcywh", 1.0, decimals=6)


def load_coco(source: str | bytes | object, canvas: Canvas | None) -> ForeignLayout:
    """Read a COCO file of one image. The file says the image's size; `canvas`, where given, must agree with it."""
    data = decoded(source)
    if not isinstance(data, dict):
        raise FormatError("a COCO file is an object with `images`, `annotations` and `categories`")
    images, rows, categories = (rows_of(data.get(key), f"`{key}`") for key in ("images", "annotations", "categories"))
    if len(images) != 1:
        raise FormatError(f"a layout is one image; the COCO file has {len(images)}: choose one and its annotations")
    size = _size(images[0])
    if canvas is not None and canvas != size:
        raise FormatError(f"the COCO image is {size.width} × {size.height}, not {canvas.width} × {canvas.height}")
    if strangers := [row.get("id") for row in rows if row.get("image_id") != images[0].get("id")]:
        raise FormatError(f"annotation {strangers[0]!r} belongs to another image")
    names = {str(category.get("id")): word(category, "name", "thing") for category in categories}
    boxes = boxes_from([row.get("bbox") for row in rows], COCO, size)
    return ForeignLayout([_item(row, names, box) for row, box in zip(rows, boxes, strict=True)], size,
                   prompt=word(_extra(images[0]), "prompt"))


def _item(row: dict[str, Any], names: dict[str, str], box: Any) -> LabelledBox:
    name = names.get(str(row.get("category_id")))
    if name is None:
        raise FormatError(f"annotation {row.get('id')!r} has no category that the file names")
    extra = _extra(row)
    return LabelledBox(word(extra, "phrase", name), box, id=word(extra, "id"), noun=name)


def _extra(row: dict[str, Any]) -> dict[str, Any]:
    extra = row.get("scenewright")
    return extra if isinstance(extra, dict) else {}


def _size(image: dict[str, Any]) -> Canvas:
    width, height = image.get("width"), image.get("height")
    if type(width) is not int or type(height) is not int or not (0 < width <= 100_000 and 0 < height <= 100_000):
        raise FormatError("a COCO image needs a whole `width` and `height` of 1 to 100000 pixels")
    return Canvas(width=width, height=height)


def dump_coco(layout: Layout, known: Sequence[str] = (), file_name: str = "image.png") -> str:
    """Write a COCO file of one image; what COCO has no place for stands under the key `scenewright`."""
    pairs, nouns = items_of(layout), _classes(layout, known)
    image = {"id": 1, "file_name": file_name, "width": layout.canvas.width, "height": layout.canvas.height,
             "scenewright": {"prompt": layout.scene.prompt, "seed": layout.seed}}
    annotations = []
    for number, (thing, p) in enumerate(pairs, 1):
        bbox = COCO.numbers(p.box, layout.canvas)
        annotations.append({"id": number, "image_id": 1, "category_id": nouns.index(thing.noun) + 1, "bbox": bbox,
                            "area": round(bbox[2] * bbox[3], 4), "iscrowd": 0,
                            "scenewright": {"id": thing.id, "phrase": thing.phrase}})
    return written({"images": [image], "annotations": annotations,
                    "categories": [{"id": number, "name": noun} for number, noun in enumerate(nouns, 1)]})


def load_yolo(source: str | bytes | object, canvas: Canvas | None, nouns: Sequence[str] = ()) -> ForeignLayout:
    """Read the lines of a YOLO label file; `nouns` are the class names, which stand in another file."""
    rows = [line.split() for line in text_of(source).splitlines() if line.strip()]
    kinds, quads = [], []
    for place, row in enumerate(rows, 1):
        if len(row) != 5 or not row[0].isascii() or not row[0].isdigit() or len(row[0]) > 6:
            raise FormatError(f"line {place} of a YOLO file needs a class number and 4 numbers, got {_short(row)}")
        kinds.append(int(row[0]))
        try:
            quads.append([float(number) for number in row[1:]])
        except ValueError:
            raise FormatError(f"line {place} of a YOLO file needs 4 numbers, got {_short(row[1:])}") from None
    if nouns and kinds and max(kinds) >= len(nouns):
        raise FormatError(f"class {max(kinds)} has no name; {len(nouns)} were given")
    canvas = canvas or Canvas()
    named = [nouns[kind] if nouns else f"class {kind}" for kind in kinds]
    boxes = boxes_from(quads, YOLO, canvas)
    return ForeignLayout([LabelledBox(noun, box, noun=noun) for noun, box in zip(named, boxes, strict=True)], canvas)


def _short(words: Sequence[str]) -> str:
    return repr(" ".join(words)[:60])


def dump_yolo(layout: Layout, known: Sequence[str] = ()) -> str:
    """Write the lines of a YOLO label file, numbered as in `known`, or else as in `names`."""
    nouns = _classes(layout, known)
    lines = (" ".join([str(nouns.index(thing.noun)), *(f"{n:g}" if n == int(n) else f"{n:.7f}".rstrip("0")
                                                       for n in YOLO.numbers(p.box, layout.canvas))])
             for thing, p in items_of(layout))
    return "".join(f"{line}\n" for line in lines)


def _classes(layout: Layout, known: Sequence[str]) -> list[str]:
    """The class names in the order of their numbers: those that are given, which have to cover the layout."""
    own = names(layout)
    if known and (strangers := [noun for noun in own if noun not in known]):
        raise FormatError(f"the class list has no {', '.join(f'`{noun}`' for noun in strangers[:6])}; it has "
                          f"{', '.join(known[:12])}{' …' * (len(known) > 12)}. Add a line, or convert to another list")
    return list(known) or own


def names(layout: Layout) -> list[str]:
    """The nouns of a layout, each once: the class names of its YOLO and COCO files."""
    return list(dict.fromkeys(thing.noun for thing in layout.scene.things))
