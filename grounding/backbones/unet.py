"""How attention is reached in diffusers' UNets: where the layers are, and a processor that opens them to hooks."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Literal

from torch import Tensor, nn

from grounding.attention import Call, Hook, Layer, attend, plain, stop
from grounding.backbone import Shape
from grounding.errors import Unsupported

_PLACE = re.compile(r"^(?:(down|up)_blocks\.(\d+)|(mid)_block)\..*\.(attn1|attn2|fuser\.attn)$")
_KINDS: dict[str, Literal["self", "gated", "cross"]] = {"attn1": "self", "fuser.attn": "gated", "attn2": "cross"}
_STOCK = {"AttnProcessor", "AttnProcessor2_0"}
_OBSTACLES = {
    "SlicedAttnProcessor": "attention slicing is on; call `disable_attention_slicing()`",
    "SlicedAttnAddedKVProcessor": "attention slicing is on; call `disable_attention_slicing()`",
    "XFormersAttnProcessor": "xformers attention is on; call `disable_xformers_memory_efficient_attention()`",
    "IPAdapterAttnProcessor": "an IP-Adapter is loaded; call `unload_ip_adapter()`",
    "IPAdapterAttnProcessor2_0": "an IP-Adapter is loaded; call `unload_ip_adapter()`",
    "IPAdapterXFormersAttnProcessor": "an IP-Adapter is loaded; call `unload_ip_adapter()`",
    "FusedAttnProcessor2_0": "the projections are fused; call `unfuse_qkv_projections()`",
}


def layers(unet: nn.Module, shape: Shape) -> tuple[Layer, ...]:
    """The attention layers in the order in which a pass runs them, with their grids for latents of this shape."""
    _refuse_model(unet)
    depth = len(unet.down_blocks)  # type: ignore[arg-type]
    found = []
    for index, (name, _) in enumerate(unet.named_modules()):
        if place := _PLACE.match(name):
            level = depth - 1 if place[3] else int(place[2]) if place[1] == "down" else depth - 1 - int(place[2])
            rows, cols = _halved(shape.rows, level), _halved(shape.cols, level)
            order = ("down", "mid", "up").index(place[1] or place[3])
            block = name.removesuffix(place[4])
            within = tuple(_KINDS).index(place[4])
            found.append(((order, _numbers(block), within, index), Layer(name, _KINDS[place[4]], rows, cols)))
    return tuple(layer for _, layer in sorted(found))


def _numbers(name: str) -> tuple[int, ...]:
    return tuple(int(n) for n in re.findall(r"\d+", name))


def _halved(size: int, times: int) -> int:
    for _ in range(times):
        size = (size + 1) // 2
    return size


class OpenProcessor:
    """Computes what the stock SDPA processor computes, operation by operation, with hooks around the kernel. (The stock
    processor without SDPA gives the same up to rounding.)"""

    def __init__(self, layer: Layer, hooks: Sequence[Hook], last: bool) -> None:
        self.layer, self.hooks = layer, hooks
        self.end = stop if last else plain

    def __call__(
        self, attn: Any, hidden_states: Tensor, encoder_hidden_states: Tensor | None = None,
        attention_mask: Tensor | None = None, temb: Tensor | None = None,
    ) -> Tensor:
        """The layer's output, as the stock processor would give it if no hook interferes."""
        batch, queries, _ = hidden_states.shape
        source = hidden_states if encoder_hidden_states is None else encoder_hidden_states
        q, k, v = (
            to(states).view(batch, -1, attn.heads, to.out_features // attn.heads).transpose(1, 2)
            for to, states in ((attn.to_q, hidden_states), (attn.to_k, source), (attn.to_v, source))
        )
        text = slice(0, k.shape[2]) if self.layer.kind == "cross" else slice(0, 0)
        call = Call(self.layer, q, k, v, attention_mask, slice(0, self.layer.cells), text)
        out = attend(call, self.hooks, self.end).transpose(1, 2).reshape(batch, queries, -1).to(q.dtype)
        out = attn.to_out[1](attn.to_out[0](out))
        return out / attn.rescale_output_factor  # type: ignore[no-any-return]


@contextmanager
def opened(
    unet: nn.Module, layers: Sequence[Layer], hooks: Sequence[Hook], *, until: Sequence[Hook] = (),
    processor: Callable[[Layer, Sequence[Hook], bool], Any] | None = None,
    refuse: Callable[[str, nn.Module], None] | None = None,
) -> Iterator[None]:
    """Open the layers that `hooks` want, and close them exactly as they were, whatever happens.

    With `until` a pass ends in the last layer that any of those wants, by raising `Enough`. Other architectures than
    the UNet's bring their own `processor` and their own reasons to `refuse` a layer.
    """
    _refuse_model(unet)
    for hook in hooks:
        if not any(hook.wants(layer) for layer in layers):
            raise Unsupported(f"`{type(hook).__name__}` wants none of the {len(layers)} attention layers of this model")
    wanted = [(layer, [h for h in hooks if h.wants(layer)]) for layer in layers]
    if until:
        wanted = wanted[: 1 + max(n for n, layer in enumerate(layers) if any(h.wants(layer) for h in until))]
    wanted = [(layer, theirs) for layer, theirs in wanted if theirs]
    modules = [unet.get_submodule(layer.name) for layer, _ in wanted]
    for (layer, _), module in zip(wanted, modules, strict=True):
        (refuse or _refuse_layer)(layer.name, module)
    before = [m.processor for m in modules]
    try:
        for module, (layer, theirs) in zip(modules, wanted, strict=True):
            last = bool(until) and layer is wanted[-1][0]
            module.processor = (processor or OpenProcessor)(layer, theirs, last)  # type: ignore[assignment]
        yield
    finally:
        for module, held in zip(modules, before, strict=True):
            module.processor = held


def _refuse_model(unet: nn.Module) -> None:
    if hasattr(unet, "_orig_mod") or unet._compiled_call_impl is not None:
        raise Unsupported("attention cannot be reached in a compiled model; load it without `torch.compile`")
    if getattr(unet.config, "encoder_hid_dim_type", None) == "ip_image_proj":
        raise Unsupported("an IP-Adapter is loaded, and its pictures have no way here; call `unload_ip_adapter()`")
    if getattr(unet, "is_cache_enabled", False):
        raise Unsupported("a feature cache skips the layers to be watched; call `disable_cache()`")


def _refuse_layer(name: str, module: nn.Module) -> None:
    kind = type(module.processor).__name__
    if kind not in _STOCK:
        if kind == OpenProcessor.__name__:
            raise Unsupported(f"`{name}` is being watched by another run; give every thread a model of its own")
        why = _OBSTACLES.get(kind, "restore the stock processors with `set_default_attn_processor()`")
        raise Unsupported(f"`{name}` computes attention by `{kind}`: {why}")
    if module._compiled_call_impl is not None:
        raise Unsupported(f"`{name}` is compiled; load the model without `torch.compile`")
    odd = [o for o in ("group_norm", "spatial_norm", "norm_q", "norm_k", "norm_cross") if getattr(module, o, None)]
    if odd or getattr(module, "residual_connection", False):
        raise Unsupported(f"`{name}` has {odd or ['residual_connection']}, which no supported family has")
