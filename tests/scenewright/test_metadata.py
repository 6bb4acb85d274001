"""What a picture carries: read back exactly, capped and validated where it is a stranger's."""

from __future__ import annotations

import json
import struct
import zlib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from grounding.settings import How
from planner.errors import BadInput
from planner.scene import Layout, Scene
from scenewright.loop.metadata import CHUNK, LARGEST, Recipe, parameters, recipe_in, versions, with_recipe
from scenewright.loop.stages import PaintTask

IMAGE = Image.new("RGB", (16, 16), "teal")


def recipe(prompt: str = "a red ball") -> Recipe:
    task = PaintTask(layout=Layout(scene=Scene(prompt=prompt)), seeds=(7, 8), how=How(steps=20, guidance_scale=5.0))
    return Recipe(task=task, index=1, painter="pocket@12", versions=versions(), run="r")


@settings(max_examples=40)
@given(prompt=st.text(st.characters(codec="utf-8"), max_size=3000))
def test_a_recipe_comes_back_as_it_was_written(prompt: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.mktemp("r") / "p.png"
    path.write_bytes(with_recipe(IMAGE, recipe(prompt)))
    assert recipe_in(path) == recipe(prompt)
    assert Image.open(path).convert("RGB").tobytes() == IMAGE.tobytes()


def test_equal_pictures_with_equal_recipes_are_equal_files() -> None:
    assert with_recipe(IMAGE, recipe()) == with_recipe(IMAGE.copy(), recipe())


def test_other_tools_read_the_prompt_and_the_settings() -> None:
    text = parameters(recipe("a red ball"), (16, 16))
    assert text.splitlines()[0] == "a red ball"
    assert "Steps: 20, CFG scale: 5.0, Seed: 8, Size: 16x16, Model: pocket@12, Version: scenewright " in text


def test_pillow_finds_both_texts(tmp_path: Path) -> None:
    path = tmp_path / "p.png"
    path.write_bytes(with_recipe(IMAGE, recipe("ein roter Ball – 红球")))
    with Image.open(path) as image:
        image.load()
        assert image.info["parameters"].startswith("ein roter Ball – 红球")
        assert json.loads(image.info[CHUNK])["index"] == 1


def test_a_recipe_that_is_too_large_is_left_out(tmp_path: Path) -> None:
    path = tmp_path / "p.png"
    path.write_bytes(with_recipe(IMAGE, recipe("x" * LARGEST)))
    with pytest.raises(BadInput, match="carries no recipe"):
        recipe_in(path)


def with_chunk(body: bytes, kind: bytes = b"iTXt") -> bytes:
    """A PNG with a chunk of a stranger's making before its end."""
    plain = with_recipe(IMAGE, recipe("x" * LARGEST))
    chunk = struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
    return plain[:-12] + chunk + plain[-12:]


def itxt(text: bytes, compressed: bool = False) -> bytes:
    return CHUNK.encode() + b"\0" + bytes([compressed, 0]) + b"\0\0" + (zlib.compress(text) if compressed else text)


BOMB = itxt(b" " * (64 * 1024 * 1024), compressed=True)


@pytest.mark.parametrize("body", [
    BOMB, itxt(b"{" * 100_000), itxt(b"not json"), itxt(b"{}"), itxt(b"null"), itxt(b"\xff\xfe"), b"", CHUNK.encode(),
    CHUNK.encode() + b"\0", itxt(zlib.compress(b"{}")[:-3], compressed=False), CHUNK.encode() + b"\0\1\0\0\0broken",
])
def test_a_stranger_s_recipe_is_refused_in_words(tmp_path: Path, body: bytes) -> None:
    path = tmp_path / "p.png"
    path.write_bytes(with_chunk(body))
    with pytest.raises(BadInput, match="recipe"):
        recipe_in(path)


@pytest.mark.parametrize("change", [
    {"extra": 1}, {"index": 99}, {"index": -1}, {"painter": "x" * 500}, {"versions": {str(i): "1" for i in range(50)}},
    {"task": {"layout": {"scene": {}}, "seeds": []}},
    {"task": {"layout": {"scene": {}}, "seeds": [1], "how": {"steps": 10**9}}},
    {"task": {"layout": {"scene": {}}, "seeds": [0] * 1000}}, {"schema_version": 3},
    {"task": {"layout": {"scene": {}}, "seeds": [1], "how": {"guidance_scale": 1e400}}},
])
def test_a_recipe_with_a_field_out_of_bounds_is_refused(tmp_path: Path, change: dict[str, object]) -> None:
    path = tmp_path / "p.png"
    path.write_bytes(with_chunk(itxt(json.dumps(json.loads(recipe().model_dump_json()) | change).encode())))
    with pytest.raises(BadInput, match="not one of ours"):
        recipe_in(path)


def test_the_index_of_a_recipe_lies_within_its_batch(tmp_path: Path) -> None:
    path = tmp_path / "p.png"
    path.write_bytes(with_chunk(itxt(json.dumps(json.loads(recipe().model_dump_json()) | {"index": 5}).encode())))
    with pytest.raises(BadInput, match="not one of ours"):
        recipe_in(path)


@pytest.mark.parametrize("content", [
    b"", b"GIF89a", b"\x89PNG\r\n\x1a\n", b"\x89PNG\r\n\x1a\n\xff\xff\xff\xffiTXt", b"\0" * 99])
def test_what_is_no_picture_of_ours_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "p.png"
    path.write_bytes(content)
    with pytest.raises(BadInput, match="no recipe"):
        recipe_in(path)
    with pytest.raises(BadInput, match="cannot read"):
        recipe_in(tmp_path / "missing.png")


@settings(max_examples=60)
@given(st.binary(max_size=400))
def test_no_bytes_make_the_reader_fail_otherwise(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    path = tmp_path_factory.mktemp("f") / "p.png"
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + content)
    with pytest.raises(BadInput):
        recipe_in(path)


def test_a_recipe_holds_no_time_cost_or_place(tmp_path: Path) -> None:
    said = recipe().model_dump_json()
    assert str(tmp_path) not in said
    assert not {"seconds", "created", "cost"} & set(json.loads(said))
