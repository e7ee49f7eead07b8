"""What DashScope said, in our types."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from tongyi.models.tasks.records import Failure
from tongyi.models.tasks.status import TaskStatus


@dataclass(frozen=True, slots=True)
class Submitted:
    """A submission that was taken: DashScope's ids of the task and of the call."""

    task_id: str
    request_id: str | None


@dataclass(frozen=True, slots=True)
class UpstreamPicture:
    """One entry of `results`: a link, or the reason why there is none; `explained` where upstream gave it itself.

    `orig_prompt` is its prompt as it was sent, None where that is not said.
    """

    url: str | None = None
    actual_prompt: str | None = None
    error: Failure | None = None
    orig_prompt: str | None = None
    explained: bool = True


@dataclass(frozen=True, slots=True)
class ListedTask:
    """An entry of the task list; `created_at` is in milliseconds since the epoch, None where it is not said."""

    task_id: str
    created_at: int | None = None


@dataclass(frozen=True, slots=True)
class UpstreamTask:
    """The state of a task. A status DashScope may add one day counts as RUNNING: not terminal.

    `total` is how many pictures it is for, `worked_ms` how long DashScope was at it, by its own clock, once it is over;
    None where that is not said.
    """

    status: TaskStatus
    pictures: tuple[UpstreamPicture, ...] = ()
    made: int = 0
    failed: int = 0
    error: Failure | None = None
    total: int | None = None
    worked_ms: int | None = None


@dataclass(frozen=True, slots=True)
class ChatAnswer:
    """An answer of a chat model."""

    message: str
    model: str
    finish_reason: str | None
    usage: dict[str, Any] = field(default_factory=dict)
