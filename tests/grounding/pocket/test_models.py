"""A weight file that is missing or altered is named, with the way to restore it, before anything is loaded."""

import json
from pathlib import Path

import pytest

from grounding.errors import ModelMissing
from grounding.pocket.models import checked, load_pipeline, manifest, sha256, write_manifest


@pytest.fixture
def weights(tmp_path: Path) -> Path:
    (tmp_path / "clip").mkdir()
    (tmp_path / "clip" / "model.safetensors").write_bytes(b"numbers")
    (tmp_path / "clip" / "config.json").write_text("{}")
    (tmp_path / "pipeline" / "unet").mkdir(parents=True)
    (tmp_path / "pipeline" / "unet" / "model.safetensors").write_bytes(b"other numbers")
    write_manifest(tmp_path)
    return tmp_path


def test_untouched_weights_pass(weights: Path) -> None:
    assert checked("clip", weights) == weights / "clip"
    assert checked("pipeline", weights) == weights / "pipeline"


def test_the_manifest_lists_every_file_but_itself(weights: Path) -> None:
    assert sorted(manifest(weights)) == [
        "clip/config.json",
        "clip/model.safetensors",
        "pipeline/unet/model.safetensors",
    ]
    assert manifest(weights)["clip/model.safetensors"] == sha256(weights / "clip" / "model.safetensors")


def test_one_flipped_bit_is_noticed_and_named(weights: Path) -> None:
    path = weights / "pipeline" / "unet" / "model.safetensors"
    path.write_bytes(bytes([path.read_bytes()[0] ^ 1]) + path.read_bytes()[1:])
    with pytest.raises(ModelMissing, match=r"pipeline/unet/model\.safetensors.*not the one.*git checkout"):
        load_pipeline(weights)
    checked("clip", weights)


def test_a_missing_file_is_named_with_the_way_to_restore_it(weights: Path) -> None:
    (weights / "clip" / "config.json").unlink()
    with pytest.raises(ModelMissing, match=r"clip/config\.json.*missing.*pip install"):
        checked("clip", weights)


def test_without_its_manifest_nothing_is_loaded(weights: Path) -> None:
    (weights / "manifest.json").unlink()
    with pytest.raises(ModelMissing, match=r"manifest\.json.*missing"):
        checked("clip", weights)


def test_a_part_that_the_manifest_does_not_know_is_missing(weights: Path) -> None:
    with pytest.raises(ModelMissing, match="`detector`"):
        checked("detector", weights)


def test_a_damaged_manifest_is_refused(weights: Path) -> None:
    (weights / "manifest.json").write_text("{")
    with pytest.raises(ModelMissing, match="not JSON"):
        manifest(weights)
    (weights / "manifest.json").write_text(json.dumps({"files": {}}))
    with pytest.raises(ModelMissing, match="sha256"):
        manifest(weights)
