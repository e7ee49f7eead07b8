"""For chats, and the list of models."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from tongyi import config
from tongyi.wiring import parts

if TYPE_CHECKING:
    from tongyi.usecases.chat import Chat
    from tongyi.usecases.list_models import ListModels


@lru_cache(maxsize=1)
def chat() -> Chat:
    """For the chat routes."""
    from tongyi.usecases.chat import Chat

    return Chat(parts.dashscope(), parts.quotas(), config.ChatSettings.from_env(), parts.CLOCK)


@lru_cache(maxsize=1)
def list_models() -> ListModels:
    """For GET /v1/models."""
    from tongyi.usecases.list_models import ListModels

    return ListModels(config.ModelSettings.from_env().chat_models)
