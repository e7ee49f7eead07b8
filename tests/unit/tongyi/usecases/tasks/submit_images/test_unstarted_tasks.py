"""Orders whose workflow could not be started: resumed by the next try where there can be one, closed where not."""

from __future__ import annotations

import io
from itertools import product
from typing import Any

import pytest

from tests.support.fakes.circuits import a_circuit
from tests.support.fakes.gateways import (
    FakeClock,
    FakeQuotaTable,
    FakeSlotTable,
    FakeTaskTable,
    FakeUploadTable,
    FakeWorkflow,
)
from tests.support.fakes.records import NOW, SECOND
from tongyi.config import SubmissionSettings
from tongyi.errors import IdempotencyConflict, OrderInFlight, StartUnanswered, WorkflowUnavailable
from tongyi.models.images.bodies import parse_image_request
from tongyi.models.tasks.records import Failure, TaskRecord
from tongyi.models.tasks.status import JobStatus, TaskStatus
from tongyi.usecases.tasks.submit_images import IN_FLIGHT_MS, Placed, SubmitImages

SETTINGS = SubmissionSettings("arn", 30, 10, 60, 0)
KEY = "order-1"


class Case:
    """A caller whose first order could not be started."""

    def __init__(self, key: str | None = KEY, owner: str | None = "alice") -> None:
        self.tasks, self.quotas, self.clock = FakeTaskTable(), FakeQuotaTable(), FakeClock()
        self.workflow = FakeWorkflow(WorkflowUnavailable("The task could not be started."))
        self.owner, self.key = owner, key
        with pytest.raises(WorkflowUnavailable):
            self.order()

    def order(self, **given: Any) -> Placed:
        gateways = (self.tasks, FakeSlotTable(), self.quotas, FakeUploadTable(), self.workflow)
        request = parse_image_request({"prompt": "a cat", "n": 2, **given})
        return SubmitImages(*gateways, a_circuit(self.clock), SETTINGS, self.clock).place(
            request, self.owner, self.key
        )

    def later(self, after_ms: int = IN_FLIGHT_MS) -> None:
        """Step Functions is there again, and so much time has gone by."""
        self.workflow.error = None
        self.clock.now = NOW + after_ms

    @property
    def task(self) -> TaskRecord:
        [task] = self.tasks.tasks.values()
        return task


def test_unstarted_order_with_a_key_is_left_as_it_is() -> None:
    task = Case().task
    assert (task.status, task.ended, task.error, task.started) == (TaskStatus.PENDING, False, None, False)
    assert task.jobs[0].status is JobStatus.READY


def test_unstarted_order_with_a_key_is_started_by_its_next_try() -> None:
    case = Case()
    case.later()
    placed = case.order()
    assert (placed.task.task_id, placed.replayed) == (case.task.task_id, True)
    assert (case.task.started, case.task.ended) == (True, False)
    assert [start.task_id for start in case.workflow.started] == [case.task.task_id] * 2


def test_unstarted_order_with_a_key_is_started_once() -> None:
    case = Case()
    case.later()
    for _ in range(3):
        case.order()
    # The first is the one that failed.
    assert len(case.workflow.started) == 2


def test_unstarted_order_may_be_tried_as_often_as_it_takes() -> None:
    case = Case()
    for number in range(1, 4):
        case.clock.now = NOW + number * IN_FLIGHT_MS
        with pytest.raises(WorkflowUnavailable):
            case.order()
    assert (case.task.ended, len(case.workflow.started)) == (False, 4)
    case.later(4 * IN_FLIGHT_MS)
    assert case.order().replayed is True
    assert case.task.started is True


def test_unstarted_order_is_started_at_once_where_nobody_is_at_it() -> None:
    case = Case()
    case.later(1)
    assert case.order().replayed is True
    assert (case.task.released, case.task.started) == (True, True)


def test_unstarted_order_is_not_started_while_somebody_may_be_at_it() -> None:
    case = Case()
    case.tasks.tasks[case.task.task_id] = case.task.model_copy(update={"released": False})
    case.later(IN_FLIGHT_MS - 1)
    with pytest.raises(OrderInFlight):
        case.order()
    assert len(case.workflow.started) == 1


def test_unstarted_order_is_not_started_by_another_order_with_its_key() -> None:
    case = Case()
    case.later()
    with pytest.raises(IdempotencyConflict):
        case.order(prompt="a dog")
    assert (case.task.started, len(case.workflow.started)) == (False, 1)


def test_unstarted_order_that_has_ended_meanwhile_is_not_started() -> None:
    case = Case()
    case.tasks.close(case.task.task_id, TaskStatus.CANCELED, None, NOW + SECOND)
    case.later()
    assert (case.order().task.status, len(case.workflow.started)) == (TaskStatus.CANCELED, 1)


def test_unstarted_order_costs_the_days_allowance_once() -> None:
    case = Case(owner=None)
    case.later()
    case.order()
    assert case.quotas.used["images"] == 2


def test_unstarted_order_without_a_key_is_closed() -> None:
    case = Case(key=None)
    assert (case.task.status, case.task.ended_at) == (TaskStatus.FAILED, NOW)
    assert case.task.error == Failure(code="ServiceUnavailable", message="The task could not be started.")


class Forgetful(FakeTaskTable):
    """Takes new tasks, and fails whatever else is written."""

    def mark_started(self, task_id: str) -> None:
        raise RuntimeError("DynamoDB has a fault")

    mark_released = mark_started

    def close(self, *_: Any) -> bool:
        raise RuntimeError("DynamoDB has a fault")


ORDERS = [(None, None), (None, "alice"), (KEY, "alice")]
# What goes wrong after the record, and still leaves an order whose task runs, or is started by reconcile.
TAKEN: dict[str, tuple[type[FakeTaskTable], Exception | None]] = {
    "nobody knows whether it started": (FakeTaskTable, StartUnanswered("Who knows.")),
    "that it started cannot be noted": (Forgetful, None),
    "that it did not cannot be noted": (Forgetful, WorkflowUnavailable("No.")),
}


def test_order_that_is_on_record_is_answered_with_its_task(logged: io.StringIO) -> None:
    wrong = []
    for (name, (table, error)), (key, owner) in product(TAKEN.items(), ORDERS):
        tasks = table()
        gateways = (tasks, FakeSlotTable(), FakeQuotaTable(), FakeUploadTable(), FakeWorkflow(error))
        request = parse_image_request({"prompt": "a cat"})
        clock = FakeClock()
        placed = SubmitImages(*gateways, a_circuit(clock), SETTINGS, clock).place(request, owner, key)
        [task] = tasks.tasks.values()
        if placed.task.task_id != task.task_id or task.ended:
            wrong.append((name, key, owner))
    assert wrong == []
    assert len(logged.getvalue().splitlines()) == len(TAKEN) * len(ORDERS)


def test_accepted_order_is_answered_though_it_cannot_be_read(logged: io.StringIO) -> None:
    class Unreadable(FakeTaskTable):
        def get(self, task_id: str) -> TaskRecord | None:
            raise RuntimeError("DynamoDB has a fault")

    gateways = (Unreadable(), FakeSlotTable(), FakeQuotaTable(), FakeUploadTable(), FakeWorkflow())
    request = parse_image_request({"prompt": "a cat"})
    clock = FakeClock()
    placed = SubmitImages(*gateways, a_circuit(clock), SETTINGS, clock).run(request, "alice")
    assert placed.task.status is TaskStatus.PENDING
    assert "unexpected error" in logged.getvalue()
