"""The shapes of the replies. `docs/openapi.yaml` is made from them, and the type checker holds the replies to them.

A docstring describes a shape to its readers, and a key that is not required is left out where it does not apply.
"""

from __future__ import annotations

from typing import Any, NotRequired

# The standard library's has no way into a schema before Python 3.12.
from typing_extensions import TypedDict

from tongyi.models.images.result import PictureResult


class Error(TypedDict):
    """Why a request was not carried out, and what to do about it."""

    code: str
    message: str
    suggestion: str
    request_id: str


class Notice(TypedDict):
    """Something to know about an order that was taken, such as a prompt that was cut."""

    code: str
    parameter: str
    message: str


class ChatReply(TypedDict):
    """An answer: `message` is its text, `code` is always 200, `usage` counts tokens."""

    message: str
    code: int
    request_id: str
    model: str
    usage: dict[str, Any]
    finish_reason: str | None


class TaskStub(TypedDict):
    """A task and its status."""

    task_id: str
    task_status: str


class SubmittedReply(TypedDict):
    """A task that was taken."""

    output: TaskStub
    request_id: str
    warnings: NotRequired[list[Notice]]


class Metrics(TypedDict):
    """How many pictures were ordered, are made, and failed."""

    TOTAL: int
    SUCCEEDED: int
    FAILED: int


class Usage(TypedDict):
    """How many pictures upstream bills."""

    image_count: int


class TaskOutput(TypedDict):
    """A task.

    Its times are in China (UTC+8), as `YYYY-MM-DD HH:mm:ss.SSS`. Where another size is made than was asked for, both
    are there. `results` has an entry for each picture that was ordered.
    """

    task_id: str
    task_status: str
    submit_time: str
    scheduled_time: NotRequired[str]
    end_time: NotRequired[str]
    requested_size: NotRequired[str]
    size: NotRequired[str]
    task_metrics: Metrics
    results: NotRequired[list[PictureResult]]
    code: NotRequired[str]
    message: NotRequired[str]


class ResultReply(TypedDict):
    """A task as it stands."""

    request_id: str
    output: TaskOutput
    usage: NotRequired[Usage]
    warnings: NotRequired[list[Notice]]


class UnknownReply(TypedDict):
    """A task that is not there."""

    request_id: str
    output: TaskStub


class FailedReply(ResultReply, Error):
    """A task that failed, and its error once more."""


class NotFoundReply(UnknownReply, Error):
    """A task that is not there, as an error."""
