"""The webhook that tells the end of a task. Source: the Standard Webhooks specification."""

from __future__ import annotations

import json
import re
import uuid
from typing import Any

from tongyi.models.tasks.events import moment, task_detail
from tongyi.models.tasks.records import TaskRecord
from tongyi.models.tasks.status import TaskStatus

TYPES = {
    TaskStatus.SUCCEEDED: "image.task.succeeded",
    TaskStatus.FAILED: "image.task.failed",
    TaskStatus.CANCELED: "image.task.canceled",
}
_ID = re.compile(r"msg_([0-9a-f]{32})")


def webhook_id(task_id: str) -> str:
    """The id that all attempts at a task's webhook carry."""
    return f"msg_{task_id.replace('-', '')}"


def task_of_webhook(identity: str) -> str | None:
    """The task behind a webhook's id; None for what is no such id."""
    found = _ID.fullmatch(identity)
    return str(uuid.UUID(found[1])) if found else None


def payload(task: TaskRecord) -> bytes:
    """The webhook's body, in UTF-8: the event of the task's end, without what only the stack's operator can use.

    It is made of the record, which does not change any more, and so the same for each attempt.
    """
    said = {
        "type": TYPES[task.status],
        "timestamp": moment(task.ended_at or task.created_at),
        "data": _told(task),
    }
    return json.dumps(said, ensure_ascii=False, separators=(",", ":")).encode()


def _told(task: TaskRecord) -> dict[str, Any]:
    detail = task_detail(task, "", with_prompt=False)
    del detail["bucket"]
    for picture in detail["pictures"]:
        if picture.pop("key", None):
            picture["path"] = f"/v1/images/{task.task_id}/{picture['number']}"
    return detail
