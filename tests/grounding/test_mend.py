"""Painting a part anew: the rest stays to the pixel, the noise is that of the run, and nothing senseless is begun."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from diffusers import (
    DPMSolverMultistepScheduler,
    EulerDiscreteScheduler,
    HeunDiscreteScheduler,
    UniPCMultistepScheduler,
)
from PIL import Image

from grounding.backbone import Shape
from grounding.backbones.stable_diffusion import StableDiffusion
from grounding.errors import BadRequest, Unsupported
from grounding.guide.bind import Bind
from grounding.guide.refocus import Refocus
from grounding.mend import Mend, Mender, only
from grounding.painter import Painter, Start
from grounding.sampler import schedule
from grounding.settings import How
from planner.scene import Absent, Box, Group, Layout, Relation, Scene
from tests.grounding.test_painter import CATS, RED, layout, same

pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")

CORNER = Box.of(0.5, 0.5, 0.75, 0.75)
ALL = Box.of(0.0, 0.0, 1.0, 1.0)


def photo(side: int = 128, seed: int = 0) -> Image.Image:
    return Image.fromarray(np.random.default_rng(seed).integers(0, 256, (side, side, 3), dtype=np.uint8))


@pytest.mark.parametrize("kind", [
    None, DPMSolverMultistepScheduler, EulerDiscreteScheduler, UniPCMultistepScheduler, HeunDiscreteScheduler])
@pytest.mark.parametrize("options", [{}, {"bind": Bind(until=1.0), "refocus": Refocus(weak_bound=1.0)}])
def test_what_is_not_mended_keeps_every_pixel(backbone: StableDiffusion, kind: type[Any] | None,
                                              options: dict[str, Any]) -> None:
    source = photo()
    mend = Mend(areas=(CORNER,), margin=0.0)
    found = Painter(backbone, kind).paint(layout(), How(steps=4, mend=mend, **options),
        seed=3, start=Start(source=source))[0].image
    changed = (np.asarray(found) != np.asarray(source)).any(-1)
    rows, columns = np.flatnonzero(changed.any(1)), np.flatnonzero(changed.any(0))
    seam = 8  # two cells of the latent, over which the seam fades
    assert 64 - seam <= rows.min() <= 66
    assert 94 <= rows.max() < 96 + seam
    assert 64 - seam <= columns.min() <= 66
    assert 94 <= columns.max() < 96 + seam


def test_to_mend_all_of_a_picture_is_to_paint_another(backbone: StableDiffusion) -> None:
    painter = Painter(backbone)
    fresh = painter.paint(layout(), How(steps=4, bind=Bind()), seed=3)[0]
    everything = How(steps=4, bind=Bind(), mend=Mend(areas=(ALL,), until=Bind().until))
    mended = painter.paint(layout(), everything, seed=3, start=Start(source=photo()))[0]
    assert same(fresh.image, mended.image)


def test_what_stays_has_the_noise_that_belongs_to_the_step_and_none_at_the_end(backbone: StableDiffusion) -> None:
    scheduler = backbone.scheduler()
    scheduler.set_timesteps(5)
    noise, source = torch.randn(2, 4, 32, 32), photo()
    mender = Mender(Mend(areas=(CORNER,), margin=0.0), backbone, scheduler, source, Shape(4, 32, 32), noise)
    x, clean = torch.full((2, 4, 32, 32), 7.0), backbone.encode_images([source])
    inside = torch.zeros(32, 32, dtype=torch.bool)
    inside[16:24, 16:24] = True
    for i, t in enumerate(scheduler.timesteps):
        kept, alpha = mender(x, i), scheduler.alphas_cumprod[t]
        torch.testing.assert_close(kept[..., ~inside],
                                   (alpha.sqrt() * clean + (1 - alpha).sqrt() * noise)[..., ~inside])
        assert (kept[..., inside] == 7.0).all()
    torch.testing.assert_close(mender(x, 5)[..., ~inside], clean.expand(2, -1, -1, -1)[..., ~inside])


def test_the_margin_widens_every_area(backbone: StableDiffusion) -> None:
    def cells(margin: float) -> int:
        mend = Mend(areas=(CORNER, Box.of(-0.2, 0.0, 0.125, 0.125)), margin=margin)
        return int(Mender(mend, backbone, None, photo(), Shape(4, 32, 32), torch.zeros(1, 4, 32, 32)).anew.sum())

    assert cells(0.0) == 8 * 8 + 4 * 4
    assert cells(1 / 32) == 10 * 10 + 5 * 5


def test_only_the_mended_things_are_told_of(backbone: StableDiffusion) -> None:
    group = Group(id="g", words="two cats", at_least=2, at_most=2)
    cats = tuple(cat.model_copy(update={"group": "g"}) for cat in CATS)
    scene = Scene(prompt="a red ball left of two cats in the snow, no dogs", things=(RED, *cats), groups=(group,),
                  relations=(Relation(kind="left_of", subjects=("r",), objects=("c0", "c1")),), background="the snow",
                  absent=(Absent(noun="dog", phrase="no dogs"),))
    whole = layout().model_copy(update={"scene": scene})
    alone = only(whole, ("c1",))
    assert [thing.id for thing in alone.scene.things] == ["c1"] == [p.thing for p in alone.placements]
    assert alone.placements[0] == whole.placements[2]
    assert (alone.scene.relations, alone.scene.groups, alone.scene.background) == ((), (), "the snow")
    assert Layout.model_validate_json(alone.model_dump_json()) == alone
    how = How(steps=2, mend=Mend(areas=(CORNER,), things=("c1",)))
    found = Painter(backbone).paint(whole, how, start=Start(source=photo()))[0]
    assert "cats" in found.receipt.prompt
    assert "snow" in found.receipt.prompt
    assert "ball" not in found.receipt.prompt
    assert found.receipt.negative == "dog"


def test_the_same_mending_gives_the_same_picture_and_another_seed_another(backbone: StableDiffusion) -> None:
    painter, how, start = Painter(backbone), How(steps=3, mend=Mend(areas=(CORNER,))), Start(source=photo())
    once, twice, other = (painter.paint(layout(), how, seed=seed, start=start)[0].image for seed in (1, 1, 2))
    assert same(once, twice)
    assert not same(once, other)


@pytest.mark.parametrize(("source", "mend", "said"), [
    (photo(), None, "takes both"),
    (None, Mend(areas=(CORNER,)), "takes both"),
    (photo(64), Mend(areas=(CORNER,)), "64 × 64 cannot be mended"),
    (photo(130), Mend(areas=(CORNER,)), "130 × 130 cannot be mended"),
    (photo(256), Mend(areas=(CORNER,)), "256 × 256 cannot be mended"),
    (photo(), Mend(areas=(Box.of(1.2, 0.0, 1.4, 0.2),)), "outside the canvas"),
    (photo(), Mend(areas=(CORNER,), things=("dog",)), "there is no `dog`"),
])
def test_what_cannot_be_mended_is_refused_in_words(
        backbone: StableDiffusion, source: Image.Image | None, mend: Mend | None, said: str) -> None:
    with pytest.raises(BadRequest, match=said):
        Painter(backbone).paint(layout(), How(steps=2, mend=mend), start=Start(source=source))


def test_a_scheduler_that_cannot_add_noise_is_named(backbone: StableDiffusion) -> None:
    class Mute:
        timesteps = torch.tensor([5])

    mender = Mender(Mend(areas=(CORNER,)), backbone, Mute(), photo(), Shape(4, 32, 32), torch.zeros(1, 4, 32, 32))
    with pytest.raises(Unsupported, match="`Mute`"):
        mender(torch.zeros(1, 4, 32, 32), 0)


@pytest.mark.parametrize(("over", "anew"), [(0.4, False), (0.5, False), (0.6, True), (0.95, True)])
def test_a_cell_is_painted_anew_if_more_than_half_of_it_is_meant(
        backbone: StableDiffusion, over: float, anew: bool) -> None:
    shape = backbone.shape(128, 128)
    mend = Mend(areas=(Box.of(0.0, 0.0, (4 + over) / shape.cols, 4 / shape.rows),), margin=0.0)
    scheduler = schedule(backbone, 4)
    mender = Mender(mend, backbone, scheduler, photo(), shape, torch.zeros(1, *shape))
    assert bool(mender.anew[0, 4]) == anew
    assert mender.anew[:4, :4].all()
    assert not mender.anew[4:].any()
