"""Messages that come twice or again, and whatever may be cut off or down: each webhook comes, and in its turn."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.integration.webhooks import webhooks
from tests.integration.webhooks.webhooks import (
    ORIGIN,
    WAITS,
    Lapse,
    delivery,
    hand_over,
    messages,
    outcomes,
    work,
)
from tests.support import functions
from tests.support.gateway import Gateway
from tests.support.receiver import Receiver
from tests.workflow.records import record
from tongyi.errors import WebhooksUnavailable
from tongyi.gateways.dynamodb.delivery_table import DeliveryTable
from tongyi.gateways.messaging.delivery_queue import DeliveryQueue
from tongyi.gateways.outbound.webhook_sender import Sent, WebhookSender
from tongyi.gateways.secrets import WebhookMaster

# The queue's own time, in seconds, after which what nobody answered for comes again.
HIDDEN = 180


class CutOffError(BaseException):
    """Ends a function in the middle, as Lambda does at its time limit: nothing catches it."""


def test_message_that_comes_again_makes_no_attempt_out_of_turn(
    running: Gateway, hooks: Receiver, key: str
) -> None:
    hooks.expect(500)
    task_id = webhooks.ordered(running, key, hooks.url)
    [message] = messages(running)
    assert hand_over(message) is False

    assert [hand_over(message) for _ in range(3)] == [False] * 3

    assert len(hooks.came) == 1
    assert outcomes(running, task_id, key) == [(500, None)]


def test_message_that_comes_again_after_the_end_is_done_with(
    running: Gateway, hooks: Receiver, key: str
) -> None:
    webhooks.ordered(running, key, hooks.url)
    [message] = messages(running)

    assert [hand_over(message) for _ in range(3)] == [True] * 3

    assert len(hooks.came) == 1


def test_message_that_comes_while_an_attempt_is_under_way_makes_no_other(
    running: Gateway, hooks: Receiver, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    webhooks.ordered(running, key, hooks.url)
    [message] = messages(running)
    real, meanwhile = WebhookSender.post, []

    def post(sender: WebhookSender, *args: Any) -> Sent:
        meanwhile.append(hand_over(message))
        return real(sender, *args)

    monkeypatch.setattr(WebhookSender, "post", post)

    assert hand_over(message) is True
    assert meanwhile == [False]
    assert len(hooks.came) == 1


def test_message_read_by_two_at_once_makes_one_attempt(
    running: Gateway, hooks: Receiver, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both have seen that the attempt is due before either claims it: the claim's winner alone makes it."""
    webhooks.ordered(running, key, hooks.url)
    [message] = messages(running)
    real, others = DeliveryTable.claim, [message]
    done: list[bool] = []

    def claim(table: DeliveryTable, *args: Any) -> bool:
        while others:
            done.append(hand_over(others.pop()))
        return real(table, *args)

    monkeypatch.setattr(DeliveryTable, "claim", claim)

    assert hand_over(message) is False
    assert done == [True]
    assert len(hooks.came) == 1


def test_end_that_is_announced_twice_is_told_once(
    running: Gateway, hooks: Receiver, key: str, monkeypatch: pytest.MonkeyPatch, lapse: Lapse
) -> None:
    """As when a function is cut off between its message and its note: another message is on the queue."""
    task_id = webhooks.ordered(running, key, hooks.url)
    webhooks.forget(running, task_id, "announced")
    functions.invoke("CloseTaskFunction", {"task_id": task_id})
    assert webhooks.left(running) == 2

    done = work(running) + work(running)

    assert done == [True, True]
    assert len(hooks.came) == 1


def test_queue_that_is_down_for_a_moment_loses_no_webhook(
    running: Gateway, hooks: Receiver, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, failures = DeliveryQueue.send, [WebhooksUnavailable("It is down.")]

    def send(queue: DeliveryQueue, task_id: str, round_: int) -> None:
        if failures:
            raise failures.pop()
        real(queue, task_id, round_)

    monkeypatch.setattr(DeliveryQueue, "send", send)
    task_id = webhooks.ordered(running, key, hooks.url)

    assert work(running) == [True]
    assert (len(hooks.came), record(running, task_id).announced) == (1, True)


def test_function_that_is_cut_off_in_an_attempt_loses_no_webhook(
    running: Gateway, hooks: Receiver, key: str, lapse: Lapse
) -> None:
    task_id = webhooks.ordered(running, key, hooks.url)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(WebhookSender, "post", _cut_off)
        with pytest.raises(CutOffError):
            work(running)
    assert hooks.came == []

    lapse.pass_by(HIDDEN)

    assert work(running) == [True]
    assert outcomes(running, task_id, key) == [(None, "unfinished"), (204, None)]


def _cut_off(*_: Any) -> Sent:
    raise CutOffError


def test_attempts_that_are_cut_off_come_to_an_end(running: Gateway, key: str, lapse: Lapse) -> None:
    task_id = webhooks.ordered(running, key, f"{ORIGIN}:9/hooks")
    made = 0
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(WebhookSender, "post", _cut_off)
        for _ in range(len(WAITS) + 1):
            with pytest.raises(CutOffError):
                work(running)
            made += 1
            lapse.pass_by(HIDDEN)
        assert work(running) == [True]

    shown = delivery(running, task_id, key)
    assert (shown["status"], len(shown["attempts"])) == ("FAILED", made)


def test_table_that_is_down_loses_no_webhook(
    running: Gateway, hooks: Receiver, key: str, lapse: Lapse
) -> None:
    webhooks.ordered(running, key, hooks.url)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("tongyi.gateways.dynamodb.delivery_table.DeliveryTable.claim", _fails)
        assert work(running) == [False]

    lapse.pass_by(HIDDEN)

    assert work(running) == [True]
    assert len(hooks.came) == 1


def _fails(*_: Any) -> bool:
    raise TimeoutError


def test_secret_that_cannot_be_had_spends_no_attempt(
    running: Gateway, hooks: Receiver, key: str, lapse: Lapse
) -> None:
    task_id = webhooks.ordered(running, key, hooks.url)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(WebhookMaster, "__call__", _fails)
        for _ in range(len(WAITS) + 2):
            assert work(running) == [False]
            lapse.pass_by(HIDDEN)

    assert work(running) == [True]
    assert outcomes(running, task_id, key) == [(204, None)]


def test_queue_that_cannot_hide_a_message_makes_no_attempt_out_of_turn(
    running: Gateway, hooks: Receiver, key: str, lapse: Lapse
) -> None:
    hooks.expect(500, 500)
    webhooks.ordered(running, key, hooks.url)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(DeliveryQueue, "hold", _fails)
        for _ in range(3):
            assert work(running) == [False]
            lapse.pass_by(HIDDEN / 2)
            assert work(running) == []
            lapse.pass_by(HIDDEN / 2)

    # The first, the second when the message came again, and none of those before five minutes are over.
    assert len(hooks.came) == 2
    assert work(running) == [True]
    assert len(hooks.came) == 3


@pytest.mark.parametrize("body", ["", "no json", "[]", "{}", '{"round": 0}'])
def test_message_that_is_none_of_the_gateways_is_left_for_the_dead_letters(
    running: Gateway, body: str
) -> None:
    made = {"MessageId": "m-1", "ReceiptHandle": "handle", "Body": body}

    assert hand_over(made) is False


def test_message_about_a_task_that_is_gone_is_done_with(running: Gateway) -> None:
    body = json.dumps({"task_id": "86ecf553-d340-4e21-af6e-a0c6a421c010", "round": 0})

    assert hand_over({"MessageId": "m-1", "ReceiptHandle": "handle", "Body": body}) is True
