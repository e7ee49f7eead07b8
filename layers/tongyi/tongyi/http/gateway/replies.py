"""The documented replies of the gateway's routes, from what the use cases return."""

from __future__ import annotations

from typing import cast

from tongyi.clock import CHINA_OFFSET, to_datetime
from tongyi.errors import GatewayError, UpstreamRefused
from tongyi.http.gateway.schemas import (
    ChatReply,
    Notice,
    ResultReply,
    SubmittedReply,
    TaskOutput,
    TaskStub,
    UnknownReply,
)
from tongyi.models.tasks.records import TaskRecord
from tongyi.models.tasks.status import TaskStatus
from tongyi.models.workflow.upstream import ChatAnswer
from tongyi.usecases.tasks.show_task import TaskView, is_starved, task_status

# Nothing is ready sooner, and each look costs the caller a request.
FIRST_LOOK_SECONDS = 2
STARVED_LOOK_SECONDS = 5


def chat_reply(answer: ChatAnswer, request_id: str) -> ChatReply:
    """POST /v1/tongyi: the document's two keys, `message` and `code`, and what else is known."""
    return {
        "message": answer.message,
        "code": 200,
        "request_id": request_id,
        "model": answer.model,
        "usage": answer.usage,
        "finish_reason": answer.finish_reason,
    }


def submitted_reply(task: TaskRecord, request_id: str) -> SubmittedReply:
    """A task that was taken: POST /v1/wanxiang, and DashScope's asynchronous route."""
    reply: SubmittedReply = {"output": task_stub(task.task_id, task_status(task)), "request_id": request_id}
    if task.notices:
        reply["warnings"] = warnings(task)
    return reply


def task_stub(task_id: str, status: TaskStatus) -> TaskStub:
    """A task, by its id and status."""
    return {"task_id": task_id, "task_status": str(status)}


def retry_after(task: TaskRecord, now_ms: int) -> int:
    """Seconds after which a first look at the task makes sense: its slot must have come.

    One whose execution gets no functions is left alone for longer: each look takes one.
    """
    if is_starved(task, now_ms):
        return STARVED_LOOK_SECONDS
    slot = max((job.slot_at or 0 for job in task.jobs.values()), default=0)
    return FIRST_LOOK_SECONDS + max(0, slot - now_ms) // 1000


def look_again(task: TaskRecord, results: str, now_ms: int) -> dict[str, str]:
    """Headers that say where and when to look at a task.

    The location is `results` and the task's id, relative to the route asked: it holds behind a stage name, a custom
    domain and on the embedded stack alike.
    """
    return {
        "Location": f"{results}{task.task_id}",
        "Retry-After": str(retry_after(task, now_ms)),
    }


def replay(replayed: bool) -> dict[str, str]:
    """The header that tells a repeated order's reply from the first one's."""
    return {"Idempotent-Replayed": "true"} if replayed else {}


def result_reply(view: TaskView, request_id: str) -> ResultReply:
    """A task as it stands, for each state; `usage` counts what upstream bills."""
    task, metrics = view.task, view.metrics
    output: TaskOutput = {
        "task_id": task.task_id,
        "task_status": str(view.status),
        "submit_time": _time(task.created_at),
        "task_metrics": {
            "TOTAL": metrics.total,
            "SUCCEEDED": metrics.succeeded,
            "FAILED": metrics.failed,
        },
    }
    reply: ResultReply = {"request_id": request_id, "output": output}
    if task.notices:
        reply["warnings"] = warnings(task)
    if task.first_sent_at is not None:
        output["scheduled_time"] = _time(task.first_sent_at)
    if task.ended_at is not None:
        output["end_time"] = _time(task.ended_at)
    if task.requested_size is not None:
        output["requested_size"], output["size"] = task.requested_size, task.parameters["size"]
    if view.status is TaskStatus.SUCCEEDED:
        output["results"] = view.results
        reply["usage"] = {"image_count": metrics.succeeded}
    if view.error:
        output["code"], output["message"] = view.error.code, view.error.message
    return reply


def task_failure(view: TaskView) -> GatewayError:
    """A failed task, as the 400 that the document has for it."""
    code = view.error.code if view.error else UpstreamRefused.code
    status = view.error.upstream_status if view.error else None
    message = view.error.message if view.error else "The task failed."
    return UpstreamRefused(message, code=code, upstream_status=status)


def warnings(task: TaskRecord) -> list[Notice]:
    """What the caller should know about the order."""
    return cast(list[Notice], list(task.notices))


def unknown_reply(task_id: str, request_id: str) -> UnknownReply:
    """A task that is not there."""
    return {"request_id": request_id, "output": task_stub(task_id, TaskStatus.UNKNOWN)}


def _time(at_ms: int) -> str:
    """`YYYY-MM-DD HH:mm:ss.SSS` in China's time (UTC+8), as DashScope writes it."""
    return (to_datetime(at_ms) + CHINA_OFFSET).strftime("%Y-%m-%d %H:%M:%S.") + f"{at_ms % 1000:03d}"
