"""Dispatch in its slot: not before, hardly after, and one slot for one job."""

from __future__ import annotations

import pytest

from tests.unit.tongyi.builders import (
    HOUR,
    NOW,
    SECOND,
    a_job,
)
from tests.unit.tongyi.dashscope_fakes import FakeDashScope
from tests.unit.tongyi.fakes import (
    FakeClock,
    FakeSlotTable,
)
from tests.unit.tongyi.usecases.dispatching import SENT, SPACING, Case, where
from tongyi.models.status import JobStatus
from tongyi.models.workflow import Next
from tongyi.usecases.dispatch_job import LATE_MS, LEAD_MS, SLEEP_MS
from tongyi.usecases.find_submission import MARK_TO_CALL_MS


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


class SlowSlots(FakeSlotTable):
    """Slots that take their time to be had."""

    def __init__(self, clock: FakeClock, seconds: float) -> None:
        super().__init__()
        self._time = clock
        self.seconds = seconds

    def reserve(self, model: str, *, earliest_ms: int, spacing_ms: int) -> int:
        self._time.sleep(self.seconds)
        self.seconds = 0
        return super().reserve(model, earliest_ms=earliest_ms, spacing_ms=spacing_ms)


def test_dispatch_does_not_send_long_after_it_marked_the_job() -> None:
    """A lost answer is looked for in a span that begins with the mark."""
    case = Case(SENT)
    case.slots = SlowSlots(case.clock, MARK_TO_CALL_MS / SECOND + 1)
    assert (where(case.run()), case.calls) == ((Next.WAIT, 0), [])


def test_dispatch_puts_a_job_back_that_it_marked_long_ago() -> None:
    case = Case(SENT)
    case.slots = SlowSlots(case.clock, MARK_TO_CALL_MS / SECOND + 1)
    case.run()
    assert case.job == a_job()


def test_dispatch_sends_at_the_second_attempt_what_it_put_back() -> None:
    case = Case(SENT)
    case.slots = SlowSlots(case.clock, MARK_TO_CALL_MS / SECOND + 1)
    case.run()
    assert case.run().next is Next.CHECK


def test_dispatch_marks_the_job_after_it_has_prepared() -> None:
    seen: list[JobStatus] = []
    case = Case(SENT)
    case.dashscope = FakeDashScope(SENT, preparing=lambda: seen.append(case.job.status))
    case.run()
    assert seen == [JobStatus.READY]
