"""Orders that are waited for: one wait for taking them and for their end."""

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
from tests.support.fakes.images import FakePictureBucket
from tests.support.fakes.records import BROKEN, NOW, SECOND, TASK_ID, a_job, a_task
from tongyi.config import SubmissionSettings
from tongyi.errors import QueueFull, RecordsUnavailable, TaskNotFound
from tongyi.models.images.bodies import parse_lenient_request
from tongyi.models.tasks.status import JobStatus, TaskStatus
from tongyi.models.workflow.payloads import Start
from tongyi.usecases.tasks.generate_images import Generated, GenerateImages
from tongyi.usecases.tasks.show_task import ShowTask
from tongyi.usecases.tasks.submit_images import SubmitImages

ORDER = parse_lenient_request(
    {
        "model": "qwen-image-plus",
        "input": {"prompt": "a cat"},
        "parameters": {"size": "1024*1024", "n": 2},
    }
)
SETTINGS = SubmissionSettings("arn", 30, 10, 60, 3)


class SlowWorkflow(FakeWorkflow):
    """Takes its time to start, and then has the first job wait for its slot."""

    def __init__(self, tasks: FakeTaskTable, clock: FakeClock, seconds: float) -> None:
        super().__init__()
        self._tasks = tasks
        self._clock = clock
        self._seconds = seconds

    def start(self, start: Start) -> None:
        self._clock.now += round(self._seconds * SECOND)
        super().start(start)
        for task_id in self._tasks.tasks:
            self._tasks.change_job(task_id, 0, {"slot_at": NOW + 60 * SECOND}, when=(JobStatus.READY,))


class Case:
    """An order, and what becomes of it while it is waited for."""

    def __init__(self, *, starting: float = 0) -> None:
        self.tasks, self.clock, self.slots = FakeTaskTable(), FakeClock(), FakeSlotTable()
        self.workflow = SlowWorkflow(self.tasks, self.clock, starting)
        gateways = (self.tasks, self.slots, FakeQuotaTable(), FakeUploadTable(), self.workflow)
        submit = SubmitImages(*gateways, a_circuit(self.clock), SETTINGS, self.clock)
        show = ShowTask(self.tasks, FakePictureBucket(), 77, self.clock)
        self.generate = GenerateImages(submit, show, self.clock)

    def run(self, seconds: float, key: str | None = None) -> Generated:
        return self.generate.run(ORDER, "alice", key, seconds)

    def ends(self, after_ms: int, status: TaskStatus) -> None:
        def end() -> None:
            [task_id] = self.tasks.tasks
            self.tasks.close(task_id, status, BROKEN, self.clock.now)

        self.clock.at(NOW + after_ms, end)

    @property
    def waited_ms(self) -> int:
        return self.clock.now - NOW


@pytest.mark.parametrize("status", [TaskStatus.SUCCEEDED, TaskStatus.FAILED, TaskStatus.CANCELED])
def test_generate_shows_the_task_once_it_has_ended(status: TaskStatus) -> None:
    case = Case()
    case.ends(5_000, status)
    found = case.run(25)
    assert (found.view.status, found.replayed) == (status, False)
    assert 5_000 <= case.waited_ms < 6_000


@pytest.mark.parametrize("seconds", [0, 1, 25])
def test_generate_shows_the_task_as_it_stands_when_the_time_is_up(seconds: int) -> None:
    case = Case()
    assert case.run(seconds).view.status is TaskStatus.PENDING
    assert case.waited_ms == seconds * SECOND


@pytest.mark.parametrize("starting", [0, 2.5, 24.9])
def test_generate_waits_for_the_order_to_be_taken_and_its_end_together(starting: float) -> None:
    case = Case(starting=starting)
    case.run(25)
    assert case.waited_ms == 25 * SECOND


def test_generate_does_not_wait_where_taking_the_order_took_too_long() -> None:
    case = Case(starting=26)
    assert case.run(25).view.status is TaskStatus.PENDING
    assert case.clock.slept == []


def test_generate_takes_sizes_and_numbers_that_the_model_does_not() -> None:
    task = Case().run(0).view.task
    assert (task.requested_size, task.parameters["size"], len(task.jobs)) == ("1024*1024", "1328*1328", 2)


def test_generate_does_not_wait_for_what_is_not_taken() -> None:
    case = Case()
    case.slots.next_at = {"qwen-image-plus": NOW + 61 * SECOND}
    with pytest.raises(QueueFull):
        case.run(25)
    assert (case.tasks.tasks, case.workflow.started, case.clock.slept) == ({}, [], [])


def test_generate_says_that_it_shows_an_earlier_orders_task() -> None:
    case = Case()
    first, second = case.run(0, "once"), case.run(0, "once")
    assert (first.replayed, second.replayed) == (False, True)
    assert [first.view.task.task_id, second.view.task.task_id] == list(case.tasks.tasks) * 2


def test_generate_finds_the_task_of_an_order_that_is_sent_once_more() -> None:
    case = Case()
    first = case.run(0)
    again = case.generate.run(ORDER, "alice", None, 25, resent=True)
    assert (again.replayed, again.view.task.task_id) == (True, first.view.task.task_id)
    assert case.waited_ms == 25 * SECOND


def test_generate_shows_the_order_that_was_taken_where_it_cannot_be_read(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It was taken, so its caller must learn its id."""
    case = Case()

    def refuse(task_id: str) -> None:
        raise RecordsUnavailable

    monkeypatch.setattr(case.tasks, "get", refuse)
    found = case.run(25)
    assert ([found.view.task.task_id], found.view.status) == (list(case.tasks.tasks), TaskStatus.PENDING)
    assert case.clock.slept == []


def test_wait_goes_on_waiting_for_an_earlier_task() -> None:
    case = Case()
    case.tasks.create(a_task(a_job(slot_at=NOW), owner="alice"))
    case.ends(5_000, TaskStatus.SUCCEEDED)
    assert case.generate.wait(TASK_ID, "alice", 25).status is TaskStatus.SUCCEEDED
    assert 5_000 <= case.waited_ms < 6_000


def test_wait_gives_up_when_the_time_is_up() -> None:
    case = Case()
    case.tasks.create(a_task(a_job(slot_at=NOW), owner="alice"))
    assert case.generate.wait(TASK_ID, "alice", 25).status is TaskStatus.PENDING
    assert case.waited_ms == 25 * SECOND


def test_wait_is_for_the_owner_only() -> None:
    case = Case()
    case.tasks.create(a_task(a_job(slot_at=NOW), owner="alice"))
    with pytest.raises(TaskNotFound):
        case.generate.wait(TASK_ID, "bob", 25)
    assert case.clock.slept == []
