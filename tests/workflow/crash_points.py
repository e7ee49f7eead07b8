"""Functions that are killed at a call of AWS's or DashScope's: just before it, or just after it took effect.

Which calls there are is found out by running a task. A call is known by its function and its number among that
function's calls for the task.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

import pytest
import requests
from moto.core.botocore_stubber import BotocoreStubber

from tests.support import functions
from tests.support.gateway import Gateway
from tests.workflow.records import tasks

SUBMIT = "SubmitTaskFunction"
RECONCILE = "ReconcileFunction"
# Those of the state machine, which are all down after a kill: what is left has to be found.
STEPS = ("DispatchJobFunction", "CheckJobFunction", "StoreImageFunction", "CloseTaskFunction")


class Killed(BaseException):
    """The function is gone: nothing of it catches this."""


@dataclass(frozen=True, order=True)
class Point:
    """A call that a function makes: the how manyth, and which."""

    function: str
    number: int
    call: str


_at: ContextVar[tuple[str, str] | None] = ContextVar("at", default=None)


class Killer:
    """Notes the calls that are made for a prompt, and kills at those that were chosen for one."""

    def __init__(self, running: Gateway, monkeypatch: pytest.MonkeyPatch) -> None:
        self.points: dict[str, list[Point]] = defaultdict(list)
        self.killed: set[tuple[str, Point]] = set()
        self._chosen: dict[str, tuple[Point, bool]] = {}
        self._down: set[str] = set()
        self._prompts: dict[str, str] = {}
        self._running = running
        process, send, loaded = BotocoreStubber.process_request, requests.Session.send, functions.handler

        def process_request(stubber: BotocoreStubber, request: Any) -> Any:
            target = _text(request.headers.get("X-Amz-Target", "")) or f"S3.{request.method}"
            with self._call(target.rpartition(".")[2]):
                return process(stubber, request)

        def send_request(session: requests.Session, request: Any, **given: Any) -> Any:
            said = None
            try:
                with self._call(f"HTTP {request.method}"):
                    said = send(session, request, **given)
            except Killed:
                # A process that is gone has no connections.
                if said is not None:
                    said.close()
                raise
            return said

        def handler(function: str) -> Callable[[Any, Any], Any]:
            return lambda event, context: self._run(function, loaded(function), event, context)

        monkeypatch.setattr(BotocoreStubber, "process_request", process_request)
        monkeypatch.setattr(requests.Session, "send", send_request)
        monkeypatch.setattr(functions, "handler", handler)

    def choose(self, prompt: str, point: Point, *, after: bool) -> None:
        """Kills at that call for the prompt, once."""
        self._chosen[prompt] = (point, after)

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
    def _call(self, name: str) -> Iterator[None]:
        at = _at.get()
        if at is None:
            yield
            return
        function, prompt = at
        number = sum(point.function == function for point in self.points[prompt])
        point = Point(function, number, name)
        self.points[prompt].append(point)
        chosen, after = self._chosen.get(prompt, (None, False))
        if point != chosen:
            yield
            return
        self.killed.add((prompt, point))
        self._down.add(prompt)
        if after:
            yield
        raise Killed

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
