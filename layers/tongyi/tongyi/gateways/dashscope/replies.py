"""DashScope's replies, parsed. Shapes: the wanx-v1 API reference; unknown fields are passed over."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any, cast

from tongyi.gateways.dashscope.errors import clean
from tongyi.models.images.upload_policy import UploadForm, UploadPolicy
from tongyi.models.tasks.records import Failure
from tongyi.models.tasks.schedule import RUNNING_LIMIT
from tongyi.models.tasks.status import TaskStatus
from tongyi.models.workflow.upstream import ChatAnswer, ListedTask, Submitted, UpstreamPicture, UpstreamTask

_LONGEST_WORK = timedelta(seconds=RUNNING_LIMIT)

_NOTHING = Failure(code="ResultMissing", message="DashScope gave neither a picture nor a reason.")


class UnexpectedReply(Exception):
    """Raised when a reply that claims success has not the shape of one."""


def submitted(body: Any) -> Submitted:
    """A submission's reply."""
    task_id = _text(_output(body), "task_id")
    if task_id is None:
        raise UnexpectedReply
    return Submitted(task_id, _text(body, "request_id"))


def task(body: Any, key: str) -> UpstreamTask:
    """A task query's reply."""
    output = _output(body)
    status = _text(output, "task_status")
    if status is None:
        raise UnexpectedReply
    metrics = _object(output.get("task_metrics"))
    return UpstreamTask(
        status=_status(status),
        pictures=tuple(_pictures(output, key)),
        made=_count(metrics.get("SUCCEEDED")),
        failed=_count(metrics.get("FAILED")),
        error=_failure(output, key),
        total=_count(metrics.get("TOTAL")) or None,
        worked_ms=_worked_ms(output),
    )


def pictures(body: Any, key: str) -> tuple[UpstreamPicture, ...]:
    """The pictures in the reply to a synchronous call."""
    found = tuple(_pictures(_output(body), key))
    if not found:
        raise UnexpectedReply
    return found


def listed_tasks(body: Any) -> list[ListedTask]:
    """One page of the task list."""
    entries = body.get("data") if isinstance(body, dict) else None
    if not isinstance(entries, list):
        raise UnexpectedReply
    return [_listed(_object(entry)) for entry in entries]


def answer(body: Any, model: str) -> ChatAnswer:
    """A chat reply in the `message` format."""
    choices = _list(_output(body).get("choices"))
    choice = _object(choices[0]) if choices else {}
    content = _object(choice.get("message")).get("content")
    if not isinstance(content, str):
        raise UnexpectedReply
    reason = _text(choice, "finish_reason")
    return ChatAnswer(
        message=content,
        model=model,
        # While it streams, upstream writes the string "null" here.
        finish_reason=None if reason == "null" else reason,
        usage=_object(body.get("usage")),
    )


def acknowledged(body: Any) -> None:
    """A reply that says nothing but that it was done."""
    if not isinstance(body, dict) or body.get("code"):
        raise UnexpectedReply


def upload_policy(body: Any) -> UploadPolicy:
    """Leave to upload: what the SDK makes its form of, and nothing else."""
    given = _object(body.get("data") or body.get("output")) if isinstance(body, dict) else {}
    if not all(_text(given, name) for name in UploadForm.__annotations__):
        raise UnexpectedReply
    return cast(UploadPolicy, {name: given[name] for name in UploadPolicy.__annotations__ if name in given})


def generation(body: Any) -> dict[str, Any]:
    """A native chat reply, as it came."""
    output = _output(body)
    if not (_list(output.get("choices")) or isinstance(output.get("text"), str)):
        raise UnexpectedReply
    return {"output": output, "usage": _object(body.get("usage"))}


def completion(body: Any) -> dict[str, Any]:
    """A chat reply in OpenAI's shape, as it came."""
    if not isinstance(body, dict) or not _list(body.get("choices")):
        raise UnexpectedReply
    return body


def _listed(entry: dict[str, Any]) -> ListedTask:
    """A list with an entry that names no task is no list: what is missing in it would be taken for absent."""
    task_id = _text(entry, "task_id")
    if task_id is None:
        raise UnexpectedReply
    created = _count(entry.get("gmt_create"))
    # In milliseconds: a moment of this century has that many.
    return ListedTask(task_id, created if created > 10**12 else None)


def _worked_ms(output: dict[str, Any]) -> int | None:
    """From when the task was taken up until its end; None where that is not said, or cannot be."""
    try:
        began, ended = (
            datetime.fromisoformat(_text(output, name) or "") for name in ("scheduled_time", "end_time")
        )
        worked = ended - began
    except (ValueError, TypeError):
        return None
    return worked // timedelta(milliseconds=1) if timedelta() < worked <= _LONGEST_WORK else None


def _status(said: str) -> TaskStatus:
    try:
        return TaskStatus(said)
    except ValueError:
        return TaskStatus.RUNNING


def _pictures(output: dict[str, Any], key: str) -> Iterator[UpstreamPicture]:
    """All pictures of a reply, whichever form it has: `results`; choices with one picture each; one with many."""
    for entry in _list(output.get("results")):
        yield _picture(entry, key)
    for choice in _list(output.get("choices")):
        for part in _list(_object(_object(choice).get("message")).get("content")):
            url = _link(_object(part), "image")
            if url:
                yield UpstreamPicture(url=url)


def _picture(entry: Any, key: str) -> UpstreamPicture:
    found = _object(entry)
    url = _link(found, "url")
    if url:
        return UpstreamPicture(
            url=url, actual_prompt=_text(found, "actual_prompt"), orig_prompt=_text(found, "orig_prompt")
        )
    reason = _failure(found, key)
    return UpstreamPicture(error=reason or _NOTHING, explained=reason is not None)


def _failure(found: dict[str, Any], key: str) -> Failure | None:
    """The reason given: a code, or words without one."""
    code, message = _text(found, "code"), clean(found.get("message"), key)
    return Failure(code=code or "InternalError", message=message) if code or message else None


def _output(body: Any) -> dict[str, Any]:
    return _object(body.get("output")) if isinstance(body, dict) else {}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _object(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _text(found: dict[str, Any], name: str) -> str | None:
    value = found.get(name)
    return value if isinstance(value, str) and value else None


def _link(found: dict[str, Any], name: str) -> str | None:
    """None for what cannot be one."""
    url = _text(found, name)
    return url if url and url.startswith(("http://", "https://")) else None


def _count(value: Any) -> int:
    return value if isinstance(value, int) and value > 0 else 0
