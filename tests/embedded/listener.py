"""Hears what the deployed gateway tells on its bus."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any

import pytest

from tests.embedded.conftest import Deployed
from tests.support.patience import PATIENCE


class Listener:
    """A queue that hears what the gateway tells on its bus."""

    def __init__(self, deployed: Deployed, name: str) -> None:
        self._sqs = deployed.stack.client("sqs")
        self._url = self._sqs.create_queue(QueueName=name)["QueueUrl"]
        self._heard: list[dict[str, Any]] = []
        found = self._sqs.get_queue_attributes(QueueUrl=self._url, AttributeNames=["QueueArn"])
        events, bus = deployed.stack.client("events"), deployed.stack.outputs["EventBusName"]
        pattern = json.dumps({"source": ["tongyi-gateway"]})
        events.put_rule(Name=name, EventBusName=bus, EventPattern=pattern)
        target = {"Id": name, "Arn": found["Attributes"]["QueueArn"]}
        events.put_targets(Rule=name, EventBusName=bus, Targets=[target])

    def await_one(self, wanted: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """The first event that is wanted, once it was heard."""
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            self._listen()
            for event in self._heard:
                if wanted(event):
                    return event
        pytest.fail(f"it was not told, only: {self._heard}")

    def count(self, task_id: str) -> int:
        """How many events about that task were heard."""
        self._listen()
        return sum(event["detail"].get("task_id") == task_id for event in self._heard)

    def _listen(self) -> None:
        some = self._sqs.receive_message(QueueUrl=self._url, MaxNumberOfMessages=10, WaitTimeSeconds=1)
        for message in some.get("Messages", []):
            self._heard.append(json.loads(message["Body"]))
            self._sqs.delete_message(QueueUrl=self._url, ReceiptHandle=message["ReceiptHandle"])
