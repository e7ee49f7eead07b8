"""What becomes of a message: a task, a letter put aside with the reason, or another try."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest

from tests.support.fakes.circuits import a_circuit
from tests.support.fakes.gateways import (
    FakeClock,
    FakeDeadLetters,
    FakeQuotaTable,
    FakeSlotTable,
    FakeTaskTable,
    FakeUploadTable,
    FakeWorkflow,
)
from tests.support.fakes.records import HOUR, NOW, SECOND
from tongyi.config import SubmissionSettings
from tongyi.errors import GatewayError, InvalidParameter, OrderInFlight, QueueFull, WorkflowUnavailable
from tongyi.models.tasks.records import TaskRecord
from tongyi.models.tasks.status import TaskStatus
from tongyi.usecases.tasks.submit_images import IN_FLIGHT_MS, SubmitImages
from tongyi.usecases.tasks.submit_message import TakeOrder

# Nothing may be ordered without an owner: every message has one.
SETTINGS = SubmissionSettings("arn", 30, 0, 60, 5)
ORDER = {"prompt": "a cat", "n": 2}


class Case:
    """A queue of orders, and what became of them."""

    def __init__(self, **slots: int) -> None:
        self.tasks, self.workflow, self.clock = FakeTaskTable(), FakeWorkflow(), FakeClock()
        self.slots, self.dead, self.uploads = FakeSlotTable(**slots), FakeDeadLetters(), FakeUploadTable()

    def take(self, body: Any = ORDER, message_id: str = "m-1") -> str | None:
        gateways = (self.tasks, self.slots, FakeQuotaTable(), self.uploads, self.workflow)
        text = body if isinstance(body, str) else json.dumps(body)
        return TakeOrder(SubmitImages(*gateways, a_circuit(self.clock), SETTINGS, self.clock), self.dead).run(
            text, message_id
        )

    @property
    def task(self) -> TaskRecord:
        [task] = self.tasks.tasks.values()
        return task

    def untaken(self) -> bool:
        return (self.tasks.tasks, self.workflow.started) == ({}, [])


def test_take_makes_a_task_of_a_message() -> None:
    case = Case()
    task_id = case.take({**ORDER, "owner": "alice"})
    assert (case.task.task_id, case.task.owner, case.task.input) == (task_id, "alice", {"prompt": "a cat"})
    assert [start.task_id for start in case.workflow.started] == [task_id]
    assert (case.task.started, case.dead.aside) == (True, [])


def test_take_does_not_wait_for_what_dashscope_says() -> None:
    case = Case()
    case.take()
    assert case.clock.slept == []


def test_take_has_no_daily_cap() -> None:
    assert SETTINGS.daily_open_images == 0
    assert Case().take() is not None


def test_take_makes_one_task_of_a_message_that_comes_again() -> None:
    case = Case()
    first = case.take()
    case.clock.now += HOUR
    assert (case.take(), len(case.tasks.tasks), len(case.workflow.started)) == (first, 1, 1)


def test_take_makes_one_task_of_messages_with_the_same_key() -> None:
    case, order = Case(), {**ORDER, "idempotency_key": "order-1"}
    assert case.take(order, "m-1") == case.take(order, "m-2")
    assert len(case.workflow.started) == 1


def test_take_makes_a_task_of_each_message() -> None:
    case = Case()
    assert case.take(ORDER, "m-1") != case.take(ORDER, "m-2")
    assert len(case.tasks.tasks) == 2


def test_take_does_not_mix_up_the_keys_of_two_owners() -> None:
    case = Case()
    made = {case.take({**ORDER, "owner": owner, "idempotency_key": "1"}) for owner in ("alice", "bob")}
    assert len(made) == 2


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "The message is no valid JSON."),
        ("{", "The message is no valid JSON."),
        ("a cat", "The message is no valid JSON."),
        ("[" * 100_000, "The message is no valid JSON."),
        ('{"n": ' + "9" * 5000 + "}", "The message is no valid JSON."),
        ("[]", "The message must be a JSON object."),
        ("{}", "prompt: is required."),
        ('{"prompt": "a cat", "n": NaN}', "The message is no valid JSON."),
        ('{"prompt": "a cat", "n": 1e999}', "n: must be a finite number."),
        ('{"prompt": "a\\u0000"}', "prompt: holds U+0000, a character that no model can read; remove it."),
    ],
    ids=range(10),
)
def test_take_puts_aside_what_can_never_become_a_task(text: str, reason: str) -> None:
    case = Case()
    assert case.take(text) is None
    assert case.dead.aside == [(text, "InvalidParameter", reason)]
    assert case.untaken()


def test_take_puts_aside_a_picture_that_its_owner_did_not_upload() -> None:
    case = Case()
    link = "oss://dashscope-instant/0123456789abcdef/2026-01-15/0123456789abcdef/cat.png"
    assert case.take({"prompt": "a cat", "ref_img": link, "owner": "alice"}) is None
    [(_, code, reason)] = case.dead.aside
    assert (code, reason.partition(":")[0]) == (InvalidParameter.code, "ref_img")


def test_take_puts_aside_another_order_with_a_key_that_was_used() -> None:
    case = Case()
    first = case.take({**ORDER, "idempotency_key": "order-1"})
    other = json.dumps({"prompt": "a dog", "idempotency_key": "order-1"})
    assert case.take(other, "m-2") is None
    assert case.dead.aside == [
        (other, "IdempotencyKeyReused", "This Idempotency-Key was used with another order.")
    ]
    assert case.task.task_id == first


def test_take_logs_which_message_it_put_aside_and_none_of_its_words(logged: io.StringIO) -> None:
    Case().take({"prompt": "s3cret", "colour": "s3cret", "s3cret": 1})
    [line] = [json.loads(line) for line in logged.getvalue().splitlines()]
    assert (line["level"], line["code"], line["message_id"]) == ("WARNING", "InvalidParameter", "m-1")
    assert "s3cret" not in logged.getvalue()


def _fails_for_now(case: Case, error: type[GatewayError], body: Any = ORDER) -> None:
    with pytest.raises(error):
        case.take(body)
    assert case.dead.aside == []


def test_take_lets_a_message_come_again_while_the_line_is_too_long() -> None:
    case = Case(wanx_v1=NOW + 61 * SECOND)
    _fails_for_now(case, QueueFull)
    assert case.untaken()
    case.clock.now += 2 * SECOND
    assert case.take() == case.task.task_id


def test_take_counts_and_logs_what_is_to_come_again(
    logged: io.StringIO, capsys: pytest.CaptureFixture[str]
) -> None:
    """The function itself has succeeded: nothing else tells the operator."""
    _fails_for_now(Case(wanx_v1=NOW + 61 * SECOND), QueueFull, {"prompt": "s3cret"})
    [line] = [json.loads(line) for line in logged.getvalue().splitlines()]
    assert (line["code"], line["message_id"]) == ("Throttling.QueueFull", "m-1")
    assert "s3cret" not in logged.getvalue()
    assert '"MessagesLeft":[1' in capsys.readouterr().out


def test_take_lets_a_message_come_again_while_its_twin_is_being_taken() -> None:
    case = Case()
    task_id = case.take()
    case.tasks.tasks[str(task_id)] = case.task.model_copy(update={"started": False})
    _fails_for_now(case, OrderInFlight)
    assert len(case.workflow.started) == 1


def test_take_starts_what_could_not_be_started_when_it_comes_again() -> None:
    case = Case()
    case.workflow.error = WorkflowUnavailable("No.")
    _fails_for_now(case, WorkflowUnavailable)
    assert (case.task.status, case.task.ended, case.task.started) == (TaskStatus.PENDING, False, False)
    case.workflow.error = None
    case.clock.now += IN_FLIGHT_MS
    assert case.take() == case.task.task_id
    assert (case.task.started, len(case.tasks.tasks)) == (True, 1)
    assert {start.task_id for start in case.workflow.started} == {case.task.task_id}


def test_take_does_not_hide_a_fault_of_ours() -> None:
    case = Case()
    case.workflow.error = TypeError("a bug")
    with pytest.raises(TypeError):
        case.take()
    assert case.dead.aside == []
