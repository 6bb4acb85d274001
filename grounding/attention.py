"""The seam into attention: what a layer is about to compute, and hooks that may watch or change it.

A family's processor computes `q`, `k`, `v` as the stock one does and hands a `Call` to `attend`. Hooks are middleware:
each gets the call and a `proceed`; it may read the call, change it, or answer without proceeding. With no hooks at all
the stock processors stay in place, so an untouched model is untouched to the bit.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Literal, NamedTuple, Protocol, TypeAlias

import torch
from torch import Tensor
from torch.nn import functional as F
from torch.utils.checkpoint import checkpoint

BUDGET = 256 * 2**20
"""How many bytes of attention probabilities a watch holds at a time, where a single head does not need more."""

MASKED = -1e4
"""The bias that hides a column: finite, and within half precision."""


class Layer(NamedTuple):
    """One attention layer: its module path and the grid of image cells that its queries stand for.

    `cross` has image queries and text keys, `self` image queries and keys, `gated` image cells followed by grounding
    tokens on both sides, `joint` image and text on both sides (see `Call.image` and `Call.text`). `watched` says
    whether layout is read here: models of dozens of equal layers name a few.
    """

    name: str
    kind: Literal["cross", "self", "gated", "joint"]
    rows: int
    cols: int
    watched: bool = True

    @property
    def cells(self) -> int:
        """How many image cells there are."""
        return self.rows * self.cols


class Call(NamedTuple):
    """What one layer is about to compute: `softmax(scale · q kᵀ + bias) v`."""

    layer: Layer
    q: Tensor  # "batch heads queries dim"
    k: Tensor  # "batch heads keys dim"
    v: Tensor  # "batch heads keys dim"
    bias: Tensor | None  # broadcasts to "batch heads queries keys"
    image: slice  # where image cells stand among the queries (and the keys, except in cross-attention)
    text: slice  # where text columns stand among the keys (empty in self-attention)

    def plus(self, bias: Tensor) -> Call:
        """The same call with `bias` added to its logits."""
        bias = bias.to(self.q.dtype)
        return self._replace(bias=bias if self.bias is None else self.bias + bias)


Proceed: TypeAlias = Callable[[Call], Tensor]


class Hook(Protocol):
    """Something that watches or changes attention."""

    def wants(self, layer: Layer) -> bool:
        """Whether this hook has business with the layer."""
        ...

    def __call__(self, call: Call, proceed: Proceed) -> Tensor:
        """The layer's output ("batch heads queries dim"), usually `proceed(call)`. Watch before proceeding."""
        ...


class Enough(Exception):
    """Raised inside a pass that needs nothing more; `Backbone.attend` catches it."""


def plain(call: Call) -> Tensor:
    """The fused kernel, as the stock processors call it."""
    return F.scaled_dot_product_attention(call.q, call.k, call.v, attn_mask=call.bias, dropout_p=0.0, is_causal=False)


def stop(call: Call) -> Tensor:
    """End the pass here."""
    raise Enough


def attend(call: Call, hooks: Sequence[Hook], last: Proceed = plain) -> Tensor:
    """Run `call` through `hooks`, the first outermost, ending in `last`."""
    if not hooks:
        return last(call)
    head, rest = hooks[0], hooks[1:]
    return head(call, lambda inner: attend(inner, rest, last))


def probabilities(call: Call, queries: Tensor | None = None) -> Tensor:
    """The attention probabilities, in float32: "batch heads queries keys". `queries` picks query rows."""
    q = call.q if queries is None else call.q[:, :, queries]
    logits = q.float() @ call.k.float().transpose(-1, -2) * (call.q.shape[-1] ** -0.5)
    if call.bias is not None:
        bias = call.bias if queries is None or call.bias.shape[-2] == 1 else call.bias[..., queries, :]
        logits = logits + bias.float()
    return torch.softmax(logits, -1)


def by_heads(call: Call, each: Callable[[Call], Tensor], queries: int) -> tuple[list[Tensor], int]:
    """`each` on as many heads at a time as `BUDGET` allows for their probabilities, and how many bytes those take.

    With gradients, groups of heads are checkpointed: what is kept for the backward pass stays within bounds too.
    """
    batch, heads, _, _ = call.q.shape
    one = 4 * batch * queries * call.k.shape[2]
    group = min(heads, max(1, BUDGET // max(one, 1)))
    calls = [call._replace(q=call.q[:, h : h + group], k=call.k[:, h : h + group]) for h in range(0, heads, group)]
    if len(calls) > 1 and torch.is_grad_enabled():
        return [checkpoint(each, part, use_reentrant=False) for part in calls], one * group
    return [each(part) for part in calls], one * group


class CrossWatch:
    """Remembers where the image looked at each text column, averaged over heads and layers.

    It watches the last `batch` rows only (in a guided pass those are the conditional ones), at layers of one grid. In
    joint layers it sees how the image's attention to the text is shared out among the text's columns. `bytes` is the
    most memory that the watching took at any time.
    """

    def __init__(self, rows: int, cols: int, text: int, batch: int) -> None:
        self.rows, self.cols, self.text, self.batch = rows, cols, text, batch
        self.bytes = 0
        self._by_layer: dict[str, Tensor] = {}
        self._heads: dict[str, int] = {}

    def wants(self, layer: Layer) -> bool:
        """Attention of the image to the text at the grid."""
        return layer.watched and layer.kind in ("cross", "joint") and (layer.rows, layer.cols) == (self.rows, self.cols)

    def __call__(self, call: Call, proceed: Proceed) -> Tensor:
        """Record, then let the layer go on. Recording twice (a recomputed activation) changes nothing."""
        q, k = call.q[-self.batch:, :, call.image], call.k[-self.batch:, :, call.text][:, :, : self.text]
        parts, held = by_heads(call._replace(q=q, k=k, bias=None), lambda c: probabilities(c).sum(1), q.shape[2])
        self._by_layer[call.layer.name] = torch.stack(parts).sum(0) if len(parts) > 1 else parts[0]
        self._heads[call.layer.name] = call.q.shape[1]
        self.bytes = max(self.bytes, held + _size(self._by_layer))
        return proceed(call)

    def maps(self) -> Tensor:
        """The canonical cross map: "batch rows cols text", probabilities averaged over all heads of all layers."""
        total = torch.stack(list(self._by_layer.values())).sum(0) / sum(self._heads.values())
        return total.reshape(self.batch, self.rows, self.cols, self.text)


class RowWatch:
    """Remembers where the cells of each box look: query rows averaged within the box, per layer and head.

    For self-attention (in joint layers: how the image's attention to itself is shared out), and with `kind="gated"` for
    GLIGEN's layers, whose keys end in the grounding tokens. `bytes` is the most memory that it took at any time.
    """

    def __init__(self, rows: int, cols: int, boxes: Tensor, kind: Literal["self", "gated"] = "self") -> None:
        self.rows, self.cols, self.bytes = rows, cols, 0
        self.kinds = ("self", "joint") if kind == "self" else (kind,)
        self.used = boxes.flatten(0, 1).sum(0).nonzero().squeeze(-1)
        inside = boxes[..., self.used]
        self.mean = inside / inside.sum(-1, keepdim=True).clamp(min=1)  # "batch boxes used"
        self._by_layer: dict[str, Tensor] = {}

    def wants(self, layer: Layer) -> bool:
        """The layers of this kind at the grid."""
        return layer.watched and layer.kind in self.kinds and (layer.rows, layer.cols) == (self.rows, self.cols)

    def __call__(self, call: Call, proceed: Proceed) -> Tensor:
        """Record, then let the layer go on."""
        batch = self.mean.shape[0]
        keys = call.image if call.layer.kind == "joint" else slice(None)
        seen = call._replace(q=call.q[-batch:, :, call.image], k=call.k[-batch:, :, keys], bias=None)
        parts, held = by_heads(seen, lambda c: self.mean[:, None] @ probabilities(c, self.used), len(self.used))
        self._by_layer[call.layer.name] = torch.cat(parts, 1)
        self.bytes = max(self.bytes, held + _size(self._by_layer))
        return proceed(call)

    def maps(self) -> Tensor:
        """The box-averaged rows: "batch layers heads boxes keys"."""
        return torch.stack(list(self._by_layer.values()), dim=1)


def _size(maps: Mapping[str, Tensor]) -> int:
    return sum(seen.numel() * seen.element_size() for seen in maps.values())
