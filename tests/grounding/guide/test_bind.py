"""Binding by bias: what each cell can read, that other rows are untouched, and that it ends when it says."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from grounding.attention import Call, Hook, Layer, Proceed, plain, probabilities
from grounding.backbone import Conditioning
from grounding.backbones.stable_diffusion import StableDiffusion
from grounding.guide.bind import Bind, Binder
from grounding.guide.guidance import Scenes
from grounding.guide.targets import aim
from grounding.sampler import guided
from grounding.spans import ground
from planner.scene import Box, Layout, Placement, Scene, Thing

T = torch.tensor(700)
STEPS = 20
CROSS = Layer("x.attn2", "cross", 16, 16)
OWN = Layer("x.attn1", "self", 16, 16)
RED = Thing(id="r", noun="ball", phrase="a red ball", attributes=("red",))
CAT = Thing(id="c", noun="cat", phrase="a cat")
LEFT, RIGHT = Box.of(0.0, 0.0, 0.5, 1.0), Box.of(0.5, 0.5, 1.0, 1.0)


def binder(backbone: StableDiffusion, bind: Bind, *boxes: tuple[Thing, Box, int],
           prompt: str = "a red ball beside a cat") -> Binder:
    boxes = boxes or ((RED, LEFT, 0), (CAT, RIGHT, 0))
    places = tuple(Placement(thing=t.id, box=box, depth=depth) for t, box, depth in boxes)
    layout = Layout(scene=Scene(prompt=prompt, things=tuple(t for t, _, _ in boxes)), placements=places)
    grounding = ground(layout)
    words = backbone.encode([grounding.prompt])
    return Binder(bind, Scenes(backbone, backbone.shape(128, 128), words, [aim(grounding, words[0], 16, 16)],
                               backbone.stack(words), range(STEPS)))


def hook_of(binder: Binder, step: int = 0) -> Hook:
    (hook,) = binder.hooks(step)
    return hook


def seen(binder: Binder, layer: Layer, step: int = 0, batch: int = 1) -> Tensor:
    """Attention probabilities of flat logits under the hook: "batch rows cols keys"."""
    keys = binder.given.states.shape[1] if layer.kind == "cross" else layer.cells
    zeros = torch.zeros(batch, 2, layer.cells, 8)
    call = Call(layer, zeros, torch.zeros(batch, 2, keys, 8), torch.zeros(batch, 2, keys, 8), None, slice(0), slice(0))
    found: list[Tensor] = []
    hook_of(binder, step)(call, lambda c: found.append(probabilities(c)[:, 0]) or plain(c))
    return found[0].reshape(batch, layer.rows, layer.cols, keys)


@pytest.mark.parametrize(("phrase", "side", "said"), [
    ("red ball", 0.2, "a small red ball"), ("red ball", 0.3, "a red ball"), ("red ball", 0.5, "a large red ball"),
    ("huge ball", 0.2, "a huge ball"),
])
def test_an_own_text_says_the_planned_size_where_nothing_else_does(
        backbone: StableDiffusion, phrase: str, side: float, said: str) -> None:
    ball = Thing(id="r", noun="ball", phrase=f"a {phrase}", attributes=(phrase.split()[0],))
    scales = {"large": 0.46, "small": 0.19, "medium": 0.3}
    bound = binder(backbone, Bind(scales=scales), (ball, Box.of(0.1, 0.2, 0.1 + side, 0.2 + side / 2), 0))
    texts = backbone.encode([f"a {phrase} beside a cat", said])
    own = bound.given.states[0, len(texts[0].states) :]
    torch.testing.assert_close(own, texts[1].gist)


def test_a_things_own_text_is_read_in_its_cells_and_nowhere_else(backbone: StableDiffusion) -> None:
    bound = binder(backbone, Bind())
    ball, cat = slice(40, 44), slice(44, 47)  # "a red ball" and "a cat", each with its end token
    maps = seen(bound, CROSS)[0]
    assert bound.given.states.shape[1] == 47
    assert maps[:, :8, ball].sum(-1).min() > 0.1
    assert maps[:, 8:, ball].sum() == 0
    assert maps[8:, 8:, cat].sum(-1).min() > 0.1
    assert maps[:8, :, cat].sum() == 0
    torch.testing.assert_close(bound.given.states[0, ball], backbone.encode(["a red ball"])[0].states[1:5])


def test_other_things_words_are_held_back_and_own_words_are_not(backbone: StableDiffusion) -> None:
    maps = seen(binder(backbone, Bind(hold=3.0, clear=2.0, pull=1.0, own=False)), CROSS)[0]
    inside, empty = maps[3, 3], maps[3, 12]
    reference = inside[5]  # "a" of "a cat" is nobody's word
    torch.testing.assert_close(inside[[2, 3]] / reference, torch.ones(2).exp())
    assert (inside[6] / reference).item() == pytest.approx(torch.tensor(-3.0).exp().item(), rel=1e-5)
    assert (inside[7:] / reference).max().item() == pytest.approx(torch.tensor(-3.0).exp().item(), rel=1e-5)
    torch.testing.assert_close(empty[[2, 3, 6]] / empty[5], torch.full((3,), -2.0).exp())
    torch.testing.assert_close(empty[7:] / empty[5], torch.ones(33))


def test_instances_do_not_look_at_each_other_but_at_all_that_is_free(backbone: StableDiffusion) -> None:
    maps = seen(binder(backbone, Bind(part=5.0)), OWN)[0].reshape(16, 16, 16, 16)
    own, other, free = maps[3, 3, 3, 4], maps[3, 3, 12, 12], maps[3, 3, 3, 12]
    assert (other / own).item() == pytest.approx(torch.tensor(-5.0).exp().item(), rel=1e-5)
    assert own == free
    assert torch.allclose(maps[3, 12], maps[3, 12, 0, 0])


def test_where_boxes_overlap_the_nearer_thing_has_the_cells(backbone: StableDiffusion) -> None:
    whole = Box.of(0.0, 0.0, 1.0, 1.0)
    maps = seen(binder(backbone, Bind(), (RED, whole, 0), (CAT, RIGHT, 1)), CROSS)[0]
    assert maps[12, 12, 40:44].sum() == 0
    assert maps[12, 12, 44:].sum() > 0.1
    assert maps[3, 12, 40:44].sum() > 0.1


def test_the_unconditional_rows_are_left_alone(backbone: StableDiffusion) -> None:
    bound = binder(backbone, Bind())
    free = seen(bound, CROSS, batch=2)[0]
    assert free[..., 40:].sum() == 0
    torch.testing.assert_close(free[..., :40], torch.full((16, 16, 40), 1 / 40))
    torch.testing.assert_close(seen(bound, OWN, batch=2)[0], torch.full((16, 16, 256), 1 / 256))


def test_it_fades_out_and_ends(backbone: StableDiffusion) -> None:
    bound = binder(backbone, Bind(until=0.5, hold=4.0, pull=0.0, own=False))
    ratios = [(m := seen(bound, CROSS, p)[0, 3, 3])[6] / m[5] for p in (0, STEPS // 4)]
    torch.testing.assert_close(torch.stack(ratios).log(), torch.tensor([-4.0, -2.0]))
    assert not bound.hooks(STEPS // 2)
    assert bound.lift(torch.ones(1, 4, 32, 32), STEPS // 2) is None
    assert bound.columns(bound.scenes.given, STEPS // 2) is bound.scenes.given
    assert not Bind(until=0.0).active
    assert not Bind(own=False, hold=0, clear=0, pull=0, part=0, lift=1, even=1).active


def lifted(bound: Binder, step: int = 0, difference: Tensor | None = None) -> Tensor:
    found = bound.lift(torch.ones(1, 4, 32, 32) if difference is None else difference, step)
    assert found is not None
    return found[0, 0]


def test_guidance_is_lifted_in_the_things_cells_and_the_lift_fades(backbone: StableDiffusion) -> None:
    bound = binder(backbone, Bind(until=0.5, lift=3.0))
    first = lifted(bound)
    assert first.shape == (32, 32)
    assert (first[:, :16] == 3.0).all()
    assert (first[16:, 16:] == 3.0).all()
    assert (first[:16, 16:] == 1.0).all()
    torch.testing.assert_close(lifted(bound, STEPS // 4) - 1, (first - 1) / 2)


def test_where_words_make_less_of_a_difference_guidance_is_lifted_up_to_where_they_make_most(
        backbone: StableDiffusion) -> None:
    felt = torch.ones(1, 4, 32, 32)
    felt[..., 16:, 16:] = -0.4
    felt[..., :16, 16:] = 100.0  # what happens outside all boxes is no matter
    even = lifted(binder(backbone, Bind(lift=2.0, even=5.0)), difference=felt)
    torch.testing.assert_close(even[:, :16], torch.full((32, 16), 2.0))
    torch.testing.assert_close(even[16:, 16:], torch.full((16, 16), 5.0))
    torch.testing.assert_close((even * felt[0, 0]).abs()[16:, 16:], (even * felt[0, 0])[16:, :16])
    assert (even[:16, 16:] == 1.0).all()
    bounded = lifted(binder(backbone, Bind(lift=2.0, even=1.5)), difference=felt)
    torch.testing.assert_close(bounded[16:, 16:], torch.full((16, 16), 3.0))


def test_no_difference_at_all_is_lifted_within_bounds(backbone: StableDiffusion) -> None:
    found = lifted(binder(backbone, Bind(lift=10.0, even=10.0)), difference=torch.zeros(1, 4, 32, 32))
    assert found.isfinite().all()
    assert found.max() <= 8.0
    half = lifted(binder(backbone, Bind()), difference=torch.ones(1, 4, 32, 32).half())
    assert half.dtype == torch.float16


def test_what_is_firm_is_lifted_more_but_never_beyond_bounds(backbone: StableDiffusion) -> None:
    firm, firmest = (lifted(binder(backbone, Bind(lift=2.0, firmness={"r": f}))) for f in (1.5, 100.0))
    assert (firm[:, :16] == 3.0).all()
    assert (firmest[:, :16] == 8.0).all()
    assert (firm[16:, 16:] == 2.0).all()


def test_a_small_thing_is_lifted_somewhere_and_a_lift_of_one_nowhere(backbone: StableDiffusion) -> None:
    dot = Box.of(0.501, 0.501, 0.51, 0.51)
    far = Box.of(0.0, 0.0, 0.25, 0.25)
    assert (lifted(binder(backbone, Bind(lift=2.0), (RED, dot, 0), (CAT, far, 0)))[8:, 8:] == 2.0).sum() == 1
    assert (lifted(binder(backbone, Bind(lift=1.0, even=1.0))) == 1.0).all()


def test_a_thing_that_is_alone_is_lifted_only_as_far_as_it_is_bound_more_firmly(backbone: StableDiffusion) -> None:
    usual, firm = (lifted(binder(backbone, Bind(firmness=f), (RED, LEFT, 0))) for f in ({}, {"r": 1.8}))
    assert (usual == 1.0).all()
    torch.testing.assert_close(firm[:, :16], torch.full((32, 16), 1.8))
    assert (firm[:, 16:] == 1.0).all()


def test_a_scene_without_things_is_lifted_nowhere_and_those_beside_it_are(backbone: StableDiffusion) -> None:
    groundings = [ground(Layout(scene=Scene(prompt="a cat"))),
                  ground(Layout(scene=Scene(prompt="a red ball", things=(RED,)),
                                placements=(Placement(thing="r", box=LEFT),)))]
    words = backbone.encode([g.prompt for g in groundings])
    targets = [aim(g, w, 16, 16) for g, w in zip(groundings, words, strict=True)]
    firm = Bind(firmness={"r": 2.0})
    bound = Binder(firm, Scenes(backbone, backbone.shape(128, 128), words, targets, backbone.stack(words),
                            range(STEPS)))
    found = bound.lift(torch.ones(2, 4, 32, 32), 0)
    assert found is not None
    assert (found[0] == 1.0).all()
    assert (found[1, 0, :, :16] == 2.0).all()
    assert (found[1, 0, :, 16:] == 1.0).all()


def test_guidance_goes_as_many_times_as_far_where_it_is_lifted(
        backbone: StableDiffusion, noise: Callable[..., Tensor]) -> None:
    given, without = (backbone.stack(backbone.encode([text])) for text in ("a cat", ""))
    places = torch.ones(1, 1, 32, 32)
    places[..., :16] = 3.0
    seen: list[Tensor] = []

    def lift(difference: Tensor) -> Tensor:
        seen.append(difference)
        return places

    plainly, thrice = (guided(backbone, noise(), T, given, without, scale) for scale in (2.0, 6.0))
    both = guided(backbone, noise(), T, given, without, 2.0, lift=lift)
    torch.testing.assert_close(both[..., :16], thrice[..., :16])
    assert torch.equal(both[..., 16:], plainly[..., 16:])
    torch.testing.assert_close(seen[0], (thrice - plainly) / 4)
    unguided = guided(backbone, noise(), T, given, without, 1.0, lift=lift)
    assert torch.equal(unguided, backbone.predict(noise(), T, given))
    assert len(seen) == 1


def test_hidden_columns_do_not_change_what_the_model_predicts(
        backbone: StableDiffusion, noise: Callable[..., Tensor]) -> None:
    """Own texts that no cell can read leave the prediction as it was: the mask is complete."""
    bound = binder(backbone, Bind(hold=0, clear=0, pull=0, part=0))
    for bias in bound._cross.values():
        bias[..., 40:] = -1e4
    hook = hook_of(bound)
    words = backbone.stack(backbone.encode(["a red ball beside a cat"]))
    hidden = backbone.predict(noise(), T, bound.given, [hook])
    torch.testing.assert_close(hidden, backbone.predict(noise(), T, words), rtol=1e-4, atol=1e-5)


def test_scenes_of_a_batch_may_bring_texts_of_different_lengths(
        backbone: StableDiffusion, noise: Callable[..., Tensor]) -> None:
    groundings = [ground(Layout(scene=Scene(prompt="a red ball", things=(RED,)),
                                placements=(Placement(thing="r", box=LEFT),))),
                  ground(Layout(scene=Scene(prompt="a cat")))]
    words = backbone.encode([g.prompt for g in groundings])
    targets = [aim(g, w, 16, 16) for g, w in zip(groundings, words, strict=True)]
    bound = Binder(Bind(), Scenes(backbone, backbone.shape(128, 128), words, targets, backbone.stack(words),
                            range(STEPS)))
    hook = hook_of(bound)
    both = backbone.predict(noise(2), T, bound.given, [hook])
    plainly = backbone.predict(noise(2)[1:], T, Conditioning(words[1].states[None]))
    torch.testing.assert_close(both[1:], plainly, rtol=1e-4, atol=1e-5)


def test_no_row_is_ever_masked_entirely(backbone: StableDiffusion) -> None:
    def check(call: Call, proceed: Proceed) -> Tensor:
        assert call.bias is not None
        assert (call.bias > -1e3).any(-1).all()
        return proceed(call)

    bound = binder(backbone, Bind(hold=1000, clear=1000, part=1000), (RED, Box.of(0, 0, 1, 1), 0), (CAT, LEFT, 1))
    for layer in backbone.layers(backbone.shape(128, 128)):
        hook = hook_of(bound)
        keys = 47 if layer.kind == "cross" else layer.cells
        zeros = torch.zeros(1, 1, max(keys, layer.cells), 4)
        hook(Call(layer, zeros[:, :, : layer.cells], zeros[:, :, :keys], zeros[:, :, :keys], None, slice(0), slice(0)),
             lambda c: check(c, plain))


def test_a_firmness_of_one_and_no_area_change_no_bit(backbone: StableDiffusion) -> None:
    usual, named = binder(backbone, Bind()), binder(backbone, Bind(firmness={"r": 1.0, "c": 1.0}))
    away = binder(backbone, Bind(empty=(Box.of(1.5, 1.5, 2.0, 2.0),)))
    for other in (named, away):
        for grid, bias in usual._cross.items():
            assert torch.equal(bias, other._cross[grid])
            assert torch.equal(usual._self[grid], other._self[grid])


def test_a_thing_is_bound_more_firmly_in_its_own_cells_and_the_others_stay_as_they_were(
        backbone: StableDiffusion) -> None:
    settings = Bind(hold=3.0, clear=2.0, pull=1.0, part=4.0)
    usual, firm = (binder(backbone, settings.model_copy(update={"firmness": f}))._cross[16, 16][0].reshape(16, 16, -1)
                   for f in ({}, {"r": 2.0}))
    assert torch.equal(firm[8:, 8:], usual[8:, 8:])  # the cat's cells
    torch.testing.assert_close(firm[:, :8, :40], 2 * usual[:, :8, :40])
    assert (firm[3, 3, 40:44] == 2.0).all()
    assert (firm[3, 12, [2, 3]] == -4.0).all()  # outside all boxes: the ball's words, held back more
    assert firm[3, 12, 6] == usual[3, 12, 6] == -2.0
    apart = binder(backbone, settings.model_copy(update={"firmness": {"r": 2.0}}))._self[16, 16][0]
    ball, cat = 3 * 16 + 3, 12 * 16 + 12
    assert (apart[ball, cat], apart[cat, ball]) == (2.0, 1.0)


def test_an_empty_area_reads_no_thing_and_no_summary_and_only_there(backbone: StableDiffusion) -> None:
    area = Box.of(0.5, 0.0, 1.0, 0.25)
    usual, empty = (binder(backbone, Bind(hold=3.0, clear=2.0, part=5.0, empty=e)) for e in ((), (area,)))
    before, after = (b._cross[16, 16][0].reshape(16, 16, -1) for b in (usual, empty))
    changed = (before != after).any(-1)
    assert changed[:4, 8:].all()
    assert changed.sum() == 4 * 8
    assert (after[:4, 8:, [2, 3, 6]] == -4.0).all()
    assert (after[:4, 8:, 7:40] == -3.0).all()
    assert (after[:4, 8:, [1, 4, 5]] == 0).all()  # words of no thing stay readable
    maps = seen(empty, OWN)[0].reshape(16, 16, 16, 16)
    assert (maps[1, 12, 3, 3] / maps[1, 12, 1, 12]).item() == pytest.approx(torch.tensor(-5.0).exp().item(), rel=1e-5)
    assert torch.equal(maps[3, 3], seen(usual, OWN)[0].reshape(16, 16, 16, 16)[3, 3])


def test_a_planned_thing_keeps_its_cells_in_an_empty_area(backbone: StableDiffusion) -> None:
    usual, empty = (binder(backbone, Bind(empty=e)) for e in ((), (LEFT, RIGHT)))
    for grid in usual._cross:
        assert torch.equal(usual._cross[grid], empty._cross[grid])
        assert torch.equal(usual._self[grid], empty._self[grid])


def test_one_instance_of_a_kind_is_bound_more_firmly_than_its_like(backbone: StableDiffusion) -> None:
    other = CAT.model_copy(update={"id": "d"})
    bound = binder(backbone, Bind(pull=1.0, firmness={"d": 3.0}), (CAT, LEFT, 0), (other, RIGHT, 0), prompt="two cats")
    bias = bound._cross[16, 16][0].reshape(16, 16, -1)
    cats = 2
    assert (bias[3, 3, cats], bias[12, 12, cats]) == (1.0, 3.0)


def test_no_firmness_makes_a_bias_that_looks_like_a_mask(backbone: StableDiffusion) -> None:
    bound = binder(backbone, Bind(hold=1000, clear=1000, pull=1000, part=1000, firmness={"r": 100.0, "c": 10.0},
                                  empty=(Box.of(0.5, 0.0, 1.0, 0.25),)))
    for bias in bound._cross.values():
        assert bias[bias > -9e3].abs().max() <= 1000
    for apart in bound._self.values():
        assert apart.max() * 1000 <= 1000
