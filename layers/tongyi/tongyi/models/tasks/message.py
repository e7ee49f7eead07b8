"""An order that comes as a message: the body of an HTTP route, and what HTTP has in headers.

It comes as it is, or as the detail of an EventBridge event. Source of the envelope: EventBridge's event structure.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from tongyi.errors import InvalidParameter
from tongyi.models.images.bodies import is_nested, parse_lenient_request, parse_openai_request
from tongyi.models.images.request import ImageRequest
from tongyi.models.text import PROMPT

REQUESTED = "Image Task Requested"
# Whose tasks those are whose messages name nobody: keys of that name see them.
DEFAULT_OWNER = "events"
LONGEST_KEY = 255
_OWNER = re.compile(r"[A-Za-z0-9_.-]{1,64}")


@dataclass(frozen=True, slots=True)
class OrderMessage:
    """A checked order, whose it is, and the key by which a second delivery finds the first one's task."""

    order: ImageRequest
    owner: str
    key: str


def parse_order_message(body: Any, message_id: str) -> OrderMessage:
    """Checks a message. Raises InvalidParameter.

    `owner` and `idempotency_key` stand beside the order's own fields. Without a key it is the message's id, or the
    event's: both are delivered at least once, and each delivery has the same.
    """
    if not isinstance(body, dict):
        raise InvalidParameter("The message must be a JSON object.")
    if "detail-type" not in body:
        return parse_named_order(body, f"sqs-{message_id}")
    own_key = f"sqs-{message_id}"
    if isinstance(body.get("id"), str) and body["id"]:
        own_key = f"event-{body['id']}"
    return parse_named_order(_detail(body), own_key)


def parse_named_order(given: dict[str, Any], own_key: str) -> OrderMessage:
    """Checks an order that may name its owner and its key, which is otherwise `own_key`. Raises InvalidParameter."""
    order = {name: value for name, value in given.items() if name not in ("owner", "idempotency_key")}
    return OrderMessage(
        order=parse_lenient_request(order) if is_nested(order) else parse_openai_request(order).request,
        owner=checked_owner(given.get("owner", DEFAULT_OWNER)),
        key=_key(given.get("idempotency_key", own_key)),
    )


def _detail(event: dict[str, Any]) -> dict[str, Any]:
    if event["detail-type"] != REQUESTED or not isinstance(event.get("detail"), dict):
        raise InvalidParameter(f"detail-type: must be {REQUESTED}, with an order as its detail.")
    detail: dict[str, Any] = event["detail"]
    return detail


def checked_owner(owner: Any) -> str:
    """The name, if keys can be issued to it. Raises InvalidParameter."""
    if not isinstance(owner, str) or not _OWNER.fullmatch(owner):
        raise InvalidParameter('owner: takes 1 to 64 letters, digits, "_", "." or "-".')
    return owner


def _key(key: Any) -> str:
    if not isinstance(key, str) or not 0 < len(key) <= LONGEST_KEY:
        raise InvalidParameter(f"idempotency_key: takes a text of 1 to {LONGEST_KEY} characters.")
    PROMPT.check("idempotency_key", key)
    return key
