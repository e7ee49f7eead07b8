"""The shapes of replies to DashScope's SDK that the gateway's own routes do not have; see `gateway.schemas`."""

from __future__ import annotations

from typing import Any, Literal, NotRequired

# The standard library's has no way into a schema before Python 3.12.
from typing_extensions import TypedDict

from tongyi.http.gateway.schemas import Metrics, TaskStub, Usage
from tongyi.models.images.upload_policy import UploadPolicy


class NativeChatReply(TypedDict):
    """An answer as DashScope gave it."""

    output: dict[str, Any]
    usage: dict[str, Any]
    request_id: str


class ListedTask(TypedDict):
    """A task in a list; times in milliseconds since the epoch."""

    task_id: str
    status: str
    model_name: str
    gmt_create: int
    start_time: NotRequired[int]
    end_time: NotRequired[int]


class TaskListReply(TypedDict):
    """A page of tasks, newest first."""

    request_id: str
    data: list[ListedTask]
    total: int
    total_page: int
    page_no: int
    page_size: int


class CanceledReply(TypedDict):
    """A task that was canceled."""

    request_id: str
    output: TaskStub


class UploadPolicyReply(TypedDict):
    """Leave to upload a file."""

    request_id: str
    data: UploadPolicy


class PicturePart(TypedDict):
    """A part of a message that is a picture."""

    image: str


class PictureMessage(TypedDict):
    """A message of pictures."""

    role: Literal["assistant"]
    content: list[PicturePart]


class PictureChoice(TypedDict):
    """Where DashScope's synchronous replies have their pictures."""

    finish_reason: Literal["stop"]
    message: PictureMessage


class MessageOutput(TypedDict):
    """The pictures of a synchronous order."""

    choices: list[PictureChoice]
    task_metric: Metrics


class MessageUsage(Usage):
    """How many pictures upstream bills, and their size in pixels."""

    width: NotRequired[int]
    height: NotRequired[int]


class MessageReply(TypedDict):
    """Pictures, in the shape of DashScope's synchronous models."""

    output: MessageOutput
    usage: MessageUsage
    request_id: str
