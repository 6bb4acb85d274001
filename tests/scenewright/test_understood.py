"""Prompts of which nothing is understood."""

from __future__ import annotations

import pytest

import scenewright
from planner.errors import BadInput
from planner.scene import Canvas
from scenewright.planning import PromptPlanner

NOTHING = ["...", "🐱", "beautiful", "left of", "左边有一只猫", "красный кот", "un chat rouge à gauche d'un chien"]
SOMETHING = ["a sunset", "an empty street, no people", "no dogs", "watercolor painting", "a blue quokka"]


@pytest.mark.parametrize("prompt", NOTHING)
def test_a_prompt_that_says_nothing_is_refused_by_plan_render_and_verify(prompt: str) -> None:
    for reading in (lambda: scenewright.plan(prompt, planner="grammar"),
                    lambda: PromptPlanner(spare=Canvas()).plan(prompt, seed=0, calls=0),
                    lambda: scenewright.read(prompt)):
        with pytest.raises(BadInput, match="nothing in the prompt was understood"):
            reading()


@pytest.mark.parametrize("prompt", SOMETHING)
def test_a_background_a_style_or_an_absence_alone_is_enough(prompt: str) -> None:
    assert scenewright.plan(prompt, planner="grammar").scene.prompt == prompt
