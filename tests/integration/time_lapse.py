"""A gateway that lives by the stand-in's clock: time moves on as soon as nothing is at work."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Condition, Event, Thread, current_thread, local
from threading import enumerate as enumerate_threads
from types import SimpleNamespace
from typing import Any

import pytest
from moto.stepfunctions.parser.asl.component.common.retry import retrier_decl
from moto.stepfunctions.parser.asl.component.common.retry.retrier_decl import RetrierDecl
from moto.stepfunctions.parser.asl.component.state.wait.wait_function.wait_function import WaitFunction
from moto.stepfunctions.parser.asl.eval.environment import Environment
from moto.stepfunctions.parser.utils import TMP_THREADS

from tests.support import functions
from tests.support.aws import executions
from tests.support.gateway import Gateway
from tests.support.patience import PATIENCE
from tongyi.clock import SystemClock

GLANCE = 0.002
# Of so many glances one looks at what is waited for while something is at work; before each move of time it is looked
# at anyway.
SELDOM = 50
# Seconds after which one that rests sees that its execution was stopped.
STIR = 0.2
LONG = 3600


class TimeLapse:
    """Stops the clock of a gateway, its state machine and its upstream, and moves it on when told to.

    Requests that wait would wait for ever: only the functions of the state machine may. The pauses of its Retry fields
    are of that time too.
    """

    def __init__(self, running: Gateway, monkeypatch: pytest.MonkeyPatch) -> None:
        self._standin = running.standin
        self._moved = Condition()
        self._resting: dict[int | None, float] = {}
        self._working = 0
        self._invoke = functions.invoke
        self._retrying = local()
        self._awaited: dict[int | None, Event | Thread] = {}
        self._standin.freeze()
        monkeypatch.setattr(SystemClock, "now_ms", lambda _: round(self._standin.now() * 1000))
        monkeypatch.setattr(SystemClock, "sleep", lambda _, seconds: self._sleep(seconds))
        monkeypatch.setattr(
            WaitFunction, "_wait_interval", lambda _, env, wait_seconds: self._wait(env, wait_seconds)
        )
        self._retry_in_time(monkeypatch)
        self._note_waits(monkeypatch)
        monkeypatch.setattr(functions, "invoke", self._run)
        self._wake_at_the_end(monkeypatch)

    def _wake_at_the_end(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """One that sleeps in a function is not stopped with its execution: time goes by for it."""
        stop = executions.stop_what_runs

        def stop_and_go_on() -> None:
            stop()
            self._advance(LONG)

        monkeypatch.setattr(executions, "stop_what_runs", stop_and_go_on)

    def _retry_in_time(self, monkeypatch: pytest.MonkeyPatch) -> None:
        retry = RetrierDecl._eval_body

        def eval_body(retrier: RetrierDecl, env: Environment) -> None:
            self._retrying.env = env
            retry(retrier, env)

        def pause(seconds: float) -> None:
            self._wait(self._retrying.env, seconds)

        monkeypatch.setattr(RetrierDecl, "_eval_body", eval_body)
        monkeypatch.setattr(retrier_decl, "time", SimpleNamespace(sleep=pause))

    def _note_waits(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Notes for what each thread waits."""
        wait, join = Event.wait, Thread.join

        def noted_wait(event: Event, timeout: float | None = None) -> bool:
            with self._awaiting(event):
                return wait(event, timeout)

        def noted_join(thread: Thread, timeout: float | None = None) -> None:
            with self._awaiting(thread):
                join(thread, timeout)

        monkeypatch.setattr(Event, "wait", noted_wait)
        monkeypatch.setattr(Thread, "join", noted_join)

    @contextmanager
    def _awaiting(self, what: Event | Thread) -> Iterator[None]:
        me = current_thread().ident
        self._awaited[me] = what
        try:
            yield
        finally:
            del self._awaited[me]

    def until(self, condition: Callable[[], bool], what: str) -> None:
        """Moves time on, from one thing that is waited for to the next, until the condition holds."""
        end, glance = time.monotonic() + PATIENCE, 0
        while True:
            glance += 1
            quiet = self._is_quiet()
            if (quiet or not glance % SELDOM) and condition():
                return
            assert time.monotonic() < end, f"{what} did not come about"
            if quiet:
                self._move_on()
            else:
                time.sleep(GLANCE)

    def leap(self, seconds: float) -> None:
        """Moves time on by that much at once, while nothing is at work: nothing begins before it and ends after it."""
        end = time.monotonic() + PATIENCE
        while not self._is_quiet():
            assert time.monotonic() < end, "something was at work for too long"
            time.sleep(GLANCE)
        self._advance(seconds)

    def pass_by(self, seconds: float) -> None:
        """Moves time on by at least that much."""
        at = self._standin.now() + seconds
        self.until(lambda: self._standin.now() >= at, f"{seconds} seconds")

    def _is_quiet(self) -> bool:
        """Whether nothing can go on before time does: every thread of an execution rests, or waits for one that does.

        Threads first, then what they wait for: one that wakes another is still seen at work. They are not asked whether
        they are alive: in Python 3.11 that may break the join of a thread that has just ended.
        """
        active = set(enumerate_threads())
        threads = [thread for thread in TMP_THREADS if thread.ident is None or thread in active]
        with self._moved:
            now = self._standin.now()
            if self._working or any(at <= now for at in self._resting.values()):
                return False
            at_work = [thread for thread in threads if thread.ident not in self._resting]
        return all(self._waits_in_vain(thread, active) for thread in at_work)

    def _waits_in_vain(self, thread: Thread, active: set[Thread]) -> bool:
        """Whether a thread waits for an event that has not come, or for the end of a thread that has not ended."""
        awaited = self._awaited.get(thread.ident)
        if isinstance(awaited, Event):
            return not awaited.is_set()
        return awaited in active

    def _move_on(self) -> None:
        with self._moved:
            now = self._standin.now()
            self._advance(min((at - now for at in self._resting.values()), default=10.0))

    def _advance(self, seconds: float) -> None:
        with self._moved:
            self._standin.advance(seconds)
            self._moved.notify_all()

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
        me, end = current_thread().ident, time.monotonic() + PATIENCE
        with self._moved:
            at = self._standin.now() + seconds
            self._resting[me] = at
            while self._standin.now() < at and wanted() and time.monotonic() < end:
                self._moved.wait(STIR)
            del self._resting[me]

    def _count(self, change: int) -> None:
        with self._moved:
            self._working += change
