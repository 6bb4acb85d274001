"""The tones of the pocket world: what each colour and background looks like in each style."""

from __future__ import annotations

from typing import NamedTuple

RGB = tuple[int, int, int]

COLOURS: dict[str, RGB] = {
    "red": (222, 44, 48),
    "orange": (248, 138, 24),
    "yellow": (252, 216, 44),
    "green": (52, 160, 70),
    "blue": (42, 100, 212),
    "purple": (130, 66, 178),
    "pink": (252, 150, 192),
    "brown": (126, 78, 46),
    "black": (40, 40, 46),
    "white": (254, 254, 252),
}
TEXTURES = ("plain", "striped", "spotted")
STYLES = ("flat", "sketch", "pastel", "night")
BACKGROUNDS = ("plain", "sky", "meadow", "beach", "snow", "desert", "forest", "city", "room", "sea")

SECOND: dict[str, RGB] = {
    "red": (138, 10, 28),
    "orange": (255, 206, 134),
    "yellow": (214, 154, 4),
    "green": (16, 92, 42),
    "blue": (136, 184, 250),
    "purple": (190, 142, 230),
    "pink": (218, 72, 138),
    "brown": (184, 134, 94),
    "black": (112, 112, 124),
    "white": (172, 180, 206),
}
"""The second tone of each colour, for stripes and spots: recognisably the same colour."""

INK: RGB = (52, 46, 58)


class Tones(NamedTuple):
    """The colours one item is painted with."""

    body: RGB
    light: RGB
    shade: RGB
    second: RGB
    line: RGB
    eye: RGB


def mix(a: RGB, b: RGB, share: float) -> RGB:
    """`a` with `share` of `b` stirred in."""
    r, g, b_ = (round(p + (q - p) * share) for p, q in zip(a, b, strict=True))
    return (r, g, b_)


DUSK = (0.86, 0.5, 0.4)
"""How dark night makes the upper, the lower and the accent tone: the sky most, so that the place can be told."""


LIT: RGB = (222, 190, 120)
"""A lit window at night."""


def backdrop_tones(given: tuple[RGB, RGB, RGB], style: str) -> tuple[RGB, RGB, RGB]:
    """The upper, lower and accent tone of a background (given for `flat`) in another style."""
    if style == "night":
        upper, lower, accent = (mix(tone, (30, 36, 88), share) for tone, share in zip(given, DUSK, strict=True))
    else:
        upper, lower, accent = (backdrop_tone(tone, style) for tone in given)
    return upper, lower, accent


def backdrop_tone(tone: RGB, style: str) -> RGB:
    """A background tone by day (given for `flat`) in another style."""
    if style == "sketch":
        return mix(tone, (242, 236, 222), 0.55)
    if style == "pastel":
        return mix(tone, (226, 214, 226), 0.36)
    return tone


def styled(tone: RGB, style: str) -> RGB:
    """An item's tone (given for `flat`) in another style."""
    if style == "pastel":
        return mix(tone, (255, 250, 250), 0.24)
    if style == "night":
        return mix(tone, (16, 18, 60), 0.14)
    return tone


def tones(colour: str, style: str) -> Tones:
    """All tones of an item of this colour in this style."""
    body, second = styled(COLOURS[colour], style), styled(SECOND[colour], style)
    dark_body = colour == "black"
    light = mix(body, (255, 255, 255), 0.2 if dark_body else 0.3)
    shade = mix(body, (20, 20, 50), 0.3 if dark_body else 0.16)
    eye = (236, 236, 240) if dark_body else INK
    if style == "sketch":
        line = INK
    elif style == "night":
        line = mix(body, (214, 224, 255), 0.62)
    elif colour == "white":
        line = (116, 120, 152)
    else:
        line = mix(body, (34, 24, 50), 0.5)
    return Tones(body, light, shade, second, line, eye)
