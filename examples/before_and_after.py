"""What this is in one picture: a sentence as a layout, the model by itself, and the picture bound to the layout."""

from PIL import Image, ImageDraw, ImageFont

from scenewright import Settings, draw, render

PROMPTS = ("three green fish to the left of a red boat, no dogs", "a purple heart above a green car, a blue umbrella")
SIDE, GAP, TEXT = 256, 14, 48
HEADS = "the sentence as a layout", "the model by itself", "bound to the layout, verified"
sheet = Image.new("RGB", (3 * (SIDE + GAP) + GAP, len(PROMPTS) * (SIDE + TEXT) + 32), "white")
pen = ImageDraw.Draw(sheet)
for row, prompt in enumerate(PROMPTS):
    alone, bound = render(prompt, settings=Settings(strength=0.0, rounds=1)), render(prompt)
    print(f"{bound.picture}: {'verified' if bound.verified else 'not verified'} after {bound.rounds} round(s)")
    planned = Image.open(draw(bound.layout, "layout.png", size=SIDE))
    top = row * (SIDE + TEXT)
    pen.text((GAP, top + 12), prompt, "black", ImageFont.load_default(19))
    for column, (head, shown) in enumerate(zip(HEADS, (planned, alone.image, bound.image), strict=True)):
        left = GAP + column * (SIDE + GAP)
        sheet.paste(shown.convert("RGB").resize((SIDE, SIDE)), (left, top + TEXT - 6))
        pen.text((left, sheet.height - 28), head, "#444444", ImageFont.load_default(14))
sheet.save("before-and-after.png")
