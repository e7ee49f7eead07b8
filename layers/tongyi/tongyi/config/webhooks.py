"""Settings of webhooks."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Self

from tongyi.config.reading import Environment, listed, names, read, seconds, whole_number


@dataclass(frozen=True, slots=True)
class DeliverySettings:
    """The queue that webhooks wait on."""

    queue_url: str

    @classmethod
    def from_env(cls, env: Environment = os.environ) -> Self:
        return cls(read(env, "DELIVERIES_URL", str))


@dataclass(frozen=True, slots=True)
class WebhookSettings:
    """What signs webhooks, which origins may be private, when attempts are made, and what is kept for how long."""

    secret_arn: str
    origins: tuple[str, ...]
    retry_seconds: tuple[float, ...]
    retention_days: int

    @classmethod
    def from_env(cls, env: Environment = os.environ) -> Self:
        return cls(
            read(env, "WEBHOOK_SECRET_ARN", str),
            listed(env.get("WEBHOOK_ORIGINS", "")),
            read(env, "WEBHOOK_RETRY_SECONDS", lambda raw: tuple(map(seconds, names(raw)))),
            read(env, "RETENTION_DAYS", whole_number),
        )
