"""Settings: the only module that reads the environment.

Each class holds what one group of functions needs and is read when first used, so a function asks only for the
variables that `template.yaml` gives it. A missing or malformed one raises ConfigurationError with its name.
"""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Self, TypeVar

from tongyi.errors import ConfigurationError

T = TypeVar("T")
Environment = Mapping[str, str]


def _read(env: Environment, name: str, parse: Callable[[str], T]) -> T:
    raw = env.get(name, "").strip()
    if not raw:
        raise ConfigurationError(f"The environment variable {name} is not set.")
    try:
        return parse(raw)
    except ValueError as error:
        raise ConfigurationError(f"The environment variable {name} has a value of the wrong form.") from error


def _listed(raw: str) -> tuple[str, ...]:
    return tuple(part for part in (part.strip() for part in raw.split(",")) if part)


def _names(raw: str) -> tuple[str, ...]:
    names = _listed(raw)
    if not names:
        raise ValueError(raw)
    return names


def _count(raw: str) -> int:
    if not raw.isdecimal():
        raise ValueError(raw)
    return int(raw)


def _seconds(raw: str) -> float:
    seconds = float(raw)
    if not 0 <= seconds < math.inf:
        raise ValueError(raw)
    return seconds


def _flag(raw: str) -> bool:
    if raw.lower() not in ("true", "false"):
        raise ValueError(raw)
    return raw.lower() == "true"


@dataclass(frozen=True, slots=True)
class TableSettings:
    """Where records are kept."""

    table_name: str

    @classmethod
    def from_env(cls, env: Environment = os.environ) -> Self:
        return cls(_read(env, "TABLE_NAME", str))


@dataclass(frozen=True, slots=True)
class SubmissionSettings:
    """How tasks are taken in, and for how many days they are kept.

    `daily_open_images` pictures a day may be ordered without a key; `max_queue_seconds` is the longest waiting line
    a new task may join; `dispatch_wait_seconds` is how long a reply waits for what DashScope says first;
    `webhook_origins` may be called back though they are private (see `models.callback_url`).
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
            _read(env, "STATE_MACHINE_ARN", str),
            _read(env, "RETENTION_DAYS", _count),
            _read(env, "DAILY_OPEN_IMAGES", _count),
            _read(env, "MAX_QUEUE_SECONDS", _count),
            _read(env, "DISPATCH_WAIT_SECONDS", _seconds),
            _listed(env.get("WEBHOOK_ORIGINS", "")),
        )


@dataclass(frozen=True, slots=True)
class DashScopeSettings:
    """Where DashScope is, and which secret holds its key."""

    base_url: str
    secret_arn: str
    workspace: str

    @classmethod
    def from_env(cls, env: Environment = os.environ) -> Self:
        return cls(
            _read(env, "DASHSCOPE_BASE_URL", str).rstrip("/"),
            _read(env, "DASHSCOPE_SECRET_ARN", str),
            env.get("DASHSCOPE_WORKSPACE", "").strip(),
        )


@dataclass(frozen=True, slots=True)
class WorkflowSettings:
    """How long the workflow waits: before the first check, and before it looks for a lost submission (seconds)."""

    first_check_seconds: int
    lost_submission_seconds: int

    @classmethod
    def from_env(cls, env: Environment = os.environ) -> Self:
        return cls(_read(env, "FIRST_CHECK_SECONDS", _count), _read(env, "LOST_SUBMISSION_SECONDS", _count))


@dataclass(frozen=True, slots=True)
class ChatSettings:
    """Which chat models may be used (the first is the default), and how often a day without a key."""

    models: tuple[str, ...]
    daily_open_chats: int

    @classmethod
    def from_env(cls, env: Environment = os.environ) -> Self:
        return cls(_read(env, "CHAT_MODELS", _names), _read(env, "DAILY_OPEN_CHATS", _count))


@dataclass(frozen=True, slots=True)
class ModelSettings:
    """Which chat models may be used, for whoever only lists them."""

    chat_models: tuple[str, ...]

    @classmethod
    def from_env(cls, env: Environment = os.environ) -> Self:
        return cls(_read(env, "CHAT_MODELS", _names))


@dataclass(frozen=True, slots=True)
class PictureSettings:
    """Where copies go (`bucket_name`) and which hosts they may come from (see `models.picture_hosts`)."""

    bucket_name: str
    result_hosts: tuple[str, ...]

    @classmethod
    def from_env(cls, env: Environment = os.environ) -> Self:
        return cls(_read(env, "BUCKET_NAME", str), _read(env, "RESULT_HOSTS", _names))


@dataclass(frozen=True, slots=True)
class LinkSettings:
    """Which bucket links point into, and for how many seconds they are good."""

    bucket_name: str
    link_seconds: int

    @classmethod
    def from_env(cls, env: Environment = os.environ) -> Self:
        return cls(_read(env, "BUCKET_NAME", str), _read(env, "LINK_SECONDS", _count))


@dataclass(frozen=True, slots=True)
class EventSettings:
    """Which bus the ends of tasks are told on, in which bucket their pictures are, and whether prompts are told too."""

    bus_name: str
    bucket_name: str
    with_prompts: bool

    @classmethod
    def from_env(cls, env: Environment = os.environ) -> Self:
        return cls(
            _read(env, "EVENT_BUS_NAME", str),
            _read(env, "BUCKET_NAME", str),
            _read(env, "EVENTS_WITH_PROMPTS", _flag),
        )


@dataclass(frozen=True, slots=True)
class IntakeSettings:
    """Where messages go that can never become tasks."""

    dead_letters_url: str

    @classmethod
    def from_env(cls, env: Environment = os.environ) -> Self:
        return cls(_read(env, "DEAD_LETTERS_URL", str))


@dataclass(frozen=True, slots=True)
class AuthSettings:
    """Whether the routes that the documents leave open are open."""

    open_routes: bool

    @classmethod
    def from_env(cls, env: Environment = os.environ) -> Self:
        return cls(_read(env, "OPEN_ROUTES", _flag))


@dataclass(frozen=True, slots=True)
class DeliverySettings:
    """The queue that webhooks wait on."""

    queue_url: str

    @classmethod
    def from_env(cls, env: Environment = os.environ) -> Self:
        return cls(_read(env, "DELIVERIES_URL", str))


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
            _read(env, "WEBHOOK_SECRET_ARN", str),
            _listed(env.get("WEBHOOK_ORIGINS", "")),
            _read(env, "WEBHOOK_RETRY_SECONDS", lambda raw: tuple(map(_seconds, _names(raw)))),
            _read(env, "RETENTION_DAYS", _count),
        )
