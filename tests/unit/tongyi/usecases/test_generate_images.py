"""Orders that are waited for: one wait for taking them and for their end."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.tongyi.builders import BROKEN, NOW, SECOND
from tests.unit.tongyi.fakes import FakeClock, FakeQuotaTable, FakeSlotTable, FakeTaskTable, FakeWorkflow
from tests.unit.tongyi.picture_fakes import FakePictureBucket
from tongyi.config import SubmissionSettings
from tongyi.errors import InvalidParameter
from tongyi.models.status import TaskStatus
from tongyi.models.workflow import WorkflowInput
from tongyi.usecases.generate_images import Generated, GenerateImages
from tongyi.usecases.show_task import ShowTask
from tongyi.usecases.submit_images import SubmitImages

BODY = {"model": "qwen-image-plus", "input": {"prompt": "a cat"}, "parameters": {"size": "1024*1024", "n": 2}}
SETTINGS = SubmissionSettings("arn", 30, 10, 60, 3)


class SlowWorkflow(FakeWorkflow):
    """Takes its time to start."""

    def __init__(self, clock: FakeClock, seconds: float) -> None:
        super().__init__()
        self._clock = clock
        self._seconds = seconds

    def start(self, start: WorkflowInput) -> None:
        self._clock.now += round(self._seconds * SECOND)
        super().start(start)


class Case:
    """An order, and what becomes of it while it is waited for."""

    def __init__(self, *, starting: float = 0) -> None:
        self.tasks, self.clock = FakeTaskTable(), FakeClock()
        self.workflow = SlowWorkflow(self.clock, starting)
        submit = SubmitImages(
            self.tasks, FakeSlotTable(), FakeQuotaTable(), self.workflow, SETTINGS, self.clock
        )
        show = ShowTask(self.tasks, FakePictureBucket(), 77, self.clock)
        self._generate = GenerateImages(submit, show, self.clock)

    def run(self, seconds: float, body: Any = BODY) -> Generated:
        return self._generate.run(body, "alice", None, seconds)

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


def test_generate_makes_nothing_of_a_bad_order() -> None:
    case = Case()
    with pytest.raises(InvalidParameter):
        case.run(25, {**BODY, "parameters": {"n": 5}})
    assert (case.tasks.tasks, case.workflow.started, case.clock.slept) == ({}, [], [])
