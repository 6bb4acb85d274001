"""A sheet of pictures: one line per prompt, one column per row, a green or red frame for what the judge said."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from PIL import Image, ImageDraw, ImageFont

MARGIN, CAPTION, FRAME = 10, 26, 4
HELD, FAILED = (46, 160, 67), (208, 55, 45)


def sheet(prompts: Sequence[str], rows: Sequence[str],
          pictures: Mapping[tuple[str, int], tuple[Image.Image, bool]]) -> Image.Image:
    """`pictures` by (row, line): the picture and whether it holds; what is missing stays empty."""
    side = max((image.width for image, _ in pictures.values()), default=128)
    step = side + MARGIN
    paper = Image.new("RGB", (MARGIN + step * len(rows), CAPTION + (step + CAPTION) * len(prompts)), "white")
    pen, font = ImageDraw.Draw(paper), ImageFont.load_default(13)
    for column, row in enumerate(rows):
        pen.text((MARGIN + column * step, 6), row, "black", font)
    for line, prompt in enumerate(prompts):
        top = CAPTION + line * (step + CAPTION)
        pen.text((MARGIN, top + 4), prompt, "black", font)
        for column, row in enumerate(rows):
            if (row, line) in pictures:
                image, held = pictures[row, line]
                at = (MARGIN + column * step, top + CAPTION)
                paper.paste(image, at)
                pen.rectangle((*at, at[0] + side - 1, at[1] + side - 1), outline=HELD if held else FAILED, width=FRAME)
    return paper
