"""Which tasks a list is to show. Source: DashScope's task list, whose times are `YYYYMMDDhhmmss` in China (UTC+8)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from tongyi.clock import CHINA_OFFSET
from tongyi.errors import InvalidParameter
from tongyi.models.tasks.status import TaskStatus

DAY_MS = 24 * 3600 * 1000
SECOND_MS = 1000
MOST_PER_PAGE = 100
MOST_PAGES = 1_000_000
_TIME = "%Y%m%d%H%M%S"
_DIGITS = 14


@dataclass(frozen=True, slots=True)
class TaskFilter:
    """The span of creation, in milliseconds since the epoch, both ends included; what else must be so; and the page."""

    from_ms: int
    until_ms: int
    task_id: str | None
    model: str | None
    status: TaskStatus | None
    page_no: int
    page_size: int


def parse_task_filter(query: Mapping[str, str], now_ms: int) -> TaskFilter:
    """Checks the query parameters of a list; the last 24 hours by default. Raises InvalidParameter.

    `api_key_id` and `region`, which the SDK can send, are passed over: a list never goes beyond the caller's own.
    """
    from_ms, until_ms = _span(query, now_ms)
    return TaskFilter(
        from_ms=from_ms,
        until_ms=until_ms,
        task_id=query.get("task_id") or None,
        model=query.get("model_name") or None,
        status=_status(query.get("status")),
        page_no=whole(query, "page_no", 1, MOST_PAGES),
        page_size=whole(query, "page_size", 10, MOST_PER_PAGE),
    )


def _span(query: Mapping[str, str], now_ms: int) -> tuple[int, int]:
    start, end = _moment(query, "start_time"), _moment(query, "end_time")
    if end is None:
        end = now_ms if start is None else start + DAY_MS
    if start is None:
        start = end - DAY_MS
    if not start <= end <= start + DAY_MS:
        raise InvalidParameter("start_time: must not be after end_time, nor more than 24 hours before it.")
    # A time means a whole second: what was created within the last one is included.
    return start, end + SECOND_MS - 1


def _moment(query: Mapping[str, str], name: str) -> int | None:
    text = query.get(name)
    if not text:
        return None
    try:
        if len(text) != _DIGITS:
            raise ValueError(text)
        in_china = datetime.strptime(text, _TIME).replace(tzinfo=UTC)
        return round((in_china - CHINA_OFFSET).timestamp() * 1000)
    except (ValueError, OverflowError):
        raise InvalidParameter(f"{name}: must be a time in China, as YYYYMMDDhhmmss.") from None


def _status(text: str | None) -> TaskStatus | None:
    try:
        return TaskStatus(text) if text else None
    except ValueError:
        raise InvalidParameter(f"status: is not one of: {', '.join(TaskStatus)}.") from None


def whole(query: Mapping[str, str], name: str, default: int, most: int) -> int:
    """A whole number from 1 on of the query. Raises InvalidParameter."""
    text = query.get(name) or str(default)
    if not (text.isascii() and text.isdecimal() and len(text) < 10 and 1 <= int(text) <= most):
        raise InvalidParameter(f"{name}: takes a whole number from 1 to {most}.")
    return int(text)
