"""LMD's answer text: a Python-like list of (phrase, [x, y, width, height]) on 512 × 512, and what is around it.

The list is read by a scanner of exactly this shape. Nothing is evaluated, nothing nests, and time is linear.
"""

from __future__ import annotations

import re

from planner.errors import FormatError
from planner.formats.conventions import Convention, boxes_from
from planner.formats.pictures import ForeignLayout, LabelledBox, items_of, text_of
from planner.scene import Canvas, Layout

BOXES = Convention("xywh", 512.0, slack=0.25)
"""Language models often leave the canvas a little here; that is for `check` to say, not for the reader to refuse."""

_STRING = r"""(?:'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)")"""
_ENTRY = re.compile(rf"\s*[(\[]\s*{_STRING}\s*,\s*[(\[]([^\[\]()]*)[)\]]\s*[)\]]\s*")
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
_ESCAPED = {"n": "\n", "t": "\t", "r": "\r"}
_LINE = r"^[ \t]*{}[ \t]*:[ \t]*(.*)$"


def load(source: str | bytes | object, canvas: Canvas | None) -> ForeignLayout:
    """Read an LMD answer."""
    text = text_of(source)
    entries = _entries(text)
    boxes = boxes_from([numbers for _, numbers in entries], BOXES, Canvas())
    absent = (word.strip() for word in re.split(r"[,;]", _line(text, "Negative prompt")))
    return ForeignLayout([LabelledBox(phrase, box) for (phrase, _), box in zip(entries, boxes, strict=True)],
                         canvas or Canvas(), background=_line(text, "Background prompt"),
                         absent=[word for word in absent if word and word.lower() not in ("none", "n/a")])


def dump(layout: Layout) -> str:
    """Write an LMD answer."""
    entries = (f"({_quoted(thing.phrase)}, {BOXES.numbers(p.box, layout.canvas)})" for thing, p in items_of(layout))
    absent = ", ".join(re.sub(r"[,;\s]+", " ", a.phrase).strip() for a in layout.scene.absent if a.of is None)
    return (f"[{', '.join(entries)}]\nBackground prompt: {' '.join(layout.scene.background.split())}\n"
            f"Negative prompt: {absent}\n")


def _entries(text: str) -> list[tuple[str, list[object]]]:
    at = text.find("[") + 1
    if not at:
        raise FormatError("an LMD answer has a list of (phrase, [x, y, width, height]); there is no `[`")
    entries: list[tuple[str, list[object]]] = []
    while entry := _ENTRY.match(text, at):
        entries.append((_plain(entry), _numbers(entry[3], len(entries) + 1)))
        at = entry.end()
        if text[at:at + 1] != ",":
            break
        at += 1
    if text[at:].lstrip()[:1] != "]":
        raise FormatError(f"entry {len(entries) + 1} of the LMD list is not (phrase, [x, y, width, height]): "
                          f"{text[at:at + 40].strip()!r}")
    return entries


def _plain(entry: re.Match[str]) -> str:
    quoted = entry[1] if entry[1] is not None else entry[2]
    return _ESCAPE.sub(lambda match: _ESCAPED.get(match[1], match[1]), quoted)


def _numbers(text: str, place: int) -> list[object]:
    try:
        return [float(number) for number in text.split(",") if number.strip()]
    except ValueError:
        raise FormatError(f"box {place} needs 4 numbers, got {text[:40]!r}") from None


def _quoted(phrase: str) -> str:
    escaped = phrase.replace("\\", "\\\\").replace("'", "\\'")
    for letter, control in _ESCAPED.items():
        escaped = escaped.replace(control, f"\\{letter}")
    return f"'{escaped}'"


def _line(text: str, label: str) -> str:
    found = re.search(_LINE.format(label), text, re.MULTILINE | re.IGNORECASE)
    return found[1].strip() if found else ""
