"""Settings of chats."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Self

from tongyi.config.offered import CHAT_MODELS
from tongyi.config.reading import Environment, folded, listed, read, whole_number


def _chat_models(env: Environment) -> tuple[str, ...]:
    """The default, which may be one of the operator's own; all that are offered; what the operator adds."""
    default, added = listed(env.get("DEFAULT_CHAT_MODEL", "")), listed(env.get("CHAT_MODELS", ""))
    return folded(default, CHAT_MODELS, added)


@dataclass(frozen=True, slots=True)
class ChatSettings:
    """Which chat models may be used (the first is the default), and how often a day without a key."""

    models: tuple[str, ...]
    daily_open_chats: int

    @classmethod
    def from_env(cls, env: Environment = os.environ) -> Self:
        return cls(_chat_models(env), read(env, "DAILY_OPEN_CHATS", whole_number))


@dataclass(frozen=True, slots=True)
class ModelSettings:
    """Which chat models may be used, for whoever only lists them."""

    chat_models: tuple[str, ...]

    @classmethod
    def from_env(cls, env: Environment = os.environ) -> Self:
        return cls(_chat_models(env))
