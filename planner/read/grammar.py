"""The built-in reader: an English prompt becomes a scene, by grammar alone."""

from __future__ import annotations

from planner.read.assemble import assemble, ids
from planner.read.cast import MOST, Cast
from planner.read.clauses import Clauses
from planner.read.compare import compared, stated_ratios
from planner.read.foreign import split_foreign
from planner.read.items import Chunker
from planner.read.phrases import Phraser
from planner.read.story import Story
from planner.read.style import split_style
from planner.read.tokens import LIMIT, clean, tokenise
from planner.scene import Scene


def read(prompt: str) -> Scene:
    """What the prompt says must be true of the picture. Any text will do; what was not understood is `unread`."""
    prompt = clean(prompt)
    cast, story = _told(prompt)
    if len(prompt) > LIMIT:
        story.notes.append(f"the prompt was read up to character {LIMIT} of {len(prompt)}")
    if cast.beyond:
        story.unread.extend(dict.fromkeys(cast.beyond))
        story.notes.append(f"the prompt names more than {MOST} things; the first {MOST} have a box")
    return assemble(prompt, cast, story)


def spans(prompt: str) -> dict[str, tuple[int, int]]:
    """Where in the prompt the things of `read(prompt)` are named: first and last character by id."""
    prompt = clean(prompt)
    cast, _ = _told(prompt)
    return {name: actor.span for actor, name in ids(cast.things).items()}


def _told(prompt: str) -> tuple[Cast, Story]:
    foreign = split_foreign(tokenise(prompt), prompt)
    style = split_style(foreign.tokens, prompt)
    story = Story(style=list(style.words), unread=list(foreign.phrases))
    ratios, tokens = stated_ratios(style.tokens)
    phraser = Phraser(tokens, prompt)
    cast = Cast(phraser, ratios)
    Clauses(compared(Chunker(phraser).run()), cast, story).run()
    return cast, story
