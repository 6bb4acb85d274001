"""The built-in reader: an English prompt becomes a scene, by grammar alone.

text -> fragments -> chunks -> syntax (a tree) -> construction (with the cast of the scene) -> scene
"""

from __future__ import annotations

from planner.read.grammar.assemble import assemble, ids
from planner.read.grammar.cast import MOST, Cast
from planner.read.grammar.chunks import Chunker
from planner.read.grammar.compare import compared, stated_ratios
from planner.read.grammar.construct import Construction
from planner.read.grammar.foreign import split_foreign
from planner.read.grammar.fragments import Fragments, split
from planner.read.grammar.phrases import Phraser
from planner.read.grammar.story import Missing, Story, Written
from planner.read.grammar.sureness import weigh
from planner.read.grammar.syntax import Parser
from planner.read.grammar.tokens import LIMIT, clean
from planner.scene import Scene

__all__ = ["read", "spans"]


def read(prompt: str) -> Scene:
    """What the prompt says must be true of the picture. Any text will do; what was not understood is `unread`."""
    prompt = clean(prompt)
    cast, story, fragments = _told(prompt)
    if len(prompt) > LIMIT:
        story.notes.append(f"the prompt was read up to character {LIMIT} of {len(prompt)}")
    if cast.beyond:
        story.unread.extend(dict.fromkeys(cast.beyond))
        story.notes.append(f"the prompt names more than {MOST} things; the first {MOST} have a box")
    return assemble(prompt, cast, story, fragments)


def spans(prompt: str) -> dict[str, tuple[int, int]]:
    """Where in the prompt the things of `read(prompt)` are named: first and last character by id."""
    prompt = clean(prompt)
    cast, _, _ = _told(prompt)
    return {name: actor.span for actor, name in ids(cast.things).items()}


def _told(prompt: str) -> tuple[Cast, Story, Fragments]:
    fragments = split(prompt)
    foreign = split_foreign(fragments.tokens, prompt)
    story = Story(style=fragments.style, unread=[*fragments.unread, *foreign.phrases], background=fragments.background,
                  missing=[Missing(word, word) for word in fragments.absent],
                  lettering=[Written(words) for words in fragments.lettering])
    ratios, tokens = stated_ratios(foreign.tokens)
    phraser = Phraser(tokens, prompt)
    cast = Cast(phraser, ratios)
    chunks = compared(Chunker(phraser).run())
    tree = Parser(chunks, tags=fragments.tags).run()
    Construction(chunks, tree, cast, story, tags=fragments.tags).run()
    weigh(chunks, tree, cast, story)
    return cast, story, fragments
