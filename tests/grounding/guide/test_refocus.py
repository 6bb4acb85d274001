"""The guidance policy: when gradients are spent, on whom, and how far a step goes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from torch import Tensor

from grounding.backbones.stable_diffusion import StableDiffusion
from grounding.guide import energies
from grounding.guide.bind import Bind, Binder
from grounding.guide.guidance import Scenes, led
from grounding.guide.ours import our_measure, our_plan
from grounding.guide.paper import paper_measure, paper_plan
from grounding.guide.profile import IDLE, GuidanceMeasured, GuidancePlan, Seen
from grounding.guide.refocus import Refocus, Refocuser
from grounding.guide.targets import Target, aim
from grounding.spans import ground
from planner.scene import Box, Layout, Placement, Scene, Thing

T = torch.tensor(700)
RED = Thing(id="r", noun="ball", phrase="a red ball", attributes=("red",))
CAT = Thing(id="c", noun="cat", phrase="a cat")


def layout(prompt: str = "a red ball left of a cat", **boxes: tuple[float, float, float, float]) -> Layout:
    boxes = boxes or {"r": (0.05, 0.2, 0.45, 0.8), "c": (0.55, 0.2, 0.95, 0.8)}
    placements = tuple(Placement(thing=id, box=Box.of(*corners)) for id, corners in boxes.items())
    return Layout(scene=Scene(prompt=prompt, things=(RED, CAT)), placements=placements)


def refocuser(backbone: StableDiffusion, refocus: Refocus, *layouts: Layout, total: int = 50,
              bound: bool = False) -> Refocuser:
    groundings = [ground(one) for one in layouts or (layout(),)]
    words = backbone.encode([g.prompt for g in groundings])
    targets = [aim(g, w, 16, 16) for g, w in zip(groundings, words, strict=True)]
    scenes = Scenes(backbone, backbone.shape(128, 128), words, targets, backbone.stack(words), range(total))
    guide = Refocuser(refocus, scenes, (Binder(Bind(), scenes),) if bound else ())
    scenes.watch.until = guide.last
    return guide


def look(guide: Refocuser, x: Tensor, i: int = 0) -> None:
    """The ordinary pass of a step, as a run makes it."""
    scenes = guide.scenes
    cond, hooks = led(guide.before, scenes.given, i)
    scenes.backbone.predict(x, T, cond, [*scenes.watch.hooks(i), *hooks])
    scenes.watch.note()


def test_ours_acts_on_a_fraction_of_the_trajectory() -> None:
    settings = Refocus(until=0.4, updates=2)
    assert [our_plan(i, 25, settings).most for i in range(25)] == [4] + [2] * 9 + [0] * 15
    assert [our_plan(i, 4, Refocus(until=0.2)).most for i in range(4)] == [2, 1, 0, 0]
    assert our_plan(0, 4, Refocus(until=0.0)) == IDLE


@pytest.mark.parametrize("profile", ["paper", "head", "ours"])
def test_a_few_updates_lower_the_energy(backbone: StableDiffusion, noise: Callable[..., Tensor], profile: str) -> None:
    guide = refocuser(backbone, Refocus(profile=profile, weak=1.0, step=0.03, scale=1.0 if profile == "ours" else 20.0))
    seen: list[float] = []
    measure = guide.profile.measure

    def noting(*args: object) -> GuidanceMeasured:
        found = measure(*args)  # type: ignore[arg-type]
        seen.append(found.energy.item())
        return found

    guide.profile.measure = noting
    x = noise()
    look(guide, x)
    for _ in range(5):
        x = guide.move(x, T, 5)
    assert seen[-1] < seen[0] - 0.01


@pytest.mark.parametrize("profile", ["paper", "head", "ours"])
def test_scale_zero_returns_the_very_same_latents(
        backbone: StableDiffusion, noise: Callable[..., Tensor], profile: str) -> None:
    guide = refocuser(backbone, Refocus(profile=profile, scale=0.0, weak=1.0))
    x = noise()
    look(guide, x)
    assert all(guide.move(x, T, i) is x for i in range(50))
    assert guide.truncated == [0]


def test_ours_spends_nothing_while_nothing_is_weak(backbone: StableDiffusion, noise: Callable[..., Tensor]) -> None:
    guide = refocuser(backbone, Refocus(weak=0.0))
    x = noise()
    look(guide, x)
    assert guide.move(x, T, 1) is x
    assert guide.truncated == [0]


def test_ours_tests_again_before_it_goes_backward(backbone: StableDiffusion, noise: Callable[..., Tensor]) -> None:
    guide = refocuser(backbone, Refocus(weak=0.6, updates=3))
    guide.scenes.watch.shares[0] = torch.zeros(2)  # as if the last ordinary pass had shown both to be weak
    guide.profile.measure = lambda *_: GuidanceMeasured(torch.ones(()), 0.9)
    x = noise()
    assert guide.move(x, T, 1) is x
    assert (guide.truncated, guide.backward) == ([1], [0])


def test_head_updates_once_even_when_it_is_satisfied(backbone: StableDiffusion, noise: Callable[..., Tensor]) -> None:
    guide = refocuser(backbone, Refocus(profile="head"))
    measure = guide.profile.measure
    guide.profile.measure = lambda target, seen, plan: measure(target, seen, plan)._replace(weakest=0.9)
    x = noise()
    assert guide.move(x, T, 3) is not x
    assert (guide.truncated, guide.backward) == ([1], [1])


def test_a_published_step_is_the_raw_gradient(backbone: StableDiffusion, noise: Callable[..., Tensor]) -> None:
    guide = refocuser(backbone, Refocus(profile="paper"))
    x = noise()
    guide.plan = lambda i: paper_plan(0, 50)._replace(most=1)  # type: ignore[method-assign]
    moved = guide.move(x, T, 0)
    start = x.clone().requires_grad_()
    with torch.enable_grad():
        read, watches = guide.watches(guide.scenes.given, start, T, [0])
        energy = backbone.attend(start, T, guide.scenes.given, watches, lambda: paper_measure(
            guide.refocus, guide._target(0), read()[0], paper_plan(0, 50)).energy)
    torch.testing.assert_close(moved, x - torch.autograd.grad(energy, start)[0])


def test_our_step_has_the_size_that_was_asked_for_whatever_the_gradient(
        backbone: StableDiffusion, noise: Callable[..., Tensor]) -> None:
    guide = refocuser(backbone, Refocus(weak=1.0, step=0.05, scale=2.0))
    x = noise()
    look(guide, x)
    moved = guide.move(x, T, 1) - x
    assert moved.square().mean().sqrt().item() == pytest.approx(0.1 * backbone.noise_level(T), rel=1e-4)


def test_each_scene_of_a_batch_is_moved_as_if_it_were_alone(
        backbone: StableDiffusion, noise: Callable[..., Tensor]) -> None:
    one, two = layout(), layout("a cat and a red ball", r=(0.5, 0.0, 1.0, 0.5))
    for profile in ("paper", "head", "ours"):
        x, settings = noise(2), Refocus(profile=profile, weak=1.0)
        together = refocuser(backbone, settings, one, two)
        look(together, x)
        moved = together.move(x, T, 1)  # few updates: peaks that change places make rounding grow from one to the next
        for row, single in enumerate((one, two)):
            alone = refocuser(backbone, settings, single)
            look(alone, x[row : row + 1])
            torch.testing.assert_close(alone.move(x[row : row + 1], T, 1)[0], moved[row], rtol=1e-3, atol=1e-4)


def test_a_scene_without_boxes_is_left_alone_beside_one_with_boxes(
        backbone: StableDiffusion, noise: Callable[..., Tensor]) -> None:
    bare = Layout(scene=Scene(prompt="a cat"))
    guide = refocuser(backbone, Refocus(profile="head"), bare, layout())
    x = noise(2)
    moved = guide.move(x, T, 0)
    assert torch.equal(moved[0], x[0])
    assert not torch.equal(moved[1], x[1])


def test_a_gradient_that_is_not_finite_moves_nothing(backbone: StableDiffusion, noise: Callable[..., Tensor]) -> None:
    for profile in ("paper", "ours"):
        guide = refocuser(backbone, Refocus(profile=profile))
        guide.profile.measure = lambda target, seen, plan: GuidanceMeasured(  # type: ignore[method-assign]
            seen.cross.sum() * torch.nan, 0.0)
        x = noise()
        assert torch.equal(guide.move(x, T, 0), x)
        zeros = torch.zeros(4, 32, 32)
        assert torch.isfinite(guide.profile.stride(zeros, zeros, 1.0)).all()


def test_regions_that_are_not_boxes_take_the_mask_form(backbone: StableDiffusion, noise: Callable[..., Tensor]) -> None:
    from planner.scene import Point, Polygon

    triangle = Polygon(points=(Point(x=0.1, y=0.1), Point(x=0.9, y=0.1), Point(x=0.1, y=0.9)))
    placed = Placement(thing="r", box=triangle.envelope(), region=triangle)
    scene = Layout(scene=Scene(prompt="a red ball", things=(RED,)), placements=(placed,))
    for profile in ("paper", "ours"):
        guide = refocuser(backbone, Refocus(profile=profile, weak=1.0), scene)
        x = noise()
        look(guide, x)
        assert torch.isfinite(guide.move(x, T, 1)).all()
        target = guide.scenes.targets[0]
        assert isinstance(target, Target)
        assert not target.boxes_only
        assert 0.25 < target.instance_masks.mean() < 0.45


def test_a_point_with_a_radius_is_a_disc() -> None:
    from math import pi

    from grounding.guide.targets import coverage
    from planner.scene import Spot

    spot = Spot(x=0.4, y=0.6, radius=0.25)
    covered = coverage(Placement(thing="r", box=spot.envelope(), region=spot), 32, 32)
    assert float(covered.mean()) == pytest.approx(pi * 0.25 ** 2, rel=0.01)
    assert covered[int(0.6 * 32), int(0.4 * 32)] == 1
    assert covered[int(0.38 * 32), int(0.18 * 32)] == 0


def test_a_misspelt_setting_raises() -> None:
    with pytest.raises(ValueError, match="extra"):
        Refocus(profil="head")  # type: ignore[call-arg]
    with pytest.raises(ValueError, match="head"):
        Refocus(profile="heads")  # type: ignore[arg-type]


def test_no_settings_are_idle_plans(backbone: StableDiffusion, checkpoint: Callable[..., Path]) -> None:
    guide = refocuser(backbone, Refocus(cross=False, self_attention=False))
    assert guide.plan(0) == IDLE


def test_weights_of_one_are_no_weights_bit_for_bit(backbone: StableDiffusion, noise: Callable[..., Tensor]) -> None:
    x, found = noise(), []
    for weights in ({}, {"r": 1.0, "c": 1.0}, {"elsewhere": 7.0}):
        guide = refocuser(backbone, Refocus(weak=1.0, updates=2, weights=weights))
        look(guide, x)
        found.append(guide.move(x, T, 1))
    assert not torch.equal(found[0], x)
    assert torch.equal(found[0], found[1])
    torch.testing.assert_close(found[2], found[0], rtol=0, atol=1e-6)


def test_the_weight_of_all_things_is_a_scale(backbone: StableDiffusion, noise: Callable[..., Tensor]) -> None:
    x, moves = noise(), []
    for settings in (Refocus(weak=1.0, scale=3.0), Refocus(weak=1.0, weights={"r": 3.0, "c": 3.0})):
        guide = refocuser(backbone, settings)
        look(guide, x)
        moves.append(guide.move(x, T, 1) - x)
    torch.testing.assert_close(moves[0], moves[1], rtol=1e-4, atol=1e-6)


def slope(guide: Refocuser, x: Tensor, weights: dict[str, float]) -> Tensor:
    """The gradient of the weighted energy, one term at a time, from the maps."""
    start = x.clone().requires_grad_()
    target = guide._target(0)
    with torch.enable_grad():
        read, watches = guide.watches(guide.scenes.given, start, T, [0])

        def energy() -> Tensor:
            seen = read()[0]
            assert seen.own is not None
            columns, column_cells = target.column_masks()
            owner = {c + target.lead: weights[target.things[i]] for i, item in enumerate(target.columns)
                     for c in item.all}
            cross = [owner[c] * (1 - (a * m.reshape(a.shape)).sum() / a.sum()) ** 2
                     for c, m in zip(columns.tolist(), column_cells, strict=True) for a in [seen.cross[..., c]]]
            own = [weights[thing] * (seen.own[..., i, :] * (1 - m)).sum(-1).square().mean()
                   for i, (thing, m) in enumerate(zip(target.things, target.instance_masks, strict=True))]
            return torch.stack(cross).mean() + torch.stack(own).mean()

        value = guide.scenes.backbone.attend(start, T, guide.scenes.given, watches, energy)
        return torch.autograd.grad(value, start)[0]


def test_a_thing_that_weighs_more_is_moved_more_and_the_others_as_ever(
        backbone: StableDiffusion, noise: Callable[..., Tensor]) -> None:
    """The step is that of equal weights plus (w − 1) times the thing's own slope, in the same unit."""
    x = noise()
    guide = refocuser(backbone, Refocus(weak=1.0, step=0.05, weights={"r": 2.5}))
    look(guide, x)
    moved = x - guide.move(x, T, 1)
    both, red = slope(guide, x, {"r": 1.0, "c": 1.0}), slope(guide, x, {"r": 1.0, "c": 0.0})
    unit = 0.05 * backbone.noise_level(T) / both.square().mean().sqrt()
    torch.testing.assert_close(moved, unit * (both + 1.5 * red), rtol=1e-3, atol=1e-5)
    assert guide.backward == [2]


def test_two_slopes_are_taken_through_checkpointed_activations_too(
        checkpoint: Callable[..., Path], noise: Callable[..., Tensor]) -> None:
    x, moved = noise(), []
    for checkpointing in (False, True):
        model = StableDiffusion.load(checkpoint(), checkpointing=checkpointing)
        guide = refocuser(model, Refocus(weak=1.0, weights={"c": 2.5}))
        look(guide, x)
        moved.append(guide.move(x, T, 1))
    torch.testing.assert_close(moved[0], moved[1], rtol=1e-4, atol=1e-5)
    assert not torch.equal(moved[0], x)


def test_no_step_is_longer_than_the_largest_weight(backbone: StableDiffusion) -> None:
    guide = refocuser(backbone, Refocus(step=0.1, weights={"r": 4.0}))
    pull = torch.ones(4, 32, 32)
    # forces that cancel out must not make a unit of nothing
    opposed = guide.profile.stride(pull, pull * 1e-9, backbone.noise_level(T))
    assert opposed.square().mean().sqrt().item() == pytest.approx(0.4 * backbone.noise_level(T), rel=1e-4)


def test_after_the_usual_time_only_what_weighs_more_is_moved(
        backbone: StableDiffusion, noise: Callable[..., Tensor]) -> None:
    settings = Refocus(weak=1.0, until=0.2, longer=0.5, weights={"r": 2.0})
    plans = [our_plan(i, 20, settings) for i in range(20)]
    assert [p.most for p in plans] == [2] + [1] * 9 + [0] * 10
    assert [p.favoured for p in plans[:10]] == [False] * 4 + [True] * 6
    assert our_plan(5, 20, settings.model_copy(update={"weights": {"r": 0.5}})) == IDLE
    guide = refocuser(backbone, settings, total=20)
    x = noise()
    look(guide, x)
    assert guide.scenes.watch.hooks(10)
    assert not guide.scenes.watch.hooks(11)
    moved, red = x - guide.move(x, T, 8), slope(guide, x, {"r": 1.0, "c": 0.0})
    assert torch.nn.functional.cosine_similarity(moved.flatten(), red.flatten(), dim=0).item() > 0.9999
    guide.scenes.watch.shares[0] = torch.tensor([1.0, 0.0])  # the ball is strong, and the cat's turn is over
    assert guide.move(x, T, 8) is x


def test_of_what_weighs_more_less_may_stray_before_it_is_left_alone(
        backbone: StableDiffusion, noise: Callable[..., Tensor]) -> None:
    x = noise()
    for weights, share, moves in (({}, 0.65, False), ({}, 0.55, True), ({"r": 2.0}, 0.65, True),
                                  ({"r": 2.0}, 0.85, False), ({"r": 0.5}, 0.25, False), ({"r": 0.0}, 0.0, False)):
        guide = refocuser(backbone, Refocus(weak=0.6, weights=weights))
        guide.scenes.watch.shares[0] = torch.tensor([share, 0.9])
        settings = guide.refocus
        guide.profile.measure = lambda target, seen, plan, settings=settings: our_measure(
            settings, target, seen, plan)._replace(weakest=0.0)
        assert (guide.move(x, T, 1) is not x) == moves


def test_before_any_pass_ours_looks_for_itself_unless_things_are_bound(
        backbone: StableDiffusion, noise: Callable[..., Tensor]) -> None:
    x = noise()
    guide = refocuser(backbone, Refocus())
    assert guide.move(x, T, 0) is not x  # two boxes of a sixth of the canvas: words of random weights go everywhere
    assert (guide.truncated, guide.backward) == ([2], [2])
    satisfied = refocuser(backbone, Refocus(weak=0.01))
    assert satisfied.move(x, T, 0) is x
    assert (satisfied.truncated, satisfied.backward) == ([1], [0])
    bound = refocuser(backbone, Refocus(weak=0.0, weak_bound=1.0), bound=True)
    assert bound.move(x, T, 0) is x
    assert bound.truncated == [0]
    look(bound, x)
    assert bound.move(x, T, 1) is not x


@pytest.mark.parametrize("step", [1, 20, 40])
def test_what_is_gone_back_through_is_bound_like_the_ordinary_pass(
        backbone: StableDiffusion, noise: Callable[..., Tensor], step: int) -> None:
    """Also where only the second scene of a batch, with texts of other lengths, is weak; and once binding is over."""
    prompts = layout(), layout(c=(0.05, 0.1, 0.5, 0.5), r=(0.6, 0.5, 0.9, 0.9))
    guide = refocuser(backbone, Refocus(weak_bound=0.5, until=1.0), *prompts, bound=True)
    x, tested = noise(2), []

    def measure(target: Target, seen: Seen, plan: GuidancePlan) -> GuidanceMeasured:
        tested.append(target.share(seen.cross))
        return our_measure(guide.refocus, target, seen, plan)

    look(guide, x, step)
    guide.profile.measure = measure
    ordinary = guide.scenes.watch.shares[1]
    guide.scenes.watch.shares = {0: torch.ones(2), 1: torch.zeros(2)}
    guide.move(x, T, step)
    assert guide.truncated == [0, 1]
    torch.testing.assert_close(tested[0].detach(), ordinary, rtol=1e-4, atol=1e-6)
    unbound = refocuser(backbone, Refocus(until=1.0), *prompts)
    look(unbound, x, step)
    free = unbound.scenes.watch.shares[1]
    assert torch.allclose(free, ordinary, rtol=1e-4) == (step == 40)  # binding ends at 0.6 of 50 steps


def test_binding_does_not_make_a_truncated_pass_longer(
        backbone: StableDiffusion, noise: Callable[..., Tensor]) -> None:
    guide = refocuser(backbone, Refocus(weak_bound=1.0), bound=True)
    ran: list[str] = []
    handle = backbone.unet.up_blocks[-1].resnets[-1].register_forward_pre_hook(lambda *_: ran.append("end"))
    x = noise()
    look(guide, x)
    assert ran == ["end"]
    assert guide.move(x, T, 1) is not x
    handle.remove()
    assert ran == ["end"]


def test_a_share_is_what_the_energy_counts(backbone: StableDiffusion) -> None:
    """The energy is the mean over words of what strays, squared; of it, an instance's share tells about its noun."""
    target = refocuser(backbone, Refocus()).scenes.targets[0]
    assert target is not None
    maps = torch.rand(16, 16, 77, generator=torch.Generator().manual_seed(3), dtype=torch.float64)
    straying = {c: 1 - float((maps[..., c] * cells.reshape(16, 16)).sum() / maps[..., c].sum())
                for item, cells in zip(target.columns, target.item_masks, strict=True) for c in item.all}
    expected = [1 - max(straying[c] for c in target.columns[i].head) for i in target.instance_item]
    assert target.share(maps).tolist() == pytest.approx(expected, rel=1e-6)
    energy = energies.car_ours(maps, *target.column_masks()).item()
    assert energy == pytest.approx(sum(o * o for o in straying.values()) / len(straying), rel=1e-6)
