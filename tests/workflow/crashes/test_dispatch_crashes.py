"""A dispatch that dies around its call to DashScope: whatever it wrote down, nothing is sent twice."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.gateway import Gateway
from tongyi.gateways.dashscope.client import DashScope
from tongyi.gateways.dynamodb.submission_table import SubmissionTable
from tongyi.models.tasks.status import JobStatus


def die_once(
    monkeypatch: pytest.MonkeyPatch, owner: type, method: str, status: JobStatus | None = None
) -> None:
    """Lets a method raise on its first call, or on the first that writes this status of a job."""
    real = getattr(owner, method)
    died: list[bool] = []

    def dying(*arguments: Any, **named: Any) -> Any:
        written = next((part.get("status") for part in arguments if isinstance(part, dict)), None)
        if not died and status in (None, written):
            died.append(True)
            raise RuntimeError("the function died here")
        return real(*arguments, **named)

    monkeypatch.setattr(owner, method, dying)


def finish(running: Gateway, key: str) -> str:
    """Submits an order, and returns the status its task ends with."""
    task_id = running.submit({"prompt": "a cat"}).body["output"]["task_id"]
    return str(running.finished(task_id, key).body["output"]["task_status"])


def test_dispatch_job_that_dies_before_it_writes_its_task_down_is_not_sent_twice(
    running: Gateway, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    die_once(monkeypatch, SubmissionTable, "settle", JobStatus.SUBMITTED)

    assert finish(running, key) == "SUCCEEDED"
    assert len(running.submissions()) == 1


def test_dispatch_job_that_dies_before_its_call_is_sent_after_all(
    running: Gateway, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    die_once(monkeypatch, DashScope, "submit")

    assert finish(running, key) == "SUCCEEDED"
    assert len(running.submissions()) == 1


def test_dispatch_job_that_dies_before_it_reports_a_loss_is_not_sent_twice(
    running: Gateway, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    running.standin.add_fault("submit", "drop", after=True)
    die_once(monkeypatch, SubmissionTable, "lose")

    assert finish(running, key) == "SUCCEEDED"
    assert len(running.submissions()) == 1
