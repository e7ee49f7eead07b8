"""Functions that crash or answer wrongly, between the state machine and the real handlers."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from threading import Event, Lock
from types import SimpleNamespace
from typing import Any

import pytest
from moto.stepfunctions.parser.asl.component.common.retry import retrier_decl

from local.standin.images.gallery import Gallery
from local.standin.images.painting import paint_png
from tests.support import functions, gateway
from tests.support.gateway import Gateway
from tests.support.patience import PATIENCE
from tests.workflow.records import tasks
from tongyi.models.images import catalog
from tongyi.models.workflow import circuit
from tongyi.usecases.workflow import dispatch_job, find_submission, send_job

# Shorter than the template allows: what is waited for comes about at once here.
AT_ONCE = {"FirstCheckSeconds": "0", "LostSubmissionSeconds": "0"}

Run = Callable[[str, Any], Any]
Interference = Callable[[Run, Any], Any]


def quicken(monkeypatch: pytest.MonkeyPatch) -> None:
    """Shortens the waits of the state machine's Retry fields, and those after an answer was lost."""
    quicken_retries(monkeypatch)
    monkeypatch.setattr(find_submission, "ABSENT_AFTER_MS", 0)
    monkeypatch.setattr(find_submission, "repeat_wait", lambda losses: 0)
    # Nor does a job wait because another's answer was lost.
    monkeypatch.setattr(circuit, "FIRST_WAIT_MS", 0)
    monkeypatch.setattr(circuit, "LONGEST_WAIT_MS", 0)


def quicken_retries(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leaves out the waits of the state machine's Retry fields, repeats twice at most, and touches nothing else."""
    monkeypatch.setattr(retrier_decl, "time", SimpleNamespace(sleep=lambda seconds: None))
    real = gateway.definition

    def quick(names: Mapping[str, str], machine: str = "ImageTask") -> str:
        return json.dumps(_quick(json.loads(real(names, machine))))

    monkeypatch.setattr(gateway, "definition", quick)


def _quick(part: Any) -> Any:
    if isinstance(part, list):
        return [_quick(entry) for entry in part]
    if not isinstance(part, dict):
        return part
    quick = {name: _quick(value) for name, value in part.items()}
    if quick.get("MaxAttempts"):
        quick["MaxAttempts"] = 2
    return quick


def crowd(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lets many tasks be sent at once, for tests that are not about the rate.

    No slot can be missed then: on a busy machine each dispatch would find its own over, and reserve another, until
    the others are done.
    """
    monkeypatch.setattr(dispatch_job, "LATE_MS", PATIENCE * 1000)
    monkeypatch.setattr(send_job, "MARK_TO_CALL_MS", PATIENCE * 1000)
    # On a busy machine every answer is late: nobody waits for another's.
    monkeypatch.setattr(dispatch_job, "UNANSWERED_MS", PATIENCE * 1000)
    rate = catalog.RateLimit(calls=1000, seconds=1)
    monkeypatch.setattr(catalog.RateLimit, "GUARD_MS", 0)
    for name, model in catalog.IMAGE_MODELS.copy().items():
        monkeypatch.setitem(catalog.IMAGE_MODELS, name, replace(model, rate=rate))


def paint_small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pictures of a few pixels, for tests that make many: painting and decoding them would cost more than all else."""
    monkeypatch.setattr(Gallery, "picture", lambda _, seed, style, size: paint_png(seed, style, 16, 16))


def interfere(
    monkeypatch: pytest.MonkeyPatch, running: Gateway, faults: Mapping[tuple[str, str], Interference]
) -> None:
    """Hands calls of a function for the task of a prompt to an interference; keys are (function, prompt)."""
    real = functions.invoke

    def invoke(function: str, event: Any) -> Any:
        found = tasks(running).get(event["task_id"]) if "task_id" in event else None
        fault = faults.get((function, found.input["prompt"])) if found else None
        return fault(real, event) if fault else real(function, event)

    monkeypatch.setattr(functions, "invoke", invoke)


class Crash:
    """Raises on the first `times` calls, or on all of them."""

    def __init__(self, function: str, times: int | None = None) -> None:
        self._function = function
        self._left = times

    def __call__(self, run: Run, event: Any) -> Any:
        if self._left == 0:
            return run(self._function, event)
        if self._left is not None:
            self._left -= 1
        raise RuntimeError("the function crashed")


def nonsense(run: Run, event: Any) -> Any:
    """An answer that the state machine cannot follow: it asks to wait, and not how long."""
    return {"next": "wait"}


def at_once(run: Run, event: Any) -> Any:
    """A dispatch whose answer already holds the pictures, as that of a synchronous model does."""
    run("DispatchJobFunction", event)
    return run("CheckJobFunction", event)


class Hold:
    """Holds calls of a function back, before or after their work, until they are let go: the first, if not said."""

    def __init__(self, function: str, *, calls: Collection[int] = (1,), after: bool = False) -> None:
        self._function = function
        self._held = calls
        self._after = after
        self._calls = 0
        self._lock = Lock()
        self._reached = Event()
        self._go = Event()

    def __call__(self, run: Run, event: Any) -> Any:
        with self._lock:
            self._calls += 1
            held = self._calls in self._held
        if not held:
            return run(self._function, event)
        answer = run(self._function, event) if self._after else None
        self._reached.set()
        assert self._go.wait(PATIENCE), "nobody let the function go"
        return answer if self._after else run(self._function, event)

    def reached(self) -> None:
        """Returns once such a call has come."""
        assert self._reached.wait(PATIENCE), f"{self._function} was not called"

    def let_go(self) -> None:
        """Lets the calls go on."""
        self._go.set()
