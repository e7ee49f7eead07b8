"""The event that tells the end of a task: version 1 of its schema, described in docs/events.md."""

from __future__ import annotations

from typing import Any

from tongyi.clock import to_datetime
from tongyi.models.tasks.records import Failure, ImageRecord, TaskRecord
from tongyi.models.tasks.status import ImageStatus, TaskStatus

VERSION = "1"
SOURCE = "tongyi-gateway"
DETAIL_TYPES = {
    TaskStatus.SUCCEEDED: "Image Task Succeeded",
    TaskStatus.FAILED: "Image Task Failed",
    TaskStatus.CANCELED: "Image Task Canceled",
}
_FACTS = {"key", "sha256", "content_type", "bytes", "width", "height"}


def task_detail(task: TaskRecord, bucket: str, *, with_prompt: bool) -> dict[str, Any]:
    """What the event of a task that has ended says of it; of its words only if that is wanted."""
    made = [image for image in task.images.values() if image.status is not ImageStatus.FAILED]
    detail: dict[str, Any] = {
        "version": VERSION,
        "task_id": task.task_id,
        "status": str(task.status),
        "model": task.model,
        "submitted_at": moment(task.created_at),
        "ended_at": moment(task.ended_at or task.created_at),
        "bucket": bucket,
        "metrics": {
            "total": task.total,
            "succeeded": len(made),
            "failed": task.total - len(made) if task.status is not TaskStatus.CANCELED else 0,
        },
        "pictures": told_pictures(task),
    }
    if task.owner:
        detail["owner"] = task.owner
    if task.error:
        detail["error"] = _error(task.error)
    if with_prompt:
        detail["prompt"] = task.input["prompt"]
    return detail


def told_pictures(task: TaskRecord) -> list[dict[str, Any]]:
    """What is told of a task's pictures: where a copy is, where DashScope's is, or why there is none."""
    return [_picture(number, image) for number, image in sorted(task.images.items())]


def _picture(number: int, image: ImageRecord) -> dict[str, Any]:
    if image.status is ImageStatus.STORED:
        return {"number": number, **image.model_dump(include=_FACTS)}
    if image.url:
        return {"number": number, "url": image.url, "url_expires_at": moment(image.url_expires_at or 0)}
    return {"number": number, "error": _error(image.error) if image.error else None}


def _error(failure: Failure) -> dict[str, str]:
    return {"code": failure.code, "message": failure.message}


def moment(at_ms: int) -> str:
    """A record's time as ISO 8601 has it, in UTC, with milliseconds."""
    return to_datetime(at_ms).isoformat(timespec="milliseconds").replace("+00:00", "Z")
