"""The report page: everything escaped, nothing fetched, and it looks right in a real browser."""

from __future__ import annotations

import re
import shutil
import subprocess
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image

from examples.demo.run import sheet
from grounding.receipt import Attention
from grounding.settings import GUIDED
from grounding.verify.report import Report
from planner.scene import Layout, Scene
from scenewright.api import render
from scenewright.commands.evidence import told_report
from scenewright.config import Settings
from scenewright.loop.remedies import Remedies
from scenewright.loop.result import Result
from scenewright.loop.runs import PAGE, Run
from scenewright.loop.stages import Painting, PaintTask
from scenewright.page import command
from tests.scenewright import fakes

EVIL = "<script>alert(1)</script><img src=x onerror=alert(2)> & \"quotes\" 'single' </style>"
BROWSER = shutil.which("chromium")
FLAGS = ("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--hide-scrollbars",
         "--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage")


class Watching(fakes.DrawingPainter):
    """A painter whose receipts speak of attention."""

    def paint(self, task: PaintTask, **options: object) -> list[Painting]:  # type: ignore[override]
        seen = tuple(Attention(thing=p.thing, phrase=p.thing, before=0.1, after=0.7, weak=False)
                     for p in task.layout.placements)
        return [Painting(p.image, p.receipt.model_copy(update={"attention": seen}))
                for p in super().paint(task, **options)]  # type: ignore[arg-type]


@pytest.fixture
def result(scene: Scene, tmp_path: Path) -> Result:
    """A run of two rounds with a prompt that wants to be markup."""
    evil = scene.model_copy(update={"prompt": EVIL, "notes": (EVIL,), "unread": (EVIL,)})
    stack = fakes.stack(evil, lambda task, index: () if task.how.mend else ("exists:ball",))
    painter = Watching(lambda task, index: () if task.how.mend else ("exists:ball",))
    chosen = Settings(runs=tmp_path / "runs", candidates=2, remedies=Remedies(missing=("mend",)))
    return render(EVIL, settings=chosen,
                  stack=type(stack)(stack.planner, painter, stack.verifier))


class Reader(HTMLParser):
    """Collects tags, addresses and ids."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.addresses: list[str] = []
        self.handlers: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.addresses += [value or "" for name, value in attrs if name in ("src", "href", "srcset", "action", "data")]
        self.handlers += [name for name, _ in attrs if name.startswith("on")]


def read(result: Result) -> tuple[str, Reader]:
    text = (result.folder / PAGE).read_text()
    reader = Reader()
    reader.feed(text)
    return text, reader


def test_what_a_prompt_says_never_becomes_markup(result: Result) -> None:
    text, reader = read(result)
    assert not {"script", "iframe", "object", "link"} & set(reader.tags)
    assert not reader.handlers
    assert text.count("</style>") == 1
    assert text.count("&lt;script&gt;") >= 4


def test_a_page_needs_nothing_but_itself(result: Result) -> None:
    text, reader = read(result)
    assert reader.addresses
    assert all(address.startswith("data:image/") for address in reader.addresses)
    assert not re.search(r"url\(|@import|https?://(?!www\.w3\.org)", text)
    assert "default-src 'none'" in text


def test_a_page_tells_claims_rounds_attention_cost_and_how_to_repeat_it(result: Result) -> None:
    text, _ = read(result)
    assert result.report is not None
    assert all(f.claim.sentence in text for f in result.report.findings)
    assert text.count('class="card') == 6
    assert text.count('class="card chosen"') == 1
    assert "painted anew where it is wrong" in text
    assert "70 %" in text
    assert "<td>One plain picture</td><td>6</td>" in text
    assert "scenewright render" in text


def test_a_page_marks_what_holds_with_a_reserve(scene: Scene, tmp_path: Path) -> None:
    result = render("x", settings=Settings(runs=tmp_path / "runs"),
                    stack=fakes.stack(scene, lambda task, index: ("?exists:ball",)))
    text, _ = read(result)
    assert result.report is not None
    assert result.verified
    (shaky,) = result.report.reserved
    holding = len(result.report.holding)
    assert text.count('class="dot holds reserved" title="holds, with a reserve"') == 1
    assert text.count('class="dot holds" title="holds"') == holding - 1
    assert f"{holding} hold (1 with a reserve)" in text
    assert f'<li class="reserved">✓ {shaky.claim.sentence}, but {shaky.reserve}</li>' in text
    assert f"{holding} hold (1 with a reserve)" in told_report(result.report)


def test_the_command_of_a_page_is_safe_to_paste(tmp_path: Path) -> None:
    run = Run(tmp_path)
    assert command(run, {"prompt": "$(rm -rf /); 'x'", "rounds": 4, "candidates": 3}) == (
        "scenewright render --n 3 -- '$(rm -rf /); '\"'\"'x'\"'\"''")
    assert command(run, {"prompt": "--out=/home/u/.bashrc"}) == "scenewright render -- --out=/home/u/.bashrc"
    how = GUIDED.asked(steps=8, guidance_scale=4.5, strength=0.5).model_dump(mode="json")
    assert command(run, {"layout": {"scene": {}}, "seed": 2, "how": how}) == (
        f"scenewright render --layout {tmp_path}/layout.json --seed 2 --steps 8 --set guidance_scale=4.5 "
        "--set strength=0.5")


def test_a_contact_sheet_shows_every_picture() -> None:
    made = sheet([Image.new("RGB", (10, 10), colour) for colour in ("red", "lime", "blue")], side=50, gap=4)
    pixels = np.asarray(made).reshape(-1, 3)
    assert made.size == (166, 58)
    assert {tuple(int(v) for v in p) for p in np.unique(pixels, axis=0)} == {
        (255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 255)}


def shot(page: Path, target: Path, width: int, height: int, *more: str) -> npt.NDArray[np.uint8]:
    assert BROWSER
    subprocess.run([BROWSER, *FLAGS, *more, f"--user-data-dir={target.parent / 'profile'}",
                    f"--window-size={width},{height}", f"--screenshot={target}", page.as_uri()],
                   capture_output=True, timeout=120, check=True)
    return np.asarray(Image.open(target).convert("RGB"))


@pytest.mark.skipif(BROWSER is None, reason="chromium is not installed")
def test_a_real_browser_shows_it_light_and_dark_and_narrow(result: Result, tmp_path: Path) -> None:
    page = result.folder / PAGE
    light = shot(page, tmp_path / "light.png", 1180, 2400)
    dark = shot(page, tmp_path / "dark.png", 1180, 2400, "--blink-settings=preferredColorScheme=0")
    phone = shot(page, tmp_path / "phone.png", 500, 3600)
    assert light[5, 5].min() > 200
    assert dark[5, 5].max() < 60
    for pixels in (light, dark, phone):
        red = (pixels[..., 0] > 180) & (pixels[..., 1] < 100) & (pixels[..., 2] < 100)
        assert red.sum() > 500, "the red ball of the picture is not to be seen"
    beyond = np.abs(phone[:, -6:].astype(int) - phone[0, -6:])
    assert beyond.max() < 16, "something more than a shadow sticks out to the right on a phone"


@pytest.mark.skipif(BROWSER is None, reason="chromium is not installed")
def test_a_real_browser_finds_every_claim_in_the_document(result: Result, tmp_path: Path) -> None:
    assert BROWSER
    assert result.report is not None
    done = subprocess.run([BROWSER, *FLAGS, f"--user-data-dir={tmp_path / 'profile'}", "--dump-dom",
                           (result.folder / PAGE).as_uri()], capture_output=True, text=True, timeout=120, check=True)
    assert all(f.claim.sentence in done.stdout for f in result.report.findings)
    assert "<script" not in done.stdout


def test_a_picture_that_was_left_in_doubt_says_about_what(scene: Scene, tmp_path: Path) -> None:
    class Doubting(fakes.Oracle):
        """Cannot be sure of anything the first time."""

        looked = False

        def verify(self, image: Image.Image, layout: Layout) -> Report:
            whole = super().verify(image, layout)
            if self.looked:
                return whole
            self.looked = True
            return whole.model_copy(update={"findings": tuple(
                f.model_copy(update={"ruling": "cannot tell", "doubt": "unclear"}) if f.claim.kind == "exists" else f
                for f in whole.findings)})

    stack = fakes.stack(scene, lambda task, index: ())
    result = render(scene.prompt, settings=Settings(runs=tmp_path / "runs"),
                    stack=type(stack)(stack.planner, stack.painter, Doubting()))
    assert result.verified
    assert result.rounds == 2
    text = (result.folder / PAGE).read_text()
    assert text.count("<li>? ") == 2
    assert "<li>✗ " not in text
