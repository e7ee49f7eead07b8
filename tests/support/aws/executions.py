"""moto's executions, which are threads of this process: how they begin, and their end."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import cache
from threading import RLock, Thread
from threading import enumerate as enumerate_threads
from typing import Any

import pytest
from moto.stepfunctions.parser.asl.component.eval_component import EvalComponent
from moto.stepfunctions.parser.asl.parse.asl_parser import AmazonStateLanguageParser
from moto.stepfunctions.parser.utils import TMP_THREADS
from moto.stepfunctions.responses import get_backend

from tests.support.messages import ACCOUNT, REGION
from tests.support.patience import PATIENCE

# Seconds between two rounds.
PAUSE = 0.02

_one_at_a_time = RLock()
_parse = cache(AmazonStateLanguageParser.parse)


def read_definitions_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lets all executions of a state machine follow one reading of its definition, as the items of a Map do in moto.

    moto reads it for each execution, in the execution's thread, and the parsers share their caches without a lock.
    What is read keeps nothing of an execution but `heap_key`, under which the attempts of a Retry are counted: two
    threads that ask for it first got two, and a failing function one attempt more.
    """

    def parse(definition: str) -> Any:
        with _one_at_a_time:
            return _parse(definition)

    monkeypatch.setattr(AmazonStateLanguageParser, "parse", parse)
    monkeypatch.setattr(EvalComponent, "heap_key", property(lambda component: str(id(component))))


def stop_executions() -> None:
    """Lets no execution outlive its gateway: its threads would go on, and call AWS when moto is gone.

    Once is not enough. A function that is still at work may start another execution; and moto cannot stop an
    execution whose thread is still reading its definition: StopExecution fails with an AttributeError then, or is
    lost. So all of them are stopped again and again, until no thread is left.
    """
    until = time.monotonic() + PATIENCE
    while left := [thread for thread in TMP_THREADS if not _is_over(thread)]:
        assert time.monotonic() < until, f"threads of executions did not end: {left}"
        stop_what_runs()
        time.sleep(PAUSE)
    TMP_THREADS.clear()


def stop_what_runs() -> None:
    """Stops each execution that has begun; what is being done at this moment ends on its own."""
    for execution in _executions():
        if execution.exec_worker and execution.exec_worker.env:
            _stop(execution.exec_worker.env)


def _stop(environment: Any) -> None:
    """Stops an execution, or a part of it, and wakes it in any case.

    moto wakes a waiting thread once, at the moment of the stop: one that began to wait right after it would wait to
    the end. An event that stays set wakes it too, and each round sets it again.
    """
    environment.set_stop(stop_date=datetime.now(UTC), error="", cause="")
    environment.program_state_event.set()
    for frame in list(environment._frames):
        _stop(frame)


def _executions() -> Iterator[Any]:
    for machine in list(get_backend(ACCOUNT, REGION).state_machines):
        yield from list(machine.executions)


def _is_over(thread: Thread) -> bool:
    """Whether the thread has ended; moto lists its threads before it starts them.

    It is not asked whether it is alive: in Python 3.11 that may break the join of another thread that waits for it.
    """
    return thread.ident is not None and thread not in enumerate_threads()
