"""Orders as messages and events, and the events that tell the ends of tasks, on the deployed gateway."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest

from tests.embedded.conftest import Deployed
from tests.embedded.listener import Listener
from tests.support.patience import PATIENCE

REQUESTED = "Image Task Requested"


@pytest.fixture(scope="module")
def listener(deployed: Deployed) -> Listener:
    return Listener(deployed, "tasks")


def send(deployed: Deployed, body: Any) -> None:
    queue = deployed.stack.outputs["OrdersUrl"]
    deployed.stack.client("sqs").send_message(QueueUrl=queue, MessageBody=json.dumps(body))


def test_a_message_becomes_a_task_whose_end_is_told(deployed: Deployed, listener: Listener) -> None:
    key = deployed.stack.issue_key("sender")
    prompt = "a fox that was ordered by a message"

    send(deployed, {"prompt": prompt, "n": 2, "owner": "sender"})

    event = listener.await_one(lambda heard: heard["detail"].get("owner") == "sender")
    detail = event["detail"]
    assert (event["source"], event["detail-type"]) == ("tongyi-gateway", "Image Task Succeeded")
    shown = deployed.finished(detail["task_id"], key).json()["output"]["results"]
    told = [(picture["number"], picture["sha256"]) for picture in detail["pictures"]]
    assert told == [(number, picture["sha256"]) for number, picture in enumerate(shown, start=1)]
    copies = deployed.stack.client("s3")
    for picture in detail["pictures"]:
        found = copies.head_object(Bucket=detail["bucket"], Key=picture["key"])
        assert found["ContentLength"] == picture["bytes"]
    assert prompt not in json.dumps(event, ensure_ascii=False)


def test_an_event_becomes_a_task(deployed: Deployed, listener: Listener) -> None:
    prompt = "a fox that was ordered by an event"
    detail = {"model": "qwen-image-plus", "input": {"prompt": prompt}, "owner": "announcer"}
    entry = {
        "EventBusName": deployed.stack.outputs["EventBusName"],
        "Source": "a.shop",
        "DetailType": REQUESTED,
        "Detail": json.dumps(detail),
    }
    assert deployed.stack.client("events").put_events(Entries=[entry])["FailedEntryCount"] == 0

    event = listener.await_one(lambda heard: heard["detail"].get("owner") == "announcer")

    assert event["detail"]["status"] == "SUCCEEDED"
    assert len(deployed.ledger("submit", prompt)) == 1


def test_a_schedule_orders(deployed: Deployed, listener: Listener) -> None:
    """One whose only moment has passed fires at once."""
    prompt, sqs = "a fox that is ordered each morning", deployed.stack.client("sqs")
    queue = deployed.stack.outputs["OrdersUrl"]
    attributes = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]
    target = {
        "Arn": attributes["QueueArn"],
        "RoleArn": "arn:aws:iam::000000000000:role/may-send-orders",
        "Input": json.dumps({"prompt": prompt, "owner": "early-riser", "idempotency_key": "morning-1"}),
    }
    deployed.stack.client("scheduler").create_schedule(
        Name="morning",
        ScheduleExpression="at(2026-01-08T06:00:00)",
        FlexibleTimeWindow={"Mode": "OFF"},
        Target=target,
    )

    event = listener.await_one(lambda heard: heard["detail"].get("owner") == "early-riser")

    assert event["detail"]["status"] == "SUCCEEDED"
    assert len(deployed.ledger("submit", prompt)) == 1


def test_messages_with_one_key_make_one_task(deployed: Deployed, listener: Listener) -> None:
    prompt = "a fox that was ordered five times"
    for _ in range(5):
        send(deployed, {"prompt": prompt, "owner": "repeater", "idempotency_key": "five-times"})

    event = listener.await_one(lambda heard: heard["detail"].get("owner") == "repeater")

    assert len(deployed.ledger("submit", prompt)) == 1
    assert listener.count(event["detail"]["task_id"]) == 1


def test_a_message_that_cannot_become_a_task_is_put_aside_with_its_reason(deployed: Deployed) -> None:
    sqs, aside = deployed.stack.client("sqs"), deployed.stack.outputs["OrdersAsideUrl"]
    send(deployed, {"prompt": "a fox", "n": 99})

    until = time.monotonic() + PATIENCE
    found: list[dict[str, Any]] = []
    while not found and time.monotonic() < until:
        some = sqs.receive_message(QueueUrl=aside, WaitTimeSeconds=1, MessageAttributeNames=["All"])
        found = some.get("Messages", [])

    [message] = found
    reasons = {name: value["StringValue"] for name, value in message["MessageAttributes"].items()}
    assert reasons == {"code": "InvalidParameter", "message": "n: 99 is out of range, it takes 1 to 4."}
    assert json.loads(message["Body"]) == {"prompt": "a fox", "n": 99}


def test_a_canceled_task_is_told_at_once(deployed: Deployed, listener: Listener) -> None:
    key = deployed.stack.issue_key("canceler")
    # More than its slots: the last of them wait for half a minute and more.
    orders = [{"model": "qwen-image-max", "input": {"prompt": f"a patient fox {n}"}} for n in range(4)]
    tasks = [deployed.submit(order, key) for order in orders]

    reply = deployed.request("POST", f"/api/v1/tasks/{tasks[-1]}/cancel", key=key)

    assert reply.status_code == 200, reply.text
    event = listener.await_one(lambda heard: heard["detail"].get("task_id") == tasks[-1])
    assert event["detail-type"] == "Image Task Canceled"
    assert deployed.ledger("generate", "a patient fox 3") == []
