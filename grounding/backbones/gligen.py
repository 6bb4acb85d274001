"""GLIGEN: Stable Diffusion with gated self-attention layers that read boxes and phrases, through the UNet itself."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn

from grounding.attention import Hook, Layer
from grounding.backbone import Conditioning, Placed, R, Shape
from grounding.backbones.stable_diffusion import StableDiffusion
from grounding.errors import Unsupported

SLOTS = 30
"""How many boxes the published checkpoints were trained with."""

FADED = 1e-3


class Gligen(StableDiffusion):
    """A `Backbone` whose own layers are told where things are.

    The gates are open for the first `gates` of the trajectory, close over the following `fade`, and are skipped from
    then on. With `parallel` they act beside cross-attention instead of before it (ReGround), which costs nothing
    and keeps the prompt's words stronger.
    """

    native_boxes = SLOTS

    def __init__(self, pipe: Any, *, gates: float = 0.3, fade: float = 0.0, parallel: bool = False,
                 **options: Any) -> None:
        super().__init__(pipe, **options)
        if not hasattr(self.unet, "position_net"):
            raise Unsupported(f"`{self.name}` has no gated layers; load it as `StableDiffusion`")
        self.gates, self.fade, self.parallel = gates, fade, parallel
        self._steps = pipe.scheduler.config.num_train_timesteps

    def opening(self, t: Tensor) -> float:
        """How far the gates are open at `t`: 1, falling to 0."""
        progress = 1 - (float(t) + 1) / self._steps
        if progress < self.gates:
            return 1.0
        return max(0.0, 1 - (progress - self.gates) / self.fade) if self.fade else 0.0

    def layers(self, shape: Shape, t: Tensor | None = None) -> tuple[Layer, ...]:
        """The attention layers that run at `t`; closed gates do not."""
        found = super().layers(shape)
        return found if t is None or self.opening(t) > FADED else tuple(a for a in found if a.kind != "gated")

    def place(self, cond: Conditioning, placed: Sequence[Sequence[Placed]]) -> Conditioning:
        """The texts with boxes for the gated layers: phrases by their pooled embedding, empty slots masked."""
        batch, dim = len(placed), self.unet.position_net.positive_len
        boxes, masks = torch.zeros(batch, SLOTS, 4), torch.zeros(batch, SLOTS)
        phrases = torch.zeros(batch, SLOTS, dim)
        for row, things in enumerate(placed):
            for slot, thing in enumerate(things[:SLOTS]):
                boxes[row, slot] = torch.tensor(thing.corners).clamp(0, 1)
                phrases[row, slot] = self._pooled(thing.text)
                masks[row, slot] = 1
        extra = {"boxes": boxes, "masks": masks, "positive_embeddings": phrases}
        cond = super().place(cond, placed)
        here = {name: value.to(self.device) for name, value in extra.items()}
        return Conditioning(cond.states, {**cond.extra, **here}, cond.beyond)

    @torch.no_grad()
    def _pooled(self, text: str) -> Tensor:
        ids = self.tokenizer(text, truncation=True, return_tensors="pt", verbose=False)["input_ids"]
        return self.text(ids.to(self.device)).pooler_output[0].float().cpu()  # type: ignore[no-any-return]

    def predict(self, x: Tensor, t: Tensor, cond: Conditioning, hooks: Sequence[Hook] = ()) -> Tensor:
        """One pass, with the gates as far open as `t` says."""
        with self._gated(t):
            return super().predict(x, t, cond, hooks)

    def attend(self, x: Tensor, t: Tensor, cond: Conditioning, hooks: Sequence[Hook], then: Callable[[], R],
               during: Sequence[Hook] = ()) -> R:
        """The part of a pass that `hooks` want to see."""
        with self._gated(t):
            return super().attend(x, t, cond, hooks, then, during)

    def _inputs(self, cond: Conditioning, t: Tensor) -> Mapping[str, Any]:
        if "boxes" not in cond.extra or self.opening(t) <= FADED:
            return {}
        gligen = {name: cond.extra[name].to(self.dtype) for name in ("boxes", "masks", "positive_embeddings")}
        return {"cross_attention_kwargs": {"gligen": gligen}}

    @contextmanager
    def _gated(self, t: Tensor) -> Iterator[None]:
        """The gated layers scaled by the opening and, if so chosen, moved beside cross-attention."""
        opening, handles = self.opening(t), []
        if opening < 1 or self.parallel:
            for block in self.unet.modules():
                if hasattr(block, "fuser"):
                    handles += _adjust(block, opening, self.parallel)
        try:
            yield
        finally:
            for handle in handles:
                handle.remove()


def _adjust(block: Any, opening: float, parallel: bool) -> list[Any]:
    """Make the fuser add `opening` of what it would; in parallel, add it after the cross-attention that follows."""
    held: list[Tensor] = []

    def fused(module: nn.Module, args: tuple[Tensor, ...], output: Tensor) -> Tensor:
        added = opening * (output - args[0])
        if not parallel:
            return args[0] + added
        held[:] = [added]
        return args[0]

    def crossed(module: nn.Module, args: tuple[Tensor, ...], output: Tensor) -> Tensor:
        return output + held.pop() if held else output

    handles = [block.fuser.register_forward_hook(fused)]
    return [*handles, block.attn2.register_forward_hook(crossed)] if parallel else handles
