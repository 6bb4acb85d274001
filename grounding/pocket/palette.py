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
    "red": (164, 18, 34),
    "orange": (255, 184, 92),
    "yellow": (226, 176, 16),
    "green": (26, 112, 50),
    "blue": (104, 158, 244),
    "purple": (172, 116, 214),
    "pink": (232, 96, 154),
    "brown": (166, 114, 76),
    "black": (92, 92, 102),
    "white": (190, 196, 214),
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


def backdrop_tone(tone: RGB, style: str) -> RGB:
    """A background tone (given for `flat`) in another style."""
    if style == "sketch":
        return mix(tone, (242, 236, 222), 0.55)
    if style == "pastel":
        return mix(tone, (226, 214, 226), 0.36)
    if style == "night":
        return mix(tone, (38, 44, 98), 0.74)
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
