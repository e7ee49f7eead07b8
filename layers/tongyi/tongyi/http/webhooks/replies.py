"""Replies about webhooks, to their owner alone."""

from __future__ import annotations

from tongyi.http.webhooks import schemas as shapes
from tongyi.models.tasks.events import moment
from tongyi.models.webhooks.delivery import Attempt, DeliveryRecord
from tongyi.models.webhooks.payload import webhook_id
from tongyi.usecases.webhooks.list_deliveries import DeliveryPage

# The first attempt takes a moment.
FIRST_LOOK_SECONDS = 2


def delivery_reply(delivery: DeliveryRecord, request_id: str) -> shapes.DeliveryReply:
    """One delivery."""
    return {"request_id": request_id, "data": _shown(delivery)}


def deliveries_reply(page: DeliveryPage, request_id: str) -> shapes.DeliveryListReply:
    """A page of them."""
    return {
        "request_id": request_id,
        "data": [_shown(delivery) for delivery in page.entries],
        "total": page.total,
        "total_page": page.total_pages,
        "page_no": page.page_no,
        "page_size": page.page_size,
    }


def look_again(delivery: DeliveryRecord) -> dict[str, str]:
    """Headers that say where and when to look at a delivery that was begun anew, relative to the route asked."""
    return {"Location": f"../{webhook_id(delivery.task_id)}", "Retry-After": str(FIRST_LOOK_SECONDS)}


def _shown(delivery: DeliveryRecord) -> shapes.Delivery:
    return {
        "id": webhook_id(delivery.task_id),
        "task_id": delivery.task_id,
        "type": delivery.type,
        "url": delivery.url,
        "status": str(delivery.status),
        "created_at": moment(delivery.created_at),
        "next_attempt_at": None if delivery.next_at is None else moment(delivery.next_at),
        "attempts": [_attempt(attempt) for attempt in delivery.attempts],
    }


def _attempt(attempt: Attempt) -> shapes.Attempt:
    shown: shapes.Attempt = {"at": moment(attempt.at)}
    if attempt.status_code is not None:
        shown["status_code"] = attempt.status_code
    if attempt.error is not None:
        shown["error"] = str(attempt.error)
    if attempt.duration_ms is not None:
        shown["duration_ms"] = attempt.duration_ms
    return shown
