"""Tasks that upstream never finishes: everything that waits has an end."""

from __future__ import annotations

import pytest

from tests.support.gateway import Gateway
from tests.workflow.records import task_of
from tongyi.models.tasks import schedule
from tongyi.models.workflow import doubt
from tongyi.usecases.workflow import check_job, send_job


def end_of(running: Gateway, key: str) -> str:
    """Submits an order, and returns the error code its task fails with."""
    running.submit({"prompt": "a cat"})
    task_id = task_of(running, "a cat")
    return str(running.finished(task_id, key).body["code"])


@pytest.mark.parametrize("status", ["PENDING", "RUNNING", "SUSPENDED", "DREAMING"])
def test_check_job_gives_up_when_upstream_would_have_forgotten_the_task(
    running: Gateway, key: str, monkeypatch: pytest.MonkeyPatch, status: str
) -> None:
    monkeypatch.setattr(schedule, "UPSTREAM_MEMORY", 0.2)
    running.standin.add_fault("submit", "stuck", task_status=status)

    assert end_of(running, key) == "InternalError.Timeout"


def test_check_job_gives_up_on_a_task_that_runs_for_too_long(
    running: Gateway, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(schedule, "RUNNING_LIMIT", 0)
    running.standin.add_fault("submit", "stuck", task_status="RUNNING")

    assert end_of(running, key) == "InternalError.Timeout"


def test_check_job_gives_up_where_checks_fail_to_the_end(
    running: Gateway, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(schedule, "UPSTREAM_MEMORY", 0.2)
    running.standin.add_fault("query", "status", status=500, times=None)

    assert end_of(running, key) == "TaskExpired"


def test_check_job_gives_up_on_a_task_that_upstream_no_longer_knows(
    running: Gateway, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (schedule, check_job, doubt):
        monkeypatch.setattr(module, "UPSTREAM_MEMORY", -1)
    monkeypatch.setattr(check_job, "SETTLING_SECONDS", 0)
    running.standin.add_fault("submit", "stuck", task_status="UNKNOWN")

    assert end_of(running, key) == "TaskExpired"


def test_check_job_gives_up_on_a_task_that_upstream_does_not_know_for_long(
    running: Gateway, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(doubt, "waits_of", lambda what: (0, 0))
    monkeypatch.setattr(check_job, "SETTLING_SECONDS", 0)
    running.standin.add_fault("submit", "stuck", task_status="UNKNOWN")

    assert end_of(running, key) == "TaskUnknown"
    assert len(running.standin.ledger("query")) == 3


def test_dispatch_job_gives_up_where_upstream_refuses_for_now_to_the_end(
    running: Gateway, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(send_job, "SENDING_LIMIT", -1)
    running.standin.add_fault("submit", "status", status=429, code="Throttling", times=None)

    reply = running.submit({"prompt": "a cat"})

    assert (reply.status, reply.body["code"]) == (400, "Throttling")
    assert len(running.submissions()) == 1
