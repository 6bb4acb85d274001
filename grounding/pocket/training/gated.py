"""The gated stage: GLIGEN layers that read boxes, trained on the world's own boxes with everything else frozen."""

from __future__ import annotations

import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar

import torch
from PIL import Image, ImageDraw
from safetensors.torch import load_file, save_file
from torch import Tensor
from torch.nn import functional

from grounding.pocket.models import GATES
from grounding.pocket.training.autoencoder import tile
from grounding.pocket.training.loop import Regime, TrainingSettings, mixed, trained
from grounding.pocket.training.queries import QueryItem
from grounding.pocket.training.unet import DROPPED, PainterStage, Unet, build

SLOTS = 30
TOLD = 0.9  # the share of pictures whose boxes are told; the rest learn to do without
NAMED = 0.85  # of these, the share of things that are told


class GatedPainter(PainterStage):
    """A painter that is also told boxes ("pictures slots 4") and phrases ("pictures slots width")."""

    def told(self, noisy: Tensor, steps: Tensor, states: Tensor, grounding: dict[str, Tensor]) -> Tensor:
        told = {"gligen": grounding}
        predicted = self.unet(noisy, steps, encoder_hidden_states=states, cross_attention_kwargs=told).sample
        found: Tensor = predicted.float()
        return found


class Gated(Unet):
    name: ClassVar[str] = "gated"
    recipe: ClassVar[Regime] = Regime(rate=1e-3, batch=8, average=0.998, weight_decay=0.01, sheet_every=1200.0)

    def __init__(self, settings: TrainingSettings) -> None:
        super().__init__(settings)
        base: Any = Unet(settings)
        base = trained(base)
        self.model: Any = GatedPainter(build(gated=True), base.text)
        self.model.unet.load_state_dict(base.unet.state_dict(), strict=False)
        self._choose_processors()
        for name, parameter in self.model.named_parameters():
            parameter.requires_grad_(is_gate(name))

    def start(self) -> None:
        """The base was taken over already; the gates begin closed, as GLIGEN's do."""

    def begin(self, step: int) -> None:
        super().begin(step)
        self.phrases = self._phrases()

    def loss(self, progress: float) -> dict[str, Tensor]:
        lesson = self.lesson(1.0)
        noisy, target, steps = self.noised(lesson.clean)
        dropped = torch.rand(len(steps), generator=self.random) < DROPPED
        states = torch.where(dropped[:, None, None].to(self.device), self.empty, lesson.states)
        predicted = self.model.told(noisy, steps, states, self._grounding(lesson.items, TOLD, NAMED))
        return {"loss": functional.mse_loss(predicted, target)}

    def measure(self, model: Any) -> dict[str, float]:
        """The error on unseen scenes, told nothing and told the boxes."""
        noisy, steps, states, target = self.unseen[2]
        with mixed(self.device):
            blind = model.told(noisy, steps, states, self._grounding([[]] * len(noisy), 0.0, 0.0))
            told = model.told(noisy, steps, states, self._grounding(self.unseen_items[2], 1.0, 1.0))
        return {
            "unseen_blind": float(functional.mse_loss(blind, target)),
            "unseen_told": float(functional.mse_loss(told, target)),
        }

    def sheet(self, model: Any) -> Image.Image:
        """Pictures painted from captions and boxes, with the boxes drawn."""
        items, states = self.unseen_items[2][:8], self.unseen[2][2][:8]
        grounding = self._grounding([*items, *items], 1.0, 1.0)
        grounding["masks"][8:] = 0
        x = torch.randn(8, 4, 32, 32, generator=torch.Generator().manual_seed(0)).to(self.device)
        self.scheduler.set_timesteps(20)
        words = torch.cat([states, self.empty.expand(8, -1, -1)])
        for step in self.scheduler.timesteps:
            with mixed(self.device):
                both = model.told(torch.cat([x, x]), step.expand(16).to(self.device), words, grounding)
            told, blind = both.chunk(2)
            x = self.scheduler.step(blind + 4.0 * (told - blind), step, x).prev_sample
        sheet = tile(self.vae.decode(x / self.vae.config.scaling_factor).sample, 8)
        pencil = ImageDraw.Draw(sheet)
        for number, seen in enumerate(items):
            for item in seen:
                edges = [round(127 * value) + (128 * number, 0)[side % 2] for side, value in enumerate(item["box"])]
                pencil.rectangle(edges, outline="red")
        return sheet

    def save(self, model: Any, weights: Path) -> None:
        """Only the gates: everything else is the base's."""
        gates = {name: value.half().contiguous() for name, value in model.unet.state_dict().items() if is_gate(name)}
        (weights / GATES).parent.mkdir(parents=True, exist_ok=True)
        save_file(gates, weights / GATES)

    def load(self, weights: Path) -> None:
        self.model.unet.load_state_dict(
            {name: v.float() for name, v in load_file(weights / GATES).items()}, strict=False
        )

    def _grounding(self, items: Sequence[Sequence[QueryItem]], told: float, named: float) -> dict[str, Tensor]:
        boxes, masks = torch.zeros(len(items), SLOTS, 4), torch.zeros(len(items), SLOTS)
        phrases = torch.zeros(len(items), SLOTS, self.phrases["ball"].shape[-1])
        for picture, seen in enumerate(items):
            kept = [item for item in seen if self.words.random() < named] if self.words.random() < told else []
            for slot, item in enumerate(kept[:SLOTS]):
                boxes[picture, slot] = torch.tensor(item["box"])
                phrases[picture, slot] = self.phrases[phrase_of(item, self.words)]
                masks[picture, slot] = 1
        found = {"boxes": boxes, "masks": masks, "positive_embeddings": phrases}
        return {name: value.to(self.device) for name, value in found.items()}

    @torch.no_grad()
    def _phrases(self) -> dict[str, Tensor]:
        """The pooled text embedding of every phrase there can be, as the sampler computes it."""
        scenes_of = [*(items for whole in self.wholes for items in whole.items), *self.unseen_items[2]]
        every = sorted({phrase for items in scenes_of for item in items for phrase in phrases_of(item)})
        tokens = self.tokenizer(every, padding=True, return_tensors="pt").input_ids.to(self.device)
        pooled = torch.cat([self.model.text(input_ids=part).pooler_output for part in torch.split(tokens, 256)])
        return dict(zip(every, pooled.float().cpu(), strict=True))


def is_gate(name: str) -> bool:
    """Whether a parameter belongs to the layers that GLIGEN adds."""
    return ".fuser." in name or "position_net." in name


def phrases_of(item: QueryItem) -> tuple[str, ...]:
    """What a thing may be called: with its colour, with its texture too, or by its kind alone."""
    kind, colour, texture = item["kind"], item["colour"], item["texture"]
    plain = (f"a {colour} {kind}", f"{colour} {kind}", kind)
    return plain if texture == "plain" else (*plain, f"a {texture} {colour} {kind}")


def phrase_of(item: QueryItem, words: random.Random) -> str:
    return words.choice(phrases_of(item))
