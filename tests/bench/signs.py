"""How like what is read on a sign is to what is written there, and to other words: where the threshold lies between.

python tests/bench/signs.py [--count 60]

Signs are drawn in Pillow's own font: words of 3 to 12 letters, several sizes, colours and blurs. Against each stand the
same words with a third of the letters changed, which is what must not pass.
"""

from __future__ import annotations

import argparse
import random

from PIL import Image, ImageDraw, ImageFilter, ImageFont

from grounding.verify.lettering import READABLE, best_line, read_lines

WORDS = ("STOP", "OPEN", "CLOSED", "EXIT", "CAFE", "BAKERY", "NO PARKING", "HOTEL", "BOOKS", "FLOWERS", "ICE CREAM",
         "FOR SALE", "TAXI", "MUSEUM", "HAPPY BIRTHDAY", "WELCOME", "LIBRARY", "PIZZA", "JAZZ", "STATION")
LETTERS = "ABCDEFGHIJKLMNOPRSTUVWXYZ"


def sign(words: str, draws: random.Random) -> Image.Image:
    """A sign with these words."""
    side = draws.choice((128, 192, 256))
    picture = Image.new("RGB", (side, side), tuple(draws.randint(90, 255) for _ in range(3)))
    pen, size = ImageDraw.Draw(picture), draws.randint(side // 10, side // 5)
    font = ImageFont.load_default(size)
    while font.getlength(words) > side - 20 and size > 8:
        size -= 1
        font = ImageFont.load_default(size)
    left, top = (side - font.getlength(words)) / 2, draws.uniform(0.2, 0.6) * side
    pen.rectangle((left - 6, top - 4, left + font.getlength(words) + 6, top + size + 8), fill="white", outline="black")
    pen.text((left, top), words, fill=draws.choice(("black", "red", "blue", "darkgreen")), font=font)
    return picture.filter(ImageFilter.GaussianBlur(draws.uniform(0.0, 0.7)))


def changed(words: str, draws: random.Random) -> str:
    """The words with a third of the letters changed."""
    letters = list(words)
    places = [k for k, letter in enumerate(letters) if letter != " "]
    for k in draws.sample(places, max(1, round(len(places) / 3))):
        letters[k] = draws.choice([letter for letter in LETTERS if letter != letters[k]])
    return "".join(letters)


def main() -> None:
    """Read the signs and print both distributions."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=60)
    draws = random.Random("signs")
    true, false = [], []
    for k in range(parser.parse_args().count):
        words = WORDS[k % len(WORDS)]
        lines = read_lines(sign(words, draws))
        if lines is None:
            raise SystemExit("nothing here reads text; install it with `pip install 'scenewright[ocr]'`")
        for wanted, kept in ((words, true), (changed(words, draws), false)):
            found = best_line(wanted, lines)
            kept.append(found.likeness if found else 0.0)
    true, false = sorted(true), sorted(false, reverse=True)
    print(f"{len(true)} signs: their own words are read with a likeness of {true[0]:.2f} at least, changed ones with "
          f"{false[0]:.2f} at most. At {READABLE}: {sum(t < READABLE for t in true)} of their own "
          f"are missed, {sum(f >= READABLE for f in false)} changed ones pass")


if __name__ == "__main__":
    main()
