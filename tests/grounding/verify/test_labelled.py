"""One's own labelled pictures are read as known content, in both common forms, or refused by name."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from PIL import Image

from grounding.errors import BadRequest
from grounding.verify.calibrate import Known, KnownThing
from grounding.verify.labelled import labelled, opened
from planner.scene import Box

DOG = KnownThing(noun="big dog", box=Box.of(0.25, 0.5, 0.75, 1.0))


def picture(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", (40, 20), (9, 9, 9)).save(path)


def coco(folder: Path, **changed: object) -> None:
    content = {"info": {}, "images": [{"id": 1, "file_name": "a.png", "width": 40, "height": 20}],
               "categories": [{"id": 7, "name": "big_dog", "supercategory": "animal"}],
               "annotations": [{"id": 1, "image_id": 1, "category_id": 7, "bbox": [10, 10, 20, 10], "area": 200},
                               {"id": 2, "image_id": 1, "category_id": 7, "bbox": [0, 0, 9, 9], "iscrowd": 1}]}
    (folder / "annotations.json").write_text(json.dumps(content | changed))


def yolo(folder: Path, line: str) -> None:
    (folder / "classes.txt").write_text("cat\nbig_dog\n")
    (folder / "labels").mkdir(exist_ok=True)
    (folder / "labels" / "a.txt").write_text(line)


def test_coco_and_yolo_say_the_same_of_the_same_picture(tmp_path: Path) -> None:
    for name in ("coco", "yolo"):
        picture(tmp_path / name / "images" / "a.png")
    coco(tmp_path / "coco")
    yolo(tmp_path / "yolo", "1 0.5 0.75 0.5 0.5\n\n")
    for name in ("coco", "yolo"):
        ((image, known),) = opened(labelled(tmp_path / name))
        assert (image.size, known) == ((40, 20), Known(things=(DOG,)))


def test_a_label_that_leaves_the_picture_is_cut_to_it_and_one_of_no_size_is_none(tmp_path: Path) -> None:
    picture(tmp_path / "a.png")
    yolo(tmp_path, "0 0.0 0.5 0.5 2.0\n0 0.5 0.5 0.0 0.5\n")
    ((_, known),) = labelled(tmp_path)
    assert known.things == (KnownThing(noun="cat", box=Box.of(0.0, 0.0, 0.25, 1.0)),)


@pytest.mark.parametrize(("line", "says"), [("5 0.5 0.5 0.1 0.1", "a class of `classes.txt`"),
                                            ("0 0.5 0.5 0.1", "class cx cy w h"), ("cat 0 0 1 1", "class cx cy w h")])
def test_a_line_that_is_no_label_is_told(tmp_path: Path, line: str, says: str) -> None:
    picture(tmp_path / "a.png")
    yolo(tmp_path, line)
    with pytest.raises(BadRequest, match=says):
        labelled(tmp_path)


def test_what_is_missing_is_told_by_name(tmp_path: Path) -> None:
    with pytest.raises(BadRequest, match="no folder"):
        labelled(tmp_path / "nowhere")
    with pytest.raises(BadRequest, match="has no labels"):
        labelled(tmp_path)
    coco(tmp_path)
    with pytest.raises(BadRequest, match=r"no picture `a\.png`"):
        labelled(tmp_path)
    picture(tmp_path / "a.png")
    coco(tmp_path, categories=[])
    with pytest.raises(BadRequest, match="category 7"):
        labelled(tmp_path)
    coco(tmp_path, images=[{"id": 1}])
    with pytest.raises(BadRequest, match=r"images\.0\.file_name"):
        labelled(tmp_path)


def test_a_picture_outside_the_folder_is_not_read(tmp_path: Path) -> None:
    picture(tmp_path / "secret.png")
    (tmp_path / "own").mkdir()
    coco(tmp_path / "own", images=[{"id": 1, "file_name": "../secret.png", "width": 40, "height": 20}])
    with pytest.raises(BadRequest, match="there is no picture"):
        labelled(tmp_path / "own")


def test_a_picture_without_a_label_file_is_told_since_it_may_be_unlabelled(tmp_path: Path) -> None:
    picture(tmp_path / "a.png")
    (tmp_path / "classes.txt").write_text("cat")
    with pytest.raises(BadRequest, match="has no label file"):
        labelled(tmp_path)
