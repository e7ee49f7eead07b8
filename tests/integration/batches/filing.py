"""Files of orders, and what is seen of them."""

from __future__ import annotations

import json
import uuid
from typing import Any

from tests.support.files import (
    manifest,
)
from tests.support.gateway import Gateway
from tests.support.messages import HEARD

KNOWN = {"pending", "succeeded", "failed", "canceled", "refused", "unknown"}


def new(what: str = "a cat") -> str:
    """A prompt that no other order has."""
    return f"{what} {uuid.uuid4()}"


def counts(told: dict[str, Any]) -> dict[str, int]:
    """How many requests have which status, of those that any has."""
    assert sum(told[name] for name in KNOWN) + told["waiting"] == told["requests"]
    return {name: told[name] for name in KNOWN if told[name]}


def sent(running: Gateway, prompt: str) -> int:
    """How often a prompt was submitted upstream."""
    return len(running.standin.ledger("submit", prompt_contains=prompt))


def statuses(key: str) -> list[str]:
    """What became of each request of a file."""
    return [line["status"] for line in manifest(key)]


def heard(running: Gateway, key: str) -> list[dict[str, Any]]:
    """The events about a file."""
    events = [json.loads(message["Body"]) for message in running.messages(HEARD)]
    return [event for event in events if event["detail"].get("file") == key]


def item(running: Gateway, run: str) -> dict[str, Any]:
    """How far a run is, as the table has it."""
    found = running.item(f"FILE#{run}", "FILE")
    assert found is not None
    return found
