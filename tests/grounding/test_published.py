"""The published method as a policy: its schedules as printed and stretched, and what it takes for one object."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from diffusers import PNDMScheduler

from grounding.backbones.stable_diffusion import StableDiffusion
from grounding.guide import energies
from grounding.guide.guidance import Scenes
from grounding.guide.head import head_measure, head_plan
from grounding.guide.paper import paper_plan
from grounding.guide.profile import GuidancePlan, Seen
from grounding.guide.refocus import Refocus, Refocuser
from grounding.guide.targets import aim
from grounding.painter import Painter
from grounding.sampler import schedule, strides
from grounding.settings import How
from grounding.spans import ground
from planner.scene import Box, Layout, Placement, Scene, Thing


def test_the_published_schedule_over_fifty_steps_makes_sixteen_to_forty_nine_passes() -> None:
    plans = [head_plan(i, 50) for i in range(50)]
    assert [(p.factor, p.most) for p in plans[:10]] == [(4, 2)] * 2 + [(4, 6)] * 3 + [(3, 3)] * 5
    late = {i: (p.factor, p.most) for i, p in enumerate(plans) if i >= 10 and p.most}
    assert late == {10: (3, 2), 15: (3, 2), 20: (1, 2), 25: (1, 2), 30: (1, 2), 35: (1, 2)}
    assert sum(p.most for p in plans) == 49
    assert sum(p.most > 0 for p in plans) == 16
    assert [p.fiftieth for p in plans if p.most] == [*range(10), 10, 15, 20, 25, 30, 35]
    assert all(p.floor == (i < 10) for i, p in enumerate(plans) if p.most)


@pytest.mark.parametrize("total", [1, 7, 20, 25, 49, 100, 333])
def test_at_other_step_counts_every_listed_late_fiftieth_acts_at_most_once(total: int) -> None:
    late = [p.fiftieth for i in range(total) if (p := head_plan(i, total)).most and p.fiftieth >= 10]
    assert late == sorted(set(late))
    assert set(late) <= {10, 15, 20, 25, 30, 35}
    if total >= 25:
        assert set(late) == {10, 15, 20, 25, 30, 35}
    assert sum(head_plan(i, total).most for i in range(total)) <= 49


def test_the_papers_factor_falls_after_the_first_five_steps_and_its_test_starts_after_ten() -> None:
    plans = [paper_plan(i, 50) for i in range(50)]
    assert [p.factor for p in plans[:10]] == [4] * 5 + [3] * 5
    assert {p.factor for p in plans[10:] if p.most} == {3}
    assert [p.test for p in plans[:11]] == ["never"] * 10 + ["before"]


def test_head_takes_a_word_of_several_pieces_for_one_object(backbone: StableDiffusion) -> None:
    left, right = (0.0, 0.0, 0.5, 1.0), (0.5, 0.0, 1.0, 1.0)
    things = Thing(id="s", noun="sphinx", phrase="a sphinx"), Thing(id="c", noun="cat", phrase="a cat")
    layout = Layout(scene=Scene(prompt="a sphinx and a cat", things=things), placements=(
        Placement(thing="s", box=Box.of(*left)), Placement(thing="c", box=Box.of(*right))))
    grounding = ground(layout)
    target = aim(grounding, backbone.encode([grounding.prompt])[0], 16, 16)
    assert target is not None
    objects = [energies.Object(target.columns[0].all, (left,)), energies.Object(target.columns[1].all, (right,))]
    generator = torch.Generator().manual_seed(0)
    cross = torch.randn(16, 16, 40, generator=generator).softmax(-1)
    own = torch.randn(2, 3, 256, 256, generator=generator).softmax(-1)
    rows = energies.box_rows(own, objects, 16, 16, energies.truncated)
    found = head_measure(Refocus(profile="head"), target, Seen(cross, rows), GuidancePlan(4, 6, 3))
    published = energies.head(cross, own, objects, 3)
    assert found.energy.item() == pytest.approx(4 * published.energy.item(), abs=1e-4)
    assert found.weakest == published.inside


@pytest.mark.parametrize("settings", [{"profile": "head"}, {"profile": "paper", "self_attention": False}])
def test_a_scene_whose_words_are_all_cut_off_is_painted_without_guidance(
        backbone: StableDiffusion, settings: dict[str, Any]) -> None:
    ball = Layout(scene=Scene(prompt="cat " * 60, things=(Thing(id="b", noun="ball", phrase="a ball"),)),
                  placements=(Placement(thing="b", box=Box.of(0.1, 0.1, 0.5, 0.5)),))
    found = Painter(backbone).paint(ball, How(steps=4, refocus=Refocus(**settings)))[0]
    assert found.receipt.cost.backward == 0
    assert any("past the model's limit" in note for note in found.receipt.notes)


def test_the_published_schedule_counts_steps_forward_not_corrections() -> None:
    plms = [981, 961, 961, 941, 921]
    assert strides(torch.tensor(plms)) == [0, None, 1, 2, 3]
    assert strides(torch.tensor([3, 2, 1])) == [0, 1, 2]


def test_head_moves_nothing_where_plms_corrects_its_first_step(backbone: StableDiffusion) -> None:
    backbone.pipe.scheduler.register_to_config(skip_prk_steps=True)
    scheduler = schedule(backbone, 50, PNDMScheduler)
    words = backbone.encode(["a cat"])
    refocuser = Refocuser(Refocus(profile="head"), Scenes(backbone, backbone.shape(128, 128), words, [None],
                                                          backbone.stack(words), strides(scheduler.timesteps)))
    assert [refocuser.plan(i).most for i in range(7)] == [2, 0, 2, 6, 6, 6, 3]
    assert sum(refocuser.plan(i).most for i in range(51)) == 49
