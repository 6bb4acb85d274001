"""A first guess at a layout from what is known of the world; the solver moves it as little as the claims demand."""

from planner.place.stage.ground import Guess, guessed

__all__ = ["Guess", "guessed"]
