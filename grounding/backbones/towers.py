"""Text encoders as towers: a text becomes states with character offsets, and learned tokens may stand after its words.

Families with several towers put their readings together; `learned` and `Blank` then hold the towers' token-embedding
spaces side by side.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor

from grounding.backbone import Blank, Lexicon
from grounding.errors import BadRequest, Unsupported

NEUTRAL = ","


class TextReading(NamedTuple):
    """A text as one tower reads it (see `Words`). `pooled` is its one vector for the whole text, if it has one."""

    states: Tensor  # "columns dim"
    pooled: Tensor
    offsets: tuple[tuple[int, int], ...]
    content: range
    dropped: str


class TokenRow(NamedTuple):
    """Token ids padded to the limit, and what they stand for."""

    ids: list[int]
    offsets: tuple[tuple[int, int], ...]
    content: range
    dropped: str


class Tower:
    """What CLIP's and T5's text encoders have in common: a tokenizer, a table of token embeddings, a limit."""

    def __init__(self, encoder: Any, tokenizer: Any, limit: int) -> None:
        self.encoder, self.tokenizer, self.limit = encoder.requires_grad_(False).eval(), tokenizer, limit

    @property
    def table(self) -> Tensor:
        """The token embeddings: "tokens dim"."""
        weights: Tensor = self.encoder.get_input_embeddings().weight
        return weights

    @property
    def device(self) -> torch.device:
        """Where token ids go; a table that is brought in for each pass lies nowhere until then."""
        return torch.device("cpu") if self.table.is_meta else self.table.device

    def blank(self) -> Blank:
        """A neutral token, and how far token embeddings are spread."""
        if self.table.is_meta:
            raise Unsupported("tokens cannot be learned while the text encoder is offloaded layer by layer; set "
                              "offload=model")
        ids = self.tokenizer(NEUTRAL, add_special_tokens=False)["input_ids"]
        table = self.table.float()
        return Blank(table[ids].mean(0), table.std().expand(table.shape[1]).clone())

    def lexicon(self) -> Lexicon:
        """The token embeddings by piece, for a tower whose part of a learned token comes first."""
        return Lexicon(self.tokenizer.get_vocab(), self.table, slice(0, self.table.shape[1]))

    def row(self, text: str, learned: int, start: Sequence[int]) -> TokenRow:
        """The ids of a text: start tokens, words, room for learned tokens, the end token, padding."""
        found = self.tokenizer(text, add_special_tokens=False, return_offsets_mapping=True, verbose=False)
        ids, offsets = found["input_ids"], [tuple(o) for o in found["offset_mapping"]]
        room = self.limit - len(start) - 1 - learned
        if room < 0:
            raise BadRequest(f"{learned} learned tokens do not fit into {self.limit} columns of text; learn fewer")
        kept = min(len(ids), room)
        pad = room - kept
        content = range(len(start), len(start) + kept)
        row = [*start, *ids[:kept], *[0] * learned, self.tokenizer.eos_token_id, *[self.tokenizer.pad_token_id] * pad]
        chars = ((0, 0),) * len(start) + tuple(offsets[:kept])
        return TokenRow(row, chars + ((0, 0),) * (self.limit - len(chars)), content,
                   text[offsets[kept][0]:] if kept < len(ids) else "")


class ClipTower(Tower):
    """CLIP's text encoder. `penultimate` takes the states of the last layer but one, without the final norm."""

    def __init__(self, encoder: Any, tokenizer: Any, *, penultimate: bool) -> None:
        super().__init__(encoder, tokenizer, min(tokenizer.model_max_length, encoder.config.max_position_embeddings))
        self.penultimate = penultimate

    def read(self, text: str, learned: Tensor | None = None) -> TextReading:
        """The text, with `learned` in place of token embeddings after the last word."""
        extra = 0 if learned is None else learned.shape[0]
        row = self.row(text, extra, [self.tokenizer.bos_token_id])
        ids, at = torch.tensor([row.ids], device=self.device), row.content.stop

        def insert(module: Any, args: Any, output: Tensor) -> Tensor:
            assert learned is not None
            return torch.cat([output[:, :at], learned[None].to(output), output[:, at + extra:]], dim=1)

        handle = self.encoder.get_input_embeddings().register_forward_hook(insert) if learned is not None else None
        try:
            with torch.set_grad_enabled(learned is not None and torch.is_grad_enabled()):
                out = self.encoder(ids, output_hidden_states=True)
        finally:
            if handle is not None:
                handle.remove()
        states = out.hidden_states[-2] if self.penultimate else out.last_hidden_state
        pooled = out.text_embeds if hasattr(out, "text_embeds") else out.pooler_output
        return TextReading(states[0], pooled[0], *row[1:])


class T5Tower(Tower):
    """T5's encoder: no start token, no pooled vector; padding is read along, as the pipelines do it."""

    def read(self, text: str, learned: Tensor | None = None) -> TextReading:
        """The text, with `learned` in place of token embeddings after the last word."""
        extra = 0 if learned is None else learned.shape[0]
        row = self.row(text, extra, [])
        ids, at = torch.tensor([row.ids], device=self.device), row.content.stop
        with torch.set_grad_enabled(learned is not None and torch.is_grad_enabled()):
            if learned is None:
                states = self.encoder(ids)[0]
            else:
                tokens = self.encoder.get_input_embeddings()(ids)
                tokens = torch.cat([tokens[:, :at], learned[None].to(tokens), tokens[:, at + extra:]], dim=1)
                states = self.encoder(inputs_embeds=tokens)[0]
        return TextReading(states[0], states.new_zeros(0), *row[1:])


def together(towers: Sequence[Tower]) -> Blank:
    """The towers' neutral tokens side by side."""
    blanks = [tower.blank() for tower in towers]
    return Blank(torch.cat([b.embedding for b in blanks]), torch.cat([b.spread for b in blanks]))


def shares(learned: Tensor | None, towers: Sequence[Tower]) -> list[Tensor | None]:
    """Each tower's part of `learned` ("tokens dim")."""
    if learned is None:
        return [None] * len(towers)
    dims = [tower.table.shape[1] for tower in towers]
    if learned.ndim != 2 or learned.shape[1] != sum(dims):
        raise BadRequest(f"learned tokens of this model are {sum(dims)} wide, got {tuple(learned.shape)}; tokens of "
                         "another model cannot be used")
    return list(torch.split(learned, dims, dim=1))
