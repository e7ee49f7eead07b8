"""Dispatch while the operator has something to mend: the job waits, and nothing of it is lost."""

from __future__ import annotations

import pytest

from tests.support.fakes.records import DAY, HOUR, NOW, SECOND, TASK_ID, a_job, a_task
from tests.unit.tongyi.usecases.workflow.dispatch_job.dispatching import SENT, Case, where
from tongyi.errors import UpstreamError, UpstreamRefused, UpstreamSuspended, UpstreamThrottled
from tongyi.models.tasks.records import Failure
from tongyi.models.tasks.status import JobStatus
from tongyi.models.workflow.circuit import ACCOUNT, FIRST_WAIT_MS, Circuit
from tongyi.models.workflow.payloads import Next
from tongyi.usecases.workflow.circuit_breaker import PROBE_MS

UNPAID = UpstreamSuspended("Arrearage", upstream_status=400)
FIRST = FIRST_WAIT_MS // SECOND
OPEN = Circuit.opened(ACCOUNT, "Arrearage", NOW)
DUE = Circuit.opened(ACCOUNT, "Arrearage", NOW - HOUR)


def test_dispatch_waits_for_the_operator() -> None:
    case = Case(UNPAID)
    assert where(case.run()) == (Next.WAIT, FIRST)
    assert (case.job, case.circuits.circuits) == (a_job(refusals=1), {ACCOUNT: OPEN})


def test_dispatch_waits_for_a_key() -> None:
    def fail() -> None:
        raise UpstreamSuspended("ConfigurationError")

    case = Case(preparing=fail)
    assert where(case.run()) == (Next.WAIT, FIRST)
    assert (case.job, case.slots.next_at) == (a_job(refusals=1), {})


def test_dispatch_reserves_no_slot_while_it_waits() -> None:
    case = Case(circuits=[OPEN])
    assert where(case.run()) == (Next.WAIT, FIRST)
    assert (case.job, case.slots.next_at, case.calls) == (a_job(refusals=1), {}, [])


def test_dispatch_goes_on_when_it_is_mended() -> None:
    case = Case(UNPAID, UNPAID, SENT)
    for _ in range(2):
        case.clock.now += case.run().wait_seconds * SECOND
    assert case.run().next is Next.CHECK
    assert (case.job.status, case.circuits.circuits) == (JobStatus.SUBMITTED, {})


def test_dispatch_leaves_the_trying_to_whoever_was_quicker() -> None:
    case = Case(circuits=[DUE])
    # Between this job's look at the circuit and its call, another begins to try.
    case.slots.next_at["wanx-v1"] = NOW + SECOND
    case.clock.at(NOW + SECOND, lambda: case.circuits.move_on(DUE, DUE.prolonged("Arrearage", NOW)))
    assert where(case.run()) == (Next.WAIT, PROBE_MS // SECOND)
    assert (case.job, case.calls) == (a_job(refusals=1), [])


@pytest.mark.parametrize("error", [UpstreamThrottled("No."), UpstreamRefused("No.")])
def test_dispatch_lets_all_go_on_when_it_is_refused_otherwise(error: UpstreamError) -> None:
    case = Case(error, circuits=[DUE])
    case.run()
    assert case.circuits.circuits == {}


@pytest.mark.parametrize(
    ("code", "patience"), [("Arrearage", DAY), ("ModelNotFound", HOUR), ("access_denied", HOUR)]
)
def test_dispatch_waits_for_the_operator_no_longer_than_makes_sense(code: str, patience: int) -> None:
    error = UpstreamSuspended(code, upstream_status=400)
    assert Case(error, task=a_task(created_at=NOW - patience)).run().next is Next.WAIT
    case = Case(error, task=a_task(created_at=NOW - patience - 1))
    assert case.run().next is Next.END
    failure = Failure(code=code, message=error.message, upstream_status=400)
    assert (case.job.status, case.job.error) == (JobStatus.FAILED, failure)


def test_dispatch_gives_up_without_a_call_where_the_operator_never_came() -> None:
    case = Case(circuits=[OPEN], task=a_task(created_at=NOW - DAY - 1))
    assert (case.run().next, case.calls) == (Next.END, [])
    assert case.job.error
    assert case.job.error.code == "Arrearage"


def test_dispatch_that_is_cut_off_while_it_opens_the_circuit_knows_that_nothing_was_sent(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("cut off")

    case = Case(UNPAID)
    monkeypatch.setattr(case.circuits, "open", fail)
    with pytest.raises(RuntimeError, match="cut off"):
        case.run()
    assert case.job.status is JobStatus.READY


@pytest.mark.parametrize("created_at", [NOW, NOW - DAY - 1], ids=["waits", "gives up"])
def test_dispatch_that_is_held_leaves_alone_what_another_is_sending(created_at: int) -> None:
    """Or it would be sent once more: an execution's step may run twice at a time."""
    case = Case(circuits=[OPEN], task=a_task(created_at=created_at))
    looks = case.circuits.open_for

    def overtaken(model: str) -> list[Circuit]:
        case.tasks.change_job(TASK_ID, 0, {"status": JobStatus.DISPATCHING}, when=(JobStatus.READY,))
        return looks(model)

    case.circuits.open_for = overtaken  # type: ignore[method-assign]
    case.run()
    assert case.job == a_job(status=JobStatus.DISPATCHING)
