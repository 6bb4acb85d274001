"""Learned tokens kept for later: in a data set, the tokens of a similar prompt are a better start than neutral ones."""

from __future__ import annotations

import json
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor

from grounding.backbone import Backbone
from grounding.bench.semantics import Semantics
from grounding.errors import BadRequest, ModelMissing

SIMILAR = 0.9
"""Prompts whose CLIP embeddings have at least this cosine are similar."""


class Spellbook:
    """Tokens by prompt, for one painter's weights."""

    def __init__(self, backbone: Backbone, semantics: Semantics, similar: float = SIMILAR) -> None:
        self.weights, self.semantics, self.similar = backbone.fingerprint(), semantics, similar
        self._tokens: dict[str, Tensor] = {}
        self._places: dict[str, Tensor] = {}

    def __len__(self) -> int:
        return len(self._tokens)

    def add(self, prompt: str, learned: Tensor) -> None:
        """Keep tokens; a prompt's later tokens replace its earlier ones."""
        if not torch.isfinite(learned).all():
            raise BadRequest(f"the tokens learned for `{prompt}` are not finite; they are of no use to another prompt")
        self._tokens[prompt] = learned.detach().float().cpu().clone()
        self._places[prompt] = self._place(prompt)

    def near(self, prompt: str) -> Tensor | None:
        """The tokens of the most similar prompt, or None where none is similar."""
        if not self._places:
            return None
        cosines = torch.stack(list(self._places.values())) @ self._place(prompt)
        best = int(cosines.argmax())
        return self._tokens[list(self._tokens)[best]] if float(cosines[best]) >= self.similar else None

    @torch.no_grad()
    def _place(self, prompt: str) -> Tensor:
        return self.semantics.text(prompt).cpu()

    def save(self, path: Path) -> None:
        """Write everything to one safetensors file."""
        notes = {"weights": self.weights, "prompts": json.dumps(list(self._tokens))}
        temporary = path.with_suffix(".part")
        save_file({f"tokens.{n}": t for n, t in enumerate(self._tokens.values())}, temporary, metadata=notes)
        temporary.replace(path)

    def load(self, path: Path) -> None:
        """Add what a file has. Tokens of other weights are refused: they mean nothing here."""
        try:
            found = load_file(path)
            notes = _notes(path)
            prompts = json.loads(notes["prompts"])
        except (OSError, ValueError, KeyError, SafetensorError) as error:
            raise ModelMissing(f"`{path}` is not a file of learned tokens: {error}") from error
        if notes.get("weights") != self.weights:
            raise BadRequest(f"the tokens in `{path}` were learned with other weights; learn them anew")
        for n, prompt in enumerate(prompts):
            self.add(prompt, found[f"tokens.{n}"])


def _notes(path: Path) -> dict[str, str]:
    """The metadata of a safetensors file: eight bytes of length, then JSON."""
    with path.open("rb") as file:
        size = int.from_bytes(file.read(8), "little")
        notes: dict[str, str] = json.loads(file.read(size))["__metadata__"]
    return notes
