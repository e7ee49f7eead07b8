"""Orders that a client sends once more by itself, without an Idempotency-Key: each is made once."""

from __future__ import annotations

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
from tongyi.errors import OrderInFlight, WorkflowUnavailable
from tongyi.models.images.bodies import parse_openai_request
from tongyi.models.tasks.status import TaskStatus
from tongyi.usecases.tasks.submit_images import IN_FLIGHT_MS, RESENT_AFTER_END_MS, Placed, SubmitImages

SETTINGS = SubmissionSettings("arn", 30, 10, 60, 0)


class Case:
    """A caller who orders, and orders again."""

    def __init__(self) -> None:
        self.tasks, self.workflow, self.clock = FakeTaskTable(), FakeWorkflow(), FakeClock()

    def order(
        self, *, resent: bool = False, owner: str | None = "alice", key: str | None = None, **given: Any
    ) -> Placed:
        gateways = (self.tasks, FakeSlotTable(), FakeQuotaTable(), FakeUploadTable(), self.workflow)
        request = parse_openai_request({"prompt": "a cat", **given}).request
        return SubmitImages(*gateways, a_circuit(self.clock), SETTINGS, self.clock).place(
            request, owner, key, resent=resent
        )


def test_order_that_is_sent_once_more_finds_its_task() -> None:
    case = Case()
    first = case.order(n=2, size="1024x1024")
    assert case.order(n=2, size="1024x1024", resent=True) == Placed(
        case.tasks.tasks[first.task.task_id], replayed=True
    )
    assert len(case.workflow.started) == 1


def test_order_that_is_not_said_to_be_sent_once_more_is_another() -> None:
    case = Case()
    case.order()
    assert (case.order().replayed, len(case.tasks.tasks), len(case.workflow.started)) == (False, 2, 2)


def test_order_that_is_sent_once_more_but_never_came_is_taken() -> None:
    case = Case()
    assert (case.order(resent=True).replayed, len(case.workflow.started)) == (False, 1)


@pytest.mark.parametrize("given", [{"n": 2}, {"prompt": "a dog"}, {"seed": 1}, {"model": "qwen-image-plus"}])
def test_order_of_something_else_is_not_the_same_once_more(given: dict[str, Any]) -> None:
    case = Case()
    case.order()
    assert case.order(resent=True, **given).replayed is False


@pytest.mark.parametrize("owner", ["bob", None])
def test_order_of_somebody_else_is_not_the_same_once_more(owner: str | None) -> None:
    case = Case()
    case.order(owner="alice")
    case.order(owner=None)
    assert case.order(owner=owner, resent=True).replayed is False


@pytest.mark.parametrize(("late_ms", "same"), [(0, True), (300_000, True), (300_001, False)])
def test_order_of_five_minutes_ago_is_not_the_same_once_more(late_ms: int, same: bool) -> None:
    """Whether or not it has ended: whoever orders the same later means another."""
    case = Case()
    case.order()
    case.clock.now = NOW + late_ms
    assert case.order(resent=True).replayed is same


@pytest.mark.parametrize(
    ("status", "same"),
    [(TaskStatus.SUCCEEDED, True), (TaskStatus.CANCELED, True), (TaskStatus.FAILED, False)],
)
def test_order_that_failed_is_made_once_more(status: TaskStatus, same: bool) -> None:
    case = Case()
    task_id = case.order().task.task_id
    case.tasks.close(task_id, status, None, NOW)
    assert case.order(resent=True).replayed is same


@pytest.mark.parametrize(("late_ms", "same"), [(RESENT_AFTER_END_MS - 1, True), (RESENT_AFTER_END_MS, False)])
def test_order_that_was_made_long_ago_is_not_the_same_once_more(late_ms: int, same: bool) -> None:
    """Whoever orders the same on purpose is not given the pictures of before."""
    case = Case()
    case.tasks.close(case.order().task.task_id, TaskStatus.SUCCEEDED, None, NOW + SECOND)
    case.clock.now = NOW + SECOND + late_ms
    assert case.order(resent=True).replayed is same


def test_order_that_is_sent_once_more_passes_over_what_is_done_with() -> None:
    case = Case()
    waited_for = case.order().task.task_id
    case.clock.now += SECOND
    failed = case.order().task.task_id
    case.tasks.close(failed, TaskStatus.FAILED, None, case.clock.now)
    assert case.order(resent=True).task.task_id == waited_for


def test_order_that_could_not_be_started_is_made_once_more() -> None:
    case = Case()
    case.workflow.error = WorkflowUnavailable("No.")
    with pytest.raises(WorkflowUnavailable):
        case.order()
    case.workflow.error = None
    assert case.order(resent=True).replayed is False


def test_order_that_is_sent_once_more_finds_the_latest_of_two() -> None:
    case = Case()
    case.order()
    case.clock.now += SECOND
    latest = case.order()
    assert case.order(resent=True).task.task_id == latest.task.task_id


def test_order_with_a_key_goes_by_its_key() -> None:
    case = Case()
    case.order()
    assert case.order(key="once", resent=True).replayed is False
    assert case.order(key="once").replayed is True


def test_order_that_is_just_being_taken_is_to_be_sent_again_later() -> None:
    case = Case()
    task_id = case.order().task.task_id
    case.tasks.tasks[task_id] = case.tasks.tasks[task_id].model_copy(update={"started": False})
    with pytest.raises(OrderInFlight):
        case.order(resent=True)
    case.clock.now = NOW + IN_FLIGHT_MS
    assert case.order(resent=True).task.task_id == task_id
    assert [start.task_id for start in case.workflow.started] == [task_id, task_id]
