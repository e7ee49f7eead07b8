"""Ending what runs in moto: its executions are threads of this process."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime
from threading import Thread
from typing import Any

from moto.stepfunctions.parser.utils import TMP_THREADS
from moto.stepfunctions.responses import get_backend

from tests.support.messages import ACCOUNT, REGION
from tests.support.patience import PATIENCE

# Seconds between two rounds.
PAUSE = 0.02


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
            execution.exec_worker.env.set_stop(stop_date=datetime.now(UTC), error="", cause="")


def _executions() -> Iterator[Any]:
    for machine in list(get_backend(ACCOUNT, REGION).state_machines):
        yield from list(machine.executions)


def _is_over(thread: Thread) -> bool:
    """Whether the thread has ended; moto lists its threads before it starts them."""
    return thread.ident is not None and not thread.is_alive()
