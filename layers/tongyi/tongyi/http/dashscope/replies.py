"""DashScope's own routes: their headers, and replies in its shapes.

Sources: the wanx-v1 API reference, DashScope's page on Qwen-Image, and what its SDK reads.
"""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools.utilities.data_classes import APIGatewayProxyEvent

from tongyi.errors import AccessDenied, InvalidParameter
from tongyi.http.dashscope.schemas import (
    CanceledReply,
    ListedTask,
    MessageReply,
    MessageUsage,
    NativeChatReply,
    PictureChoice,
    TaskListReply,
    UploadPolicyReply,
)
from tongyi.http.gateway.replies import result_reply, task_stub
from tongyi.models.images.upload_policy import UploadPolicy
from tongyi.models.tasks.status import TaskStatus
from tongyi.usecases.tasks.list_tasks import ListedTask as Found
from tongyi.usecases.tasks.list_tasks import TaskPage
from tongyi.usecases.tasks.show_task import TaskView


def is_asynchronous(event: APIGatewayProxyEvent) -> bool:
    """Whether the request asks for a task, by the header X-DashScope-Async."""
    return _enabled(event, "X-DashScope-Async")


def require_asynchronous(event: APIGatewayProxyEvent) -> None:
    """Raises AccessDenied for a request that does not ask for a task, as DashScope does."""
    if not is_asynchronous(event):
        raise AccessDenied(
            "current user api does not support synchronous calls; send the header X-DashScope-Async: enable."
        )


def refuse_stream(event: APIGatewayProxyEvent) -> None:
    """Raises InvalidParameter for a request that asks for a stream of events."""
    if _enabled(event, "X-DashScope-SSE"):
        raise InvalidParameter("X-DashScope-SSE: this route answers in one piece, leave the header out.")


def chat_reply(answer: dict[str, Any], request_id: str) -> NativeChatReply:
    """What a chat model answered."""
    return {"output": answer["output"], "usage": answer["usage"], "request_id": request_id}


def message_reply(view: TaskView, request_id: str) -> MessageReply:
    """The pictures of a task that has succeeded, one choice for each; those that failed are only counted."""
    links = [result["url"] for result in view.results if result.get("url")]
    choices: list[PictureChoice] = [
        {"finish_reason": "stop", "message": {"role": "assistant", "content": [{"image": link or ""}]}}
        for link in links
    ]
    usage: MessageUsage = {"image_count": view.metrics.succeeded}
    for result in view.results:
        if "width" in result:
            usage["width"], usage["height"] = result["width"], result["height"]
    metric = result_reply(view, request_id)["output"]["task_metrics"]
    return {"output": {"choices": choices, "task_metric": metric}, "usage": usage, "request_id": request_id}


def list_reply(page: TaskPage, request_id: str) -> TaskListReply:
    """A page of a caller's tasks."""
    return {
        "request_id": request_id,
        "data": [_listed(found) for found in page.entries],
        "total": page.total,
        "total_page": page.total_pages,
        "page_no": page.page_no,
        "page_size": page.page_size,
    }


def canceled_reply(task_id: str, request_id: str) -> CanceledReply:
    """A task that was canceled. DashScope says nothing but its request_id here."""
    return {"request_id": request_id, "output": task_stub(task_id, TaskStatus.CANCELED)}


def upload_policy_reply(policy: UploadPolicy, request_id: str) -> UploadPolicyReply:
    """Leave to upload."""
    return {"request_id": request_id, "data": policy}


def _listed(found: Found) -> ListedTask:
    task = found.task
    entry: ListedTask = {
        "task_id": task.task_id,
        "status": str(found.status),
        "model_name": task.model,
        "gmt_create": task.created_at,
    }
    if task.first_sent_at is not None:
        entry["start_time"] = task.first_sent_at
    if task.ended_at is not None:
        entry["end_time"] = task.ended_at
    return entry


def _enabled(event: APIGatewayProxyEvent, header: str) -> bool:
    return (event.headers.get(header) or "").strip().lower() == "enable"
