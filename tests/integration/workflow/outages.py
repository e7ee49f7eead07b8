"""AWS services that the functions cannot use, for the tasks of some prompts and for some time."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from enum import StrEnum
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlsplit

import botocore.endpoint
import pytest
from botocore.exceptions import EndpointConnectionError, ReadTimeoutError
from moto.core.botocore_stubber import BotocoreStubber

from tests.support import functions
from tests.support.gateway import Gateway
from tests.workflow.records import tasks

# Takes the orders.
ORDERING = "GenerateImagesFunction"
WRITES = ("PutItem", "UpdateItem", "TransactWriteItems", "DeleteItem", "StartExecution", "PutEvents")


class Kind(StrEnum):
    """How a service fails its callers."""

    AWAY = "cannot be reached"
    THROTTLED = "refuses for now"
    DENIED = "refuses"
    UNANSWERED = "does what it is told, and its first reply is lost"


_REFUSALS = {
    Kind.THROTTLED: (400, "ThrottlingException"),
    Kind.DENIED: (400, "AccessDeniedException"),
}


@dataclass(frozen=True)
class Outage:
    """A service, by the part of its host that names it, what becomes of calls to it, and for how many seconds.

    Either the function that takes the order has it, or those of the state machine.
    """

    service: str
    kind: Kind = Kind.AWAY
    seconds: float = 300
    at_order: bool = False


@dataclass
class Outages:
    """Those that are on, by the prompts of the tasks that have them."""

    running: Gateway
    _ends: dict[str, tuple[Outage, float]] = field(default_factory=dict)
    _prompts: dict[str, str] = field(default_factory=dict)
    _at: ContextVar[tuple[str, bool]] = field(default_factory=lambda: ContextVar("at", default=("", False)))

    def install(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Puts itself between the functions and AWS. botocore makes no pauses between its attempts then."""
        process, loaded = BotocoreStubber.process_request, functions.handler

        def process_request(stubber: BotocoreStubber, request: Any) -> Any:
            outage = self._outage(request)
            if outage is None or outage.kind is Kind.UNANSWERED:
                said = process(stubber, request)
                if outage and _is_first_write(request):
                    raise ReadTimeoutError(endpoint_url=request.url)
                return said
            if outage.kind is Kind.AWAY:
                raise EndpointConnectionError(endpoint_url=request.url)
            status, code = _REFUSALS[outage.kind]
            return status, {}, json.dumps({"__type": code, "message": "Not now."}).encode()

        def handler(function: str) -> Callable[[Any, Any], Any]:
            def run(event: Any, context: Any) -> Any:
                with self._works_for(function, event):
                    return loaded(function)(event, context)

            return run

        monkeypatch.setattr(BotocoreStubber, "process_request", process_request)
        monkeypatch.setattr(functions, "handler", handler)
        monkeypatch.setattr(botocore.endpoint, "time", SimpleNamespace(sleep=lambda _: None))

    def begin(self, prompt: str, outage: Outage) -> None:
        """From now on, for the task of that prompt."""
        self._ends[prompt] = (outage, self.running.standin.now() + outage.seconds)

    def _outage(self, request: Any) -> Outage | None:
        prompt, at_order = self._at.get()
        outage, end = self._ends.get(prompt, (None, 0.0))
        if outage is None or outage.at_order != at_order or self.running.standin.now() >= end:
            return None
        return outage if outage.service in str(urlsplit(request.url).hostname).split(".") else None

    @contextmanager
    def _works_for(self, function: str, event: Any) -> Iterator[None]:
        takes_order = function == ORDERING
        token = self._at.set((self._prompt(event) if takes_order or "task_id" in event else "", takes_order))
        try:
            yield
        finally:
            self._at.reset(token)

    def _prompt(self, event: Any) -> str:
        if "task_id" not in event:
            return str((json.loads(event.get("body") or "{}").get("input") or {}).get("prompt", ""))
        task_id = event["task_id"]
        if task_id not in self._prompts:
            found = tasks(self.running).get(task_id)
            self._prompts[task_id] = str(found.input["prompt"]) if found else ""
        return self._prompts[task_id]


def _is_first_write(request: Any) -> bool:
    target = _text(request.headers.get("X-Amz-Target", "")).rpartition(".")[2]
    first = _text(request.headers.get("amz-sdk-request", "")).startswith("attempt=1")
    return first and (target in WRITES or request.method == "PUT")


def _text(value: Any) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)
