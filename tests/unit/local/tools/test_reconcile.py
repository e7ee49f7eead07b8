"""`make reconcile`: what it asks the function for, and the records that it notes before."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from typing import Any

import pytest
from moto import mock_aws

from local.tools import reconcile
from local.tools.reconcile import ReconcileError, Stack, find_stack, look, main, note_left_open
from tests.support.fakes.gateways import FakeClock
from tests.support.fakes.records import NOW, a_task
from tests.unit.tongyi.conftest import TABLE, make_table
from tongyi.gateways.dynamodb.task_table import TaskTable
from tongyi.gateways.dynamodb.unfinished_table import UnfinishedTable
from tongyi.models.tasks.records import TaskRecord
from tongyi.models.tasks.status import TaskStatus

ENDED: dict[str, Any] = {"status": TaskStatus.FAILED, "ended_at": NOW}


class Function:
    """Answers as Lambda's client does."""

    def __init__(self, answer: Any, error: str | None = None) -> None:
        self.asked: list[Any] = []
        self._answer, self._error = answer, error

    def invoke(self, **given: Any) -> dict[str, Any]:
        assert given["FunctionName"] == "arn"
        self.asked.append(json.loads(given["Payload"]))
        said = {"Payload": io.BytesIO(json.dumps(self._answer).encode())}
        return {**said, "FunctionError": self._error} if self._error else said


@pytest.fixture
def dynamodb(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    with mock_aws():
        yield make_table()


def _of_an_earlier_version(client: Any, task: TaskRecord) -> None:
    TaskTable(client, TABLE, FakeClock()).create(task)
    client.update_item(
        TableName=TABLE,
        Key={"pk": {"S": f"TASK#{task.task_id}"}, "sk": {"S": "TASK"}},
        UpdateExpression="REMOVE unfinished, look_at",
    )


def test_open_records_of_an_earlier_version_are_noted_once(dynamodb: Any) -> None:
    for task_id, given in (("open", {}), ("untold", ENDED), ("told", {**ENDED, "announced": True})):
        _of_an_earlier_version(dynamodb, a_task(task_id=task_id, **given))
    TaskTable(dynamodb, TABLE, FakeClock()).create(a_task(task_id="new"))
    stack = Stack(Function({}), dynamodb, "arn", TABLE)

    assert [note_left_open(stack, NOW), note_left_open(stack, NOW)] == [2, 0]
    due = UnfinishedTable(dynamodb, TABLE, FakeClock()).due(NOW)
    assert {task.task_id for task in due} == {"open", "untold"}


@pytest.mark.parametrize(("task_id", "asked"), [("a task", {"task_id": "a task"}), ("", {})])
def test_function_is_asked_for_one_task_or_for_all(task_id: str, asked: Any) -> None:
    function = Function({"found": {}})
    assert look(Stack(function, None, "arn", TABLE), task_id) == {"found": {}}
    assert function.asked == [asked]


def test_function_that_fails_says_why() -> None:
    function = Function({"errorMessage": "The task does not exist."}, "Unhandled")
    with pytest.raises(ReconcileError, match="does not exist"):
        look(Stack(function, None, "arn", TABLE), "a task")


def test_main_prints_what_was_found(
    dynamodb: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    stack = Stack(Function({"found": {"started": 1}}), dynamodb, "arn", TABLE)
    monkeypatch.setattr(reconcile, "find_stack", lambda _: stack)
    assert [main({"RECONCILE_TASK": "a task"}), main({})] == [0, 0]
    assert capsys.readouterr().out.splitlines() == [
        '{"found": {"started": 1}}',
        "Left open by an earlier version: 0",
        '{"found": {"started": 1}}',
    ]


def test_main_without_a_stack_says_how(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(reconcile, "running", lambda: None)
    with pytest.raises(ReconcileError):
        find_stack("")
    assert main({}) == 1
    assert "make up" in capsys.readouterr().err
