"""The shapes of replies about webhooks; see `gateway.schemas`."""

from __future__ import annotations

from typing import NotRequired

# The standard library's has no way into a schema before Python 3.12.
from typing_extensions import TypedDict


class Attempt(TypedDict):
    """One attempt: when it began, and the receiver's HTTP status, or a word for why there is none."""

    at: str
    status_code: NotRequired[int]
    error: NotRequired[str]
    duration_ms: NotRequired[int]


class Delivery(TypedDict):
    """A webhook and what became of it. Times are in UTC (ISO 8601)."""

    id: str
    task_id: str
    type: str
    url: str
    status: str
    created_at: str
    next_attempt_at: str | None
    attempts: list[Attempt]


class DeliveryReply(TypedDict):
    """One delivery."""

    request_id: str
    data: Delivery


class DeliveryListReply(TypedDict):
    """A page of deliveries, newest first."""

    request_id: str
    data: list[Delivery]
    total: int
    total_page: int
    page_no: int
    page_size: int
