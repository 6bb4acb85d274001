"""One's own labelled pictures as known content: a folder with COCO annotations or YOLO label files.

COCO   `annotations.json` (or the only .json file) beside the pictures or in the folder above `images/`
YOLO   `classes.txt` (a class a line), pictures in `images/` or in the folder itself, and for each a file of the same
       name in `labels/` or beside it: `class cx cy w h` a line, in parts of the picture

Labels name nouns only: what is there and where. Every thing of a class that is in a picture must be labelled in it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from PIL import Image
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from grounding.errors import BadRequest
from grounding.verify.calibrate import Known, KnownThing
from planner.scene import Box

PICTURES = frozenset((".png", ".jpg", ".jpeg", ".webp", ".bmp"))

Labelled = tuple[Path, Known]


class _Of(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)


class _Picture(_Of):
    id: int | str
    file_name: str
    width: float = Field(gt=0)
    height: float = Field(gt=0)


class _Category(_Of):
    id: int
    name: str


class _Annotation(_Of):
    image_id: int | str
    category_id: int
    bbox: tuple[float, float, float, float]
    iscrowd: int = 0


class _Coco(_Of):
    images: tuple[_Picture, ...]
    categories: tuple[_Category, ...]
    annotations: tuple[_Annotation, ...]


def labelled(folder: Path) -> tuple[Labelled, ...]:
    """The pictures of a folder with what is in them; raises `BadRequest` where the labels cannot be read."""
    if not folder.is_dir():
        raise BadRequest(f"there is no folder `{folder}`")
    coco = folder / "annotations.json"
    single = sorted(folder.glob("*.json"))
    if coco.exists() or len(single) == 1:
        return tuple(_of_coco(folder, coco if coco.exists() else single[0]))
    if (folder / "classes.txt").exists():
        return tuple(_of_yolo(folder, (folder / "classes.txt").read_text(encoding="utf-8").split("\n")))
    raise BadRequest(f"`{folder}` has no labels: expected `annotations.json` (COCO) or `classes.txt` with a label file "
                     "for each picture (YOLO)")


def opened(found: tuple[Labelled, ...]) -> Iterator[tuple[Image.Image, Known]]:
    """The pictures themselves, one at a time."""
    for path, known in found:
        try:
            with Image.open(path) as image:
                picture = image.convert("RGB")
        except OSError:
            raise BadRequest(f"`{path}` is not a picture that can be read") from None
        yield picture, known


def _of_coco(folder: Path, file: Path) -> Iterator[Labelled]:
    try:
        coco = _Coco.model_validate_json(file.read_bytes())
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"]) or "file"
        raise BadRequest(f"`{file}` is no COCO file of annotations ({where}: {first['msg']})") from None
    names = {category.id: category.name for category in coco.categories}
    for picture in coco.images:
        own = [a for a in coco.annotations if a.image_id == picture.id and not a.iscrowd]
        if strange := next((a.category_id for a in own if a.category_id not in names), None):
            raise BadRequest(f"`{file}`: an annotation of `{picture.file_name}` has the category {strange}, and there "
                             "is none of that number")
        things = [_boxed(names[a.category_id], a.bbox, picture) for a in own]
        yield _picture(folder, picture.file_name), Known(things=tuple(thing for thing in things if thing))


def _boxed(noun: str, xywh: tuple[float, float, float, float], picture: _Picture) -> KnownThing | None:
    x, y, wide, high = xywh
    return _thing(noun, x / picture.width, y / picture.height, (x + wide) / picture.width, (y + high) / picture.height)


def _of_yolo(folder: Path, classes: list[str]) -> Iterator[Labelled]:
    names = dict(enumerate(name.strip() for name in classes))
    root = folder / "images" if (folder / "images").is_dir() else folder
    for path in sorted(p for p in root.iterdir() if p.suffix.lower() in PICTURES):
        beside = (folder / "labels" / f"{path.stem}.txt", path.with_suffix(".txt"))
        labels = next((file for file in beside if file.exists()), None)
        if labels is None:
            raise BadRequest(f"`{path}` has no label file; an empty one says that nothing is there")
        rows = [row for row in labels.read_text(encoding="utf-8").splitlines() if row.strip()]
        yield path, Known(things=tuple(filter(None, (_row(row, names, labels) for row in rows))))


def _row(row: str, names: Mapping[int, str], file: Path) -> KnownThing | None:
    try:
        number, cx, cy, w, h = row.split()[:5]
        noun = names[int(number)]
        x, y, wide, high = float(cx), float(cy), float(w), float(h)
    except (ValueError, KeyError):
        raise BadRequest(f"`{file}` has the line `{row[:60]}`; expected `class cx cy w h` with a class of `classes.txt`"
                         ) from None
    return _thing(noun, x - wide / 2, y - high / 2, x + wide / 2, y + high / 2)


def _thing(noun: str, x0: float, y0: float, x1: float, y1: float) -> KnownThing | None:
    """A thing where it lies on the picture; None for a label of no size."""
    left, top, right, bottom = (min(max(v, 0.0), 1.0) for v in (x0, y0, x1, y1))
    words = " ".join(noun.replace("_", " ").lower().split())
    if not words or left >= right or top >= bottom:
        return None
    return KnownThing(noun=words, box=Box.of(left, top, right, bottom))


def _picture(folder: Path, name: str) -> Path:
    """Where a picture of this name lies: in the folder or in its `images/`, and nowhere else."""
    found = next((path for path in (folder / name, folder / "images" / name) if path.is_file()
                  and folder.resolve() in path.resolve().parents), None)
    if found is None:
        raise BadRequest(f"there is no picture `{name}` in `{folder}` or in `{folder / 'images'}`")
    return found
