"""Files of orders in moto: the inbox, its notifications, and what becomes of a file."""

from __future__ import annotations

import hashlib
import json
import time
from typing import TYPE_CHECKING, Any

import boto3
import pytest

from local import template
from tests.support import functions
from tests.support.messages import REGION, take_messages

if TYPE_CHECKING:
    from tests.support.gateway import Gateway

# Seconds: long enough for any machine, reached only when something hangs.
PATIENCE = 120
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
    records = [sqs_record(message["Body"]) for message in take_messages(running.names["Files"])]
    left = functions.invoke("StartFileFunction", {"Records": records}) if records else {}
    assert left.get("batchItemFailures", []) == []
    client = boto3.client("stepfunctions")
    found = client.list_executions(stateMachineArn=running.names["ImageFile"])["executions"]
    return [execution["name"] for execution in found]


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
    before = set(take_notifications(running))
    [run] = set(put_file(running, key, content)) - before
    wait_for_run(running, run)
    return summary(key)


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


def _result(key: str, name: str) -> bytes:
    result = f"results/{key.removeprefix('requests/')}/{name}"
    return boto3.client("s3").get_object(Bucket=INBOX, Key=result)["Body"].read()
