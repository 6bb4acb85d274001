"""Painting a part of a picture anew while the rest stays as it is.

Before every step the latents outside the areas are put back to what the picture has there, with as much of the run's
own noise as belongs to the step; so what is painted inside grows together with its surroundings. At the end the
picture's own pixels are laid over what stayed: a detour through the autoencoder would cost them detail.
"""

from __future__ import annotations

from typing import Any

import torch
from PIL import Image
from torch import Tensor

from grounding.backbone import Backbone, Shape
from grounding.errors import BadRequest, Unsupported
from grounding.guide.targets import within
from grounding.settings import Mend
from planner.scene import Box, Layout

__all__ = ["Mend", "Mender", "only"]

MOSTLY = 0.5
"""A cell is painted anew if the areas cover more than this part of it."""


class Mender:
    """`Mend` for one batch, whose pictures all start from the same one. `noise` is the batch's own, of unit size."""

    def __init__(self, mend: Mend, backbone: Backbone, scheduler: Any, source: Image.Image, shape: Shape,
                 noise: Tensor) -> None:
        self.scheduler, self.noise, self.source = scheduler, noise, source
        self.anew = within(_around(mend), shape.rows, shape.cols, MOSTLY).to(noise.device)
        fits = source.width % shape.cols == 0 == source.height % shape.rows
        clean = backbone.encode_images([source]) if fits else None
        if clean is None or clean.shape[1:] != noise.shape[1:]:
            raise BadRequest(f"a picture of {source.width} × {source.height} cannot be mended at the size that is "
                             "painted here; it has to come from a layout with the same canvas and the same model")
        self.clean = clean.to(noise).expand_as(noise)

    def __call__(self, x: Tensor, i: int) -> Tensor:
        """The latents that go into step `i`, with what stays put back; after the last step, without noise."""
        times = self.scheduler.timesteps
        return torch.where(self.anew, x, self._noised(times[i]) if i < len(times) else self.clean)

    def _noised(self, t: Tensor) -> Tensor:
        times = t.reshape(1).expand(len(self.noise))
        if hasattr(self.scheduler, "add_noise"):
            return self.scheduler.add_noise(self.clean, self.noise, times)  # type: ignore[no-any-return]
        if hasattr(self.scheduler, "scale_noise"):
            return self.scheduler.scale_noise(self.clean, times, self.noise)  # type: ignore[no-any-return]
        raise Unsupported(f"`{type(self.scheduler).__name__}` does not say how noise is added to a picture, so nothing "
                          "can be mended with it; choose another scheduler")

    def pasted(self, image: Image.Image) -> Image.Image:
        """The picture with the source's own pixels where nothing was painted, and a soft seam."""
        cells = Image.fromarray(self.anew.cpu().numpy().astype("uint8") * 255)
        seam = cells.resize(image.size, Image.Resampling.BICUBIC)
        return Image.composite(image, self.source.convert(image.mode), seam)


def only(layout: Layout, things: tuple[str, ...]) -> Layout:
    """The layout of some of its things alone, without a prompt: their phrases, the setting and the style are left."""
    scene = layout.scene
    if unknown := [id for id in things if id not in {thing.id for thing in scene.things}]:
        raise BadRequest(f"there is no `{unknown[0]}` in the layout that is to be mended")
    left = tuple(t.model_copy(update={"group": None, "part_of": None}) for t in scene.things if t.id in things)
    alone = scene.model_copy(update={
        "prompt": "", "things": left, "groups": (), "relations": (), "lettering": (),
        "absent": tuple(absent for absent in scene.absent if absent.of is None)})
    return layout.model_copy(update={"scene": alone, "moves": (),
                                     "placements": tuple(p for p in layout.placements if p.thing in things)})


def _around(mend: Mend) -> list[Box]:
    """The areas with their margin, as far as they are on the canvas."""
    some = [(max(0.0, b.x0 - mend.margin), max(0.0, b.y0 - mend.margin), min(1.0, b.x1 + mend.margin),
             min(1.0, b.y1 + mend.margin)) for b in mend.areas]
    inside = [Box.of(x0, y0, x1, y1) for x0, y0, x1, y1 in some if x0 < x1 and y0 < y1]
    if not inside:
        raise BadRequest("the areas to be mended lie outside the canvas")
    return inside
