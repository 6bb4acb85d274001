"""Binding in joint attention: on both sides, without a trace where nothing is bound, safe in half precision."""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor

from grounding import attention
from grounding.attention import Call, Proceed
from grounding.guide.bind import Bind
from planner.scene import Box
from tests.grounding.backbones.jointly import CAT, LEFT, PROMPT, RED, RIGHT, SIDE, Seen, T, binder, latents, layout


def test_binding_hides_own_texts_from_all_but_their_cells(model: Any) -> None:
    bound, seen = binder(model, Bind()), Seen()
    (hook,) = bound.hooks(0)
    model.predict(latents(model), T, bound.given, [hook, seen])
    sizes = [len(model.encode([text])[0].gist) for text in ("a red ball", "a cat")]
    ball = slice(bound.width, bound.width + sizes[0])
    cat = slice(bound.width + sizes[0], bound.width + sum(sizes))
    left = torch.zeros(8, 8, dtype=torch.bool)
    left[:, :4] = True
    corner = torch.zeros(8, 8, dtype=torch.bool)
    corner[4:, 4:] = True
    assert bound.given.states.shape[1] == bound.width + sum(sizes)
    assert seen.maps
    for call, maps in seen.maps:
        image, text = maps[0][:, call.image], maps[0][:, call.text]
        for own, cells in ((ball, left.flatten()), (cat, corner.flatten())):
            to_own = image[..., call.text][..., own].sum(-1)
            assert to_own[:, cells].min() > 0
            assert to_own[:, ~cells].max() == 0
            assert text[:, : bound.width, call.text][..., own].max() == 0
            assert text[:, own][..., call.text][..., : bound.width].max() == 0
            assert text[:, own][..., call.image][..., ~cells].max() == 0
            assert text[:, own][..., call.text][..., own].sum(-1).min() > 0
        assert text[:, ball][..., call.text][..., cat].max() == 0


def test_binding_raises_attention_inside_and_lowers_it_outside(model: Any) -> None:
    free, tight = Seen(), Seen()
    bound = binder(model, Bind(own=False, part=3.0, hold=3.0, clear=3.0, pull=0.0))
    (hook,) = bound.hooks(0)
    first = next(layer.name for layer in model.layers(model.shape(SIDE, SIDE)))
    model.predict(latents(model), T, bound.given, [free])
    model.predict(latents(model), T, bound.given, [hook, tight])
    (words,) = model.encode([PROMPT])
    red, cat = words.columns(2, 5), words.columns(20, 23)
    (call, before), (_, after) = free.maps[0], tight.maps[0]
    assert call.layer.name == first
    ratio = (after / before)[0][:, call.image]
    grid = ratio.reshape(len(ratio), 8, 8, -1)
    image = torch.arange(ratio.shape[2])[call.image].reshape(8, 8)
    text = torch.arange(ratio.shape[2])[call.text]
    raised, free_cells = grid[:, :, :4][..., text[list(red)]], grid[:, :4, 4:][..., image[0]]
    assert (raised > 1).all()
    for held, kept in (
            (grid[:, :, :4][..., text[list(cat)]], raised[..., :1]),
            (grid[:, :4, 4:][..., text[[*red, *cat]]], free_cells[..., :1]),
            (grid[:, :, :4][..., image[4:, 4:].flatten()], raised[..., :1])):
        torch.testing.assert_close(held / kept, torch.full_like(held, math.exp(-3.0)), rtol=1e-3, atol=1e-4)


def test_hidden_columns_do_not_change_what_the_model_predicts(model: Any) -> None:
    bound = binder(model, Bind(hold=0, clear=0, pull=0, part=0))
    for bias in bound._cross.values():
        bias[..., bound.width:] = attention.MASKED
    (hook,) = bound.hooks(0)
    plainly = model.predict(latents(model), T, model.stack(model.encode([PROMPT])))
    torch.testing.assert_close(model.predict(latents(model), T, bound.given, [hook]), plainly, rtol=1e-4, atol=1e-5)


def test_the_unconditional_half_and_scenes_without_things_are_left_alone(model: Any) -> None:
    bound = binder(model, Bind(), [layout((RED, LEFT), (CAT, RIGHT)), layout(prompt="a cat")])
    (hook,) = bound.hooks(0)
    empty = model.stack(model.encode(["", "no hat"]))
    both = empty.widened(bound.given.states.shape[1]) + bound.given
    x = latents(model, 4)
    out = model.predict(x, T, both, [hook])
    torch.testing.assert_close(out[:2], model.predict(x[:2], T, empty), rtol=1e-4, atol=1e-5)
    cat = model.stack(model.encode(["a cat"]))
    torch.testing.assert_close(out[3:], model.predict(x[3:], T, cat), rtol=1e-4, atol=1e-5)


def test_no_row_is_ever_masked_entirely_and_no_bias_overflows_half_precision(model: Any) -> None:
    bound = binder(model, Bind(hold=1000, clear=1000, part=1000), [layout((RED, Box.of(0, 0, 1, 1)), (CAT, LEFT)),
                                                                  layout(prompt="a cat")])
    (hook,) = bound.hooks(0)

    class Check(Seen):
        def __call__(self, call: Call, proceed: Proceed) -> Tensor:
            assert call.bias is not None
            assert (call.bias > -5e3).any(-1).all()
            assert call.bias.abs().max() < 6e4
            return proceed(call)

    out = model.predict(latents(model, 4), T, bound.given + bound.given, [hook, Check()])
    assert torch.isfinite(out).all()
