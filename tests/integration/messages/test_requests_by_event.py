"""Orders that come as events on the bus."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.integration.images.generating import calls, new_prompt, order
from tests.integration.messages.messaging import (
    deliver,
    message,
    put_aside,
    queued,
    requested,
    task_of_message,
)
from tests.support.gateway import Gateway
from tests.workflow.records import record
from tongyi.models.tasks.idempotency import task_id_for


@pytest.fixture(autouse=True)
def _empty_queues(prompt_gateway: Gateway) -> None:
    queued(prompt_gateway)
    put_aside(prompt_gateway)


def test_event_on_the_bus_becomes_a_task(prompt_gateway: Gateway) -> None:
    prompt = new_prompt()
    requested(prompt_gateway, {**order("wanx-v1", prompt, n=2), "owner": "ann"})
    [sent] = queued(prompt_gateway)
    event = json.loads(sent["body"])

    assert deliver(sent) == []

    task_id = task_id_for(f"event-{event['id']}", "ann")
    assert prompt_gateway.wait_for(task_id) == "SUCCEEDED"
    assert (record(prompt_gateway, task_id).owner, len(calls(prompt_gateway, prompt))) == ("ann", 1)
    [told] = prompt_gateway.told(task_id)
    assert (told["detail-type"], told["detail"]["owner"]) == ("Image Task Succeeded", "ann")


def test_event_that_is_delivered_twice_makes_one_task(prompt_gateway: Gateway) -> None:
    """EventBridge delivers at least once, each time in a message with an id of its own."""
    prompt = new_prompt()
    requested(prompt_gateway, {"prompt": prompt})
    [sent] = queued(prompt_gateway)

    assert deliver(sent, {**sent, "messageId": "another"}) == []

    prompt_gateway.wait_for(task_id_for(f"event-{json.loads(sent['body'])['id']}", "events"))
    assert len(calls(prompt_gateway, prompt)) == 1


def test_events_with_the_same_key_make_one_task(prompt_gateway: Gateway) -> None:
    prompt = new_prompt()
    for _ in range(2):
        requested(prompt_gateway, {"prompt": prompt, "idempotency_key": prompt})

    sent = queued(prompt_gateway)
    assert (len(sent), deliver(*sent)) == (2, [])

    prompt_gateway.wait_for(task_id_for(prompt, "events"))
    assert len(calls(prompt_gateway, prompt)) == 1


def test_event_with_a_bad_order_is_put_aside_whole(prompt_gateway: Gateway) -> None:
    requested(prompt_gateway, {"prompt": "", "owner": "ann"})
    [sent] = queued(prompt_gateway)

    assert deliver(sent) == []

    [letter] = put_aside(prompt_gateway)
    assert (letter.body, letter.message) == (sent["body"], "prompt: must not be empty.")
    assert json.loads(letter.body)["detail"]["owner"] == "ann"


@pytest.mark.parametrize("kind", ["Image Task Succeeded", "Image Task Failed", "Something Else"])
def test_event_of_another_type_does_not_come_to_the_queue(prompt_gateway: Gateway, kind: str) -> None:
    requested(prompt_gateway, {"prompt": "a cat"}, kind)

    assert queued(prompt_gateway) == []


def test_end_of_a_task_does_not_come_to_the_queue_of_orders(prompt_gateway: Gateway) -> None:
    prompt = new_prompt()
    deliver(message({"prompt": "a cat"}, prompt))
    prompt_gateway.wait_for(task_of_message(prompt))

    assert len(prompt_gateway.told(task_of_message(prompt))) == 1
    assert queued(prompt_gateway) == []


def test_message_whose_picture_was_uploaded_by_another_is_put_aside(prompt_gateway: Gateway) -> None:
    link = "oss://dashscope-instant/0123456789abcdef/2026-01-15/0123456789abcdef/cat.png"
    body: dict[str, Any] = {"prompt": new_prompt(), "ref_img": link, "owner": "ann"}

    assert deliver(message(body, body["prompt"])) == []

    [letter] = put_aside(prompt_gateway)
    assert letter.message == "ref_img: was not uploaded with your key, or is gone; upload it again."
