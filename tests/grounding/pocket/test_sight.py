"""One vision tower for two models, and losses that are nothing where everything is right."""

import random
from pathlib import Path

import pytest
import torch

from grounding.pocket.training.loop import TrainingSettings
from grounding.pocket.training.sight import QUERIES, SightBatch, SightStage, clip_of, losses
from grounding.pocket.training.text import TextStage, _facts
from grounding.pocket.training.tokenizer import build
from grounding.pocket.training.wording import UNSAID
from grounding.pocket.vocabulary import all_words
from grounding.pocket.world import KINDS, RELATIONS, picture


@pytest.fixture
def sight(tmp_path: Path) -> SightStage:
    build(all_words()).save_pretrained(tmp_path / "tokenizer")
    return SightStage(TrainingSettings(tmp_path, 0.1))


def test_the_clip_of_a_detector_sees_and_reads_what_the_detector_does(sight: SightStage) -> None:
    model = sight.model.eval()
    clip = clip_of(model.detector, sight.tokenizer).eval()
    pixels = torch.rand(2, 3, 128, 128, generator=torch.Generator().manual_seed(0)) * 2 - 1
    texts = ["a red ball", "two cats in the snow"]
    tokens = sight.tokenizer(texts, padding="max_length", return_tensors="pt").input_ids
    with torch.no_grad():
        seen, _ = sight._look(model, pixels)
        read = sight._read(model, texts)
        ours = clip(input_ids=tokens, pixel_values=pixels)
    torch.testing.assert_close(ours.image_embeds, seen, atol=1e-5, rtol=1e-4)
    torch.testing.assert_close(ours.text_embeds, read, atol=1e-5, rtol=1e-4)


def test_the_stage_finds_what_the_stock_class_finds(sight: SightStage) -> None:
    model = sight.model.eval()
    pixels = torch.rand(1, 3, 128, 128, generator=torch.Generator().manual_seed(0)) * 2 - 1
    tokens = sight.tokenizer(["a red ball", "a cat"], padding="max_length", return_tensors="pt").input_ids
    with torch.no_grad():
        logits, boxes = sight._detect(model, pixels, ["a red ball", "a cat"])
        stock = model.detector(input_ids=tokens, pixel_values=pixels)
    torch.testing.assert_close(logits, stock.logits, atol=1e-4, rtol=1e-4)
    torch.testing.assert_close(boxes, stock.pred_boxes, atol=1e-5, rtol=1e-4)


def test_the_text_tower_is_not_trained_again(sight: SightStage) -> None:
    trained = {name for name, parameter in sight.model.named_parameters() if parameter.requires_grad}
    assert not any("text_model" in name for name in trained)
    assert any("text_projection" in name for name in trained)


def batch_of_one() -> tuple[torch.Tensor, torch.Tensor, torch.Tensor, SightBatch]:
    """One picture with a thing in its upper left quarter; patch 5 shows it and finds it exactly."""
    boxes = torch.full((1, 256, 4), 0.9)
    boxes[..., 2:] = 0.05
    boxes[0, 5] = torch.tensor([0.25, 0.25, 0.5, 0.5])
    shown = torch.zeros(1, 256, dtype=torch.long)
    shown[0, 5] = 1
    wanted = torch.zeros(1, 8, 4)
    wanted[..., 2:] = 1
    wanted[0, 0] = torch.tensor([0.0, 0.0, 0.5, 0.5])
    meant = torch.zeros(1, 8, QUERIES)
    meant[0, 0, 3] = 1
    logits = torch.full((1, 256, QUERIES), -30.0)
    logits[0, 5, 3] = 30.0
    nothing = torch.zeros(0)
    return logits, boxes, shown, SightBatch(nothing, nothing, [], nothing, nothing, [], wanted, [1], meant)


def test_a_perfect_answer_costs_nothing() -> None:
    logits, boxes, shown, batch = batch_of_one()
    assert float(losses(logits, boxes, shown, batch)["loss"]) == pytest.approx(0, abs=1e-4)


def test_a_second_patch_that_speaks_up_costs() -> None:
    logits, boxes, shown, batch = batch_of_one()
    logits[0, 6, 3] = 4.0
    assert float(losses(logits, boxes, shown, batch)["focal"]) > 3


def test_a_patch_that_shows_a_thing_must_know_its_box_but_stay_silent() -> None:
    logits, boxes, shown, batch = batch_of_one()
    shown[0, 6] = 1
    parts = losses(logits, boxes, shown, batch)
    assert float(parts["distance"]) == pytest.approx(0, abs=1e-6)
    assert float(parts["focal"]) == pytest.approx(0, abs=1e-4)
    assert float(parts["loss"]) > 2


def test_facts_of_a_scene_are_its_items() -> None:
    for seed in range(60):
        scene = picture(seed, level=2)
        facts, counts, places, links = _facts(scene)
        assert {KINDS[k] for k in range(len(KINDS)) if facts[k]} == {item.kind for item in scene.items}
        for number, kind in enumerate(KINDS):
            present = sum(item.kind == kind for item in scene.items)
            assert int(counts[number]) == (present or UNSAID)
        told = {(RELATIONS[k], *(KINDS[int(n)] for n in links[k])) for k in range(len(RELATIONS)) if links[k, 0] >= 0}
        assert told == {(k.kind, scene.items[k.subject].kind, scene.items[k.object].kind) for k in scene.relations}
        assert places[0] >= 0


def test_the_text_stage_can_be_asked_about_captions_it_wrote(tmp_path: Path) -> None:
    stage = TextStage(TrainingSettings(tmp_path, 0.1, batch=8))
    found = stage._ask(stage.model, stage._write_batch(random.Random(0)))
    assert torch.isfinite(found["loss"])
    assert {"right_kind", "right_colour", "right_facts"} <= found.keys()
