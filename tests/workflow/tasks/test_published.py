"""The event of a task's end: once on every way through the state machine, and at least once after a crash."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support import functions
from tests.support.gateway import Gateway
from tests.workflow import event_schema
from tests.workflow.records import record
from tests.workflow.tasks.scenarios import CLOSE, WAYS
from tests.workflow.tasks.walk import Walk
from tongyi.errors import EventsUnavailable
from tongyi.gateways.dynamodb.task_table import TaskTable
from tongyi.gateways.messaging.event_bus import EventBus
from tongyi.models.tasks.status import TaskStatus

# These never come to their end by themselves.
LEFT_OPEN = {"crashes in dispatch", "crashes in check", "gets nonsense", "crashes in close"}
ENDED = sorted(set(WAYS) - LEFT_OPEN)


@pytest.mark.parametrize("prompt", ENDED)
def test_image_task_is_told_once(walked: Walk, prompt: str) -> None:
    found = walked.walked[prompt]
    [event] = found.told

    assert event["detail"]["status"] == found.task.status
    assert event["detail"]["metrics"]["total"] == found.task.total
    assert prompt not in str(event)


@pytest.mark.parametrize("prompt", ENDED)
def test_image_task_is_told_as_documented(walked: Walk, prompt: str) -> None:
    [event] = walked.walked[prompt].told

    event_schema.check(event)


def test_image_task_that_was_not_closed_is_not_told(walked: Walk) -> None:
    assert {prompt: walked.walked[prompt].told for prompt in LEFT_OPEN} == dict.fromkeys(LEFT_OPEN, ())


class Failing:
    """Stands in front of a method, and has its first calls fail."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, owner: type, name: str, error: Exception) -> None:
        self.left, self.calls = 1, 0
        real = getattr(owner, name)

        def method(*given: Any) -> Any:
            self.calls += 1
            if self.left:
                self.left -= 1
                raise error
            return real(*given)

        monkeypatch.setattr(owner, name, method)


def _sent(running: Gateway) -> str:
    task_id: str = running.submit({"prompt": "a cat"}).body["output"]["task_id"]
    return task_id


def test_close_task_is_repeated_until_the_bus_takes_the_event(
    running: Gateway, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    put = Failing(monkeypatch, EventBus, "put", EventsUnavailable("EventBridge cannot be reached."))
    task_id = _sent(running)

    assert running.wait_for(task_id) == "SUCCEEDED"
    assert [event["detail"]["status"] for event in running.told(task_id)] == ["SUCCEEDED"]
    assert (put.calls, record(running, task_id).announced) == (2, True)
    assert capsys.readouterr().out.count('"TasksSucceeded":[1') == 1


def test_close_task_that_is_cut_off_before_its_mark_tells_it_again(
    running: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    Failing(monkeypatch, TaskTable, "mark_finished", RuntimeError("the function was cut off"))
    task_id = _sent(running)

    assert running.wait_for(task_id) == "SUCCEEDED"
    first, second = running.told(task_id)
    assert first["detail"] == second["detail"]
    assert first["id"] != second["id"]


def test_close_task_that_cannot_tell_shows_as_a_failed_execution_and_can_be_repeated(
    running: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    put = Failing(monkeypatch, EventBus, "put", EventsUnavailable("EventBridge cannot be reached."))
    put.left = 3
    task_id = _sent(running)
    assert running.wait_for(task_id) == "FAILED"
    before = record(running, task_id)
    assert (before.status, before.announced, running.told(task_id)) == (TaskStatus.SUCCEEDED, False, [])

    functions.invoke(CLOSE, {"task_id": task_id})

    assert len(running.told(task_id)) == 1
    assert record(running, task_id) == before.model_copy(update={"announced": True})
