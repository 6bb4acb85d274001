"""Malformed replies by the thousand: no crash, each conversation ends in a layout or a typed error within its budget.

`FUZZ_REPLIES=10000 pytest tests/planner/read/model/test_reply_fuzz.py` plays that many through whole conversations.
"""

import importlib.util
import os
import random
from collections import Counter
from pathlib import Path

import pytest

from planner.errors import Conflict, ReplyError
from planner.place import place
from planner.read.model.boxes import boxes_of
from planner.read.model.draft import draft_of
from planner.read.model.examples import library
from planner.read.model.reader import Terms, read_with_model
from planner.read.model.replies import value_of
from planner.read.model.wire import plan_of
from planner.scene import Canvas, Layout
from tests.planner.fakes import ScriptedModel

spec = importlib.util.spec_from_file_location("malformed", Path(__file__).with_name("malformed.py"))
assert spec is not None
assert spec.loader is not None
malformed = importlib.util.module_from_spec(spec)
spec.loader.exec_module(malformed)

PROMPT = " ".join(dict.fromkeys(word for example in library() for word in example.prompt.split()))
"""All words of all examples, so that their plans quote it."""
CANVASES = (Canvas(), Canvas(width=1344, height=756), Canvas(width=768, height=1024))


def test_ten_thousand_malformed_replies_are_scenes_or_typed_errors():
    refusals = []
    for seed in range(10_000):
        rng = random.Random(seed)
        said = malformed.reply(rng)
        try:
            value = said if isinstance(said, dict) else value_of(str(getattr(said, "text", said)))
            draft = draft_of(plan_of(value), PROMPT)
            boxes = boxes_of(draft.edges, rng.choice(CANVASES)).boxes
            assert set(boxes) <= {thing.id for thing in draft.scene.things}
        except ReplyError as error:
            refusals.append(str(error))
    assert all(words.isprintable() and len(words) < 2000 for words in refusals)
    assert 1000 < len(refusals) < 9000


@pytest.mark.parametrize("part", range(4))
def test_every_conversation_of_malformed_replies_ends_typed_and_within_its_budget(part):
    rng = random.Random(f"conversation {part}")
    replies, ends = 0, Counter()
    while replies < int(os.environ.get("FUZZ_REPLIES", "800")) / 4:
        calls, rounds = rng.randint(1, 4), rng.randint(0, 3)
        model = ScriptedModel([malformed.reply(rng) for _ in range(calls + 1)])
        canvas = rng.choice(CANVASES)
        try:
            reading = read_with_model(PROMPT, model, terms=Terms(calls=calls, repairs=rounds), canvas=canvas)
            assert isinstance(place(reading.scene, reading.hints, canvas=canvas), Layout)
            assert reading.calls == len(model.requests)
            ends["layout"] += 1
        except (ReplyError, Conflict) as error:
            ends[type(error).__name__] += 1
        assert 1 <= len(model.requests) <= min(calls, rounds + 1)
        replies += len(model.requests)
    assert ends["layout"] > 0
    assert ends["BadReply"] > 0
