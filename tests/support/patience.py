"""Requests that wait see what they wait for, however slow the machine is."""

from __future__ import annotations

import re
from functools import wraps
from typing import Any

import pytest

from tongyi.usecases.tasks import cancel_task
from tongyi.usecases.tasks.show_task import ShowTask, TaskView

# Seconds: long enough for any machine, reached only when something hangs.
PATIENCE = 300
# Seconds: whoever waits no longer than this has the end of the wait in mind, and not what is waited for.
BRIEF = 3


def let_waits_last(monkeypatch: pytest.MonkeyPatch) -> None:
    """On a machine that is busy, what a request waits for may take longer than its 3, 12 or 25 seconds.

    So a wait ends with its event. A test that is about the end of a wait makes it a brief one.
    """
    wait = ShowTask.wait

    @wraps(wait)
    def patiently(show: ShowTask, task_id: str, owner: str | None, seconds: float, *more: Any) -> TaskView:
        return wait(show, task_id, owner, seconds if seconds <= BRIEF else PATIENCE, *more)

    monkeypatch.setattr(ShowTask, "wait", patiently)
    monkeypatch.setattr(cancel_task, "PATIENCE_MS", PATIENCE * 1000)
    monkeypatch.setattr(cancel_task, "MOST_SECONDS", PATIENCE)
    monkeypatch.setenv("DISPATCH_WAIT_SECONDS", str(PATIENCE))


def without_time_limits(definition: str) -> str:
    """The definition of a state machine whose functions may take as long as they do.

    moto lets a function that has passed its state's TimeoutSeconds go on, and starts it once more.
    """
    return re.sub(r'("TimeoutSeconds":) *\d+', r"\1 99999999", definition)
