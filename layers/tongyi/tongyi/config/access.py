"""Settings of who may call."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Self

from tongyi.config.reading import Environment, flag, read


@dataclass(frozen=True, slots=True)
class AuthSettings:
    """Whether the routes that the documents leave open are open."""

    open_routes: bool

    @classmethod
    def from_env(cls, env: Environment = os.environ) -> Self:
        return cls(read(env, "OPEN_ROUTES", flag))
