"""What this is in one picture: a sentence as a layout, the model by itself, and the picture bound to the layout."""

from PIL import Image, ImageDraw, ImageFont

from scenewright import Settings, draw, render

PROMPTS = ("three green fish to the left of a red boat, no dogs", "a purple heart above a green car, a blue umbrella")
SIDE, GAP, TEXT, EDGE = 256, 14, 72, 28
HEADS = "the sentence as a layout", "the model by itself, one try"
sheet = Image.new("RGB", (3 * (SIDE + GAP) + GAP, len(PROMPTS) * (SIDE + TEXT)), "white")
pen = ImageDraw.Draw(sheet)
for row, prompt in enumerate(PROMPTS):
    alone, bound = render(prompt, settings=Settings(strength=0.0, rounds=1)), render(prompt)
    said = "verified" if bound.verified else "not verified"
    said += f" after {bound.rounds} rounds" if bound.rounds > 1 else " at once"
    print(f"{bound.picture}: {said}")
    planned = Image.open(draw(bound.layout, "layout.png", size=SIDE)).crop((EDGE, EDGE, EDGE + SIDE, EDGE + SIDE))
    top = row * (SIDE + TEXT)
    pen.text((GAP, top + 12), prompt, "black", ImageFont.load_default(19))
    shown = zip((*HEADS, f"bound, {said}"), (planned, alone.image, bound.image), strict=True)
    for column, (head, image) in enumerate(shown):
        left = GAP + column * (SIDE + GAP)
        sheet.paste(image.convert("RGB").resize((SIDE, SIDE)), (left, top + 42))
        pen.text((left, top + 46 + SIDE), head, "#444444", ImageFont.load_default(14))
sheet.save("before-and-after.png")
