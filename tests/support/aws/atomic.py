"""What AWS does in one step, moto does in one too."""

from __future__ import annotations

from threading import RLock
from typing import Any
from urllib.parse import urlsplit

import pytest
from moto.core.botocore_stubber import BotocoreStubber


def make_requests_atomic(monkeypatch: pytest.MonkeyPatch) -> None:
    """One request at a time, but for Lambda's, which are the functions' own work.

    moto checks a condition and writes, looks for an execution's name and starts it, takes a message out of a queue
    and puts the rest back: each in steps, between which another thread's request is lost or let through. AWS does
    each in one.
    """
    one_at_a_time = RLock()
    process = BotocoreStubber.process_request

    def alone(stubber: BotocoreStubber, request: Any) -> Any:
        if str(urlsplit(request.url).hostname).startswith("lambda."):
            return process(stubber, request)
        with one_at_a_time:
            return process(stubber, request)

    monkeypatch.setattr(BotocoreStubber, "process_request", alone)
