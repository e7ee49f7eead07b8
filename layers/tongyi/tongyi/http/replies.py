"""The documented replies of the gateway's routes, from what the use cases return."""

from __future__ import annotations

from typing import Any

from tongyi.clock import CHINA_OFFSET, to_datetime
from tongyi.errors import GatewayError, UpstreamRefused
from tongyi.models.records import TaskRecord
from tongyi.models.status import JobStatus, TaskStatus
from tongyi.models.upstream import ChatAnswer
from tongyi.usecases.show_task import TaskView, task_status

Reply = dict[str, Any]
# Nothing is ready sooner, and each look costs the caller a request.
FIRST_LOOK_SECONDS = 2


def chat_reply(answer: ChatAnswer, request_id: str) -> Reply:
    """POST /v1/tongyi: the document's two keys, `message` and `code`, and what else is known."""
    return {
        "message": answer.message,
        "code": 200,
        "request_id": request_id,
        "model": answer.model,
        "usage": answer.usage,
        "finish_reason": answer.finish_reason,
    }


def submitted_reply(task: TaskRecord, request_id: str) -> Reply:
    """POST /v1/wanxiang."""
    output = {"task_id": task.task_id, "task_status": str(task_status(task))}
    return {"output": output, "request_id": request_id, **_warnings(task)}


def retry_after(task: TaskRecord, now_ms: int) -> int:
    """Seconds after which a first look at the task makes sense: its slot must have come."""
    slot = max((job.slot_at or 0 for job in task.jobs.values()), default=0)
    return FIRST_LOOK_SECONDS + max(0, slot - now_ms) // 1000


def look_again(task: TaskRecord, results_route: str, now_ms: int) -> dict[str, str]:
    """Headers that say where and when to look at a task.

    The location is relative to the route asked: it holds behind a stage name, a custom domain and on the embedded
    stack alike.
    """
    return {
        "Location": f"{results_route}?task_id={task.task_id}",
        "Retry-After": str(retry_after(task, now_ms)),
    }


def replay(replayed: bool) -> dict[str, str]:
    """The header that tells a repeated order's reply from the first one's."""
    return {"Idempotent-Replayed": "true"} if replayed else {}


def result_reply(view: TaskView, request_id: str) -> Reply:
    """GET /v1/wanxiang-results, for each state; `usage` counts what upstream bills."""
    metrics = view.metrics
    output: Reply = {
        "task_id": view.task.task_id,
        "task_status": str(view.status),
        **_times(view.task),
        **_sizes(view.task),
        "task_metrics": {
            "TOTAL": metrics.total,
            "SUCCEEDED": metrics.succeeded,
            "FAILED": metrics.failed,
        },
    }
    reply: Reply = {"request_id": request_id, "output": output, **_warnings(view.task)}
    if view.status is TaskStatus.SUCCEEDED:
        output["results"] = view.results
        reply["usage"] = {"image_count": metrics.succeeded}
    if view.error:
        output |= {"code": view.error.code, "message": view.error.message}
    return reply


def task_failure(view: TaskView) -> GatewayError:
    """A failed task, as the 400 that the document has for it."""
    code = view.error.code if view.error else UpstreamRefused.code
    status = view.error.upstream_status if view.error else None
    message = view.error.message if view.error else "The task failed."
    return UpstreamRefused(message, code=code, upstream_status=status)


def unknown_reply(task_id: str, request_id: str) -> Reply:
    """GET /v1/wanxiang-results, for a task that is not there."""
    return {
        "request_id": request_id,
        "output": {"task_id": task_id, "task_status": str(TaskStatus.UNKNOWN)},
    }


def _times(task: TaskRecord) -> Reply:
    sent = [job.sent_at for job in task.jobs.values() if job.sent_at and job.status is not JobStatus.READY]
    moments = {
        "submit_time": task.created_at,
        "scheduled_time": min(sent, default=None),
        "end_time": task.ended_at,
    }
    return {name: _time(at) for name, at in moments.items() if at is not None}


def _time(at_ms: int) -> str:
    """`YYYY-MM-DD HH:mm:ss.SSS` in China's time (UTC+8), as DashScope writes it."""
    return (to_datetime(at_ms) + CHINA_OFFSET).strftime("%Y-%m-%d %H:%M:%S.") + f"{at_ms % 1000:03d}"


def _sizes(task: TaskRecord) -> Reply:
    """Where another size is made than was asked for, both."""
    if task.requested_size is None:
        return {}
    return {"requested_size": task.requested_size, "size": task.parameters["size"]}


def _warnings(task: TaskRecord) -> Reply:
    return {"warnings": task.notices} if task.notices else {}
