"""A gateway that lives by the stand-in's clock: half a minute passes as soon as nothing is at work."""

from __future__ import annotations

import time
from collections.abc import Callable
from threading import RLock
from typing import Any

import pytest
from moto.stepfunctions.parser.asl.component.state.wait.wait_function.wait_function import WaitFunction
from moto.stepfunctions.parser.asl.eval.environment import Environment

from tests.support import functions
from tests.support.gateway import Gateway
from tests.support.patience import PATIENCE
from tongyi.clock import SystemClock

GLANCE = 0.002
# Glances in a row that find nothing at work. It is no time: on a machine that is busy they take as much longer as
# what a thread of moto does between two states.
QUIET = 50
# Of so many glances one looks at what is waited for, which may be dear; it comes about in between two moves of time.
SELDOM = 25


class TimeLapse:
    """Stops the clock of a gateway, its state machine and its upstream, and moves it on when told to.

    Requests that wait would wait for ever: only the functions of the state machine may.
    """

    def __init__(self, running: Gateway, monkeypatch: pytest.MonkeyPatch) -> None:
        self._standin = running.standin
        self._lock = RLock()
        self._resting: dict[object, float] = {}
        self._working = 0
        self._quiet = 0
        self._invoke = functions.invoke
        self._standin.freeze()
        monkeypatch.setattr(SystemClock, "now_ms", lambda _: round(self._standin.now() * 1000))
        monkeypatch.setattr(SystemClock, "sleep", lambda _, seconds: self._sleep(seconds))
        monkeypatch.setattr(
            WaitFunction, "_wait_interval", lambda _, env, wait_seconds: self._wait(env, wait_seconds)
        )
        monkeypatch.setattr(functions, "invoke", self._run)

    def until(self, condition: Callable[[], bool], what: str) -> None:
        """Moves time on, from one thing that is waited for to the next, until the condition holds."""
        end, glance = time.monotonic() + PATIENCE, 0
        while glance % SELDOM or not condition():
            glance += 1
            assert time.monotonic() < end, f"{what} did not come about"
            with self._lock:
                self._quiet += not self._working
                if self._quiet > QUIET:
                    self._move_on()
            time.sleep(GLANCE)

    def leap(self, seconds: float) -> None:
        """Moves time on by that much at once, while nothing is at work: nothing begins before it and ends after it."""
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            with self._lock:
                self._quiet += not self._working
                if self._quiet > QUIET:
                    self._standin.advance(seconds)
                    self._quiet = 0
                    return
            time.sleep(GLANCE)
        raise AssertionError("something was at work for too long")

    def pass_by(self, seconds: float) -> None:
        """Moves time on by at least that much."""
        at = self._standin.now() + seconds
        self.until(lambda: self._standin.now() >= at, f"{seconds} seconds")

    def _move_on(self) -> None:
        now = self._standin.now()
        later = [at - now for at in self._resting.values() if at > now]
        self._standin.advance(min(later, default=10.0))
        self._quiet = 0

    def _run(self, function: str, event: Any) -> Any:
        self._count(1)
        try:
            return self._invoke(function, event)
        finally:
            self._count(-1)

    def _sleep(self, seconds: float) -> None:
        self._count(-1)
        self._rest(seconds, lambda: True)
        self._count(1)

    def _wait(self, env: Environment, seconds: float) -> None:
        self._rest(seconds, env.is_running)

    def _rest(self, seconds: float, wanted: Callable[[], bool]) -> None:
        mark, end = object(), time.monotonic() + PATIENCE
        at = self._standin.now() + seconds
        with self._lock:
            self._resting[mark] = at
        while self._standin.now() < at and wanted() and time.monotonic() < end:
            time.sleep(GLANCE)
        with self._lock:
            del self._resting[mark]
            self._quiet = 0

    def _count(self, change: int) -> None:
        with self._lock:
            self._working += change
            self._quiet = 0
