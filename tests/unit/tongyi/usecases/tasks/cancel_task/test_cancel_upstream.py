"""What DashScope says to a cancelation, and what it means: done, too late, done before, or nobody knows."""

from __future__ import annotations

import pytest

from tests.support.fakes.dashscope import FakeDashScope
from tests.support.fakes.records import NOW, TASK_ID, UPSTREAM_ID, a_job
from tests.unit.tongyi.usecases.tasks.cancel_task.canceling import DONE, GONE, RUNNING, TOO_LATE, Case, sent
from tongyi.errors import (
    GatewayError,
    NoTimeLeft,
    UnsupportedOperation,
    UpstreamAmbiguous,
    UpstreamRefused,
    UpstreamThrottled,
    UpstreamUnreachable,
)
from tongyi.gateways.dashscope.client import LEAST_SECONDS, QUERY_SECONDS
from tongyi.models.tasks.status import JobStatus, TaskStatus
from tongyi.models.workflow.upstream import UpstreamTask
from tongyi.usecases.tasks import cancel_task


@pytest.mark.parametrize("status", [status for status in TaskStatus if status is not TaskStatus.CANCELED])
def test_cancel_is_refused_once_dashscope_has_begun(status: TaskStatus) -> None:
    case = Case(TOO_LATE, UpstreamTask(status), jobs=(sent(UPSTREAM_ID),))
    before = case.task
    with pytest.raises(UnsupportedOperation) as caught:
        case.run()
    assert caught.value.message == "The task is being made already, or sent to be made."
    assert case.task == before


def test_cancel_that_dashscope_did_before_is_done() -> None:
    """An answer was lost: the first call had done it, and a second one is too late."""
    case = Case(UpstreamAmbiguous("Who knows."), TOO_LATE, GONE, jobs=(sent(UPSTREAM_ID),))
    with pytest.raises(UpstreamAmbiguous):
        case.run()
    case.run()
    assert [call[:2] for call in case.dashscope.calls] == [
        ("cancel", UPSTREAM_ID),
        ("cancel", UPSTREAM_ID),
        ("query", UPSTREAM_ID),
    ]
    assert (case.statuses, case.task.status, case.task.ended_at) == (
        [JobStatus.CANCELED],
        TaskStatus.CANCELED,
        NOW,
    )


def test_cancel_says_so_where_nobody_can_tell_whether_it_was_done_before() -> None:
    case = Case(TOO_LATE, UpstreamAmbiguous("Who knows."), jobs=(sent(UPSTREAM_ID),))
    with pytest.raises(UpstreamAmbiguous):
        case.run()
    assert (case.statuses, case.task.ended) == ([JobStatus.SUBMITTED], False)


def test_cancel_counts_what_was_done_before() -> None:
    case = Case(TOO_LATE, GONE, TOO_LATE, RUNNING, jobs=(sent("one"), sent("two")))
    with pytest.raises(UnsupportedOperation, match=r"; 1 of its 2 calls were canceled\.$"):
        case.run()
    assert case.statuses == [JobStatus.CANCELED, JobStatus.SUBMITTED]


def test_cancel_asks_dashscope_within_the_time_of_a_query() -> None:
    case = Case(TOO_LATE, GONE, jobs=(sent(UPSTREAM_ID),))
    case.run()
    (_, _, seconds), _ = case.dashscope.calls
    assert 0 < seconds <= QUERY_SECONDS
    assert 0 < case.dashscope.query_seconds[0] <= QUERY_SECONDS


def test_cancel_asks_dashscope_within_what_is_left_of_its_time(monkeypatch: pytest.MonkeyPatch) -> None:
    class Deadline:
        left = 3.5

        @classmethod
        def after(cls, seconds: float) -> Deadline:
            assert seconds == cancel_task.MOST_SECONDS
            return cls()

    monkeypatch.setattr(cancel_task, "Deadline", Deadline)
    case = Case(TOO_LATE, GONE, jobs=(sent(UPSTREAM_ID),))
    case.run()
    assert case.dashscope.calls == [("cancel", UPSTREAM_ID, 3.5), ("query", UPSTREAM_ID)]
    assert case.dashscope.query_seconds == [3.5]


def test_cancel_asks_dashscope_nothing_more_once_its_time_is_over(monkeypatch: pytest.MonkeyPatch) -> None:
    class Deadline:
        left = 3.5

        @classmethod
        def after(cls, seconds: float) -> type[Deadline]:
            return cls

    def passes() -> None:
        Deadline.left = 0

    monkeypatch.setattr(cancel_task, "Deadline", Deadline)
    case = Case(jobs=(sent("one"), sent("two")))
    case.dashscope = FakeDashScope(DONE, DONE, calling=passes)
    with pytest.raises(UnsupportedOperation, match=r"; 1 of its 2 calls were canceled\.$"):
        case.run()
    assert (case.asked, case.statuses) == (["one"], [JobStatus.CANCELED, JobStatus.SUBMITTED])


def test_cancel_asks_dashscope_within_what_is_left_of_the_requests_time() -> None:
    case = Case(DONE, jobs=(sent(UPSTREAM_ID),))
    case.run(seconds=3.5)
    [(_, _, seconds)] = case.dashscope.calls
    assert 3 < seconds <= 3.5


def test_cancel_waits_for_a_submission_for_half_of_the_requests_time() -> None:
    case = Case(jobs=(a_job(n=1, status=JobStatus.DISPATCHING, sent_at=NOW),))
    with pytest.raises(UnsupportedOperation):
        case.run(seconds=7)
    assert case.waited_ms == 3_500


def test_cancel_asks_nobody_where_no_answer_can_come_in_time() -> None:
    case = Case(DONE, jobs=(sent(UPSTREAM_ID),))
    with pytest.raises(NoTimeLeft):
        case.run(seconds=LEAST_SECONDS - 0.1)
    assert (case.dashscope.calls, case.statuses) == ([], [JobStatus.SUBMITTED])


def test_cancel_of_what_was_not_sent_needs_no_time() -> None:
    case = Case()
    case.run(seconds=0)
    assert case.task.status is TaskStatus.CANCELED


@pytest.mark.parametrize(
    "error",
    [
        UpstreamAmbiguous("Who knows."),
        UpstreamThrottled("Not now."),
        UpstreamUnreachable("Nobody there."),
        UpstreamRefused("No.", code="InvalidApiKey"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_cancel_says_so_where_dashscope_does_not_say(error: GatewayError) -> None:
    case = Case(error, jobs=(sent(UPSTREAM_ID),))
    with pytest.raises(type(error), match=error.message):
        case.run()
    assert (case.statuses, case.task.ended) == ([JobStatus.SUBMITTED], False)


def test_cancel_may_be_repeated_where_dashscope_did_not_say() -> None:
    case = Case(DONE, UpstreamAmbiguous("Who knows."), DONE, jobs=(sent("one"), sent("two")))
    with pytest.raises(UpstreamAmbiguous):
        case.run()
    case.run()
    assert (case.asked, case.task.status) == (["one", "two", "two"], TaskStatus.CANCELED)


def test_cancel_does_not_mind_that_the_workflow_saw_it_first() -> None:
    """DashScope has canceled, and the check of the job finds that out before it is written down here."""
    case = Case(jobs=(sent(UPSTREAM_ID),))
    case.dashscope = FakeDashScope(
        DONE,
        calling=lambda: case.tasks.change_job(
            TASK_ID, 0, {"status": JobStatus.CANCELED}, when=(JobStatus.SUBMITTED,)
        ),
    )
    case.run()
    assert (case.statuses, case.task.status) == ([JobStatus.CANCELED], TaskStatus.CANCELED)
