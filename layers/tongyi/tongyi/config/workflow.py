"""Settings of the state machine image_task, and of what its steps call."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Self

from tongyi.config.offered import RESULT_HOSTS
from tongyi.config.reading import Environment, flag, folded, listed, read, whole_number


@dataclass(frozen=True, slots=True)
class DashScopeSettings:
    """Where DashScope is, and which secret holds its key."""

    base_url: str
    secret_arn: str
    workspace: str

    @classmethod
    def from_env(cls, env: Environment = os.environ) -> Self:
        return cls(
            read(env, "DASHSCOPE_BASE_URL", str).rstrip("/"),
            read(env, "DASHSCOPE_SECRET_ARN", str),
            env.get("DASHSCOPE_WORKSPACE", "").strip(),
        )


@dataclass(frozen=True, slots=True)
class WorkflowSettings:
    """How long the workflow waits: before the first check, and before it looks for a lost submission (seconds)."""

    first_check_seconds: int
    lost_submission_seconds: int

    @classmethod
    def from_env(cls, env: Environment = os.environ) -> Self:
        return cls(
            read(env, "FIRST_CHECK_SECONDS", whole_number), read(env, "LOST_SUBMISSION_SECONDS", whole_number)
        )


@dataclass(frozen=True, slots=True)
class ReconcileSettings:
    """The state machine that sees tasks through."""

    state_machine_arn: str

    @classmethod
    def from_env(cls, env: Environment = os.environ) -> Self:
        return cls(read(env, "STATE_MACHINE_ARN", str))


@dataclass(frozen=True, slots=True)
class PictureSettings:
    """Where copies go (`bucket_name`) and which hosts they may come from (see `models.images.hosts`)."""

    bucket_name: str
    result_hosts: tuple[str, ...]

    @classmethod
    def from_env(cls, env: Environment = os.environ) -> Self:
        added = listed(env.get("RESULT_HOSTS", ""))
        return cls(read(env, "BUCKET_NAME", str), folded(RESULT_HOSTS, added))


@dataclass(frozen=True, slots=True)
class EventSettings:
    """Which bus the ends of tasks are told on, in which bucket their pictures are, and whether prompts are told too."""

    bus_name: str
    bucket_name: str
    with_prompts: bool

    @classmethod
    def from_env(cls, env: Environment = os.environ) -> Self:
        return cls(
            read(env, "EVENT_BUS_NAME", str),
            read(env, "BUCKET_NAME", str),
            read(env, "EVENTS_WITH_PROMPTS", flag),
        )
