"""Functions that are hit at a call of AWS's or DashScope's: just before it, or just after it took effect.

Which calls there are is found out by running a task. A call is known by its function, its kind and its number among
that function's calls of the kind for the task. What botocore repeats is one call.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from enum import StrEnum
from types import SimpleNamespace
from typing import Any

import botocore.endpoint
import pytest
import requests
from botocore.exceptions import ReadTimeoutError
from moto.core.botocore_stubber import BotocoreStubber

from tests.support import functions
from tests.support.gateway import Gateway
from tests.workflow.records import tasks

SUBMIT = "SubmitTaskFunction"
DISPATCH = "DispatchJobFunction"
RECONCILE = "ReconcileFunction"
# Those of the state machine, which are all down after a kill: what is left has to be found.
STEPS = (DISPATCH, "CheckJobFunction", "StoreImageFunction", "CloseTaskFunction")


class Killed(BaseException):
    """The function is gone: nothing of it catches this."""


class Hit(StrEnum):
    """What happens at a call. One that fails is not answered, however often botocore repeats it."""

    KILLED_BEFORE = "is killed before"
    KILLED_AFTER = "is killed after"
    FAILS_BEFORE = "fails before"
    FAILS_AFTER = "fails after"

    @property
    def kills(self) -> bool:
        """Whether the function is gone then."""
        return self in (Hit.KILLED_BEFORE, Hit.KILLED_AFTER)

    @property
    def takes_effect(self) -> bool:
        """Whether the call is carried out."""
        return self in (Hit.KILLED_AFTER, Hit.FAILS_AFTER)


@dataclass(frozen=True, order=True)
class Point:
    """A call that a function makes for a task: the how manyth of its kind, and which."""

    function: str
    number: int
    call: str

    def __str__(self) -> str:
        return f"{self.function}'s {self.call} {self.number}"


_at: ContextVar[tuple[str, str] | None] = ContextVar("at", default=None)


class Killer:
    """Notes the calls that are made for a prompt, and hits those that were chosen for one."""

    def __init__(self, running: Gateway, monkeypatch: pytest.MonkeyPatch) -> None:
        self.points: dict[str, list[Point]] = defaultdict(list)
        self.hit: dict[str, list[Point]] = defaultdict(list)
        self._chosen: dict[str, tuple[Point, Hit]] = {}
        self._failing: dict[str, Point] = {}
        self._down: set[str] = set()
        self._prompts: dict[str, str] = {}
        self._running = running
        process, send, loaded = BotocoreStubber.process_request, requests.Session.send, functions.handler

        def process_request(stubber: BotocoreStubber, request: Any) -> Any:
            target = _text(request.headers.get("X-Amz-Target", "")) or f"S3.{request.method}"
            repeated = not _text(request.headers.get("amz-sdk-request", "attempt=1")).startswith("attempt=1")
            fault = ReadTimeoutError(endpoint_url=request.url)
            with self._call(target.rpartition(".")[2], fault, repeated=repeated):
                return process(stubber, request)

        def send_request(session: requests.Session, request: Any, **given: Any) -> Any:
            said = None
            try:
                with self._call(f"HTTP {request.method}", requests.ConnectionError("reset")):
                    said = send(session, request, **given)
            except (Killed, requests.ConnectionError):
                # A process that is gone has no connections, and one that was reset is closed.
                if said is not None:
                    said.close()
                raise
            return said

        def handler(function: str) -> Callable[[Any, Any], Any]:
            return lambda event, context: self._run(function, loaded(function), event, context)

        monkeypatch.setattr(BotocoreStubber, "process_request", process_request)
        monkeypatch.setattr(requests.Session, "send", send_request)
        monkeypatch.setattr(functions, "handler", handler)
        # Without botocore's pauses between attempts.
        monkeypatch.setattr(botocore.endpoint, "time", SimpleNamespace(sleep=lambda _: None))

    def choose(self, prompt: str, point: Point, hit: Hit) -> None:
        """Hits that call for the prompt, once."""
        self._chosen[prompt] = (point, hit)

    def mend(self) -> None:
        """Has all functions run again."""
        self._down.clear()

    def _run(self, function: str, run: Callable[[Any, Any], Any], event: Any, context: Any) -> Any:
        prompt = self._prompt(event)
        if function in STEPS and prompt in self._down:
            raise RuntimeError("the function is down")
        token = _at.set((function, prompt))
        try:
            return run(event, context)
        except Killed:
            raise RuntimeError("the function was killed") from None
        finally:
            _at.reset(token)

    @contextmanager
    def _call(self, name: str, fault: Exception, *, repeated: bool = False) -> Iterator[None]:
        at = _at.get()
        if at is None:
            yield
            return
        function, prompt = at
        if repeated:
            if self._failing.get(prompt) == self.points[prompt][-1]:
                raise fault
            yield
            return
        number = sum((point.function, point.call) == (function, name) for point in self.points[prompt])
        point = Point(function, number, name)
        self.points[prompt].append(point)
        chosen, hit = self._chosen.get(prompt, (None, None))
        if point != chosen or hit is None:
            yield
            return
        self._note(prompt, point, hit)
        if hit.takes_effect:
            yield
        raise Killed if hit.kills else fault

    def _note(self, prompt: str, point: Point, hit: Hit) -> None:
        self.hit[prompt].append(point)
        if hit.kills:
            self._down.add(prompt)
        else:
            self._failing[prompt] = point

    def _prompt(self, event: Any) -> str:
        if "task_id" not in event:
            return str(json.loads(event.get("body") or "{}").get("prompt", ""))
        task_id = event["task_id"]
        if task_id not in self._prompts:
            found = tasks(self._running).get(task_id)
            self._prompts[task_id] = str(found.input["prompt"]) if found else ""
        return self._prompts[task_id]


def _text(value: Any) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)
