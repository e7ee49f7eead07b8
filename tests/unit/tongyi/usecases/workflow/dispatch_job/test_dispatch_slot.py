"""Dispatch in its slot: not before, hardly after, and one slot for one job."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from tests.support.fakes.dashscope import FakeDashScope
from tests.support.fakes.gateways import FakeClock, FakeSubmissionTable, FakeTaskTable
from tests.support.fakes.records import HOUR, NOW, SECOND, a_job
from tests.unit.tongyi.usecases.workflow.dispatch_job.dispatching import SENT, SPACING, Case, where
from tongyi.models.tasks.status import JobStatus
from tongyi.models.workflow.lost_submission import MARK_TO_CALL_MS, OpenSubmission
from tongyi.models.workflow.payloads import Next
from tongyi.usecases.workflow.dispatch_job import LATE_MS, LEAD_MS, SLEEP_MS


def test_dispatch_takes_a_free_slot_at_once() -> None:
    case = Case(SENT)
    case.run()
    assert case.sent_at == [NOW]


@pytest.mark.parametrize("ahead_ms", [1, 1_000, SLEEP_MS])
def test_dispatch_sleeps_for_a_slot_that_is_near(ahead_ms: int) -> None:
    case = Case(SENT, next_free=NOW + ahead_ms)
    case.run()
    assert case.sent_at == [NOW + ahead_ms]


def test_dispatch_leaves_a_slot_that_is_far_to_the_state_machine() -> None:
    case = Case(next_free=NOW + HOUR)
    assert where(case.run()) == (Next.WAIT, (HOUR - LEAD_MS) // SECOND)
    assert (case.clock.slept, case.calls) == ([], [])


def test_dispatch_keeps_the_slot_it_waits_for() -> None:
    case = Case(next_free=NOW + HOUR)
    case.run()
    assert case.job == a_job(slot_at=NOW + HOUR)


def test_dispatch_comes_early_enough_to_sleep_the_rest() -> None:
    case = Case(SENT, next_free=NOW + HOUR)
    case.clock.now += case.run().wait_seconds * SECOND
    case.run()
    assert case.sent_at == [NOW + HOUR]


def test_dispatch_reserves_one_slot_for_one_job() -> None:
    case = Case(SENT, next_free=NOW + HOUR)
    case.clock.now += case.run().wait_seconds * SECOND
    case.run()
    assert case.slots.next_at == {"wanx-v1": NOW + HOUR + SPACING}


@pytest.mark.parametrize("late_ms", [0, LATE_MS])
def test_dispatch_still_uses_a_slot_that_it_hardly_missed(late_ms: int) -> None:
    case = Case(SENT, job=a_job(slot_at=NOW - late_ms), next_free=NOW + HOUR)
    case.run()
    assert case.sent_at == [NOW]


def test_dispatch_gives_up_a_slot_that_it_missed() -> None:
    case = Case(SENT, job=a_job(slot_at=NOW - LATE_MS - 1), next_free=NOW + SECOND)
    case.run()
    assert case.sent_at == [NOW + SECOND]


def test_dispatch_gives_up_a_slot_that_passed_while_it_prepared() -> None:
    far = NOW + SLEEP_MS + 2 * SECOND
    case = Case(SENT, job=a_job(slot_at=NOW), next_free=far)
    case.dashscope = FakeDashScope(SENT, preparing=lambda: case.clock.sleep(1))
    assert case.run().next is Next.WAIT
    assert case.job.slot_at == far


class SlowMarks(FakeSubmissionTable):
    """A table that takes its time to be written to, the first time."""

    def __init__(self, tasks: FakeTaskTable, clock: FakeClock, seconds: float) -> None:
        super().__init__(tasks)
        self._time = clock
        self.seconds = seconds

    def begin(self, model: str, call: OpenSubmission, changes: Mapping[str, Any]) -> bool:
        begun = super().begin(model, call, changes)
        self._time.sleep(self.seconds)
        self.seconds = 0
        return begun


def _slow_to_mark() -> Case:
    case = Case(SENT)
    case.submissions = SlowMarks(case.tasks, case.clock, MARK_TO_CALL_MS / SECOND + 1)
    return case


def test_dispatch_does_not_send_long_after_it_marked_the_job() -> None:
    """A lost answer is looked for in a span that begins with the mark."""
    case = _slow_to_mark()
    assert (where(case.run()), case.calls) == ((Next.WAIT, 0), [])
    assert (case.job, case.submissions.open) == (a_job(), {})


def test_dispatch_sends_at_the_second_attempt_what_it_put_back() -> None:
    case = _slow_to_mark()
    case.run()
    assert case.run().next is Next.CHECK


def test_dispatch_marks_the_job_in_its_slot_and_not_before() -> None:
    case = Case(SENT, next_free=NOW + 2 * SECOND)
    case.run()
    assert case.job.sent_at == NOW + 2 * SECOND


def test_dispatch_marks_the_job_after_it_has_prepared() -> None:
    seen: list[JobStatus] = []
    case = Case(SENT)
    case.dashscope = FakeDashScope(SENT, preparing=lambda: seen.append(case.job.status))
    case.run()
    assert seen == [JobStatus.READY]
