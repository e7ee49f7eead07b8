"""A task that is waited for: until it has ended, or for as long as it may take."""

from __future__ import annotations

import pytest

from tests.unit.tongyi.builders import BROKEN, NOW, SECOND, TASK_ID, a_job, a_stored_image, a_task
from tests.unit.tongyi.fakes import FakeClock, FakeTaskTable
from tests.unit.tongyi.picture_fakes import FakePictureBucket
from tongyi.errors import TaskNotFound
from tongyi.models.records import Failure, TaskRecord
from tongyi.models.status import TaskStatus
from tongyi.usecases.show_task import POLL_SECONDS, ShowTask, TaskView


class Case:
    """A task that ends, or does not, while it is waited for."""

    def __init__(self, task: TaskRecord | None = None) -> None:
        self.tasks = FakeTaskTable(task or a_task(a_job(n=1), images={1: a_stored_image()}, owner="alice"))
        self.clock = FakeClock()

    def ends(self, after_ms: int, status: TaskStatus, error: Failure | None = None) -> None:
        moment = NOW + after_ms
        self.clock.at(moment, lambda: self.tasks.close(TASK_ID, status, error, moment))

    def wait(self, seconds: float, owner: str | None = "alice") -> TaskView:
        return ShowTask(self.tasks, FakePictureBucket(), 77, self.clock).wait(TASK_ID, owner, seconds)

    @property
    def waited_ms(self) -> int:
        return self.clock.now - NOW


def test_wait_shows_the_task_as_soon_as_it_has_ended() -> None:
    case = Case()
    case.ends(7_200, TaskStatus.SUCCEEDED)
    view = case.wait(25)
    assert (view.status, len(view.results), view.failed) == (TaskStatus.SUCCEEDED, 1, False)
    assert 7_200 <= case.waited_ms <= 7_200 + POLL_SECONDS * SECOND


def test_wait_notices_an_end_within_a_second() -> None:
    assert POLL_SECONDS <= 1


@pytest.mark.parametrize("status", [TaskStatus.FAILED, TaskStatus.CANCELED])
def test_wait_shows_a_bad_end_too(status: TaskStatus) -> None:
    case = Case()
    case.ends(1_000, status, BROKEN)
    view = case.wait(25)
    assert (view.status, view.error, view.failed) == (status, BROKEN, status is TaskStatus.FAILED)


def test_wait_does_not_wait_for_what_has_ended() -> None:
    case = Case(a_task(status=TaskStatus.SUCCEEDED, ended_at=NOW))
    case.wait(25)
    assert case.clock.slept == []


@pytest.mark.parametrize("seconds", [0, 0.2, 1, 25])
def test_wait_ends_when_it_was_told_to(seconds: float) -> None:
    case = Case()
    view = case.wait(seconds)
    assert (view.status, view.results, view.failed) == (TaskStatus.PENDING, [], False)
    assert case.waited_ms == seconds * SECOND


def test_wait_looks_once_more_when_the_time_is_up() -> None:
    case = Case()
    case.ends(1_000, TaskStatus.SUCCEEDED)
    assert case.wait(1).status is TaskStatus.SUCCEEDED


@pytest.mark.parametrize("owner", ["bob", None])
def test_wait_hides_a_task_from_everybody_else(owner: str | None) -> None:
    case = Case()
    with pytest.raises(TaskNotFound):
        case.wait(25, owner)
    assert case.clock.slept == []
