"""Querying, listing and cancelling asynchronous tasks."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Any

from local.standin.clock import DAY, read_compact_time
from local.standin.endpoints.routing import Call, Subject
from local.standin.errors import NOT_PENDING, UpstreamError, invalid_parameter
from local.standin.tasks.schedule import Task
from local.standin.tasks.views import listed_task, task_view, unknown_task
from local.standin.world import World

_MOST_PER_PAGE = 100
_WHOLE = re.compile(r"[0-9]{1,9}")


def query_subject(world: World, call: Call) -> Subject:
    """What a query is about: its task."""
    return _task_subject(world, call, "query")


def cancel_subject(world: World, call: Call) -> Subject:
    """What a cancellation is about: its task."""
    return _task_subject(world, call, "cancel")


def list_subject(world: World, call: Call) -> Subject:
    """A list is about no task in particular."""
    query = call.request.query
    return Subject(limit_row="list", model=query.get("model_name"), task_id=query.get("task_id"))


def query(world: World, call: Call) -> dict[str, Any]:
    """GET /api/v1/tasks/{task_id}: a task of another key, or one long gone, is UNKNOWN."""
    with world.lock:
        task = _own_task(world, call)
        if task is None:
            return unknown_task(call.params["task_id"])
        return task_view(task, world.clock.now(), world.signer, world.picture_origin)


def cancel(world: World, call: Call) -> dict[str, Any]:
    """POST /api/v1/tasks/{task_id}/cancel: only a PENDING task can be cancelled."""
    with world.lock:
        task = _own_task(world, call)
        if task is None or not world.tasks.cancel(task, world.clock.now()):
            raise UpstreamError(400, "UnsupportedOperation", NOT_PENDING)
        return {}


def list_tasks(world: World, call: Call) -> dict[str, Any]:
    """GET /api/v1/tasks/: the key's tasks of up to 24 h, newest first, in pages."""
    wanted = call.request.query
    with world.lock:
        now = world.clock.now()
        start, end = _window(wanted, now)
        page, size = _whole(wanted, "page_no", 1), _whole(wanted, "page_size", 10, _MOST_PER_PAGE)
        found = [
            task
            for task in world.tasks.of_key(call.key)
            if start <= task.submitted < end and now < task.expires and _matches(task, wanted, now)
        ]
        shown = found[(page - 1) * size : page * size]
        return {
            "total": len(found),
            "data": [listed_task(task, now) for task in shown],
            "total_page": math.ceil(len(found) / size),
            "page_no": page,
            "page_size": size,
        }


def _task_subject(world: World, call: Call, row: str) -> Subject:
    task_id = call.params["task_id"]
    task = world.tasks.find(task_id)
    if task is None:
        return Subject(limit_row=row, task_id=task_id)
    return Subject(limit_row=row, model=task.order.model, prompt=task.order.prompt, task_id=task_id)


def _own_task(world: World, call: Call) -> Task | None:
    task = world.tasks.find(call.params["task_id"])
    return task if task and task.key == call.key else None


def _matches(task: Task, wanted: Mapping[str, str], now: float) -> bool:
    facts = {"task_id": task.id, "model_name": task.order.model, "status": task.status(now)}
    return all(wanted.get(name) in (None, "", fact) for name, fact in facts.items())


def _window(wanted: Mapping[str, str], now: float) -> tuple[float, float]:
    start, end = _moment(wanted, "start_time"), _moment(wanted, "end_time")
    if end is None:
        end = now if start is None else start + DAY
    if start is None:
        start = end - DAY
    if not start <= end <= start + DAY:
        raise invalid_parameter("start_time and end_time must be in order and at most 24 hours apart.")
    # A compact time means a whole second: a task submitted within the last one is included.
    return start, end + 1


def _moment(wanted: Mapping[str, str], name: str) -> float | None:
    text = wanted.get(name)
    if not text:
        return None
    try:
        return read_compact_time(text)
    except ValueError:
        raise invalid_parameter(f"{name} must be a time in the form YYYYMMDDhhmmss.") from None


def _whole(wanted: Mapping[str, str], name: str, default: int, most: int = 10**6) -> int:
    text = wanted.get(name, str(default))
    if not _WHOLE.fullmatch(text) or not 1 <= int(text) <= most:
        raise invalid_parameter(f"{name} must be a whole number from 1 to {most}.")
    return int(text)
