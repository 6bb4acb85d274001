"""What a model folder says of itself in `profile.json`, beside its weights: how it is run, and which words it knows.

Any checkpoint folder may have one. It is data, and what it leaves open is what is usual for the model's family.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, ValidationError

from grounding.errors import ModelMissing
from grounding.verify.families import Vocabulary
from planner.relations import TABLE
from planner.scene import Data

FILE = "profile.json"
MOST_BYTES = 1 << 20
WORD = re.compile(r"[^\W_]*[^\W\d_][^\W_]*")
"""Letters, or letters and digits, as in 4k; a number is no word."""
Word = Annotated[str, Field(min_length=1, max_length=100)]
Words = Annotated[tuple[Word, ...], Field(max_length=100_000)]


class Near(Data):
    """Words that a model does not know, and the things it knows that are most like them."""

    words: Words
    kinds: Words


class Profile(Data):
    """How a model is run, what it was taught, and where what was measured on it is kept."""

    schema_version: Literal[1] = 1
    steps: Annotated[int, Field(ge=1, le=1000)] | None = None
    guidance_scale: Annotated[float, Field(ge=1.0, le=100.0)] | None = None
    """At 1 only the prompt's half of classifier-free guidance is painted."""
    scales: Annotated[Mapping[Word, Annotated[float, Field(gt=0.0, le=1.0)]], Field(max_length=16)] = {}
    """What size words mean to it: the longer side as a share of the picture."""
    query: Annotated[str, Field(max_length=200, pattern=r"^[^{}]*\{\}[^{}]*$")] | None = None
    """How a detector was taught to be asked."""
    thresholds: Annotated[str, Field(max_length=100, pattern=r"^\w[\w.-]*\.json$")] | None = None
    """The file in the folder with what `calibrate` measured."""
    inspector: Annotated[str, Field(max_length=100, pattern=r"^\w[\w.-]*\.safetensors$")] | None = None
    """The file beside a detector with the network that tells sound things from broken ones."""
    nouns: Words | None = None
    """The kinds of thing that it can paint, or find; none: any."""
    words: Words | None = None
    """Every word that it was taught; none: any."""
    vocabulary: Vocabulary | None = None
    """Which of its words compete, and how its captions speak."""
    usual: Annotated[Mapping[Word, Words], Field(max_length=10_000)] = {}
    """The colours that a kind of thing usually has; the painter is told one of them where the prompt tells none."""
    lost: Annotated[Mapping[Word, Words], Field(max_length=1000)] = {}
    """The colours in which a thing hardly stands out from a setting, or from a thing of that colour."""
    alone: Annotated[str, Field(max_length=200)] = ""
    """The setting in which it paints a thing on one even tone, from which the thing can be cut out."""
    near: Annotated[tuple[Near, ...], Field(max_length=10_000)] = ()

    @classmethod
    def of(cls, folder: Path) -> Self:
        """The profile in a folder, or an empty one. Raises `ModelMissing` where it cannot be used."""
        path = folder / FILE
        try:
            if not path.is_file():
                return cls()
            if path.stat().st_size > MOST_BYTES:
                raise ModelMissing(f"`{path}` has more than {MOST_BYTES} bytes, so it is no profile of a model")
            return cls.model_validate_json(path.read_bytes())
        except OSError as error:
            raise ModelMissing(f"`{path}` cannot be read ({error.strerror})") from None
        except ValidationError as error:
            first = error.errors(include_url=False, include_input=False)[0]
            where = ".".join(str(part) for part in first["loc"]) or "file"
            raise ModelMissing(f"`{path}` is no profile of a model ({where}: {first['msg']}); mend or remove it"
                               ) from None

    def save(self, folder: Path) -> None:
        """Write it, without what it leaves open."""
        text = self.model_dump_json(indent=1, exclude_defaults=True)
        (folder / FILE).write_text(text + "\n", encoding="utf-8")


class Unpaintable(Data):
    """A word that an image model has never seen, the nearest things that it can paint, and a warning."""

    word: str
    nearest: tuple[str, ...] = ()
    sentence: str

    @classmethod
    def of(cls, word: str, profile: Profile) -> Self:
        """What is said of a word that the model does not know."""
        near = nearest(word, profile)
        said = f"the nearest it can paint: {', '.join(near)}" if near else "nothing it can paint is near"
        return cls(word=word, nearest=near, sentence=f"the image model does not know the word `{word}`; {said}")


def words_of(texts: Iterable[str]) -> set[str]:
    """The lower-case words of some texts."""
    return {word for text in texts for word in WORD.findall(text.lower())}


def unpaintable(prompt: str, profile: Profile) -> list[Unpaintable]:
    """The words of `prompt` that mean nothing to the model, in order, each once. What tells places is the layout's."""
    if profile.words is None:
        return []
    known = {*profile.words, *_ARRANGED, *words_of(cue for row in TABLE.values() for cue in row.cues)}
    return [Unpaintable.of(word, profile) for word in dict.fromkeys(WORD.findall(prompt.lower()))
            if word not in known]


_ARRANGED = frozenset(("row", "rows", "column", "columns", "grid", "circle", "line", "pile", "stack", "pyramid"))


def nearest(word: str, profile: Profile) -> tuple[str, ...]:
    """The kinds of thing most like `word`: by meaning if the profile says so, otherwise by spelling; may be empty."""
    forms = (word, word.removesuffix("s"), word.removesuffix("es"))
    by_meaning = (near.kinds for form in forms for near in profile.near if form in near.words)
    return next(by_meaning, tuple(difflib.get_close_matches(word, profile.nouns or (), n=3, cutoff=0.7)))
