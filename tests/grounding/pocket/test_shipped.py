"""The shipped weights are whole, small enough, of the promised shape, and do the work of their classes."""

import warnings
from typing import Any

import numpy as np
import pytest
import torch
from diffusers import StableDiffusionPipeline
from PIL import Image

from grounding import backbones
from grounding.guide.bind import Bind
from grounding.guide.refocus import Refocus
from grounding.painter import Painter
from grounding.pocket.models import MANIFEST, WEIGHTS, load_clip, load_detector, load_pipeline, manifest, sha256, side
from grounding.pocket.world import draw, picture
from grounding.settings import How
from planner.place import place
from planner.read.grammar import read


@pytest.fixture(scope="module")
def pipeline() -> Any:
    return load_pipeline()


def test_the_manifest_lists_exactly_the_files_that_are_there() -> None:
    there = {path.relative_to(WEIGHTS).as_posix(): sha256(path) for path in WEIGHTS.rglob("*") if path.is_file()}
    there.pop(MANIFEST)
    assert manifest() == there


def test_the_weights_take_sixty_megabytes_at_most_and_hold_no_pickles() -> None:
    files = [path for path in WEIGHTS.rglob("*") if path.is_file()]
    assert sum(path.stat().st_size for path in files) <= 60_000_000
    assert {path.suffix for path in files} == {".json", ".safetensors"}


def test_the_folder_paints_with_the_stock_class_as_it_stands() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)
        stock: Any = StableDiffusionPipeline.from_pretrained(WEIGHTS / "pipeline", local_files_only=True)
    stock.set_progress_bar_config(disable=True)
    assert {stock.text_encoder.dtype, stock.unet.dtype, stock.vae.dtype} == {torch.float32}
    image = stock("a red ball", num_inference_steps=2, generator=torch.Generator().manual_seed(0)).images[0]
    assert image.size == (128, 128)


def test_attention_sits_at_sixteen_in_five_layers_of_each_kind_and_below(pipeline: Any) -> None:
    rows: dict[str, list[int]] = {"attn1": [], "attn2": []}

    def note(kind: str) -> Any:
        return lambda module, given, result: rows[kind].append(result.shape[1])

    layers = [(name[-5:], layer) for name, layer in pipeline.unet.named_modules() if name[-6:] in (".attn1", ".attn2")]
    hooks = [layer.register_forward_hook(note(kind)) for kind, layer in layers]
    words = torch.zeros(1, 77, pipeline.unet.config.cross_attention_dim)
    with torch.no_grad():
        pipeline.unet(torch.zeros(1, 4, 32, 32), torch.tensor(500), encoder_hidden_states=words)
    for hook in hooks:
        hook.remove()
    for kind in rows.values():
        assert kind.count(256) >= 5
        assert set(kind) == {256, 64}


def test_the_pipeline_paints_and_the_same_seed_paints_the_same(pipeline: Any) -> None:
    def once() -> np.ndarray[Any, np.dtype[np.float32]]:
        noise = torch.Generator().manual_seed(3)
        painted = pipeline("a red ball in a meadow", num_inference_steps=2, generator=noise, output_type="np").images[0]
        return np.asarray(painted)

    assert once().shape == (side(pipeline), side(pipeline), 3)
    np.testing.assert_array_equal(once(), once())


def test_the_autoencoder_keeps_unseen_scenes_at_32_decibels(pipeline: Any) -> None:
    shown = np.stack([draw(picture(60_000_000 + seed, level=seed % 3), side(pipeline)) for seed in range(12)])
    pixels = torch.from_numpy(shown).permute(0, 3, 1, 2) / 127.5 - 1
    with torch.no_grad():
        back = pipeline.vae.decode(pipeline.vae.encode(pixels).latent_dist.mean).sample.clamp(-1, 1)
    decibels = -10 * ((back - pixels).square().mean((1, 2, 3)) / 4).log10()
    assert float(decibels.mean()) >= 32


def test_latents_have_about_unit_spread(pipeline: Any) -> None:
    shown = np.stack([draw(picture(60_000_100 + seed, level=2), side(pipeline)) for seed in range(12)])
    with torch.no_grad():
        found = pipeline.vae.encode(torch.from_numpy(shown).permute(0, 3, 1, 2) / 127.5 - 1).latent_dist.mean
    assert float((found * pipeline.vae.config.scaling_factor).std()) == pytest.approx(1, abs=0.15)


def test_one_vocabulary_serves_all_models(pipeline: Any) -> None:
    text = "three spotted zebras beside a cup"
    expected = pipeline.tokenizer(text).input_ids
    assert load_clip().processor.tokenizer(text).input_ids == expected
    assert load_detector().processor.tokenizer(text).input_ids == expected


def test_clip_prefers_the_colour_and_the_setting_that_are_there() -> None:
    scorer = load_clip()
    right = 0
    for seed in range(24):
        scene = picture(60_000_200 + seed, level=0)
        item = scene.items[0]
        other = "green" if item.colour in ("red", "orange", "pink", "brown") else "red"
        texts = [f"a {item.colour} {item.kind}", f"a {other} {item.kind}"]
        given = scorer.processor(text=texts, images=Image.fromarray(draw(scene)), return_tensors="pt", padding=True)
        with torch.no_grad():
            right += int(scorer.model(**given).logits_per_image.argmax() == 0)
    assert right >= 20


def test_the_detector_answers_every_patch_for_every_query() -> None:
    finder = load_detector()
    shown = Image.fromarray(draw(picture(60_000_300, level=1)))
    given = finder.processor(text=[["a red ball", "cup", "dragon"]], images=shown, return_tensors="pt")
    with torch.no_grad():
        found = finder.model(**given)
    assert found.logits.shape == (1, 256, 3)
    assert torch.isfinite(found.logits).all()
    assert ((found.pred_boxes > 0) & (found.pred_boxes < 1)).all()


def test_refocusing_has_work_where_nothing_is_bound_and_none_where_things_are() -> None:
    painter = Painter(backbones.load(WEIGHTS / "pipeline"))
    layout = place(read("a red ball to the left of a blue box"))
    alone = painter.paint(layout, How(steps=10, refocus=Refocus()), seed=1)[0].receipt.cost
    assert alone.truncated >= alone.backward >= 2
    bound = painter.paint(layout, How(steps=10, bind=Bind(), refocus=Refocus()), seed=1)[0].receipt.cost
    assert (bound.truncated, bound.backward) == (0, 0)
