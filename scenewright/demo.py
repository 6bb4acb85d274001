"""`make demo`: plans and draws three prompts, paints and verifies three more, and says where everything is."""

from __future__ import annotations

import sys
from pathlib import Path

from planner.check import check
from planner.draw import draw
from scenewright.commands.plan import told
from scenewright.commands.shell import fail, run, write
from scenewright.origin import check_origin
from scenewright.planning import plan

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
    from planner.whole import write_whole
    from scenewright.api import render
    from scenewright.commands.evidence import told_result
    from scenewright.commands.live import Live
    from scenewright.config import Settings
    from scenewright.loop.runs import PAGE, png
    from scenewright.page import sheet

    settings, images = Settings.load({"runs": folder / "runs"}), []
    for name, prompt in PAINTED.items():
        with Live() as live:
            result = render(prompt, settings=settings, on_event=live.show)
        write_whole(folder / f"{name}-painted.png", result.picture.read_bytes())
        write_whole(folder / f"{name}-report.html", (result.folder / PAGE).read_bytes())
        images.append(result.image)
        write(f"{told_result(result)}→ {folder / name}-painted.png, {folder / name}-report.html\n\n")
    write_whole(folder / "sheet.png", png(sheet(images)))
    write(f"All three side by side: {(folder / 'sheet.png').resolve()}\n")


def main() -> int:
    """Run the demo into the folder named on the command line."""
    from grounding.errors import ModelMissing

    check_origin()
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else "demo")
    demo(folder)
    try:
        gallery(folder)
    except ModelMissing as error:
        fail(f"nothing is painted: {error}")
    return 0


if __name__ == "__main__":
    sys.exit(run(main))
