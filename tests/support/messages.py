"""The queues and the bus of the gateway, in moto."""

from __future__ import annotations

import json
from typing import Any

import boto3

from local.tools import template
from tongyi.models.tasks.events import SOURCE

REGION = "us-east-1"
ACCOUNT = "123456789012"
# The queue with a copy of every event that the gateway tells.
HEARD = "Heard"


def make_messages(names: dict[str, str]) -> None:
    """The queues, the bus and its rule; and a queue that hears all that is told on the bus."""
    sqs, events = boto3.client("sqs"), boto3.client("events")
    for queue, made in {**template.resources("AWS::SQS::Queue"), HEARD: {}}.items():
        hidden = {"VisibilityTimeout": str(made["VisibilityTimeout"])} if "VisibilityTimeout" in made else {}
        names[queue] = sqs.create_queue(QueueName=queue, Attributes=hidden)["QueueUrl"]  # type: ignore[arg-type]
        names[f"{queue}.Arn"] = f"arn:aws:sqs:{REGION}:{ACCOUNT}:{queue}"
    bus = names["EventBus"] = "gateway"
    names["EventBus.Arn"] = events.create_event_bus(Name=bus)["EventBusArn"]
    pattern = template.resources("AWS::Events::Rule")["RequestedRule"]["EventPattern"]
    for queue, wanted in (("Orders", pattern), (HEARD, {"source": [SOURCE]})):
        events.put_rule(Name=queue, EventBusName=bus, EventPattern=json.dumps(wanted))
        target = {"Id": queue, "Arn": names[f"{queue}.Arn"]}
        events.put_targets(Rule=queue, EventBusName=bus, Targets=[target])  # type: ignore[list-item]


def take_messages(queue_url: str) -> list[dict[str, Any]]:
    """All messages of a queue; they are gone from it then."""
    sqs = boto3.client("sqs")
    found: list[dict[str, Any]] = []
    while True:
        some = sqs.receive_message(QueueUrl=queue_url, MaxNumberOfMessages=10, MessageAttributeNames=["All"])
        if not some.get("Messages"):
            return found
        for message in some["Messages"]:
            sqs.delete_message(QueueUrl=queue_url, ReceiptHandle=message["ReceiptHandle"])
            found.append(dict(message))
