"""A task that is waited for: until it has ended, or for as long as it may take."""

from __future__ import annotations

import io
from typing import Any

import pytest

from tests.support.fakes.gateways import FakeClock, FakeTaskTable
from tests.support.fakes.images import FakePictureBucket
from tests.support.fakes.records import BROKEN, NOW, SECOND, TASK_ID, a_job, a_stored_image, a_task
from tongyi.errors import RecordsUnavailable, TaskNotFound
from tongyi.models.tasks.records import Failure, TaskRecord
from tongyi.models.tasks.status import JobStatus, TaskStatus
from tongyi.usecases.tasks.show_task import (
    POLL_SECONDS,
    STARVED_SECONDS,
    UNTOUCHED_MS,
    ShowTask,
    TaskView,
    is_starved,
)

SENT = a_job(n=1, status=JobStatus.SUBMITTED, slot_at=NOW, sent_at=NOW)
# What a look at a job leaves behind, before it is sent.
LOOKED_AT: dict[str, dict[str, Any]] = {
    "being sent": {"status": JobStatus.DISPATCHING, "sent_at": NOW},
    "waiting for its slot": {"slot_at": NOW + 600 * SECOND},
    "refused for now": {"refusals": 1},
    "lost, and to be sent again": {"losses": 1, "looks": 2},
    "failed": {"status": JobStatus.FAILED, "error": BROKEN},
}


class BusyTaskTable(FakeTaskTable):
    """Counts reads, and refuses them from a number on."""

    def __init__(self, task: TaskRecord) -> None:
        super().__init__(task)
        self.reads = 0
        self.most_reads = 10_000

    def get(self, task_id: str) -> TaskRecord | None:
        self.reads += 1
        if self.reads > self.most_reads:
            raise RecordsUnavailable
        return super().get(task_id)


class Case:
    """A task that ends, or does not, while it is waited for."""

    def __init__(self, task: TaskRecord | None = None) -> None:
        self.tasks = BusyTaskTable(task or a_task(SENT, images={1: a_stored_image()}, owner="alice"))
        self.clock = FakeClock()

    def ends(self, after_ms: int, status: TaskStatus, error: Failure | None = None) -> None:
        moment = NOW + after_ms
        self.clock.at(moment, lambda: self.tasks.close(TASK_ID, status, error, moment))

    def wait(self, seconds: float, owner: str | None = "alice", known: TaskRecord | None = None) -> TaskView:
        show = ShowTask(self.tasks, FakePictureBucket(), 77, self.clock)
        return show.wait(TASK_ID, owner, seconds, known)

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


def test_wait_is_given_up_where_the_table_takes_no_more_reads() -> None:
    case = Case()
    case.tasks.most_reads = 3
    assert (case.wait(25).status, case.tasks.reads, len(case.clock.slept)) == (TaskStatus.PENDING, 4, 3)


def test_wait_shows_what_is_known_where_the_table_takes_no_reads() -> None:
    case = Case()
    case.tasks.most_reads = 0
    assert (case.wait(25, known=a_task()).task, case.clock.slept) == (a_task(), [])


def test_wait_says_so_where_nothing_is_known_of_a_task_that_cannot_be_read() -> None:
    case = Case()
    case.tasks.most_reads = 0
    with pytest.raises(RecordsUnavailable):
        case.wait(25)


def _ordered(seconds_ago: float) -> Case:
    """A task of which nobody has done anything since."""
    job = a_job(n=1)
    created = NOW - round(seconds_ago * SECOND)
    return Case(a_task(job, job.model_copy(update={"first_image": 2}), created_at=created, owner="alice"))


def test_wait_is_given_up_once_a_new_task_gets_no_functions() -> None:
    case = _ordered(seconds_ago=0)
    assert case.wait(25).status is TaskStatus.PENDING
    assert UNTOUCHED_MS < case.waited_ms <= UNTOUCHED_MS + POLL_SECONDS * SECOND


@pytest.mark.parametrize(("seconds", "waited"), [(25, STARVED_SECONDS), (1, 1), (0, 0)])
def test_wait_for_an_older_task_that_gets_no_functions_is_short(seconds: float, waited: float) -> None:
    """Not over at once: the client that is sent around by redirects would have spent them."""
    case = _ordered(seconds_ago=60)
    case.wait(seconds)
    assert case.waited_ms == waited * SECOND


def test_wait_goes_on_once_the_task_gets_its_functions() -> None:
    case = _ordered(seconds_ago=60)
    touched = {"status": JobStatus.SUBMITTED, "sent_at": NOW}
    case.clock.at(NOW + 2 * SECOND, lambda: case.tasks.change_job(TASK_ID, 1, touched, when=tuple(JobStatus)))
    case.wait(25)
    assert case.waited_ms == 25 * SECOND


def test_task_that_was_looked_at_gets_its_functions() -> None:
    """However long ago it was ordered; such as one whose slot is far away."""
    jobs = {what: (a_job(n=1), a_job(n=1, first_image=2, **given)) for what, given in LOOKED_AT.items()}
    starved = {what: is_starved(a_task(*both), NOW + 3600 * SECOND) for what, both in jobs.items()}
    assert starved == dict.fromkeys(LOOKED_AT, False)


@pytest.mark.parametrize(("after_ms", "starved"), [(UNTOUCHED_MS, False), (UNTOUCHED_MS + 1, True)])
def test_task_that_nobody_looked_at_for_long_gets_no_functions(after_ms: int, starved: bool) -> None:
    assert is_starved(a_task(), NOW + after_ms) is starved


def test_task_that_has_ended_needs_no_functions() -> None:
    ended = a_task(status=TaskStatus.CANCELED, ended_at=NOW)
    assert not is_starved(ended, NOW + 2 * UNTOUCHED_MS)


def test_wait_for_an_accepted_task_outlasts_a_fault_and_writes_it_down(logged: io.StringIO) -> None:
    class Broken(FakeTaskTable):
        def get(self, task_id: str) -> TaskRecord | None:
            raise RuntimeError("s3cret")

    show = ShowTask(Broken(), FakePictureBucket(), 60, FakeClock())
    known = a_task(SENT, owner="alice")
    assert show.wait(TASK_ID, "alice", 10, known).task == known
    with pytest.raises(RuntimeError):
        show.wait(TASK_ID, "alice", 10)
    assert logged.getvalue().count("unexpected error") == 1
    assert "s3cret" not in logged.getvalue()
