"""The language model that the settings name, if they name one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.errors import BadInput
from scenewright.config import Settings

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel


def language_model(settings: Settings) -> BaseChatModel | None:
    """The opened model; None where the grammar is to read."""
    if settings.planner == "llm" and not settings.llm:
        raise BadInput("expected a language model in SCENEWRIGHT_LLM, as in SCENEWRIGHT_LLM=openai:NAME, and it is not "
                       "set; set it or let the grammar read")
    if settings.planner == "grammar" or not settings.llm:
        return None
    from planner.read.model.reader import open_model

    return open_model(settings.llm, base_url=settings.llm_base_url or None, api_key=settings.llm_api_key)
