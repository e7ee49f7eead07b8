"""Telling that a task has ended: once in the end, and never before it."""

from __future__ import annotations

import pytest

from tests.support.fakes.gateways import FakeEventBus, FakeStartDelivery, FakeTaskTable
from tests.support.fakes.records import BROKEN, NOW, TASK_ID, a_task
from tests.unit.tongyi.usecases.tasks.announcing import BUCKET, announcer
from tongyi.errors import EventsUnavailable, WebhooksUnavailable
from tongyi.models.tasks.events import task_detail
from tongyi.models.tasks.records import TaskRecord
from tongyi.models.tasks.status import TaskStatus


class Forgetful(FakeTaskTable):
    """Does not get the mark written down at first, as when a function is cut off."""

    def __init__(self, task: TaskRecord) -> None:
        super().__init__(task)
        self.well = False

    def mark_announced(self, task_id: str) -> None:
        if not self.well:
            raise TimeoutError
        super().mark_announced(task_id)


def _ended(status: TaskStatus = TaskStatus.SUCCEEDED) -> TaskRecord:
    error = BROKEN if status is TaskStatus.FAILED else None
    return a_task(status=status, ended_at=NOW, error=error)


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (TaskStatus.SUCCEEDED, "Image Task Succeeded"),
        (TaskStatus.FAILED, "Image Task Failed"),
        (TaskStatus.CANCELED, "Image Task Canceled"),
    ],
)
def test_announce_puts_the_end_on_the_bus(status: TaskStatus, kind: str) -> None:
    task, bus = _ended(status), FakeEventBus()
    announcer(FakeTaskTable(task), bus).run(task)
    assert bus.told == [("tongyi-gateway", kind, task_detail(task, BUCKET, with_prompt=False))]


def test_announce_notes_that_it_did() -> None:
    tasks = FakeTaskTable(_ended())
    announcer(tasks).run(tasks.tasks[TASK_ID])
    assert tasks.tasks[TASK_ID] == _ended().model_copy(update={"announced": True})


def test_announce_tells_of_a_task_once() -> None:
    tasks, bus = FakeTaskTable(_ended()), FakeEventBus()
    for _ in range(3):
        announcer(tasks, bus).run(tasks.tasks[TASK_ID])
    assert len(bus.told) == 1


@pytest.mark.parametrize("status", [TaskStatus.PENDING, TaskStatus.RUNNING])
def test_announce_does_not_tell_before_the_end(status: TaskStatus) -> None:
    tasks, bus = FakeTaskTable(a_task(status=status)), FakeEventBus()
    announcer(tasks, bus).run(tasks.tasks[TASK_ID])
    assert (bus.told, tasks.tasks[TASK_ID].announced) == ([], False)


def test_announce_that_could_not_note_it_tells_it_again() -> None:
    tasks, bus = Forgetful(_ended()), FakeEventBus()
    with pytest.raises(TimeoutError):
        announcer(tasks, bus).run(tasks.tasks[TASK_ID])
    tasks.well = True
    announcer(tasks, bus).run(tasks.tasks[TASK_ID])
    announcer(tasks, bus).run(tasks.tasks[TASK_ID])
    assert len(bus.told) == 2
    assert bus.told[0] == bus.told[1]


def test_announce_notes_nothing_that_the_bus_did_not_take(capsys: pytest.CaptureFixture[str]) -> None:
    tasks = FakeTaskTable(_ended())
    with pytest.raises(EventsUnavailable):
        announcer(tasks, FakeEventBus(down=True)).run(tasks.tasks[TASK_ID])
    assert tasks.tasks[TASK_ID].announced is False
    assert "TasksAnnounced" not in capsys.readouterr().out


@pytest.mark.parametrize("with_prompts", [False, True])
def test_announce_tells_prompts_only_where_it_is_told_to(with_prompts: bool) -> None:
    task, bus = _ended(), FakeEventBus()
    announcer(FakeTaskTable(task), bus, with_prompts=with_prompts).run(task)
    [(_, _, detail)] = bus.told
    assert ("prompt" in detail) is with_prompts


def test_announce_tells_of_a_task_whose_record_has_expired_meanwhile() -> None:
    bus = FakeEventBus()
    announcer(FakeTaskTable(), bus).run(_ended())
    assert len(bus.told) == 1


def test_announce_begins_the_webhook_after_the_event_and_before_it_is_noted() -> None:
    tasks, bus, webhooks = FakeTaskTable(_ended()), FakeEventBus(), FakeStartDelivery(down=True)
    with pytest.raises(WebhooksUnavailable):
        announcer(tasks, bus, webhooks).run(tasks.tasks[TASK_ID])
    assert (len(bus.told), tasks.tasks[TASK_ID].announced) == (1, False)
    webhooks.down = False
    announcer(tasks, bus, webhooks).run(tasks.tasks[TASK_ID])
    assert (webhooks.begun, tasks.tasks[TASK_ID].announced) == ([TASK_ID], True)


def test_announce_begins_no_webhook_without_an_event() -> None:
    tasks, webhooks = FakeTaskTable(_ended()), FakeStartDelivery()
    with pytest.raises(EventsUnavailable):
        announcer(tasks, FakeEventBus(down=True), webhooks).run(tasks.tasks[TASK_ID])
    assert webhooks.begun == []


def test_announce_begins_no_webhook_twice() -> None:
    tasks, webhooks = FakeTaskTable(_ended()), FakeStartDelivery()
    for _ in range(3):
        announcer(tasks, webhooks=webhooks).run(tasks.tasks[TASK_ID])
    assert webhooks.begun == [TASK_ID]
