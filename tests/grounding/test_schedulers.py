"""Any scheduler: what guidance moves stays moved, and what cannot be run is refused by name."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from diffusers import (
    AmusedScheduler,
    DDIMScheduler,
    DPMSolverMultistepScheduler,
    EDMEulerScheduler,
    EulerDiscreteScheduler,
    FlowMatchEulerDiscreteScheduler,
    HeunDiscreteScheduler,
    KarrasVeScheduler,
    KDPM2DiscreteScheduler,
    LMSDiscreteScheduler,
    PNDMScheduler,
    RePaintScheduler,
    UnCLIPScheduler,
    UniPCMultistepScheduler,
)

from grounding.backbones.stable_diffusion import StableDiffusion
from grounding.errors import Unsupported
from grounding.guide.bind import Bind
from grounding.guide.refocus import Refocus
from grounding.painter import Painter
from grounding.sampler import denoise, schedule
from grounding.settings import How
from planner.scene import Box, Layout, Placement, Scene, Thing

pytestmark = [pytest.mark.filterwarnings(f"ignore:{what}:DeprecationWarning")
              for what in ("__array__ implementation", "__array_wrap__ must accept")]

STEPS = 6
LAYOUT = Layout(
    scene=Scene(prompt="a red ball and a cat", things=(
        Thing(id="r", noun="ball", phrase="a red ball", attributes=("red",)),
        Thing(id="c", noun="cat", phrase="a cat"))),
    placements=(Placement(thing="r", box=Box.of(0.05, 0.2, 0.45, 0.8)),
                Placement(thing="c", box=Box.of(0.55, 0.2, 0.95, 0.8))))


@pytest.mark.parametrize("kind", [
    DDIMScheduler, PNDMScheduler, HeunDiscreteScheduler, KDPM2DiscreteScheduler, UniPCMultistepScheduler,
    EulerDiscreteScheduler, LMSDiscreteScheduler, DPMSolverMultistepScheduler])
@pytest.mark.parametrize("skip", [True, False])
def test_what_is_moved_at_any_step_is_moved_in_the_result(backbone: StableDiffusion, kind: Any, skip: bool) -> None:
    """A model that sees no noise makes every scheduler a multiplication: a move is multiplied like the rest."""
    backbone.pipe.scheduler.register_to_config(skip_prk_steps=skip)
    x = torch.ones(1, 4, 32, 32)

    def run(moved_at: int) -> Any:
        scheduler = schedule(backbone, STEPS, kind)
        return denoise(lambda x, t, i: torch.zeros_like(x), scheduler, x * scheduler.init_noise_sigma,
                       guide=lambda x, t, i: x + 0.1 if i == moved_at else x, keep=True)

    still = run(-1)
    for step in range(len(still.latents) - 1):
        moved = run(step)
        by = float((moved.latents[step] - still.latents[step]).mean())
        times = float(still.result.mean() / still.latents[step].mean())
        assert 0.3 < float((moved.result - still.result).mean()) / (by * times) < 3


@pytest.mark.parametrize("options", [
    {"refocus": Refocus(weak=1.0)}, {"refocus": Refocus(weak_bound=1.0), "bind": Bind()}])
def test_checkpoints_that_come_with_pndm_are_refocused(backbone: StableDiffusion, options: dict[str, Any]) -> None:
    """As the published checkpoints do; it knows no times before it is told the number of steps."""
    backbone.pipe.scheduler = PNDMScheduler.from_config(backbone.pipe.scheduler.config, skip_prk_steps=True)
    found = Painter(backbone).paint(LAYOUT, How(steps=6, **options))[0].receipt
    assert found.scheduler == "PNDMScheduler"
    assert found.cost.backward > 0
    assert 0.5 < found.cost.share < 1


def test_schedulers_that_cannot_be_run_are_refused_by_name(backbone: StableDiffusion) -> None:
    with pytest.raises(Unsupported, match="`FlowMatchEulerDiscreteScheduler` has no"):
        Painter(backbone, FlowMatchEulerDiscreteScheduler).paint(LAYOUT, How(steps=2))
    backbone.pipe.scheduler = EDMEulerScheduler()
    with pytest.raises(Unsupported, match="give the checkpoint another scheduler"):
        StableDiffusion(backbone.pipe, name="tiny")


@pytest.mark.parametrize(("kind", "what"), [
    (KarrasVeScheduler, "needs `sample_hat` too"), (RePaintScheduler, "needs `original_image` too"),
    (AmusedScheduler, "does not fit"), (UnCLIPScheduler, "does not fit")])
def test_a_scheduler_for_other_work_is_refused_by_name(backbone: StableDiffusion, kind: Any, what: str) -> None:
    with pytest.raises(Unsupported, match=what):
        schedule(backbone, STEPS, kind)
