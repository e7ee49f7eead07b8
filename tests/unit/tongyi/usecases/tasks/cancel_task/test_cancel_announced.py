"""What is told of a task that is called off: at once where the bus takes it, and later where it does not."""

from __future__ import annotations

import io

import pytest

from tests.support.fakes.gateways import FakeClock
from tests.support.fakes.records import NOW, SECOND, TASK_ID, UPSTREAM_ID, a_job
from tests.unit.tongyi.usecases.tasks.announcing import announcer
from tests.unit.tongyi.usecases.tasks.cancel_task.canceling import DONE, TOO_LATE, Case, sent
from tongyi.errors import TaskNotFound, UnsupportedOperation, UpstreamAmbiguous
from tongyi.models.tasks.records import JobRecord
from tongyi.models.tasks.status import JobStatus, TaskStatus
from tongyi.models.workflow.payloads import TaskRef
from tongyi.models.workflow.upstream import UpstreamTask
from tongyi.usecases.workflow.close_task import CloseTask

# A task of which nothing was sent, and one that waits at DashScope.
BOTH = pytest.mark.parametrize("job", [a_job(n=1), sent(UPSTREAM_ID)], ids=["unsent", "sent"])


def _close(case: Case) -> TaskStatus:
    """The workflow's last step, once it finds the task canceled."""
    return CloseTask(case.tasks, announcer(case.tasks, case.bus), FakeClock()).run(TaskRef(task_id=TASK_ID))


@BOTH
def test_cancel_tells_of_it_at_once(job: JobRecord) -> None:
    case = Case(DONE, jobs=(job,))
    case.run()
    [(source, kind, detail)] = case.bus.told
    assert (source, kind) == ("tongyi-gateway", "Image Task Canceled")
    assert (detail["status"], detail["ended_at"]) == ("CANCELED", "2026-01-15T12:00:00.250Z")
    assert detail["metrics"] == {"total": 1, "succeeded": 0, "failed": 0}
    assert case.task.announced is True


@BOTH
def test_cancel_leaves_nothing_for_the_workflow_to_tell(job: JobRecord) -> None:
    case = Case(DONE, jobs=(job,))
    case.run()
    assert _close(case) is TaskStatus.CANCELED
    assert len(case.bus.told) == 1


@BOTH
def test_cancel_is_done_though_the_bus_is_down(
    job: JobRecord, logged: io.StringIO, capsys: pytest.CaptureFixture[str]
) -> None:
    case = Case(DONE, jobs=(job,))
    case.bus.down = True
    case.run()
    assert (case.task.status, case.task.ended_at, case.task.announced) == (TaskStatus.CANCELED, NOW, False)
    assert "a canceled task was not announced yet" in logged.getvalue()
    assert '"TasksCanceledByOwner":[1' in capsys.readouterr().out


@BOTH
def test_cancel_is_done_though_its_webhook_cannot_be_queued(job: JobRecord, logged: io.StringIO) -> None:
    case = Case(DONE, jobs=(job,))
    case.webhooks.down = True
    case.run()
    assert (case.task.status, case.task.announced) == (TaskStatus.CANCELED, False)
    assert "a canceled task was not announced yet" in logged.getvalue()
    _close(case)
    assert case.task.announced is True


@BOTH
def test_cancel_that_was_not_told_is_told_by_the_workflow(job: JobRecord) -> None:
    case = Case(DONE, jobs=(job,))
    case.bus.down = True
    case.run()
    case.bus.down = False
    _close(case)
    assert [kind for _, kind, _ in case.bus.told] == ["Image Task Canceled"]


def test_cancel_tells_nothing_twice_where_the_workflow_was_faster() -> None:
    case = Case(DONE, jobs=(a_job(n=1, status=JobStatus.DISPATCHING, sent_at=NOW),))
    case.soon(SECOND, {"status": JobStatus.CANCELED})
    case.clock.at(NOW + SECOND, lambda: _close(case))
    case.run()
    assert [kind for _, kind, _ in case.bus.told] == ["Image Task Canceled"]


def test_cancel_that_is_refused_tells_nothing() -> None:
    case = Case(TOO_LATE, UpstreamTask(TaskStatus.RUNNING), jobs=(sent(UPSTREAM_ID),))
    with pytest.raises(UnsupportedOperation):
        case.run()
    assert case.bus.told == []


def test_cancel_whose_answer_was_lost_tells_nothing() -> None:
    case = Case(UpstreamAmbiguous("Who knows."), jobs=(sent(UPSTREAM_ID),))
    with pytest.raises(UpstreamAmbiguous):
        case.run()
    assert case.bus.told == []


def test_cancel_of_anothers_task_tells_nothing() -> None:
    case = Case()
    with pytest.raises(TaskNotFound):
        case.run("bob")
    assert case.bus.told == []
