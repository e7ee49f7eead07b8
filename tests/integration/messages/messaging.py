"""Orders as messages: handed to the function as Lambda hands them, and what became of them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import boto3

from tests.support import functions
from tests.support.gateway import Gateway
from tests.workflow.records import tasks
from tongyi.models.tasks.idempotency import task_id_for
from tongyi.models.tasks.message import DEFAULT_OWNER, REQUESTED
from tongyi.models.tasks.records import TaskRecord


@dataclass(frozen=True)
class PutAside:
    """A message on the queue OrdersAside."""

    body: str
    code: str
    message: str


def message(body: Any, message_id: str = "m-1") -> dict[str, Any]:
    """A message as Lambda hands it to a function."""
    return {
        "messageId": message_id,
        "receiptHandle": f"handle of {message_id}",
        "body": body if isinstance(body, str) else json.dumps(body),
        "attributes": {"ApproximateReceiveCount": "1"},
        "messageAttributes": {},
        "md5OfBody": "",
        "eventSource": "aws:sqs",
        "eventSourceARN": "arn:aws:sqs:us-east-1:123456789012:Orders",
        "awsRegion": "us-east-1",
    }


def deliver(*messages: dict[str, Any]) -> list[str]:
    """Hands over a batch; the ids of those that are to come again."""
    answer = functions.invoke("SubmitBatchFunction", {"Records": list(messages)})
    assert set(answer) == {"batchItemFailures"}
    return [failure["itemIdentifier"] for failure in answer["batchItemFailures"]]


def requested(running: Gateway, detail: Any, detail_type: str = REQUESTED) -> None:
    """Puts an event on the bus, as anybody may who has the right to."""
    entry = {
        "EventBusName": running.names["EventBus"],
        "Source": "my.shop",
        "DetailType": detail_type,
        "Detail": json.dumps(detail),
    }
    answer = boto3.client("events").put_events(Entries=[entry])  # type: ignore[list-item]
    assert answer["FailedEntryCount"] == 0


def queued(running: Gateway) -> list[dict[str, Any]]:
    """The messages on the queue of orders, as Lambda would hand them over."""
    return [message(found["Body"], found["MessageId"]) for found in running.messages("Orders")]


def put_aside(running: Gateway) -> list[PutAside]:
    """The messages that were put aside since this was last asked."""
    found = []
    for letter in running.messages("OrdersAside"):
        said = {name: value["StringValue"] for name, value in letter["MessageAttributes"].items()}
        found.append(PutAside(letter["Body"], **said))
    return found


def task_of_message(message_id: str = "m-1", owner: str = DEFAULT_OWNER) -> str:
    """The task that a message without a key of its own leads to."""
    return task_id_for(f"sqs-{message_id}", owner)


def found(running: Gateway, task_id: str) -> TaskRecord | None:
    """The task of that id, if there is one."""
    return tasks(running).get(task_id)


def executions(running: Gateway) -> list[str]:
    """The names of all executions."""
    arn = running.names["ImageTask"]
    listed = boto3.client("stepfunctions").list_executions(stateMachineArn=arn)["executions"]
    return sorted(execution["name"] for execution in listed)
