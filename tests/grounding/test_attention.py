"""The seam: probabilities, narrow columns by one-hot values, middleware order, watches."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from grounding.attention import (
    Call,
    CrossWatch,
    Enough,
    Layer,
    Proceed,
    RowWatch,
    attend,
    plain,
    probabilities,
    stop,
)

LAYER = Layer("up.attn2", "cross", 4, 4)


def call(batch: int = 2, heads: int = 3, keys: int = 10, dim: int = 8, dtype: torch.dtype = torch.float32) -> Call:
    generator = torch.Generator().manual_seed(0)
    q, k, v = (torch.randn(batch, heads, n, dim, generator=generator).to(dtype) for n in (16, keys, keys))
    bias = torch.randn(batch, 1, 16, keys, generator=generator).to(dtype)
    return Call(LAYER, q, k, v, bias, slice(0, 16), slice(0, keys))


def test_probabilities_times_values_are_the_kernels_output() -> None:
    for some in (call(), call()._replace(bias=None)):
        torch.testing.assert_close(probabilities(some) @ some.v, plain(some))


def test_probabilities_of_some_queries_are_those_rows() -> None:
    wanted = torch.tensor([3, 7, 15])
    torch.testing.assert_close(probabilities(call(), wanted), probabilities(call())[:, :, wanted])


def test_half_precision_attention_is_read_in_float32() -> None:
    half = probabilities(call(dtype=torch.bfloat16))
    assert half.dtype == torch.float32
    torch.testing.assert_close(half.sum(-1), torch.ones(2, 3, 16))


class Note:
    def __init__(self, name: str, book: list[str]) -> None:
        self.name, self.book = name, book

    def wants(self, layer: Layer) -> bool:
        return True

    def __call__(self, call: Call, proceed: Proceed) -> Tensor:
        self.book.append(f"{self.name} in")
        out = proceed(call.plus(torch.ones(1)))
        self.book.append(f"{self.name} out")
        return out


def test_hooks_are_nested_with_the_first_outermost() -> None:
    book: list[str] = []
    seen: list[Call] = []
    attend(call(), [Note("a", book), Note("b", book)], lambda c: seen.append(c) or plain(c))
    assert book == ["a in", "b in", "b out", "a out"]
    torch.testing.assert_close(seen[0].bias, call().plus(torch.tensor(2.0)).bias)


def test_a_bias_that_is_equal_everywhere_changes_nothing() -> None:
    torch.testing.assert_close(attend(call(), [Note("a", [])]), plain(call()))


def test_the_end_of_a_pass_is_a_signal() -> None:
    with pytest.raises(Enough):
        attend(call(), [], stop)


def test_a_cross_watch_averages_all_heads_of_all_layers_and_leaves_out_bias_and_own_texts() -> None:
    watch = CrossWatch(4, 4, text=6, batch=1)
    first, second = call(heads=3), call(heads=5)._replace(layer=LAYER._replace(name="down.attn2"))
    for some in (first, second, first):  # a recomputed activation reports twice
        watch(some, plain)
    both = [probabilities(c._replace(q=c.q[1:], k=c.k[1:, :, :6], bias=None)) for c in (first, second)]
    expected = torch.cat(both, 1)
    torch.testing.assert_close(watch.maps(), expected.mean(1).reshape(1, 4, 4, 6))


def test_a_row_watch_gives_the_mean_rows_of_each_box_and_zeros_for_an_empty_one() -> None:
    boxes = torch.zeros(2, 3, 16)
    boxes[0, 0, :4], boxes[0, 1, 2:9], boxes[1, 0, 15] = 1, 1, 1
    some = call(keys=16)._replace(layer=LAYER._replace(kind="self"))
    watch = RowWatch(4, 4, boxes)
    watch(some, plain)
    full = probabilities(some._replace(bias=None))
    maps = watch.maps()
    assert maps.shape == (2, 1, 3, 3, 16)
    torch.testing.assert_close(maps[0, 0, :, 0], full[0, :, :4].mean(1))
    torch.testing.assert_close(maps[0, 0, :, 1], full[0, :, 2:9].mean(1))
    torch.testing.assert_close(maps[1, 0, :, 0], full[1, :, 15])
    assert maps[1, 0, :, 1:].abs().sum() == 0


def test_watches_want_only_their_kind_at_their_grid() -> None:
    cross, own = CrossWatch(4, 4, 6, 1), RowWatch(4, 4, torch.ones(1, 1, 16))
    assert cross.wants(LAYER)
    assert not cross.wants(LAYER._replace(kind="self"))
    assert not cross.wants(LAYER._replace(rows=8))
    assert own.wants(LAYER._replace(kind="self"))
    assert not own.wants(LAYER)
    assert RowWatch(4, 4, torch.ones(1, 1, 16), "gated").wants(LAYER._replace(kind="gated"))
