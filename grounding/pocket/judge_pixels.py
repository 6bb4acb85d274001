"""The judge's eye: names every pixel of a picture after the tone of the pocket world that it is nearest to."""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy import ndimage
from scipy.spatial import cKDTree

from grounding.pocket.backdrop import VARIANTS, backdrop
from grounding.pocket.paint import shadowed
from grounding.pocket.palette import BACKGROUNDS, COLOURS, RGB, STYLES, mix, tones
from grounding.pocket.palette import INK as DARK_INK

Mask = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]
Labels = npt.NDArray[np.int64]

COLOUR_NAMES = tuple(COLOURS)
BEHIND, INK = -1, len(COLOUR_NAMES)
"""Labels of pixels that show the background, and outlines or other details without a colour of their own."""
_CLEARLY = 0.7
"""A pixel belongs to an item if an item's tone is nearer than this share of the distance to the background's."""
_TINGE = {"flat": 6.0, "sketch": 7.0, "pastel": 5.0, "night": 2.0}
"""A background may be off in hue by this much (Lab): colours bleed a little in compressed and generated pictures."""


_BLUR = 1.0
_SURE_SHARE = 0.3
"""A piece of what is likely an item must hold this share of what surely is one."""
_OPEN_AREA = 0.01
"""The least share of the canvas of an uninterrupted patch of background."""
_TO_XYZ = (
    np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])
    / np.array([[0.9505], [1.0], [1.089]])
).T
_GREYS = np.arange(2041) / 2040
_LINEAR = np.where(_GREYS <= 0.04045, _GREYS / 12.92, ((_GREYS + 0.055) / 1.055) ** 2.4)
"""Light per eighth of an sRGB step."""
_DARK = 0.008856 ** (1 / 3)


def to_lab(rgb: npt.NDArray[np.generic]) -> Floats:
    """sRGB 0..255 `[..., 3]` to CIE L*a*b* (D65)."""
    linear = _LINEAR[np.clip(np.asarray(rgb, dtype=np.float64) * 8 + 0.5, 0, 2040).astype(np.int16)]
    f = np.cbrt(linear @ _TO_XYZ)
    dark = f < _DARK
    f[dark] = 7.787 * f[dark] ** 3 + 16 / 116
    return np.stack([116 * f[..., 1] - 16, 500 * (f[..., 0] - f[..., 1]), 200 * (f[..., 1] - f[..., 2])], axis=-1)


class PixelSetting(NamedTuple):
    background: str
    style: str


class PixelReading(NamedTuple):
    """A picture as the judge sees it."""

    soft: Floats
    """The picture (Lab), a little blurred."""
    labels: Labels
    backdrop: Floats
    """The picture with its items painted over by what is around them (RGB)."""
    apart: Floats
    """How far (Lab) the picture is from that."""
    setting: PixelSetting


def read(image: npt.NDArray[np.uint8], background: str | None, style: str | None) -> PixelReading:
    """Names all pixels; the setting is worked out where it is not given."""
    lab = to_lab(image)
    setting = _setting(lab, background, style)
    labels = _labels(lab, setting)
    rgb = image.astype(np.float64)
    empty = _without_items(rgb, labels)
    distance = np.linalg.norm(lab - to_lab(empty), axis=-1)
    return PixelReading(to_lab(softer(rgb, len(rgb))), labels, empty, distance, setting)


def softer(rgb: Floats, side: int) -> Floats:
    """A picture of this side, or a part of one, so much blurred that soft edges look like crisp ones."""
    return np.asarray(ndimage.gaussian_filter(rgb, (_BLUR * side / 128, _BLUR * side / 128, 0)))


def _without_items(rgb: Floats, labels: Labels) -> Floats:
    clear = ~ndimage.binary_dilation(labels != BEHIND, iterations=max(1, len(labels) // 32))
    spread = len(rgb) / 20
    weight = ndimage.gaussian_filter(clear.astype(np.float64), spread)[..., None] + 1e-6
    rest = rgb[clear].mean(axis=0) if clear.any() else rgb.mean(axis=(0, 1))
    near = ndimage.gaussian_filter((rgb - rest) * clear[..., None], (spread, spread, 0))
    return np.where(clear[..., None], rgb, rest + near / weight)


@cache
def _behind(background: str, style: str) -> cKDTree:
    """The tones (Lab) that a background is made of, in the shade of items too."""
    drawings = [np.asarray(backdrop(background, style, k, 48)).reshape(-1, 3) for k in range(VARIANTS)]
    pixels = np.concatenate(drawings)
    bins, which, counts = np.unique(pixels // 6, axis=0, return_inverse=True, return_counts=True)
    sums = np.zeros((len(bins), 3))
    np.add.at(sums, which.ravel(), pixels)
    kept = (sums / counts[:, None])[counts > 0.0008 * len(pixels)]
    if style == "flat":
        kept = np.concatenate([shadowed(kept, share) for share in (0.0, 0.1, 0.2)])
    return cKDTree(to_lab(kept))


@cache
def _ahead(style: str) -> tuple[cKDTree, Labels]:
    """The tones (Lab) of items in a style, and which label each of them stands for."""
    values: list[RGB] = []
    owners: list[int] = []
    for number, colour in enumerate(COLOUR_NAMES):
        ink = tones(colour, style)
        own = [ink.body, ink.second, mix(ink.body, ink.second, 0.3), ink.light, ink.shade]
        if style != "sketch":
            own += [mix(ink.body, ink.shade, 0.35), mix(ink.body, ink.light, 0.4), mix(ink.body, ink.shade, 0.7)]
        values += [*own, ink.line]
        owners += [number] * len(own) + [INK]
    return cKDTree(to_lab(np.array([*values, DARK_INK]))), np.array([*owners, INK])


def _setting(lab: Floats, background: str | None, style: str | None) -> PixelSetting:
    """The background and style whose tones explain most of the picture."""
    step = max(1, lab.shape[0] // 40)
    pixels = lab[::step, ::step].reshape(-1, 3)
    places, styles = (background,) if background else BACKGROUNDS, (style,) if style else STYLES

    def unexplained(choice: PixelSetting) -> float:
        distance, _ = _behind(*choice).query(pixels)
        return float(np.minimum(distance, 12.0).mean())

    return min((PixelSetting(place, way) for place in places for way in styles), key=unexplained)


def _nearest(lab: Floats, tones_lab: Floats, style: str) -> Floats:
    """Distance of every pixel to every tone `[rows, columns, tones]`, a slight tinge forgiven."""
    apart = lab[..., None, :] - tones_lab
    hue = np.maximum(0.0, np.hypot(apart[..., 1], apart[..., 2]) - _TINGE[style])
    return np.asarray(np.hypot(apart[..., 0], hue))


def _open_ground(behind: Mask) -> Mask:
    """Where the background surely shows: away from items, and not within one."""
    clear = ndimage.binary_erosion(behind, iterations=max(1, len(behind) // 64), border_value=1)
    numbered, count = ndimage.label(clear)
    areas = np.bincount(numbered.ravel(), minlength=count + 1)
    areas[0] = 0
    return np.asarray(areas[numbered] > _OPEN_AREA * behind.size)


def _labels(lab: Floats, setting: PixelSetting) -> Labels:
    """Per pixel: the number of a colour, `INK` or `BEHIND`.

    A second look compares with those background tones only that show near by.
    """
    tree, owners = _ahead(setting.style)
    ahead, nearest = tree.query(lab)
    distances = _nearest(lab, np.asarray(_behind(*setting).data), setting.style)
    behind = ahead >= _CLEARLY * distances.min(axis=-1)
    tone, reach = distances.argmin(axis=-1), 2 * (len(lab) // 10) + 1
    ground = _open_ground(behind)
    present = (tone[..., None] == np.arange(distances.shape[-1])) & ground[..., None]
    near = ndimage.maximum_filter(present.view(np.uint8), size=(reach, reach, 1)) > 0
    local = np.where(near, distances, np.inf).min(axis=-1)
    local = np.where(np.isfinite(local), local, np.where(present.any(axis=(0, 1)), distances, np.inf).min(axis=-1))
    seen = _rooted(ahead < local, ahead < _CLEARLY * local) if ground.any() else ~behind
    return np.where(seen, owners[nearest], BEHIND)


def _rooted(likely: Mask, sure: Mask) -> Mask:
    """The connected pieces of what is likely that hold enough of what is sure."""
    numbered, count = ndimage.label(likely, structure=np.ones((3, 3)))
    areas = np.bincount(numbered.ravel(), minlength=count + 1)
    roots = np.bincount(numbered[sure & likely], minlength=count + 1)
    kept = (roots >= _SURE_SHARE * areas) & (roots > 0)
    kept[0] = False
    return np.asarray(kept[numbered])
