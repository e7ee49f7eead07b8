"""What has expired is absent: to each read, and to each write that depends on what is there.

DynamoDB deletes it up to two days late (developer guide, "Using time to live"). `expires_at` is in seconds since the
epoch; an item has expired from that second on, for reads and writes alike.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tongyi.clock import Clock
from tongyi.gateways.dynamodb.base.items import Item

# Conditions of writes; `:now` is `seconds_now`.
ABSENT = "(attribute_not_exists(pk) OR expires_at <= :now)"
PRESENT = "expires_at > :now"


def seconds_now(clock: Clock) -> int:
    """The time, in seconds since the epoch."""
    return clock.now_ms() // 1000


def has_expired(expires_at: int, clock: Clock) -> bool:
    """Whether what expires at that second has."""
    return expires_at <= seconds_now(clock)


def present(reply: Mapping[str, Any], clock: Clock) -> Item | None:
    """The item of GetItem's reply, in typed JSON; None where there is none, or it has expired."""
    item: Item | None = reply.get("Item")
    return None if item is None or has_expired(int(item["expires_at"]["N"]), clock) else item
