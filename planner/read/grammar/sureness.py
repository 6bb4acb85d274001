"""How sure the reading is: what was guessed is noted in words, and all of it together makes the scene's confidence."""

from __future__ import annotations

from collections.abc import Sequence

from planner.read.grammar.cast import Cast
from planner.read.grammar.chunks import Chunk
from planner.read.grammar.classes import klass
from planner.read.grammar.lexicon import listed, nouns
from planner.read.grammar.story import Story
from planner.read.grammar.tree import Tree

DOUBTFUL = 0.75
"""An arc that is less sure than this is told."""
UNSURE = 0.8
"""A whole reading that is less sure than this is told to be so."""
_UNKNOWN = 0.9
_UNREAD = 0.85
_AMBIGUOUS = 0.85
_PER_CHUNK = 0.985
"""What a word of no class, words that were not read, an ambiguous pronoun and each chunk leave of the confidence."""


def weigh(chunks: Sequence[Chunk], tree: Tree, cast: Cast, story: Story) -> None:
    """Notes what was guessed, and sets how sure the story is."""
    strange = dict.fromkeys(a.noun for a in cast.things if _unknown(a.noun))
    for noun in strange:
        story.notes.append(f"“{noun}” is not a word that the reader knows; it was taken for a thing")
    loose = [k for k, sure in enumerate(tree.certain) if sure < DOUBTFUL and tree.arcs[k].label in ("of", "all")]
    for k in loose:
        words = cast.p.span(chunks[k].start, chunks[k].end)
        story.notes.append(f"“{words}” may be said of something else")
    told = sum(chunk.kind in ("np", "verb", "cue", "with") for chunk in chunks)
    story.confidence = round(min(tree.certain, default=1.0) * _UNKNOWN ** len(strange) * _UNREAD ** len(story.unread)
                             * _AMBIGUOUS ** len(cast.ambiguous) * _PER_CHUNK ** told, 3)
    if story.confidence < UNSURE:
        story.notes.append("much hangs on how the words of this prompt go together; some of it was guessed")
    for word, noun in dict(cast.ambiguous).items():
        story.notes.append(f"“{word}” was read as the {noun}")


def _unknown(noun: str) -> bool:
    head = noun.rsplit(" ", 1)[-1]
    return klass(noun) == "unknown" and head not in nouns() and noun not in listed("compound")
