"""How joint attention is reached: a processor that opens multimodal transformer layers to hooks, and what bars it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from diffusers.models.attention_dispatch import AttentionBackendName, _AttentionBackendRegistry
from diffusers.models.embeddings import apply_rotary_emb
from torch import Tensor, nn

from grounding.attention import Call, Hook, Layer, attend, plain, stop
from grounding.errors import Unsupported

_STOCK = {"JointAttnProcessor2_0", "FluxAttnProcessor"}
_OBSTACLES = {
    "FusedJointAttnProcessor2_0": "the projections are fused; call `unfuse_qkv_projections()`",
    "FluxIPAdapterAttnProcessor": "an IP-Adapter is loaded; call `unload_ip_adapter()`",
    "SD3IPAdapterJointAttnProcessor2_0": "an IP-Adapter is loaded; call `unload_ip_adapter()`",
}


class _Open:
    """What both kinds of layer have in common: hooks, and where the pass ends."""

    def __init__(self, layer: Layer, hooks: Sequence[Hook], last: bool) -> None:
        self.layer, self.hooks = layer, hooks
        self.end = stop if last else plain

    def _attend(self, q: Tensor, k: Tensor, v: Tensor, bias: Tensor | None, image: slice, text: slice) -> Tensor:
        """Heads apart and together again: "batch tokens heads·dim"."""
        out = attend(Call(self.layer, q, k, v, bias, image, text), self.hooks, self.end)
        return out.transpose(1, 2).flatten(2, 3).to(q.dtype)


class OpenImageFirst(_Open):
    """Stable Diffusion 3's stock processor, operation by operation: image tokens, then text tokens, no rotation."""

    def __call__(self, attn: Any, hidden_states: Tensor, encoder_hidden_states: Tensor | None = None,
                 attention_mask: Tensor | None = None, *args: Any, **kwargs: Any) -> Any:
        """The layer's output: image states, and text states where the layer has them."""
        q, k, v = self._heads(attn, hidden_states, ("to_q", "to_k", "to_v"), (attn.norm_q, attn.norm_k))
        cells = hidden_states.shape[1]
        if encoder_hidden_states is not None:
            text = self._heads(attn, encoder_hidden_states, ("add_q_proj", "add_k_proj", "add_v_proj"),
                               (attn.norm_added_q, attn.norm_added_k))
            q, k, v = (torch.cat(pair, dim=2) for pair in zip((q, k, v), text, strict=True))
        out = self._attend(q, k, v, None, slice(0, cells), slice(cells, q.shape[2]))
        image: Tensor = attn.to_out[1](attn.to_out[0](out[:, :cells]))
        if encoder_hidden_states is None:
            return image
        return image, out[:, cells:] if attn.context_pre_only else attn.to_add_out(out[:, cells:])

    @staticmethod
    def _heads(attn: Any, states: Tensor, names: Sequence[str], norms: Sequence[Any]) -> list[Tensor]:
        found = [getattr(attn, name)(states) for name in names]
        found = [f.view(len(states), -1, attn.heads, f.shape[-1] // attn.heads).transpose(1, 2) for f in found]
        return [norm(f) if norm is not None else f for f, norm in zip(found, (*norms, None), strict=True)]


class OpenTextFirst(_Open):
    """FLUX's stock processor, operation by operation: text tokens, then image tokens, both rotated by position."""

    def __call__(self, attn: Any, hidden_states: Tensor, encoder_hidden_states: Tensor | None = None,
                 attention_mask: Tensor | None = None, image_rotary_emb: Any = None) -> Any:
        """The layer's output: both together in single-stream layers, image and text states in double-stream ones."""
        q, k, v = self._heads(attn, hidden_states, ("to_q", "to_k", "to_v"), (attn.norm_q, attn.norm_k))
        if encoder_hidden_states is not None:
            text = self._heads(attn, encoder_hidden_states, ("add_q_proj", "add_k_proj", "add_v_proj"),
                               (attn.norm_added_q, attn.norm_added_k))
            q, k, v = (torch.cat(pair, dim=1) for pair in zip(text, (q, k, v), strict=True))
        if image_rotary_emb is not None:
            q, k = (self._rotated(f, image_rotary_emb) for f in (q, k))
        tokens = q.shape[1]
        columns = tokens - self.layer.cells
        q, k, v = (f.transpose(1, 2) for f in (q, k, v))
        out = self._attend(q, k, v, attention_mask, slice(columns, tokens), slice(0, columns))
        if encoder_hidden_states is None:
            return out
        image = attn.to_out[1](attn.to_out[0](out[:, columns:].contiguous()))
        return image, attn.to_add_out(out[:, :columns].contiguous())

    @staticmethod
    def _rotated(states: Tensor, positions: Any) -> Tensor:
        turned: Tensor = apply_rotary_emb(states, positions, sequence_dim=1)  # type: ignore[assignment]
        return turned

    @staticmethod
    def _heads(attn: Any, states: Tensor, names: Sequence[str], norms: Sequence[Any]) -> list[Tensor]:
        found = [getattr(attn, name)(states).unflatten(-1, (-1, attn.head_dim)) for name in names]
        return [norm(f) if norm is not None else f for f, norm in zip(found, (*norms, None), strict=True)]


def refuse(name: str, module: nn.Module) -> None:
    """Raise where a layer does not compute what the open processors would."""
    kind = type(module.processor).__name__
    if kind not in _STOCK:
        why = _OBSTACLES.get(kind, "restore the stock processors with `set_default_attn_processor()`")
        raise Unsupported(f"`{name}` computes attention by `{kind}`: {why}")
    if getattr(module, "fused_projections", False):
        raise Unsupported(f"`{name}` has fused projections; call `unfuse_qkv_projections()`")
    if module._compiled_call_impl is not None:
        raise Unsupported(f"`{name}` is compiled; load the model without `torch.compile`")
    if hasattr(module.processor, "_attention_backend"):
        _refuse_backend(name, module.processor._attention_backend)


def _refuse_backend(name: str, chosen: Any) -> None:
    """A layer without a backend of its own runs on the process's."""
    active = chosen or _AttentionBackendRegistry.get_active_backend()[0]  # type: ignore[no-untyped-call]
    backend = AttentionBackendName(active)
    if backend is not AttentionBackendName.NATIVE:
        raise Unsupported(f"`{name}` runs on the attention backend `{backend.value}`; call "
                          "`set_attention_backend(\"native\")`")
