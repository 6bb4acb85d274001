"""The tokenizer of the pocket world: each of its words is one token, every other word falls into pieces."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from pathlib import Path

from tokenizers import Tokenizer, models, pre_tokenizers, trainers
from transformers import CLIPTokenizer

from grounding.pocket.models import WEIGHTS
from grounding.pocket.vocabulary import all_words

LONGEST = 77
_END = "</w>"


def build(words: Iterable[str], longest: int = LONGEST) -> CLIPTokenizer:
    """A CLIP tokenizer to which each of `words` is one token; any other text falls into bytes, so nothing is lost.

    The end token has the highest id and id 0 is an ordinary byte: OWL-ViT finds the end of a query by the
    highest id and takes a query that begins with id 0 for padding.
    """
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    merges = _merges(sorted(set(words)), alphabet)
    pieces = [*alphabet, *(letter + _END for letter in alphabet), *("".join(pair) for pair in merges)]
    pieces = [*dict.fromkeys(pieces), "<|startoftext|>", "<|endoftext|>"]
    vocabulary = {piece: number for number, piece in enumerate(pieces)}
    return CLIPTokenizer(vocab=vocabulary, merges=merges, model_max_length=longest)  # type: ignore[arg-type]


def tokenizer_of(state: Path, longest: int = LONGEST) -> CLIPTokenizer:
    """The tokenizer that the models of this state were trained with; failing that, the shipped one; or a new one."""
    for folder in (state / "tokenizer", WEIGHTS / "pipeline" / "tokenizer"):
        if folder.exists():
            found: CLIPTokenizer = CLIPTokenizer.from_pretrained(folder, model_max_length=longest)
            return found
    return build(all_words(), longest)


def make(state: Path) -> None:
    """Write the tokenizer of the whole vocabulary where the later stages look for it."""
    build(all_words()).save_pretrained(state / "tokenizer")


def _merges(words: Sequence[str], alphabet: list[str]) -> list[tuple[str, str]]:
    """The merges that byte-pair training needs to make every word whole."""
    tokenizer = Tokenizer(models.BPE(end_of_word_suffix=_END))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    trainer = trainers.BpeTrainer(
        vocab_size=100_000, min_frequency=0, initial_alphabet=alphabet, end_of_word_suffix=_END, show_progress=False
    )
    tokenizer.train_from_iterator(words, trainer)
    merges = json.loads(tokenizer.to_str())["model"]["merges"]
    return [(left, right) for left, right in merges]
