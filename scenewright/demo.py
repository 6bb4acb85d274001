"""`make demo`: plans and draws three prompts, and says where the pictures are."""

from __future__ import annotations

import sys
from pathlib import Path

from planner.check import check
from planner.draw import draw
from scenewright.origin import check_origin
from scenewright.plan_command import told
from scenewright.planning import plan
from scenewright.shell import run, write

PROMPTS = {
    "count": "seven red apples and three green pears on a wooden table, still life, soft light",
    "space": "a small white dog left of a stop sign, a bicycle between two benches, and a bird above the stop sign",
    "scene": "a woman wearing a yellow hat riding a brown horse on a beach, two seagulls in the sky, no boats",
}


def demo(folder: Path) -> None:
    """Plan and draw each prompt into `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, prompt in PROMPTS.items():
        layout = plan(prompt, reader="grammar")
        picture = draw(layout, folder / f"{name}.png", relations=True)
        (folder / f"{name}.json").write_text(layout.model_dump_json(indent=2) + "\n", encoding="utf-8")
        write(f"{told(layout, check(layout))}→ {picture}\n\n")
    write(f"The pictures and layouts are in {folder.resolve()}\n")


def main() -> int:
    """Run the demo into the folder named on the command line."""
    check_origin()
    demo(Path(sys.argv[1] if len(sys.argv) > 1 else "demo"))
    return 0


if __name__ == "__main__":
    sys.exit(run(main))
