"""Canceling an order of several calls: what was sent first decides, and what was not sent comes last."""

from __future__ import annotations

import pytest

from tests.support.fakes.records import BROKEN, SECOND, UPSTREAM_ID, a_job
from tests.unit.tongyi.usecases.tasks.cancel_task.canceling import DONE, RUNNING, TOO_LATE, Case, sent
from tongyi.errors import UnsupportedOperation, UpstreamAmbiguous
from tongyi.models.tasks.records import JobRecord
from tongyi.models.tasks.status import JobStatus, TaskStatus

READY = a_job(n=1)
CANCELED = a_job(n=1, status=JobStatus.CANCELED)
FAILED = a_job(n=1, status=JobStatus.FAILED, error=BROKEN)
PLUS = "qwen-image-plus"


def _refusal(case: Case) -> str:
    with pytest.raises(UnsupportedOperation) as caught:
        case.run()
    return caught.value.message


def test_calls_that_were_sent_are_canceled_in_order_and_the_others_with_them() -> None:
    case = Case(DONE, DONE, jobs=(sent("one"), sent("two"), READY, READY), model=PLUS)
    case.run()
    assert (case.asked, case.statuses) == (["one", "two"], [JobStatus.CANCELED] * 4)
    assert case.task.status is TaskStatus.CANCELED


def test_call_that_was_sent_decides_before_one_that_was_not() -> None:
    case = Case(TOO_LATE, RUNNING, jobs=(READY, sent("one"), READY), model=PLUS)
    assert _refusal(case) == "The task is being made already, or sent to be made."
    assert case.statuses == [JobStatus.READY, JobStatus.SUBMITTED, JobStatus.READY]


def test_refusal_says_how_many_calls_were_canceled_before_it() -> None:
    case = Case(DONE, TOO_LATE, RUNNING, jobs=(sent("one"), sent("two"), sent("three"), READY), model=PLUS)
    assert _refusal(case) == (
        "The task is being made already, or sent to be made; 1 of its 4 calls were canceled."
    )
    assert case.asked == ["one", "two"]
    assert case.statuses == [JobStatus.CANCELED, JobStatus.SUBMITTED, JobStatus.SUBMITTED, JobStatus.READY]
    assert not case.task.ended


def test_refusal_does_not_count_a_call_that_failed_as_canceled() -> None:
    case = Case(TOO_LATE, RUNNING, jobs=(FAILED, sent("one")), model=PLUS)
    assert _refusal(case) == "The task is being made already, or sent to be made."


def test_repeated_cancel_goes_on_where_the_first_was_cut_off() -> None:
    case = Case(UpstreamAmbiguous("Who knows."), DONE, jobs=(CANCELED, sent("two"), READY), model=PLUS)
    with pytest.raises(UpstreamAmbiguous):
        case.run()
    case.run()
    assert (case.asked, case.statuses) == (["two", "two"], [JobStatus.CANCELED] * 3)


@pytest.mark.parametrize("other", [CANCELED, FAILED], ids=lambda job: str(job.status))
def test_call_that_has_ended_without_a_picture_does_not_stand_in_the_way(other: JobRecord) -> None:
    case = Case(DONE, jobs=(other, sent("one"), READY), model=PLUS)
    case.run()
    assert case.statuses == [other.status, JobStatus.CANCELED, JobStatus.CANCELED]
    assert case.task.status is TaskStatus.CANCELED


def test_task_all_of_whose_calls_failed_is_not_canceled() -> None:
    """The workflow is about to close it, and says why it failed."""
    case = Case(jobs=(FAILED, FAILED), model=PLUS)
    assert _refusal(case) == "The task is being made already, or sent to be made."
    assert not case.task.ended


def test_call_that_made_its_picture_stands_in_the_way() -> None:
    done = a_job(n=1, status=JobStatus.SUCCEEDED, upstream_status=TaskStatus.SUCCEEDED)
    case = Case(jobs=(done, READY), model="qwen-image-max")
    assert _refusal(case) == "Only a PENDING task can be canceled."
    assert case.statuses == [JobStatus.SUCCEEDED, JobStatus.READY]


def test_all_calls_under_way_are_waited_for() -> None:
    sending = a_job(n=1, status=JobStatus.DISPATCHING)
    case = Case(DONE, DONE, jobs=(sending, sending), model=PLUS)
    case.soon(SECOND, {"status": JobStatus.SUBMITTED, "upstream_task_id": UPSTREAM_ID})
    case.soon(3 * SECOND, {"status": JobStatus.SUBMITTED, "upstream_task_id": "later"}, job=1)
    case.run()
    assert (case.asked, case.statuses) == ([UPSTREAM_ID, "later"], [JobStatus.CANCELED] * 2)
