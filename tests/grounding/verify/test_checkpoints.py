"""Judges from checkpoint folders: tiny random models in the real formats, against the library's own post-processing."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from grounding.errors import ModelMissing
from grounding.folders import name_of
from grounding.verify.dino import caption
from grounding.verify.judges import Detector, Scorer
from grounding.verify.load import open_detector, open_scorer
from grounding.verify.opening import open_judges
from grounding.verify.owl import scale
from grounding.verify.report import Report
from grounding.verify.verify import Verifier
from planner.scene import Absent, Box, Canvas, Layout, Placement, Relation, Scene, Thing
from tests.grounding.verify.tiny import save_clip, save_dino, save_owl, save_siglip, save_siglip2

Folders = dict[str, Path]
Opened = dict[str, Any]
DETECTORS = ("owlvit", "owlv2", "dino")
SCORERS = ("clip", "siglip", "siglip2")


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> Folders:
    at = tmp_path_factory.mktemp("checkpoints")
    savers: dict[str, Callable[[Path], Path]] = {
        "clip": save_clip, "siglip": save_siglip, "siglip2": save_siglip2, "dino": save_dino,
        "owlvit": lambda p: save_owl(p, 1), "owlv2": lambda p: save_owl(p, 2)}
    return {name: save(at / name) for name, save in savers.items()}


@pytest.fixture(scope="module")
def opened(folders: Folders) -> Opened:
    return {name: (open_scorer if name in SCORERS else open_detector)(folder) for name, folder in folders.items()}


@pytest.fixture
def image() -> Image.Image:
    """Not square, so that a wrong scale shows."""
    return Image.fromarray(np.random.default_rng(0).integers(0, 255, (60, 100, 3), dtype=np.uint8))


def near(found: Any, boxes: torch.Tensor, size: tuple[int, int]) -> None:
    w, h = size
    clamped = boxes / torch.tensor([w, h, w, h])
    assert [s.box.corners for s in found] == [pytest.approx(b, abs=1e-5) for b in clamped.clamp(0, 1).tolist()]


@pytest.mark.parametrize("name", DETECTORS)
def test_a_single_query_finds_what_the_librarys_post_processing_finds(name: str, opened: Opened,
                                                                      image: Image.Image) -> None:
    judge = opened[name]
    found = judge.detect(image, ["a cat"])[0]
    text = caption("a cat") if name == "dino" else [["a photo of a cat"]]
    inputs = judge.processor(images=image, text=text, return_tensors="pt")
    with torch.no_grad():
        outputs = judge.model(**inputs)
    want = judge.processor.post_process_grounded_object_detection(
        outputs, threshold=0.01, target_sizes=[(image.height, image.width)],
        **({"input_ids": inputs["input_ids"]} if name == "dino" else {}))[0]
    boxes = want["boxes"] / torch.tensor([image.width, image.height] * 2)
    boxes = boxes.clamp(0, 1)
    real = ((boxes[:, 2:] - boxes[:, :2]) > 1e-3).all(1)
    order = want["scores"][real].argsort(descending=True, stable=True)
    assert len(found) == int(real.sum()) > 0
    assert [s.score for s in found] == pytest.approx(want["scores"][real][order].tolist(), abs=1e-5)
    near(found, want["boxes"][real][order], image.size)


@pytest.mark.parametrize("name", DETECTORS)
def test_what_a_query_finds_does_not_depend_on_the_others(name: str, opened: Opened, image: Image.Image) -> None:
    judge = opened[name]
    alone = judge.detect(image, ["a red cat"])[0]
    among = judge.detect(image, ["a dog", "a red cat", "a blue cat"])[1]
    assert [s.score for s in among] == pytest.approx([s.score for s in alone], abs=1e-4)
    assert judge.detect(image, []) == ()


def test_owlv2_sees_a_square_whose_side_is_the_longer_one() -> None:
    assert scale((200, 50), "owlv2") == (1.0, 4.0)
    assert scale((50, 200), "owlv2") == (4.0, 1.0)
    assert scale((50, 200), "owlvit") == (1.0, 1.0)


@pytest.mark.parametrize("name", SCORERS)
def test_logits_are_the_models_own(name: str, opened: Opened, image: Image.Image) -> None:
    judge = opened[name]
    texts = ["a photo of a cat", "a red dog", "it"]
    other = Image.new("RGB", (64, 64), (200, 10, 10))
    padding: dict[str, Any] = {"padding": True} if name == "clip" else {"padding": "max_length", "max_length": 64}
    inputs = judge.processor(images=[image, other], text=texts, return_tensors="pt", **padding)
    with torch.no_grad():
        want = judge.model(**inputs).logits_per_image
    fits = judge.score([image, other], texts)
    assert torch.tensor([[fit.logit for fit in row] for row in fits]).allclose(want, atol=1e-4)
    assert all(-1.0001 <= fit.similarity <= 1.0001 for row in fits for fit in row)


def test_texts_are_embedded_once(opened: Opened, image: Image.Image, monkeypatch: pytest.MonkeyPatch) -> None:
    judge = opened["clip"]
    first = judge.score([image], ["a cat", "a dog", "a cat"])
    asked: list[Any] = []
    embed = judge._texts.embed
    monkeypatch.setattr(judge._texts, "embed", lambda texts: asked.append(list(texts)) or embed(texts))
    again = judge.score([image], ["a dog", "a bird", "a cat", "a cat"])
    assert asked == [["a bird"]]
    assert again[0][0] == pytest.approx(first[0][1])
    assert again[0][2] == pytest.approx(first[0][0])


def test_a_prompt_longer_than_the_model_reads_is_cut_not_refused(opened: Opened, image: Image.Image) -> None:
    for name in SCORERS:
        assert len(opened[name].score([image], ["a cat " * 500])[0]) == 1
    for name in DETECTORS:
        assert len(opened[name].detect(image, ["a cat " * 100])) == 1


def test_folders_of_the_published_shape_load(folders: Folders, image: Image.Image, tmp_path: Path) -> None:
    """Published checkpoints have a preprocessor_config.json of older library versions."""
    plain = {"do_resize": True, "do_normalize": True, "image_mean": [0.5] * 3, "image_std": [0.5] * 3}
    olds: dict[str, dict[str, Any]] = {
        "clip": {**plain, "feature_extractor_type": "CLIPFeatureExtractor", "size": 32, "crop_size": 32},
        "siglip": {**plain, "image_processor_type": "SiglipImageProcessor", "size": {"height": 32, "width": 32}},
        "owlvit": {**plain, "feature_extractor_type": "OwlViTFeatureExtractor", "size": [48, 48], "rescale": True},
        "owlv2": {**plain, "image_processor_type": "Owlv2ImageProcessor", "size": {"height": 48, "width": 48}},
        "dino": {**plain, "image_processor_type": "GroundingDinoImageProcessor",
                 "size": {"shortest_edge": 64, "longest_edge": 96}},
    }
    for name, old in olds.items():
        folder = tmp_path / name
        folder.mkdir()
        for file in folders[name].iterdir():
            if file.name != "processor_config.json":
                (folder / file.name).symlink_to(file)
        (folder / "preprocessor_config.json").write_text(json.dumps(old))
        if name in SCORERS:
            assert len(open_scorer(folder).score([image], ["a cat"])[0]) == 1
        else:
            assert len(open_detector(folder).detect(image, ["a cat"])) == 1


def test_loading_says_nothing(folders: Folders, capfd: pytest.CaptureFixture[str]) -> None:
    open_judges(str(folders["owlv2"]), str(folders["siglip"]))
    heard = capfd.readouterr()
    assert (heard.out, heard.err) == ("", "")


def test_half_precision_weights_are_computed_with_whole_ones_on_a_processor(folders: Folders, tmp_path: Path,
                                                                            image: Image.Image) -> None:
    """Small checkpoints are shipped in half precision; the library would compute in it, slowly and roughly."""
    tiny: Any = open_scorer(folders["clip"])
    tiny.model.half().save_pretrained(tmp_path)
    tiny.processor.save_pretrained(tmp_path)
    judge: Any = open_scorer(tmp_path)
    assert judge.model.dtype == torch.float32
    assert len(judge.score([image], ["a cat"])[0]) == 1


def test_a_checkpoint_is_called_the_same_wherever_it_lies_and_otherwise_when_it_changes(
        folders: Folders, tmp_path: Path) -> None:
    there = copied(folders["clip"], tmp_path / "clip")
    name = name_of(folders["clip"])
    assert name.startswith("clip ")
    (there / "config.json").write_bytes((folders["clip"] / "config.json").read_bytes())
    assert name_of(there) == name
    weights = bytearray((folders["clip"] / "model.safetensors").read_bytes())
    weights[-1] ^= 1
    (there / "model.safetensors").unlink()
    (there / "model.safetensors").write_bytes(weights)
    assert name_of(there) != name
    assert name_of("openai/clip-vit-base-patch32") == "openai/clip-vit-base-patch32"


def copied(folder: Path, to: Path, **changed: Any) -> Path:
    to.mkdir()
    for file in folder.iterdir():
        if file.name != "config.json":
            (to / file.name).symlink_to(file)
    config = json.loads((folder / "config.json").read_text())
    (to / "config.json").write_text(json.dumps({**config, **changed}))
    return to


@pytest.mark.parametrize(("changed", "says"), [
    ({"auto_map": {"AutoModel": "evil.Model"}}, "auto_map"),
    ({"vision_config": {"auto_map": {"AutoModel": "evil.Model"}}}, "auto_map"),
    ({"_attn_implementation_internal": "someone/kernels:run"}, "never fetched"),
    ({"model_type": "llama"}, "supported are clip"),
])
def test_a_checkpoint_that_asks_for_more_than_weights_is_refused(changed: dict[str, Any], says: str, folders: Folders,
                                                                 tmp_path: Path) -> None:
    with pytest.raises(ModelMissing, match=says):
        open_scorer(copied(folders["clip"], tmp_path / "c", **changed))


def test_a_checkpoint_with_code_is_refused_and_the_code_is_not_run(folders: Folders, tmp_path: Path) -> None:
    folder = copied(folders["clip"], tmp_path / "c")
    (folder / "modeling_evil.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'w')")
    with pytest.raises(ModelMissing, match="never run"):
        open_scorer(folder)
    assert not (tmp_path / "ran").exists()


def test_pickled_weights_are_not_read(folders: Folders, tmp_path: Path) -> None:
    folder = copied(folders["clip"], tmp_path / "c")
    (folder / "model.safetensors").unlink()
    torch.save({}, folder / "pytorch_model.bin")
    with pytest.raises(ModelMissing, match="could not be loaded"):
        open_scorer(folder)


@pytest.mark.parametrize("damage", ["no folder", "no config", "cut weights", "no tokenizer", "config is prose"])
def test_a_judge_that_was_named_and_cannot_be_loaded_is_refused_by_its_name(damage: str, folders: Folders,
                                                                            tmp_path: Path) -> None:
    folder = copied(folders["owlvit"], tmp_path / "d")
    if damage == "no folder":
        folder = tmp_path / "nowhere"
    elif damage == "no config":
        (folder / "config.json").unlink()
    elif damage == "cut weights":
        whole = (folder / "model.safetensors").read_bytes()
        (folder / "model.safetensors").unlink()
        (folder / "model.safetensors").write_bytes(whole[: len(whole) // 2])
    elif damage == "no tokenizer":
        (folder / "tokenizer.json").unlink()
        (folder / "tokenizer_config.json").unlink()
    else:
        (folder / "config.json").write_text("Dear reader,")
    with pytest.raises(ModelMissing, match=rf"(?s)(?=.*detector)(?=.*{folder.name})"):
        open_judges(str(folder), str(folders["clip"]))


def layout() -> Layout:
    things = (Thing(id="cat1", noun="cat", phrase="a red cat", attributes=("red", "small")),
              Thing(id="dog1", noun="dog", phrase="a dog", attributes=("spotted",)))
    scene = Scene(prompt="a small red cat left of a spotted dog in a forest, pencil sketch, no red cars", things=things,
                  relations=(Relation(kind="left_of", subjects=("cat1",), objects=("dog1",)),), background="a forest",
                  style=("pencil sketch",), absent=(Absent(noun="car", phrase="red cars"),))
    boxes = {"cat1": Box.of(0.1, 0.3, 0.4, 0.9), "dog1": Box.of(0.5, 0.3, 0.9, 0.9)}
    return Layout(scene=scene, canvas=Canvas(width=100, height=60),
                  placements=tuple(Placement(thing=id, box=box) for id, box in boxes.items()))


@pytest.mark.parametrize("detector", [*DETECTORS, None])
@pytest.mark.parametrize("scorer", ["clip", "siglip", None])
def test_every_pair_of_judges_gives_a_whole_report(detector: str | None, scorer: str | None, opened: Opened,
                                                   image: Image.Image) -> None:
    report = Verifier(opened[detector] if detector else None, opened[scorer] if scorer else None).verify(
        image, layout())
    assert {f.claim.kind for f in report.findings} == {
        "exists", "count", "attribute", "relation", "absent", "background", "style"}
    assert Report.model_validate_json(report.model_dump_json()) == report
    assert (report.whole is None) == (scorer is None)
    if detector is None:
        unseen = [f for f in report.findings if f.claim.kind in ("exists", "count", "relation")]
        assert {f.ruling for f in unseen} == {"cannot tell"}
    if scorer is None:
        assert report.finding("background").ruling == "cannot tell"


def test_the_wrappers_are_what_the_protocols_ask_for(opened: Opened) -> None:
    assert all(isinstance(opened[name], Detector) for name in DETECTORS)
    assert all(isinstance(opened[name], Scorer) for name in SCORERS)
