"""What the events of files are given, and what they leave: objects of the inbox, progress, runs."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

import boto3

from tests.support.files import INBOX, wait_for_run
from tongyi.clock import SystemClock
from tongyi.gateways.dynamodb.file_table import FileTable
from tongyi.models.batches.summary import FileProgress

if TYPE_CHECKING:
    from tests.infrastructure.events.event_files import Case
    from tests.support.gateway import Gateway

# Of a notification.
RECORD = {
    "eventVersion",
    "eventSource",
    "awsRegion",
    "eventTime",
    "eventName",
    "userIdentity",
    "requestParameters",
    "responseElements",
    "s3",
}
# Key and id of an object's version.
Version = tuple[str, str]


def prepare(running: Gateway, given: dict[str, Any]) -> None:
    """Puts files and progress where an event takes them for granted; nobody is told of the files."""
    for key, text in given.get("files", {}).items():
        boto3.client("s3").put_object(Bucket=INBOX, Key=key, Body=text.encode())
    if "progress" in given:
        files = FileTable(boto3.client("dynamodb"), running.names["Table"], SystemClock())
        progress = files.begin(FileProgress.model_validate(given["progress"]))
        for number, counts in given["progress"].get("chunks", {}).items():
            files.report(progress.run, int(number), counts)
    running.messages("Files")


def versions() -> set[Version]:
    """All that is in the inbox."""
    pages = boto3.client("s3").get_paginator("list_object_versions").paginate(Bucket=INBOX)
    return {(found["Key"], found["VersionId"]) for page in pages for found in page.get("Versions", [])}


def written(before: set[Version]) -> list[dict[str, Any]]:
    """What was written into the inbox, in the order of the keys."""
    return [{"key": key, "content": _content(key)} for key in sorted({key for key, _ in versions() - before})]


def runs(running: Gateway) -> set[str]:
    """The executions of files that were ever started."""
    client = boto3.client("stepfunctions")
    listed = client.get_paginator("list_executions").paginate(stateMachineArn=running.names["ImageFile"])
    return {execution["name"] for page in listed for execution in page["executions"]}


def started(running: Gateway, before: set[str]) -> list[Any]:
    """What the executions of files were started with, in the order of their names."""
    arn = running.names["ImageFile"].replace(":stateMachine:", ":execution:")
    client = boto3.client("stepfunctions")
    new = sorted(runs(running) - before)
    return [json.loads(client.describe_execution(executionArn=f"{arn}:{run}")["input"]) for run in new]


def finish(running: Gateway) -> None:
    """Lets every file that was started come to its end."""
    for run in runs(running):
        assert wait_for_run(running, run) == "SUCCEEDED", run


def notified(cases: Iterable[Case]) -> Iterator[dict[str, Any]]:
    """The records of all notifications of S3's among the messages of some events."""
    for case in cases:
        for message in case.event.get("Records", []) if case.folder == "start_file" else []:
            if message["body"].startswith('{"Records"'):
                yield from json.loads(message["body"])["Records"]


def _content(key: str) -> Any:
    """An object as JSON: one value, or a list with one for each line."""
    text = boto3.client("s3").get_object(Bucket=INBOX, Key=key)["Body"].read()
    return json.loads(text) if key.endswith(".json") else [json.loads(line) for line in text.splitlines()]
