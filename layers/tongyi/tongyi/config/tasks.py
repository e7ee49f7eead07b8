"""Settings of what takes requests for images, and keeps and shows their tasks."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Self

from tongyi.config.reading import Environment, listed, read, seconds, whole_number


@dataclass(frozen=True, slots=True)
class LinkSettings:
    """Which bucket links point into, and for how many seconds they are good."""

    bucket_name: str
    link_seconds: int

    @classmethod
    def from_env(cls, env: Environment = os.environ) -> Self:
        return cls(read(env, "BUCKET_NAME", str), read(env, "LINK_SECONDS", whole_number))


@dataclass(frozen=True, slots=True)
class TableSettings:
    """Where records are kept."""

    table_name: str

    @classmethod
    def from_env(cls, env: Environment = os.environ) -> Self:
        return cls(read(env, "TABLE_NAME", str))


@dataclass(frozen=True, slots=True)
class SubmissionSettings:
    """How tasks are taken in, and for how many days they are kept.

    `daily_open_images` pictures a day may be ordered without a key; `max_queue_seconds` is the longest waiting line
    a new task may join; `dispatch_wait_seconds` is how long a reply waits for what DashScope says first;
    `webhook_origins` may be called back though they are private (see `models.webhooks.callback_url`).
    """

    state_machine_arn: str
    retention_days: int
    daily_open_images: int
    max_queue_seconds: int
    dispatch_wait_seconds: float
    webhook_origins: tuple[str, ...] = ()

    @classmethod
    def from_env(cls, env: Environment = os.environ) -> Self:
        return cls(
            read(env, "STATE_MACHINE_ARN", str),
            read(env, "RETENTION_DAYS", whole_number),
            read(env, "DAILY_OPEN_IMAGES", whole_number),
            read(env, "MAX_QUEUE_SECONDS", whole_number),
            read(env, "DISPATCH_WAIT_SECONDS", seconds),
            listed(env.get("WEBHOOK_ORIGINS", "")),
        )


@dataclass(frozen=True, slots=True)
class IntakeSettings:
    """Where messages go that can never become tasks."""

    dead_letters_url: str

    @classmethod
    def from_env(cls, env: Environment = os.environ) -> Self:
        return cls(read(env, "DEAD_LETTERS_URL", str))


@dataclass(frozen=True, slots=True)
class RetentionSettings:
    """For how many days records are kept."""

    retention_days: int

    @classmethod
    def from_env(cls, env: Environment = os.environ) -> Self:
        return cls(read(env, "RETENTION_DAYS", whole_number))
