"""What the painter is shown: latents, what was said about them, and where each word's things are."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor
from transformers import CLIPTokenizer

from grounding.pocket.captions import caption
from grounding.pocket.training.latents import latents
from grounding.pocket.training.owners import owners
from grounding.pocket.training.scenes import CAPTIONS, SceneFeed
from grounding.pocket.training.wording import VALUES, is_noun, spoken_of, words_of
from grounding.pocket.world import KINDS, picture

CROP = 16  # cells; the largest things are 15 wide
CROP_CAPTIONS = 4
MOST_ITEMS = 8
_GROUP = 256  # captions that the text tower reads at once


class Lesson(NamedTuple):
    """Some latents, with all that is known of them."""

    clean: Tensor  # "pictures 4 height width"
    states: Tensor  # "pictures words width": the caption, read
    owners: Tensor  # "pictures height width": 0, or one more than the number of the thing shown
    looks: Tensor  # "pictures 9 3": kind, colour and texture of each thing; the first row is the background
    spoken: Tensor  # "pictures words": the things that each word speaks of, as bits
    nouns: Tensor  # "pictures words", bool
    items: Sequence[Sequence[Mapping[str, Any]]]


class Read:
    """Captions as the frozen text tower reads them. Each is read when it is first asked for."""

    def __init__(self, tokens: Tensor, text: Any, device: torch.device) -> None:
        self.tokens, self.text, self.device = tokens, text, device
        self.known = torch.zeros(len(tokens), dtype=torch.bool)
        width = text.config.hidden_size
        self.states = torch.empty(len(tokens), tokens.shape[1], width, dtype=torch.bfloat16)

    def __call__(self, which: Tensor) -> Tensor:
        new = torch.unique(which[~self.known[which]])
        for part in torch.split(new, _GROUP) if len(new) else ():
            with torch.no_grad():
                found = self.text(input_ids=self.tokens[part].long().to(self.device)).last_hidden_state
            self.states[part] = found.to("cpu", torch.bfloat16)
            self.known[part] = True
        return self.states[which].to(self.device).float()


@dataclass(frozen=True)
class Spoken:
    """Captions as tokens, with what each of their words speaks of."""

    tokens: Tensor  # int16 "captions words"
    spoken: Tensor  # uint8 "captions words"
    nouns: Tensor  # bool "captions words"

    @classmethod
    def of(cls, tokenizer: CLIPTokenizer, texts: Sequence[str], things: Sequence[Sequence[dict[str, Any]]]) -> Spoken:
        longest = tokenizer.model_max_length
        read = tokenizer(list(texts), padding="max_length", truncation=True, max_length=longest, return_tensors="np")
        tokens = read.input_ids.astype(np.int16)
        spoken, nouns = np.zeros(tokens.shape, np.uint8), np.zeros(tokens.shape, bool)
        for row, items in enumerate(things):
            length = int(read.attention_mask[row].sum())
            words = words_of(tokenizer, tokens[row, :length].tolist())
            spoken[row, :length] = spoken_of(words, items)
            nouns[row, :length] = [is_noun(word) for word in words]
        return cls(*(torch.from_numpy(table) for table in (tokens, spoken, nouns)))


class Whole:
    """Whole scenes of one level."""

    def __init__(self, run: SceneFeed, vae: Any, text: Any, tokenizer: CLIPTokenizer, device: torch.device) -> None:
        self.latents = latents(run, vae, torch.device("cpu")) if device.type == "cpu" else latents(run, vae, device)
        self.owners = owners(run)
        self.items = [row["items"] for row in run.rows]
        texts = [text for row in run.rows for text in row["captions"]]
        self.words = Spoken.of(tokenizer, texts, [items for items in self.items for _ in range(CAPTIONS)])
        self.looks = looks(self.items)
        self.read = Read(self.words.tokens, text, device)

    def lesson(self, count: int, random_numbers: torch.Generator) -> Lesson:
        rows = torch.randint(len(self.items), (count,), generator=random_numbers)
        which = rows * CAPTIONS + torch.randint(CAPTIONS, (count,), generator=random_numbers)
        items = [self.items[row] for row in rows.tolist()]
        clean = self.latents[rows.to(self.latents.device)].float()
        found = (self.read(which), self.owners[rows], self.looks[rows], self.words.spoken[which])
        return Lesson(clean, *found, self.words.nouns[which], items)


class Crops:
    """Single things cut out of simple scenes, four times as many for the same work: here shapes are learned first."""

    def __init__(
        self, levels: Sequence[tuple[int, SceneFeed, Whole]], text: Any, tokenizer: CLIPTokenizer, device: torch.device
    ) -> None:
        self.spots: list[tuple[int, int, tuple[int, int, int, int]]] = []
        self.sources = [whole for _, _, whole in levels]
        texts: list[str] = []
        self.items: list[dict[str, Any]] = []
        for source, (level, run, _) in enumerate(levels):
            for row, kept in enumerate(run.rows):
                scene = picture(kept["seed"], level=level)
                words = random.Random(kept["seed"])
                for item, said in zip(scene.items, kept["items"], strict=True):
                    box = cells_of(item.box)
                    if max(box[2] - box[0], box[3] - box[1]) > CROP:
                        continue
                    alone = replace(scene, items=(item,), relations=(), absent=())
                    texts += [caption(alone, words) for _ in range(CROP_CAPTIONS)]
                    self.items.append(said)
                    self.spots.append((source, row, box))
        self.words = Spoken.of(tokenizer, texts, [[item] for item in self.items for _ in range(CROP_CAPTIONS)])
        self.looks = looks([[item] for item in self.items])
        self.read = Read(self.words.tokens, text, device)

    def lesson(self, count: int, random_numbers: torch.Generator) -> Lesson:
        chosen: list[int] = []
        clean: list[Tensor] = []
        shown: list[Tensor] = []
        while len(chosen) < count:
            spot = int(torch.randint(len(self.spots), (1,), generator=random_numbers))
            source, row, (left, top, right, bottom) = self.spots[spot]
            x = _start(left, right, random_numbers)
            y = _start(top, bottom, random_numbers)
            whole = self.sources[source]
            number = whole.items[row].index(self.items[spot]) + 1
            cut = whole.owners[row, y : y + CROP, x : x + CROP]
            if bool(((cut != 0) & (cut != number)).any()):
                continue
            chosen.append(spot)
            clean.append(whole.latents[row, :, y : y + CROP, x : x + CROP].float())
            shown.append((cut == number).to(torch.uint8))
        rows = torch.tensor(chosen)
        which = rows * CROP_CAPTIONS + torch.randint(CROP_CAPTIONS, (count,), generator=random_numbers)
        found = (self.read(which), torch.stack(shown), self.looks[rows], self.words.spoken[which])
        items = [[self.items[spot]] for spot in chosen]
        return Lesson(torch.stack(clean), *found, self.words.nouns[which], items)


def joined(lessons: Sequence[Lesson]) -> Lesson:
    """Several lessons of one size as one."""
    names = [name for name in Lesson._fields if name != "items"]
    tensors = {name: torch.cat([getattr(lesson, name) for lesson in lessons]) for name in names}
    return Lesson(**tensors, items=[items for lesson in lessons for items in lesson.items])


def looks(items: Sequence[Sequence[Mapping[str, Any]]]) -> Tensor:
    """int64 [scenes, 9, 3]: the numbers of kind, colour and texture. The background comes first, with its own."""
    found = torch.zeros(len(items), MOST_ITEMS + 1, 3, dtype=torch.long)
    found[:, 0] = torch.tensor([len(KINDS), len(VALUES["colour"]), len(VALUES["texture"])])
    for row, seen in enumerate(items):
        for number, item in enumerate(seen[:MOST_ITEMS], 1):
            numbers = (KINDS.index(item["kind"]), *(VALUES[name].index(item[name]) for name in ("colour", "texture")))
            found[row, number] = torch.tensor(numbers)
    return found


def cells_of(box: Sequence[float]) -> tuple[int, int, int, int]:
    """The cells that a box touches: left, top, and one past right and bottom."""
    left, top, right, bottom = (32 * value for value in box)
    return int(left), int(top), min(32, int(np.ceil(right))), min(32, int(np.ceil(bottom)))


def _start(low: int, high: int, random_numbers: torch.Generator) -> int:
    """Where a window may begin so that it holds the cells from `low` to `high`."""
    first, last = max(0, high - CROP), min(low, 32 - CROP)
    return first + int(torch.randint(last - first + 1, (1,), generator=random_numbers))
