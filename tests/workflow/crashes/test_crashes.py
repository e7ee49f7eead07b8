"""Functions that crash once or for good, in each state: the task ends all the same, and is sent once at most."""

from __future__ import annotations

import boto3
import pytest

from tests.support import functions
from tests.support.gateway import Gateway
from tests.workflow.interference import Crash, interfere
from tests.workflow.tasks.walk import Walk
from tongyi.models.tasks.status import TaskStatus

STATES = ["dispatch", "check", "store", "close"]


@pytest.mark.parametrize("state", STATES)
def test_image_task_survives_a_crash_in(walked: Walk, state: str) -> None:
    found = walked.walked[f"crashes once in {state}"]

    assert found.called("submit") == [200]
    assert found.shown.body["output"]["task_status"] == "SUCCEEDED"
    assert len(found.copies) == 1


@pytest.mark.parametrize("prompt", ["crashes in dispatch", "crashes in check", "gets nonsense"])
def test_image_task_is_left_open_after_crashing_for_good(walked: Walk, prompt: str) -> None:
    """It may be made upstream, and billed: closed as failed it would be lost to its owner."""
    found = walked.walked[prompt]

    assert found.ended == "FAILED"
    assert (found.task.ended, found.task.error) == (False, None)


def test_image_task_sends_nothing_where_dispatch_crashes_for_good(walked: Walk) -> None:
    assert walked.walked["crashes in dispatch"].calls == ()


def test_image_task_is_closed_where_store_crashes_for_good(walked: Walk) -> None:
    found = walked.walked["crashes in store"]

    assert found.ended == "SUCCEEDED"
    assert found.task.status is TaskStatus.SUCCEEDED


def test_image_task_that_cannot_be_closed_shows_as_a_failed_execution(walked: Walk) -> None:
    found = walked.walked["crashes in close"]

    assert found.ended == "FAILED"
    assert not found.task.ended


def test_image_task_that_could_not_be_closed_can_be_closed_later(
    running: Gateway, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    interfere(monkeypatch, running, {("CloseTaskFunction", "a cat"): Crash("CloseTaskFunction", times=3)})
    task_id = running.submit({"prompt": "a cat"}).body["output"]["task_id"]
    assert running.wait_for(task_id) == "FAILED"

    functions.invoke("CloseTaskFunction", {"task_id": task_id})

    assert running.result(task_id, key).body["output"]["task_status"] == "SUCCEEDED"


def test_image_task_whose_record_is_gone_is_not_sent_again(running: Gateway, key: str) -> None:
    running.standin.configure(pending_seconds=1000)
    task_id = running.submit({"prompt": "a cat"}).body["output"]["task_id"]
    execution = running.execution_of(task_id)
    boto3.resource("dynamodb").Table(running.names["Table"]).delete_item(
        Key={"pk": f"TASK#{task_id}", "sk": "TASK"}
    )

    assert running.wait_for_execution(execution) == "FAILED"
    assert len(running.submissions()) == 1
