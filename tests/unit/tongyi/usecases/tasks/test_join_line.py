"""Orders that join a model's line, or are told when to come again; and what is left of those that come to nothing."""

from __future__ import annotations

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
from tests.support.fakes.records import NOW
from tongyi.config import SubmissionSettings
from tongyi.errors import DailyLimitExceeded, OrderInFlight, QueueFull, WorkflowUnavailable
from tongyi.models.images.bodies import parse_lenient_request
from tongyi.models.tasks.records import TaskRecord
from tongyi.models.tasks.status import TaskStatus
from tongyi.models.workflow.line import Line
from tongyi.usecases.tasks.submit_images import Placed, SubmitImages

SETTINGS = SubmissionSettings("arn", 30, daily_open_images=2, max_queue_seconds=600, dispatch_wait_seconds=0)
FULL = 1_440


class Case:
    """A gateway whose lines are as long as it is told."""

    def __init__(
        self,
        lines: dict[str, int] | None = None,
        workflow: FakeWorkflow | None = None,
        tasks: FakeTaskTable | None = None,
    ) -> None:
        self.tasks = tasks or FakeTaskTable()
        self.tasks.lines.lines = {name: Line(pieces) for name, pieces in (lines or {}).items()}
        self.quotas, self.workflow = FakeQuotaTable(), workflow or FakeWorkflow()

    def place(
        self, model: str = "wanx-v1", n: int = 2, owner: str | None = "alice", key: str | None = None
    ) -> Placed:
        gateways = (self.tasks, FakeSlotTable(), self.quotas, FakeUploadTable(), self.workflow)
        order = parse_lenient_request({"model": model, "input": {"prompt": "a cat"}, "parameters": {"n": n}})
        clock = FakeClock()
        return SubmitImages(*gateways, a_circuit(clock), SETTINGS, clock).place(order, owner, key)

    def pieces(self, model: str = "wanx-v1") -> int:
        return self.tasks.lines.read(model).pieces


def test_order_stands_in_the_line_of_its_model() -> None:
    case = Case()
    for model in ("wanx-v1", "qwen-image-plus", "qwen-image-max"):
        case.place(model, n=3)
    assert [case.pieces(model) for model in ("wanx-v1", "qwen-image-plus", "qwen-image-max")] == [3, 3, 3]


@pytest.mark.parametrize("model", ["wanx-v1", "qwen-image-plus"])
def test_order_that_would_not_be_made_in_time_is_told_when_there_is_room(model: str) -> None:
    running = {"wanx-v1": 1, "qwen-image-plus": 2}[model]
    case = Case({model: running * FULL})
    with pytest.raises(QueueFull, match=f"{model} has a waiting line of 43200 s") as caught:
        case.place(model)
    assert 0 < int(caught.value.headers["Retry-After"]) < 3_600
    assert (case.tasks.tasks, case.workflow.started, case.pieces(model)) == ({}, [], running * FULL)


def test_order_that_just_fits_is_taken() -> None:
    case = Case({"wanx-v1": FULL - 2})
    case.place(n=2)
    assert case.pieces() == FULL


def test_order_of_a_model_that_is_called_seldom_waits_for_its_call_no_longer_than_the_operator_says() -> None:
    """Two a minute, and a little more: 19 calls take 575 s and 20 take 605 s."""
    assert Case({"qwen-image-max": 19}).place("qwen-image-max", n=1).task.jobs
    with pytest.raises(QueueFull):
        Case({"qwen-image-max": 20}).place("qwen-image-max", n=1)


def test_repeated_order_joins_once_and_also_where_the_line_is_full_by_now() -> None:
    case = Case({"wanx-v1": FULL - 2})
    first, second = (case.place(key="order-1") for _ in range(2))
    assert (second.task.task_id, second.replayed, case.pieces()) == (first.task.task_id, True, FULL)


def test_order_that_comes_to_nothing_leaves_the_line() -> None:
    spent, unstarted = Case(), Case(workflow=FakeWorkflow(WorkflowUnavailable("No.")))
    with pytest.raises(DailyLimitExceeded):
        spent.place(n=4, owner=None)
    with pytest.raises(WorkflowUnavailable):
        unstarted.place()
    assert (spent.pieces(), unstarted.pieces()) == (0, 0)


def test_order_that_somebody_else_was_quicker_with_leaves_the_line() -> None:
    class Late(FakeTaskTable):
        def create(self, task: TaskRecord) -> bool:
            return False

    case = Case(tasks=Late())
    with pytest.raises(OrderInFlight):
        case.place(key="order-1")
    assert case.pieces() == 0


def test_task_that_ends_makes_room() -> None:
    case = Case({"wanx-v1": FULL - 2})
    task = case.place().task
    with pytest.raises(QueueFull):
        case.place()
    case.tasks.close(task.task_id, TaskStatus.FAILED, None, NOW)
    assert case.place().task.task_id
