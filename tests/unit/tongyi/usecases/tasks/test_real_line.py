"""A model's line as DashScope works it: filled to the brim, all of it is made before DashScope forgets it.

DashScope's places are the stand-in's (`local.standin.tasks.queues`); the time is a number.
"""

from __future__ import annotations

import heapq
from math import ceil

import pytest

from local.standin.catalog import LIMITS
from local.standin.tasks.outcome import Fate
from local.standin.tasks.queues import Lane
from local.standin.tasks.schedule import Order, Task
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
from tongyi.errors import QueueFull
from tongyi.models.images.bodies import parse_image_request
from tongyi.models.images.catalog import image_model
from tongyi.models.tasks.records import TaskRecord
from tongyi.models.tasks.schedule import UPSTREAM_MEMORY, check_wait
from tongyi.models.tasks.status import JobStatus, TaskStatus
from tongyi.usecases.tasks.submit_images import SubmitImages

SETTINGS = SubmissionSettings("arn", 30, 0, 21_600, 0)
FIRST_CHECK = 2


class World:
    """The gateway and DashScope, on one clock. `n` pictures are ordered at a time."""

    def __init__(self, model: str, n: int, seconds_per_image: float) -> None:
        self.clock = FakeClock()
        self.tasks, self.slots = FakeTaskTable(clock=self.clock), FakeSlotTable()
        gateways = (self.tasks, self.slots, FakeQuotaTable(), FakeUploadTable(), FakeWorkflow())
        self.submit = SubmitImages(*gateways, a_circuit(self.clock), SETTINGS, self.clock)
        self.model, self.n, self.per_image = image_model(model), n, seconds_per_image
        self.lane: Lane[Task] = Lane()
        self.upstream: dict[str, list[Task]] = {}
        self._ends: list[tuple[int, str]] = []

    def order(self) -> TaskRecord:
        """Takes an order, and sends its jobs in their slots."""
        body = {"model": self.model.name, "prompt": "a cat", "n": self.n}
        task = self.submit.place(parse_image_request(body), "alice").task
        sent = [self._send(job.n) for job in task.jobs.values()]
        self.upstream[task.task_id] = sent
        heapq.heappush(self._ends, (max(map(_noticed, sent)), task.task_id))
        return task

    def fill(self) -> QueueFull:
        """Orders until the first is refused."""
        while True:
            try:
                self.order()
            except QueueFull as error:
                return error

    def pass_by(self, seconds: int) -> None:
        """Lets time go by, and sees to the tasks that are found done meanwhile."""
        until = self.clock.now + seconds * SECOND
        while self._ends and self._ends[0][0] <= until:
            self.clock.now, task_id = heapq.heappop(self._ends)
            self._close(task_id)
        self.clock.now = until

    def finish(self) -> None:
        """Lets so much time go by that all is done."""
        while self._ends:
            self.pass_by(3_600)

    def _send(self, n: int) -> Task:
        spacing_ms = self.model.rate.spacing_ms
        slot = self.slots.reserve(self.model.name, earliest_ms=self.clock.now, spacing_ms=spacing_ms)
        order = Order(self.model.name, "a cat", n, "1024*1024", "", 0)
        sent = Task("key", order, Fate(), "r", slot / SECOND, 0.0, self.per_image)
        self.lane.add(sent, LIMITS[self.model.name].running, sent.submitted)
        return sent

    def _close(self, task_id: str) -> None:
        for number, sent in enumerate(self.upstream[task_id]):
            changes = {"status": JobStatus.SUCCEEDED, "worked_ms": round(sent.duration * SECOND)}
            self.tasks.change_job(task_id, number, changes, when=(JobStatus.READY,))
        in_time = all(sent.ends is not None and _in_time(sent) for sent in self.upstream[task_id])
        status = TaskStatus.SUCCEEDED if in_time else TaskStatus.FAILED
        self.tasks.close(task_id, status, None, self.clock.now)


def _in_time(sent: Task) -> bool:
    return _noticed(sent) / SECOND - sent.submitted < UPSTREAM_MEMORY


def _noticed(sent: Task) -> int:
    """When the check that finds it done is over; after that a minute is enough for the copies."""
    elapsed = 0.0
    while sent.ends is None or sent.submitted + elapsed < sent.ends:
        elapsed += check_wait(elapsed, FIRST_CHECK)
    return ceil((sent.submitted + elapsed + 60) * SECOND)


# What a picture takes, where the gateway thinks at first that it takes 30 s; at most half of what is allowed for.
WORLDS = [("wanx-v1", 4, 5.0), ("wanx-v1", 4, 30.0), ("wanx-v1", 3, 50.0), ("qwen-image-plus", 1, 55.0)]


@pytest.mark.parametrize(("model", "n", "seconds"), WORLDS)
def test_all_that_a_full_line_has_taken_is_made_in_time(model: str, n: int, seconds: float) -> None:
    world = World(model, n, seconds)
    world.fill()
    taken = len(world.tasks.tasks)
    world.finish()

    assert taken > 100
    assert [task.status for task in world.tasks.tasks.values()] == [TaskStatus.SUCCEEDED] * taken
    assert world.tasks.lines.read(model).pieces == 0


@pytest.mark.parametrize(("model", "n", "seconds"), WORLDS[:2])
def test_whoever_is_refused_is_taken_at_the_time_that_was_told(model: str, n: int, seconds: float) -> None:
    """First in a line that has just filled up, and then where it has been full for hours."""
    world, told = World(model, n, seconds), []
    for _ in range(6):
        told.append(int(world.fill().headers["Retry-After"]))
        world.pass_by(told[-1])
        assert world.order().created_at == world.clock.now

    assert max(told) < 3_600


@pytest.mark.parametrize(("seconds", "longer"), [(15.0, 2), (60.0, 0.5)])
def test_line_that_was_filled_on_a_guess_is_as_long_as_is_right_once_more_is_known(
    seconds: float, longer: float
) -> None:
    world = World("wanx-v1", 4, seconds)
    world.fill()
    guessed = len(world.tasks.tasks)
    world.finish()
    world.fill()

    assert (len(world.tasks.tasks) - guessed) / guessed == pytest.approx(longer, rel=0.05)


def test_line_that_is_canceled_is_empty_at_once() -> None:
    world = World("wanx-v1", 4, 30.0)
    world.fill()
    for task in list(world.tasks.tasks.values()):
        world.tasks.cancel_unsent(task, NOW)

    assert world.order().status is TaskStatus.PENDING


def test_thousand_orders_of_one_picture_find_room_in_an_empty_line() -> None:
    world = World("wanx-v1", 1, 15.0)
    for _ in range(1_000):
        world.order()

    assert world.tasks.lines.read("wanx-v1").seconds(world.model) < UPSTREAM_MEMORY / 2
