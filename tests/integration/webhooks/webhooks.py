"""Orders with a webhook, and the queue that their webhooks wait on, as Lambda works it."""

from __future__ import annotations

import json
import time
from typing import Any

import boto3
import pytest
from moto.sqs.models import sqs_backends
from standardwebhooks.webhooks import Webhook as Verifier

from tests.integration.images.generating import new_prompt
from tests.support import functions
from tests.support.api_gateway import Reply
from tests.support.gateway import WEBHOOK_MASTER, Gateway
from tests.support.messages import ACCOUNT, REGION
from tests.support.receiver import Webhook
from tests.workflow.records import task_of
from tongyi.clock import SystemClock
from tongyi.models.webhooks.signing import key_id, signer_of_key, webhook_secret

__all__ = ["new_prompt", "task_of"]

ORIGIN = "http://127.0.0.1"
DELIVERIES = "/v1/webhooks/deliveries"
# Seconds that attempts wait for, as the specification suggests.
WAITS = (5, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400)


def ordered(running: Gateway, key: str, url: str | None, prompt: str | None = None, **more: Any) -> str:
    """Orders a picture whose end is to be told there, and waits for the end; the task's id."""
    body = {"prompt": prompt or new_prompt(), "callback_url": url, **more}
    submitted = running.submit(body, {"Authorization": f"Bearer {key}"})
    assert submitted.status == 200, submitted.text
    task_id: str = submitted.body["output"]["task_id"]
    assert running.wait_for(task_id) == "SUCCEEDED"
    return task_id


def messages(running: Gateway) -> list[dict[str, Any]]:
    """What can be seen on the queue of webhooks; it is hidden by that, as when Lambda takes it."""
    found: list[dict[str, Any]] = []
    while True:
        some = boto3.client("sqs").receive_message(
            QueueUrl=running.names["Deliveries"], MaxNumberOfMessages=10, AttributeNames=["All"]
        )
        if not some.get("Messages"):
            return found
        found += [dict(message) for message in some["Messages"]]


def hand_over(message: dict[str, Any]) -> bool:
    """Gives a message to the function as Lambda does; whether it is done with it."""
    record = {
        "messageId": message["MessageId"],
        "receiptHandle": message["ReceiptHandle"],
        "body": message["Body"],
        "attributes": {"ApproximateReceiveCount": "1"},
        "messageAttributes": {},
        "md5OfBody": "",
        "eventSource": "aws:sqs",
        "eventSourceARN": "arn:aws:sqs:us-east-1:123456789012:Deliveries",
        "awsRegion": "us-east-1",
    }
    answer = functions.invoke("SendWebhookFunction", {"Records": [record]})
    assert set(answer) == {"batchItemFailures"}
    failed = [failure["itemIdentifier"] for failure in answer["batchItemFailures"]]
    assert failed in ([], [message["MessageId"]])
    return not failed


def work(running: Gateway) -> list[bool]:
    """Hands over what can be seen, and deletes what is done, as Lambda does; whether each was."""
    done = []
    for message in messages(running):
        done.append(hand_over(message))
        if done[-1]:
            delete(running, message)
    return done


def delete(running: Gateway, message: dict[str, Any]) -> None:
    boto3.client("sqs").delete_message(
        QueueUrl=running.names["Deliveries"], ReceiptHandle=message["ReceiptHandle"]
    )


def left(running: Gateway) -> int:
    """How many messages are on the queue, hidden or not."""
    found = boto3.client("sqs").get_queue_attributes(
        QueueUrl=running.names["Deliveries"], AttributeNames=["All"]
    )["Attributes"]
    return int(found["ApproximateNumberOfMessages"]) + int(found["ApproximateNumberOfMessagesNotVisible"])


def webhook_of(task_id: str) -> str:
    """The id of a task's webhook."""
    return f"msg_{task_id.replace('-', '')}"


def delivery(running: Gateway, task_id: str, key: str) -> Any:
    """A delivery as its owner sees it."""
    shown = request(running, "GET", f"{DELIVERIES}/{webhook_of(task_id)}", key)
    assert shown.status == 200, shown.text
    return shown.body["data"]


def outcomes(running: Gateway, task_id: str, key: str) -> list[tuple[int | None, str | None]]:
    """What came of each attempt."""
    shown = delivery(running, task_id, key)["attempts"]
    return [(attempt.get("status_code"), attempt.get("error")) for attempt in shown]


def request(running: Gateway, method: str, target: str, key: str) -> Reply:
    return running.request(method, target, headers={"Authorization": f"Bearer {key}"})


def resend(running: Gateway, task_id: str, key: str) -> Reply:
    return request(running, "POST", f"{DELIVERIES}/{webhook_of(task_id)}/resend", key)


def secret_of(key: str) -> str:
    """The secret that `make key` shows beside the key."""
    return webhook_secret(WEBHOOK_MASTER, signer_of_key(key_id(key)))


def verified(webhook: Webhook, secret: str) -> Any:
    """What a webhook says, once the public library finds its signature good."""
    said = Verifier(secret).verify(webhook.body, dict(webhook.headers))
    assert said == json.loads(webhook.body)
    return said


def items(running: Gateway) -> list[dict[str, Any]]:
    """All items of the table."""
    return list(boto3.resource("dynamodb").Table(running.names["Table"]).scan()["Items"])


def forget(running: Gateway, task_id: str, mark: str) -> None:
    """Takes a mark away from a task's record, as if it had not been written."""
    table = boto3.resource("dynamodb").Table(running.names["Table"])
    table.update_item(
        Key={"pk": f"TASK#{task_id}", "sk": "TASK"},
        UpdateExpression="REMOVE #mark",
        ExpressionAttributeNames={"#mark": mark},
    )


class Lapse:
    """The functions' clock, which a test can move, and stop."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.moved_ms = 0
        self._stopped_at: int | None = None
        self._real = SystemClock.now_ms
        monkeypatch.setattr(SystemClock, "now_ms", lambda _: self.now_ms())

    def now_ms(self) -> int:
        """The time, in milliseconds since the epoch."""
        at = self._real(SystemClock()) if self._stopped_at is None else self._stopped_at
        return at + self.moved_ms

    def stop(self) -> int:
        """Lets no time go by but what the test lets; the time."""
        self._stopped_at = self._real(SystemClock())
        return self.now_ms()

    def pass_by(self, seconds: float) -> None:
        """Lets time go by, on the queue too: what is hidden for no longer can be seen then."""
        self.moved_ms += round(seconds * 1000)
        for message in _queued():
            message.visible_at -= seconds * 1000

    def until_seen(self) -> None:
        """Lets time go by until the first of the hidden messages can be seen."""
        hidden_ms = min(message.visible_at for message in _queued()) - time.time() * 1000
        self.pass_by(max(0, hidden_ms) / 1000 + 0.001)


def _queued() -> list[Any]:
    """The messages on the queue, as moto has them."""
    queues = sqs_backends[ACCOUNT][REGION].queues.values()
    return [message for queue in queues if queue.name == "Deliveries" for message in queue._messages]
