"""Learned tokens: terms by their closed form, gradients by finite differences, the referee's word, the bookkeeping."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL.Image import Image
from torch import Tensor
from torch.nn import functional as F
from transformers import (
    CLIPConfig,
    CLIPImageProcessorPil,
    CLIPModel,
    CLIPProcessor,
    CLIPTextConfig,
    CLIPTokenizer,
    CLIPVisionConfig,
)

from grounding.backbones.stable_diffusion import StableDiffusion
from grounding.bench.duel import Best, Duel, best_of_seeds, duel, tally
from grounding.bench.meaning import Meaning, Weights, meaning
from grounding.bench.semantics import Semantics, masked
from grounding.bench.spellbook import Spellbook
from grounding.errors import BadRequest, ModelMissing, Unsupported
from grounding.guide.incantation import AttentionLoss, Incantation, Incanter, Search
from grounding.guide.refocus import Refocus
from grounding.painter import Painter, Start
from grounding.settings import How, Incant
from planner.scene import Box, Layout, Placement, Scene, Thing

RED = Thing(id="r", noun="ball", phrase="a red ball", attributes=("red",))
CAT = Thing(id="c", noun="cat", phrase="a cat")
LAYOUT = Layout(
    scene=Scene(prompt="a red ball beside a cat", things=(RED, CAT)),
    placements=(Placement(thing="r", box=Box.of(0, 0, 0.5, 1)), Placement(thing="c", box=Box.of(0.5, 0.5, 1, 1))))
OPTIONS = How(steps=4, guidance_scale=3.0)
QUICK = How(steps=2, guidance_scale=1.0)


def clip(tokenizer: CLIPTokenizer, hidden: int = 32) -> CLIPModel:
    torch.manual_seed(5)
    text = CLIPTextConfig(
        vocab_size=len(tokenizer), hidden_size=hidden, intermediate_size=64, num_hidden_layers=2, num_attention_heads=4,
        max_position_embeddings=40, bos_token_id=tokenizer.bos_token_id, eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id)
    vision = CLIPVisionConfig(hidden_size=32, intermediate_size=64, num_hidden_layers=2, num_attention_heads=4,
                              image_size=48, patch_size=16)
    return CLIPModel(CLIPConfig(text_config=text.to_dict(), vision_config=vision.to_dict(), projection_dim=24))


def processor(tokenizer: CLIPTokenizer) -> CLIPProcessor:
    images = CLIPImageProcessorPil(size={"shortest_edge": 48}, crop_size={"height": 48, "width": 48})
    return CLIPProcessor(images, tokenizer)


@pytest.fixture
def semantics(backbone: StableDiffusion) -> Semantics:
    """A CLIP with the painter's own text tower."""
    model = clip(backbone.tokenizer)
    model.text_model.load_state_dict(backbone.text.state_dict())
    return Semantics(model, processor(backbone.tokenizer))


def brightness(image: Image, layout: Layout) -> float:
    return float(np.asarray(image, dtype=float).mean())


def search(backbone: StableDiffusion, **settings: Any) -> Search:
    return Search(Incanter(Painter(backbone), brightness), LAYOUT, 0, OPTIONS.but(tokens=Incant(**settings)))


def prepared(backbone: StableDiffusion, semantics: Semantics, **weights: Any) -> tuple[Search, Meaning]:
    found = search(backbone)
    first = found.paint(None, keep=True)
    return found, Meaning(found, semantics, Weights(**weights), first, found.moments(first))


def test_pictures_are_seen_as_clips_own_processor_shows_them(semantics: Semantics, backbone: StableDiffusion) -> None:
    image = Painter(backbone).paint(LAYOUT, How(steps=2))[0].image.resize((96, 60))
    inputs = processor(backbone.tokenizer)(images=image, return_tensors="pt")
    theirs = F.normalize(semantics.model.get_image_features(**inputs).pooler_output[0], dim=-1)
    pixels = torch.from_numpy(np.asarray(image, dtype=np.float32) / 127.5 - 1).permute(2, 0, 1)[None]
    assert float(semantics.picture(pixels) @ theirs) > 0.999


def test_texts_are_read_as_clip_reads_them(semantics: Semantics, backbone: StableDiffusion) -> None:
    for text in ("a red ball", ""):
        inputs = backbone.tokenizer(text, return_tensors="pt")
        theirs = F.normalize(semantics.model.get_text_features(**inputs).pooler_output[0], dim=-1)
        torch.testing.assert_close(semantics.text(text), theirs)


def test_learned_tokens_mean_to_clip_what_their_words_mean(semantics: Semantics, backbone: StableDiffusion) -> None:
    table = backbone.text.get_input_embeddings().weight
    ids = backbone.tokenizer("red ball", add_special_tokens=False)["input_ids"]
    same = semantics.translator(backbone.lexicon())(table[ids])
    torch.testing.assert_close(semantics.text("two", same), semantics.text("two red ball"))


def test_another_clips_space_is_reached_by_the_map_that_takes_words_to_words(backbone: StableDiffusion) -> None:
    model = clip(backbone.tokenizer, hidden=16)
    torch.manual_seed(3)
    linear, shift = torch.randn(32, 16), torch.randn(16)
    table = backbone.text.get_input_embeddings().weight
    model.text_model.get_input_embeddings().weight.data = table.detach() @ linear + shift
    translate = Semantics(model, processor(backbone.tokenizer)).translator(backbone.lexicon())
    tokens = torch.randn(3, 32) * table.std()
    torch.testing.assert_close(translate(tokens), tokens @ linear + shift, rtol=1e-3, atol=1e-3)


def test_a_clip_with_other_words_is_refused(backbone: StableDiffusion) -> None:
    other = CLIPTokenizer(vocab={"<|startoftext|>": 0, "<|endoftext|>": 1, "q</w>": 2}, merges=[], model_max_length=40)
    with pytest.raises(Unsupported, match="shares"):
        Semantics(clip(other, hidden=16), processor(other)).translator(backbone.lexicon())


def test_neglected_words_are_those_least_like_the_picture(semantics: Semantics) -> None:
    text, generator = "a red ball beside a cat", torch.Generator().manual_seed(2)
    picture = F.normalize(torch.randn(24, generator=generator), dim=0)
    similar = {word: float(semantics.text(word) @ picture) for word in ("red", "ball", "beside", "cat")}
    low, high = min(similar.values()), max(similar.values())
    expected = tuple(word for word, s in similar.items() if s < low + 0.4 * (high - low))
    assert semantics.neglected(picture, text, 0.4) == expected
    assert expected
    assert semantics.neglected(picture, "a the of", 0.4) == ()
    assert semantics.neglected(picture, "cat", 0.4) == ()


def test_masking_takes_whole_words_out() -> None:
    assert masked("a red ball, a redder cat.", ["red", "cat"]) == "a ball, a redder."
    assert masked("a cat", []) == "a cat"


def test_every_term_is_its_formula(backbone: StableDiffusion, semantics: Semantics) -> None:
    found, loss = prepared(backbone, semantics, margin=0.5, neglect_below=0.5)
    generator = torch.Generator().manual_seed(1)
    picture, told = (F.normalize(torch.randn(24, generator=generator), dim=0) for _ in range(2))
    offset = torch.randn(4, 32, generator=generator)
    terms = loss.terms(picture, told, offset)
    prompt = "a red ball beside a cat"
    text, poor = semantics.text(prompt), semantics.text(masked(prompt, loss.neglected))

    def cosine(a: Tensor, b: Tensor) -> float:
        return float((a * b).sum() / (a.norm() * b.norm()))

    assert loss.neglected
    assert terms["match"].item() == pytest.approx(1 - cosine(picture, text), abs=1e-5)
    assert terms["quality"].item() == pytest.approx(1 - cosine(loss.finer, told - text), abs=1e-5)
    assert terms["consistency"].item() == pytest.approx(1 - cosine(told, text), abs=1e-5)
    lead = cosine(picture, poor) - cosine(picture, text)
    assert terms["neglect"].item() == pytest.approx(max(0, lead + 0.5), abs=1e-5)
    blank = backbone.blank()
    away = (found.tokens(offset) - blank.embedding).norm(dim=1) / (blank.spread[0] * 32**0.5)
    assert terms["sparsity"].item() == pytest.approx(float(away.sum()), rel=1e-5)


def test_the_finer_picture_is_the_result_and_the_coarse_one_an_early_guess(
        backbone: StableDiffusion, semantics: Semantics) -> None:
    found, loss = prepared(backbone, semantics, coarse=0.5)
    path = found.paint(None, keep=True).trajectory
    assert path is not None
    scheduler = backbone.scheduler()
    scheduler.set_timesteps(4)
    t = scheduler.timesteps[2]
    both = backbone.stack(backbone.encode(["", "a red ball beside a cat"]))
    empty, full = backbone.predict(path.latents[2].repeat(2, 1, 1, 1), t, both).chunk(2)
    guess = scheduler.step(empty + 3.0 * (full - empty), t, path.latents[2]).pred_original_sample
    expected = semantics.picture(backbone.pixels(path.result)) - semantics.picture(backbone.pixels(guess))
    torch.testing.assert_close(loss.finer, expected, rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("objective", ["meaning", "attention"])
def test_the_gradient_is_the_slope_of_the_weighted_terms(
        backbone: StableDiffusion, semantics: Semantics, objective: str) -> None:
    weights = Weights(neglect=2.0, margin=0.9)
    found = search(backbone, tokens=2, sparsity=0.3)
    first = found.paint(None, keep=True)
    moments = found.moments(first)
    loss: Any = Meaning(found, semantics, weights, first, moments) if objective == "meaning" else AttentionLoss(
        found, moments, found.target(found._start(None)))
    offset = torch.randn(2, 32, generator=torch.Generator().manual_seed(4)) * 0.5

    def total(at: Tensor) -> float:
        terms = loss(at.requires_grad_(), 1)[0]
        counted = {**dict(weights), "attention": 1.0, "sparsity": 0.3}
        return float(sum(counted[name] * term for name, term in terms.items()))

    gradient = loss(offset.clone().requires_grad_(), 1)[1]
    along = gradient / gradient.norm()
    slope = (total(offset + 0.02 * along) - total(offset - 0.02 * along)) / 0.04
    assert gradient.norm() > 0
    assert slope == pytest.approx(float(gradient.norm()), rel=0.03)


@pytest.mark.parametrize("objective", ["meaning", "attention"])
def test_learning_lowers_the_loss_and_leaves_every_model_as_it_was(
        backbone: StableDiffusion, semantics: Semantics, objective: str) -> None:
    before = {name: weight.clone() for name, weight in backbone.unet.state_dict().items()}
    mine = {name: weight.clone() for name, weight in semantics.model.state_dict().items()}
    incanter = Incanter(Painter(backbone), brightness, meaning(semantics) if objective == "meaning" else None)
    done = incanter(LAYOUT, QUICK.but(tokens=Incant(iterations=8, moments=1, rate=0.05, sparsity=0.0, checks=1)))
    counted = {**dict(Weights()), "attention": 1.0, "sparsity": 0.0}
    course = [sum(counted[name] * term for name, term in terms.items()) for terms in done.history]
    assert len(course) == 8
    assert course[-1] < course[0]
    assert all(torch.equal(weight, before[name]) for name, weight in backbone.unet.state_dict().items())
    assert all(torch.equal(weight, mine[name]) for name, weight in semantics.model.state_dict().items())
    assert all(parameter.grad is None for parameter in backbone.unet.parameters())


def test_without_a_referee_the_tokens_that_were_learned_last_are_kept(backbone: StableDiffusion) -> None:
    how = QUICK.but(tokens=Incant(iterations=2, checks=2, rate=1.0))
    done = Incanter(Painter(backbone))(LAYOUT, how)
    last = Incanter(Painter(backbone), lambda image, layout: -1.0)  # of equals the first: the one without tokens
    assert last(LAYOUT, how).learned is None
    assert done.scores == ()
    assert done.learned is not None
    again = Painter(backbone).paint(LAYOUT, QUICK, start=Start(learned=done.learned))[0].image
    assert np.array_equal(np.asarray(again), np.asarray(done.painting.image))


def test_a_painter_that_is_asked_for_tokens_learns_them_and_says_what_that_cost(backbone: StableDiffusion) -> None:
    how = QUICK.but(tokens=Incant(iterations=2, checks=1))
    painted, learned = Painter(backbone).paint(LAYOUT, how, seed=3)[0], Incanter(Painter(backbone))(LAYOUT, how, seed=3)
    assert np.array_equal(np.asarray(painted.image), np.asarray(learned.painting.image))
    assert painted.receipt.how == how
    assert painted.receipt.learned == learned.painting.receipt.learned != ""
    assert painted.receipt.cost.forward_equivalents == pytest.approx(learned.forward_equivalents)
    assert painted.receipt.cost.full == 2
    bare = Layout(scene=Scene(prompt="a cat"))
    assert Painter(backbone).paint(bare, how)[0].receipt.learned == ""  # no words to lead: nothing is learned


def test_the_referee_has_the_last_word(backbone: StableDiffusion) -> None:
    plain = Painter(backbone).paint(LAYOUT, QUICK)[0].image
    how = QUICK.but(tokens=Incant(iterations=2, checks=2, rate=1.0))

    def likes_only(wanted: int) -> Callable[[Image, Layout], float]:
        calls: list[int] = []
        return lambda image, layout: calls.append(0) or float(len(calls) - 1 == wanted)

    for wanted in range(3):
        done = Incanter(Painter(backbone), likes_only(wanted))(LAYOUT, how)
        assert done.scores == tuple(float(n == wanted) for n in range(3))
        assert (done.learned is None) == (wanted == 0)
        again = Painter(backbone).paint(LAYOUT, QUICK, start=Start(learned=done.learned))[0].image
        assert np.array_equal(np.asarray(again), np.asarray(done.painting.image))
        assert np.array_equal(np.asarray(again), np.asarray(plain)) == (wanted == 0)


def test_the_same_request_learns_the_same_tokens(backbone: StableDiffusion) -> None:
    incanter = Incanter(Painter(backbone), lambda image, layout: -brightness(image, layout))
    how = QUICK.but(tokens=Incant(iterations=3, checks=1, rate=1.0))
    one, two = (incanter(LAYOUT, how, seed=5) for _ in range(2))
    assert one.history == two.history
    assert one.scores == two.scores


@pytest.mark.parametrize("profile", ["paper", "head"])
def test_tokens_are_led_by_our_energy_whatever_the_picture_is_guided_by(
        backbone: StableDiffusion, profile: str) -> None:
    """Two of a kind are one item to the published profiles, and two instances here."""
    cats = tuple(Thing(id=f"c{i}", noun="cat", phrase="two cats") for i in range(2))
    many = Layout(scene=Scene(prompt="two cats", things=cats), placements=(
        Placement(thing="c0", box=Box.of(0.0, 0.0, 0.4, 1.0)), Placement(thing="c1", box=Box.of(0.6, 0.0, 1.0, 1.0))))
    how = QUICK.but(tokens=Incant(iterations=2, checks=1), refocus=Refocus(profile=profile))
    found = Incanter(Painter(backbone), brightness)(many, how, seed=5)
    assert len(found.history) == 2
    assert all(0 < terms["attention"] < 2 for terms in found.history)


def test_words_whose_place_the_tokens_take_are_not_what_is_led(backbone: StableDiffusion) -> None:
    ball = Thing(id="b", noun="ball", phrase="a red ball", attributes=("red",))
    cat = Thing(id="c", noun="cat", phrase="a cat")
    long = Layout(scene=Scene(prompt="cat " * 35 + "red ball", things=(ball, cat)), placements=(
        Placement(thing="b", box=Box.of(0.1, 0.1, 0.4, 0.9)), Placement(thing="c", box=Box.of(0.6, 0.1, 0.9, 0.9))))
    search = Search(Incanter(Painter(backbone), brightness), long, 0, How(tokens=Incant(tokens=4)))
    assert search.job.target is not None
    assert search.job.target.columns[0].all == (36, 37)
    width = search.backbone.blank().embedding.shape[0]
    assert search.target(torch.zeros(4, width)).columns[0].all == ()
    assert search.target(torch.zeros(1, width)).columns[0].all == (36, 37)


def test_everything_is_counted(backbone: StableDiffusion, semantics: Semantics) -> None:
    counted = 0
    inner = backbone._pass

    def count(x: Tensor, t: Tensor, cond: Any) -> Tensor:
        nonlocal counted
        counted += len(x)
        return inner(x, t, cond)

    backbone._pass = count  # type: ignore[method-assign]
    how = OPTIONS.but(tokens=Incant(iterations=3, checks=2, moments=2, sparsity=0.0))
    done = Incanter(Painter(backbone), brightness, meaning(semantics))(LAYOUT, how)
    assert done.forward_equivalents == counted + 3  # each iteration's backward counts as its forward
    assert done.forward_equivalents == 3 * 8 + 2 + 2 + 3 * 2  # pictures, moments, the coarse guess, iterations
    assert done.seconds > 0


def test_tokens_learned_before_are_the_start(backbone: StableDiffusion) -> None:
    blank = backbone.blank()
    start = blank.embedding + torch.randn(3, 32, generator=torch.Generator().manual_seed(0)) * blank.spread
    found = search(backbone)
    torch.testing.assert_close(found.tokens(found._start(start)), start)
    assert found._start(None).abs().max() < 0.06
    with pytest.raises(BadRequest, match="another painter"):
        found._start(torch.zeros(3, 31))


def test_what_cannot_be_learned_is_refused(backbone: StableDiffusion) -> None:
    incanter = Incanter(Painter(backbone), brightness)
    with pytest.raises(BadRequest, match="placed"):
        incanter(Layout(scene=Scene(prompt="a cat")), OPTIONS)
    with pytest.raises(BadRequest, match="do not fit"):
        incanter(LAYOUT, OPTIONS.but(tokens=Incant(tokens=60, iterations=1)))


def test_similar_prompts_share_their_tokens(
        backbone: StableDiffusion, semantics: Semantics, tmp_path: Path) -> None:
    book = Spellbook(backbone, semantics, similar=0.999)
    assert book.near("a cat") is None
    one, two = torch.randn(4, 32), torch.randn(2, 32)
    book.add("a cat", one)
    book.add("three teddy bears on a box", two)
    assert torch.equal(book.near("a cat"), one)  # type: ignore[arg-type]
    assert book.near("stop sign, no dog wearing a green hat to the left of it") is None
    book.save(tmp_path / "book.safetensors")
    again = Spellbook(backbone, semantics, similar=-1.0)
    again.load(tmp_path / "book.safetensors")
    assert len(again) == 2
    assert torch.equal(again.near("three teddy bears on a box"), two)  # type: ignore[arg-type]
    closest = max(("a cat", one), ("three teddy bears on a box", two),
                  key=lambda entry: float(semantics.text(entry[0]) @ semantics.text("two cats")))
    assert torch.equal(again.near("two cats"), closest[1])  # type: ignore[arg-type]


def test_tokens_of_other_weights_and_broken_ones_are_refused(
        backbone: StableDiffusion, semantics: Semantics, tmp_path: Path) -> None:
    book = Spellbook(backbone, semantics)
    with pytest.raises(BadRequest, match="not finite"):
        book.add("a cat", torch.full((1, 32), float("nan")))
    book.add("a cat", torch.zeros(1, 32))
    book.save(tmp_path / "book.safetensors")
    book.weights = "other"
    with pytest.raises(BadRequest, match="other weights"):
        book.load(tmp_path / "book.safetensors")
    (tmp_path / "junk").write_text("no tokens here")
    for name in ("junk", "missing"):
        with pytest.raises(ModelMissing, match=name):
            book.load(tmp_path / name)


def test_as_many_seeds_as_the_budget_pays_for(backbone: StableDiffusion) -> None:
    painter, asked = Painter(backbone), list[float]()

    def referee(image: Image, layout: Layout) -> float:
        asked.append(brightness(image, layout))
        return asked[-1]

    for budget, tries in ((0.0, 1), (2.0, 1), (2.1, 2), (6.0, 3)):
        asked.clear()
        best = best_of_seeds(painter, LAYOUT, QUICK, referee, budget, seed=2)
        assert (best.tries, len(asked)) == (tries, tries)
        assert best.forward_equivalents == 2 * tries
        assert best.score == max(asked) == brightness(best.painting.image, LAYOUT)


def test_a_duel_gives_both_the_same_compute_and_asks_another_judge(backbone: StableDiffusion) -> None:
    def dark(image: Image, layout: Layout) -> float:
        return -brightness(image, layout)

    how = QUICK.but(tokens=Incant(iterations=2, checks=1))
    found = duel(Incanter(Painter(backbone), dark), LAYOUT, how, dark, brightness, seed=1)
    assert found.tokens.forward_equivalents <= found.seeds.forward_equivalents < found.tokens.forward_equivalents + 2
    assert found.plain == brightness(Painter(backbone).paint(LAYOUT, QUICK, seed=1)[0].image, LAYOUT)
    assert found.with_tokens == brightness(found.tokens.painting.image, LAYOUT)
    assert found.with_seeds == brightness(found.seeds.painting.image, LAYOUT)


def test_a_tally_counts_losses_too(backbone: StableDiffusion) -> None:
    one = Painter(backbone).paint(LAYOUT, How(steps=1))[0]
    tokens = Incantation(one, None, (0.0,), (), (), 8.0, 1.0)
    seeds = Best(one, 0.0, 1, 8.0)
    duels = [Duel(tokens, seeds, 0.0, *scores) for scores in ((1.0, 0.0), (0.0, 1.0), (0.0, 1.0), (0.5, 0.5))]
    assert tally(duels) == (1, 2, 1, 0.0, 0.375, 0.625)
    assert tally([]) == (0, 0, 0, 0.0, 0.0, 0.0)
