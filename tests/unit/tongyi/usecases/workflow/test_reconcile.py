"""What is done for tasks that may have been left behind."""

from __future__ import annotations

import io
from collections.abc import Callable
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.fakes.gateways import FakeClock, FakeWorkflow
from tests.support.fakes.records import HOUR, NOW, SECOND, TASK_ID, a_stored_image, a_task, an_image
from tests.unit.tongyi.conftest import TABLE
from tongyi.errors import TaskNotFound, WorkflowUnavailable
from tongyi.gateways.dynamodb.task_table import TaskTable
from tongyi.gateways.dynamodb.unfinished_table import DueTask, UnfinishedTable
from tongyi.models.tasks.records import TaskRecord
from tongyi.models.tasks.schedule import FIRST_LOOK, LONGEST_LOOK, NEXT_LOOK
from tongyi.models.tasks.status import ImageStatus, TaskStatus
from tongyi.models.workflow.payloads import Execution, Finding, WorkflowInput
from tongyi.usecases.workflow import reconcile
from tongyi.usecases.workflow.reconcile import Reconcile

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

ENDED: dict[str, Any] = {"status": TaskStatus.SUCCEEDED, "ended_at": NOW, "announced": True}


class World:
    """A table of tasks, and executions."""

    def __init__(self, dynamodb: DynamoDBClient, clock: FakeClock) -> None:
        self.clock, self.workflow = clock, FakeWorkflow()
        self.store = (dynamodb, TABLE)
        self.tasks = TaskTable(*self.store, clock)
        self.unfinished = UnfinishedTable(*self.store, clock)

    def give(self, task: TaskRecord, execution: Execution | None = None) -> None:
        assert self.tasks.create(task)
        if task.images:
            self.tasks.add_images(task.task_id, task.images)
        if execution:
            self.workflow.executions[WorkflowInput.of(task).name] = execution

    def run(self, task_id: str | None = None) -> dict[Finding, int]:
        made = Reconcile(self.unfinished, self.workflow, self.clock)
        return made.run(task_id).found

    def later(self, seconds: int = FIRST_LOOK) -> None:
        self.clock.now += seconds * SECOND

    @property
    def started(self) -> list[str]:
        return [start.name for start in self.workflow.started]


@pytest.fixture
def world(dynamodb: DynamoDBClient, clock: FakeClock) -> World:
    return World(dynamodb, clock)


FIRST, SECOND_ROUND = f"{TASK_ID}-{NOW}", f"{TASK_ID}-{NOW}-1"
LIVE = {1: an_image(status=ImageStatus.UNCOPIED, url_expires_at=NOW + 24 * HOUR)}
DEAD = {1: an_image(status=ImageStatus.UNCOPIED, url_expires_at=NOW)}
# The record, its execution, what is found, and what is started.
FOUND: dict[str, tuple[TaskRecord, Execution | None, Finding, list[str]]] = {
    "never started": (a_task(), None, Finding.STARTED, [FIRST]),
    "at work": (a_task(started=True), Execution.RUNNING, Finding.RUNNING, []),
    "left open": (a_task(started=True), Execution.ENDED, Finding.STARTED, [SECOND_ROUND]),
    "cut off between round and start": (a_task(round=1), None, Finding.STARTED, [SECOND_ROUND]),
    "not told": (a_task(**{**ENDED, "announced": False}), Execution.ENDED, Finding.STARTED, [SECOND_ROUND]),
    "told and copied": (
        a_task(**ENDED, images={1: a_stored_image()}),
        Execution.ENDED,
        Finding.FINISHED,
        [],
    ),
    "to be copied": (a_task(**ENDED, images=LIVE), Execution.ENDED, Finding.STARTED, [SECOND_ROUND]),
    "too late to be copied": (a_task(**ENDED, images=DEAD), Execution.ENDED, Finding.FINISHED, []),
}


@pytest.mark.parametrize("name", FOUND)
@pytest.mark.parametrize("by_hand", [False, True], ids=["by schedule", "by hand"])
def test_task_that_is_found(world: World, name: str, *, by_hand: bool) -> None:
    task, execution, finding, started = FOUND[name]
    world.give(task, execution)
    world.later()

    assert world.run(TASK_ID if by_hand else None) == {finding: 1}
    assert world.started == started


def test_young_task_is_left_to_whoever_takes_it(world: World) -> None:
    world.give(a_task())
    world.later(FIRST_LOOK - 1)
    assert (world.run(), world.started) == ({}, [])


def test_finished_task_is_not_looked_at_again(world: World) -> None:
    world.give(a_task(**ENDED))
    world.later()
    assert [world.run(), _after(world, 24 * 3600)] == [{Finding.FINISHED: 1}, {}]


def _after(world: World, seconds: int) -> dict[Finding, int]:
    world.later(seconds)
    return world.run()


def test_rounds_are_further_and_further_apart(world: World) -> None:
    world.give(a_task(), Execution.ENDED)
    world.later()
    moments: list[int] = []
    while len(moments) < 7:
        if world.run() == {Finding.STARTED: 1}:
            moments.append(world.clock.now)
            world.workflow.executions[world.started[-1]] = Execution.ENDED
        world.later(60)

    waits = [(after - before) // SECOND for before, after in pairwise(moments)]
    assert waits == [300, 600, 1200, 2400, 3600, 3600]
    assert world.started == [f"{TASK_ID}-{NOW}-{number}" for number in range(1, 8)]


def test_task_at_work_is_looked_at_less_and_less_often(world: World) -> None:
    world.give(a_task(), Execution.RUNNING)
    looks = []
    while world.clock.now < NOW + 10 * HOUR:
        if world.run():
            looks.append(world.clock.now)
        world.later(60)
    waits = [(after - before) // SECOND for before, after in pairwise(looks)]
    assert (waits[0], waits[-1], waits) == (NEXT_LOOK, LONGEST_LOOK, sorted(waits))


def test_second_run_at_the_same_time_starts_nothing_again(world: World) -> None:
    """Whichever call of the first the second comes at."""
    calls: list[Callable[[], object]] = []

    class Overlapped(FakeWorkflow):
        def execution(self, start: WorkflowInput) -> Execution:  # type: ignore[override]
            other = Reconcile(world.unfinished, self, world.clock)
            while calls:
                calls.pop()()
                found.append(other.run().found)
                found.append(other.run(TASK_ID).found)
            return super().execution(start)

    found: list[dict[Finding, int]] = []
    workflow = Overlapped()
    workflow.executions = {FIRST: Execution.ENDED}
    calls.append(lambda: None)
    world.give(a_task())
    world.later()
    mine = Reconcile(world.unfinished, workflow, world.clock).run().found

    assert found == [{}, {Finding.STARTED: 1}]
    assert mine == {Finding.PASSED: 1}
    assert [start.name for start in workflow.started] == [SECOND_ROUND]


def test_task_that_another_run_takes_first_is_passed_by(world: World) -> None:
    class Overtaken(UnfinishedTable):
        def take(self, due: DueTask, look_at: int) -> TaskRecord | None:
            assert super().take(due, look_at)
            return super().take(due, look_at)

    world.unfinished = Overtaken(*world.store, world.clock)
    world.give(a_task())
    world.later()
    assert (world.run(), world.started) == ({Finding.PASSED: 1}, [])


def test_task_that_fails_to_be_looked_at_keeps_no_other_waiting(world: World, logged: io.StringIO) -> None:
    class Partly(FakeWorkflow):
        def execution(self, start: WorkflowInput) -> Execution:  # type: ignore[override]
            if start.task_id == "task-0":
                raise WorkflowUnavailable("No.")
            return super().execution(start)

    world.workflow = Partly()
    for number in range(3):
        world.give(a_task(task_id=f"task-{number}", created_at=NOW + number))
    world.later(2 * FIRST_LOOK)

    assert world.run() == {Finding.FAILED: 1, Finding.STARTED: 2}
    assert "unexpected error" in logged.getvalue()
    assert list(world.unfinished.due(world.clock.now)) == []


def test_run_without_time_goes_on_where_it_stopped(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    class Slow(FakeWorkflow):
        def execution(self, start: WorkflowInput) -> Execution:  # type: ignore[override]
            world.clock.now += 70 * SECOND
            return Execution.RUNNING

    world.workflow = Slow()
    for number in range(7):
        world.give(a_task(task_id=f"task-{number}", created_at=NOW + number))
    world.later(2 * FIRST_LOOK)
    made = Reconcile(world.unfinished, world.workflow, world.clock)
    monkeypatch.setattr(reconcile, "MOST_SECONDS", 130)

    runs = [made.run() for _ in range(4)]

    assert [(run.found, run.more) for run in runs[:3]] == [
        ({Finding.RUNNING: 2}, True),
        ({Finding.RUNNING: 2}, True),
        ({Finding.RUNNING: 2}, True),
    ]
    assert runs[3].found[Finding.RUNNING] >= 1


def test_task_that_nobody_knows_cannot_be_asked_for(world: World) -> None:
    with pytest.raises(TaskNotFound):
        world.run("another")


def test_run_says_how_old_the_oldest_open_task_is(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    world.give(a_task(task_id="told", **ENDED, images=LIVE))
    world.give(a_task(task_id="open", created_at=NOW + 60 * SECOND))
    world.later(600)
    world.run()
    world.run()
    said = capsys.readouterr().out
    assert said.count('"OldestUnfinishedTask":[540') == 1
    assert said.count('"OldestUnfinishedTask":[0') == 1
    assert said.count('"TasksRevived":[1') == 2
