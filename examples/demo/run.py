"""`make demo`: plans and draws three prompts, paints and verifies three more, and says where everything is."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from PIL import Image

from scenewright import ModelMissing, Settings, check, draw, plan, render
from scenewright.commands.evidence import told_result
from scenewright.commands.live import Live
from scenewright.commands.plan import told
from scenewright.commands.shell import fail, run, write

PROMPTS = {
    "count": "seven red apples and three green pears on a wooden table, still life, soft light",
    "space": "a small white dog left of a stop sign, a bicycle between two benches, and a bird above the stop sign",
    "scene": "a woman wearing a yellow hat riding a brown horse on a beach, two seagulls in the sky, no boats",
}
PAINTED = {
    "count": "three red apples and a blue cup",
    "space": "a white dog to the left of a green tree",
    "colours": "a yellow star, a purple fish and an orange ball",
}


def demo(folder: Path) -> None:
    """Plan and draw each prompt into `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, prompt in PROMPTS.items():
        layout = plan(prompt, planner="grammar")
        picture = draw(layout, folder / f"{name}.png", relations=True)
        (folder / f"{name}.json").write_text(layout.model_dump_json(indent=2) + "\n", encoding="utf-8")
        write(f"{told(layout, check(layout))}→ {picture}\n\n")
    write(f"The pictures and layouts are in {folder.resolve()}\n")


def gallery(folder: Path) -> None:
    """Paint each of `PAINTED` through the whole loop: a picture and a report page each, and one contact sheet."""
    settings, images = Settings.load({"runs": folder / "runs"}), []
    for name, prompt in PAINTED.items():
        with Live() as live:
            result = render(prompt, settings=settings, on_event=live.show)
        (folder / f"{name}-painted.png").write_bytes(result.picture.read_bytes())
        (folder / f"{name}-report.html").write_bytes((result.folder / "report.html").read_bytes())
        images.append(result.image)
        write(f"{told_result(result)}→ {folder / name}-painted.png, {folder / name}-report.html\n\n")
    sheet(images).save(folder / "sheet.png")
    write(f"All three side by side: {(folder / 'sheet.png').resolve()}\n")


def sheet(pictures: Sequence[Image.Image], side: int = 320, gap: int = 12) -> Image.Image:
    """A contact sheet: the pictures side by side on white."""
    sheet = Image.new("RGB", ((side + gap) * len(pictures) + gap, side + 2 * gap), "white")
    for i, picture in enumerate(pictures):
        fitted = picture.convert("RGB").resize((side, round(side * picture.height / picture.width)))
        sheet.paste(fitted, (gap + i * (side + gap), gap))
    return sheet


def main() -> int:
    """Run the demo into the folder named on the command line."""
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else "demo")
    demo(folder)
    try:
        gallery(folder)
    except ModelMissing as error:
        fail(f"nothing is painted: {error}")
    return 0


if __name__ == "__main__":
    sys.exit(run(main))
