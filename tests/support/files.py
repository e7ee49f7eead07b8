"""Files of orders in moto: the inbox, its notifications, and what becomes of a file."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote_plus

import boto3
import pytest
from moto.stepfunctions.parser.asl.eval.event.event_manager import EventManager

from local.tools import template
from tests.support import functions
from tests.support.messages import REGION, take_messages
from tests.support.patience import PATIENCE
from tongyi.usecases.batches import check_lines, submit_lines

if TYPE_CHECKING:
    from tests.support.gateway import Gateway

INBOX = "inbox"


def make_inbox(names: dict[str, str]) -> None:
    """The bucket as the template has it: with versions, and notifications to its queue."""
    properties = template.resources("AWS::S3::Bucket")["Inbox"]
    names["Inbox"] = INBOX
    s3 = boto3.client("s3")
    s3.create_bucket(Bucket=INBOX)
    s3.put_bucket_versioning(Bucket=INBOX, VersioningConfiguration=properties["VersioningConfiguration"])
    [told] = properties["NotificationConfiguration"]["QueueConfigurations"]
    [rule] = told["Filter"]["S3Key"]["Rules"]
    wanted: Any = {
        "QueueArn": names["Files.Arn"],
        "Events": [told["Event"]],
        "Filter": {"Key": {"FilterRules": [rule]}},
    }
    s3.put_bucket_notification_configuration(
        Bucket=INBOX, NotificationConfiguration={"QueueConfigurations": [wanted]}
    )


def put_file(running: Gateway, key: str, content: str | bytes) -> list[str]:
    """Puts a file into the inbox, and hands on what S3 tells of it; the executions that were started."""
    data = content.encode() if isinstance(content, str) else content
    boto3.client("s3").put_object(Bucket=INBOX, Key=key, Body=data)
    return take_notifications(running)


def take_notifications(running: Gateway) -> list[str]:
    """Hands S3's notifications to their function, as Lambda's poller does; the executions that are there then."""
    messages = take_messages(running.names["Files"])
    records = [sqs_record(_with_versions(message["Body"])) for message in messages]
    left = functions.invoke("StartFileFunction", {"Records": records}) if records else {}
    assert left.get("batchItemFailures", []) == []
    client = boto3.client("stepfunctions")
    found = client.list_executions(stateMachineArn=running.names["ImageFile"])["executions"]
    return [execution["name"] for execution in found]


def _with_versions(body: str) -> str:
    """S3 names the version of each object, moto's notifications do not; each is handed on before the next is put."""
    notification = json.loads(body)
    for record in notification.get("Records", []):
        key = unquote_plus(record["s3"]["object"]["key"])
        found = boto3.client("s3").head_object(Bucket=INBOX, Key=key)
        record["s3"]["object"]["versionId"] = found["VersionId"]
    return json.dumps(notification)


def sqs_record(body: str, message_id: str = "19dd0b57-b21e-4ac1-bd88-01bbb068cb78") -> dict[str, Any]:
    """A message as Lambda's poller hands it over."""
    return {
        "messageId": message_id,
        "receiptHandle": "handle",
        "body": body,
        "attributes": {"ApproximateReceiveCount": "1"},
        "messageAttributes": {},
        "md5OfBody": hashlib.md5(body.encode()).hexdigest(),
        "eventSource": "aws:sqs",
        "eventSourceARN": f"arn:aws:sqs:{REGION}:123456789012:Files",
        "awsRegion": REGION,
    }


def finished_file(running: Gateway, key: str, content: str | bytes) -> dict[str, Any]:
    """Puts a file, and waits for the end of its execution; the summary."""
    wait_for_run(running, started_file(running, key, content))
    return summary(key)


def started_file(running: Gateway, key: str, content: str | bytes) -> str:
    """Puts a file; the name of its execution."""
    before = set(take_notifications(running))
    [run] = set(put_file(running, key, content)) - before
    return run


def look_soon(monkeypatch: pytest.MonkeyPatch, seconds: int = 1) -> None:
    """Shortens the wait before the tasks of a chunk are first looked at."""
    for module in (submit_lines, check_lines):
        monkeypatch.setattr(module, "FIRST_LOOK", seconds)


@contextmanager
def all_histories() -> Iterator[list[EventManager]]:
    """The histories of all executions that begin meanwhile; moto shows none of a distributed Map's children."""
    found: list[EventManager] = []
    begin = EventManager.__init__

    def begun(manager: EventManager, *given: Any, **named: Any) -> None:
        begin(manager, *given, **named)
        found.append(manager)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(EventManager, "__init__", begun)
        yield found


def wait_for_run(running: Gateway, run: str) -> str:
    """Waits until the execution of a file is over, and returns how it ended."""
    arn = running.names["ImageFile"].replace(":stateMachine:", ":execution:") + f":{run}"
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        found = boto3.client("stepfunctions").describe_execution(executionArn=arn)
        if found["status"] != "RUNNING":
            return found["status"]
        time.sleep(0.05)
    pytest.fail(f"the file's execution {run} did not end")


def summary(key: str) -> dict[str, Any]:
    """The summary of a file."""
    found: dict[str, Any] = json.loads(_result(key, "summary.json"))
    return found


def manifest(key: str) -> list[dict[str, Any]]:
    """The lines of a file's manifest."""
    return [json.loads(line) for line in _result(key, "manifest.jsonl").splitlines()]


def lines(*orders: object) -> str:
    """A file of orders; text stands for itself."""
    return "\n".join(order if isinstance(order, str) else json.dumps(order) for order in orders)


def _result(key: str, name: str) -> bytes:
    result = f"results/{key.removeprefix('requests/')}/{name}"
    return boto3.client("s3").get_object(Bucket=INBOX, Key=result)["Body"].read()
