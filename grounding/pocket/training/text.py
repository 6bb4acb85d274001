"""The text stage: a text tower that learns what captions say, before any picture is shown to it.

Taught by pictures alone, a small tower forgets which noun it read as soon as colours suffice to tell pictures apart.
Here every noun must keep its kind, the adjectives and the number that belong to it, and the end of the text must know
the whole scene. The heads that ask for it are thrown away; what is kept is the tower of the pocket's CLIP and painter.
"""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any, ClassVar, NamedTuple

import torch
from PIL import Image, ImageDraw
from torch import Tensor, nn
from torch.nn import functional
from transformers import CLIPTextConfig, CLIPTextModel, CLIPTokenizer

from grounding.pocket.captions import caption
from grounding.pocket.training.feed import feed
from grounding.pocket.training.loop import Regime, TrainingSettings, TrainingStage, plain_attention
from grounding.pocket.training.scenes import UNSEEN
from grounding.pocket.training.tokenizer import LONGEST, tokenizer_of
from grounding.pocket.training.wording import OF_A_NOUN, OF_A_PAIR, UNSAID, VALUES, said_at_nouns, words_of
from grounding.pocket.world import BACKGROUNDS, KINDS, RELATIONS, STYLES, Picture, picture

WIDTH = 192
LAYERS = 4


def tower(tokenizer: CLIPTokenizer) -> CLIPTextConfig:
    """The shape of the text tower of the pocket's CLIP, painter and detector."""
    ids: Any = {f"{name}_token_id": getattr(tokenizer, f"{name}_token_id") for name in ("bos", "eos", "pad")}
    return CLIPTextConfig(
        **ids,
        vocab_size=len(tokenizer),
        hidden_size=WIDTH,
        intermediate_size=4 * WIDTH,
        num_attention_heads=4,
        num_hidden_layers=LAYERS,
        projection_dim=WIDTH,
        max_position_embeddings=LONGEST,
    )


class TextBatch(NamedTuple):
    """Captions, what is said at each of their nouns, and what their scenes hold."""

    tokens: Tensor  # "captions length"
    nouns: dict[str, Tensor]  # each "captions length"
    facts: Tensor  # "captions facts", 0 or 1
    counts: Tensor  # "captions kinds"
    places: Tensor  # "captions 2": background and style
    links: Tensor  # "captions relations 2": the kinds of subject and object


class TextReader(nn.Module):
    """The tower, and heads that ask it questions."""

    def __init__(self, tokenizer: CLIPTokenizer) -> None:
        super().__init__()
        self.text: Any = CLIPTextModel(tower(tokenizer))
        self.words = nn.Linear(WIDTH, len(tokenizer))
        self.nouns = nn.ModuleDict({name: nn.Linear(WIDTH, count) for name, count in OF_A_NOUN.items()})
        self.scene = nn.Sequential(nn.Linear(WIDTH, 2 * WIDTH), nn.SiLU())
        self.facts = nn.Linear(2 * WIDTH, len(KINDS) * (1 + sum(len(VALUES[name]) for name in OF_A_PAIR)))
        self.counts = nn.Linear(2 * WIDTH, len(KINDS) * 7)
        self.places = nn.Linear(2 * WIDTH, len(BACKGROUNDS) + len(STYLES))
        self.links = nn.Linear(2 * WIDTH, len(RELATIONS) * 2 * len(KINDS))


class TextStage(TrainingStage):
    name: ClassVar[str] = "text"
    recipe: ClassVar[Regime] = Regime(rate=2e-3, batch=64, average=0.995, weight_decay=0.02, sheet_every=120.0)

    def __init__(self, settings: TrainingSettings) -> None:
        super().__init__(settings)
        torch.manual_seed(settings.seed)
        self.tokenizer = tokenizer_of(settings.state)
        self.model: Any = TextReader(self.tokenizer)
        plain_attention(self.model.text, self.device)

    def begin(self, step: int) -> None:
        self.batches = feed(self._write_batch, self.settings.workers, self.settings.seed + step)
        unseen = random.Random(1)
        self.unseen = [self._batch([picture(UNSEEN + k, level=k % 3) for k in range(64 * n, 64 * n + 64)], unseen)
                       for n in range(8)]  # fmt: skip

    def loss(self, progress: float) -> dict[str, Tensor]:
        return {name: value for name, value in self._ask(self.model, next(self.batches)).items() if "_" not in name}

    def measure(self, model: Any) -> dict[str, float]:
        found = [self._ask(model, batch) for batch in self.unseen]
        right = {name: [row[name] for row in found] for name in found[0] if name.startswith("right_")}
        return {name: round(float(torch.stack(values).mean()), 4) for name, values in right.items()}

    def sheet(self, model: Any) -> Image.Image:
        page = Image.new("RGB", (900, 20), "white")
        ImageDraw.Draw(page).text((4, 4), str(self.measure(model)), fill="black")
        return page

    def save(self, model: Any, weights: Path) -> None:
        """Nothing of its own: the tower ships within CLIP and within the pipeline."""

    def load(self, weights: Path) -> None:
        shipped = CLIPTextModel.from_pretrained(weights / "pipeline" / "text_encoder", dtype=torch.float32)
        self.model.text.load_state_dict(shipped.state_dict())

    def _ask(self, model: Any, batch: TextBatch) -> dict[str, Tensor]:
        tokens = batch.tokens.to(self.device)
        found = model.text(input_ids=tokens)
        states, scene = found.last_hidden_state, model.scene(found.pooler_output)
        answers: dict[str, Tensor] = {}
        parts = {"words": functional.cross_entropy(model.words(states).float().flatten(0, 1), tokens.flatten())}
        for name, labels in batch.nouns.items():
            said = labels.to(self.device) != UNSAID
            logits, wanted = model.nouns[name](states[said]).float(), labels.to(self.device)[said]
            parts[name] = functional.cross_entropy(logits, wanted)
            answers[f"right_{name}"] = (logits.argmax(-1) == wanted).float().mean()
        facts = batch.facts.to(self.device)
        logits = model.facts(scene).float()
        parts["facts"] = functional.binary_cross_entropy_with_logits(logits, facts, reduction="none").sum(1).mean() / 30
        kinds = slice(0, len(KINDS))
        answers["right_facts"] = ((logits[:, kinds] > 0) == (facts[:, kinds] > 0)).all(1).float().mean()
        counts = batch.counts.to(self.device)
        parts["counts"] = functional.cross_entropy(
            model.counts(scene).float().view(-1, 7), counts.flatten(), ignore_index=UNSAID
        )
        background, style = model.places(scene).float().split([len(BACKGROUNDS), len(STYLES)], -1)
        places = batch.places.to(self.device)
        parts["places"] = functional.cross_entropy(background, places[:, 0])
        parts["style"] = functional.cross_entropy(style, places[:, 1])
        links = model.links(scene).float().view(-1, len(KINDS))
        wanted = batch.links.to(self.device).flatten()
        if bool((wanted != UNSAID).any()):
            parts["links"] = functional.cross_entropy(links, wanted, ignore_index=UNSAID)
            said = wanted != UNSAID
            answers["right_links"] = (links[said].argmax(-1) == wanted[said]).float().mean()
        return {"loss": torch.stack(list(parts.values())).sum(), **parts, **answers}

    def _write_batch(self, words: random.Random) -> TextBatch:
        drawn = [picture(words.randrange(UNSEEN), level=words.choice((0, 1, 2, 2, 2))) for _ in range(self.batch)]
        return self._batch(drawn, words)

    def _batch(self, drawn: list[Picture], words: random.Random) -> TextBatch:
        texts = [caption(scene, words) for scene in drawn]
        read = self.tokenizer(texts, padding=True, truncation=True, max_length=LONGEST, return_tensors="pt")
        labels = [said_at_nouns(words_of(self.tokenizer, row)) for row in read.input_ids.tolist()]
        nouns = {name: torch.tensor([[said[name] for said in row] for row in labels]) for name in OF_A_NOUN}
        facts, counts, places, links = zip(*map(_facts, drawn), strict=True)
        return TextBatch(
            read.input_ids, nouns, torch.stack(facts), torch.stack(counts), torch.tensor(places), torch.stack(links)
        )


def _facts(scene: Picture) -> tuple[Tensor, Tensor, tuple[int, int], Tensor]:
    numbers = {kind: number for number, kind in enumerate(KINDS)}
    facts = [torch.zeros(len(KINDS))] + [torch.zeros(len(KINDS), len(VALUES[name])) for name in OF_A_PAIR]
    counts = torch.full((len(KINDS),), UNSAID)
    for item in scene.items:
        kind = numbers[item.kind]
        facts[0][kind] = 1
        counts[kind] = min(6, max(0, int(counts[kind])) + 1)
        for table, name in zip(facts[1:], OF_A_PAIR, strict=True):
            table[kind, VALUES[name].index(getattr(item, name))] = 1
    links = torch.full((len(RELATIONS), 2), UNSAID)
    for link in scene.relations:
        kinds = (scene.items[link.subject].kind, scene.items[link.object].kind)
        links[RELATIONS.index(link.kind)] = torch.tensor([numbers[kind] for kind in kinds])
    places = (BACKGROUNDS.index(scene.background), STYLES.index(scene.style))
    return torch.cat([table.flatten() for table in facts]), counts, places, links
