"""Which AWS APIs each function calls, found out by running everything there is to run."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from contextvars import ContextVar, copy_context
from dataclasses import dataclass, field
from functools import wraps
from typing import Any

import boto3
import pytest
from botocore.model import OperationModel

from tests.infrastructure.events import event_cases, event_files
from tests.infrastructure.operations import queues
from tests.infrastructure.permissions.statements import Call, arns
from tests.support import functions
from tests.support.files import finished_file
from tests.support.gateway import Gateway
from tongyi import wiring
from tongyi.gateways import aws
from tongyi.gateways.dynamodb.task_table import OWNER_INDEX
from tongyi.gateways.dynamodb.unfinished_table import UNFINISHED_INDEX

_function: ContextVar[str] = ContextVar("function")
# Botocore's event for the parameters a caller gave, also sent where a link is only signed.
GIVEN = "provide-client-params"
# The partition key of the table and of its index, and what a query calls the value it looks for.
QUERIED = {
    None: ("pk", ":pk"),
    OWNER_INDEX: ("by_owner", ":owner"),
    UNFINISHED_INDEX: ("unfinished", ":unfinished"),
}


@dataclass
class Recorded:
    """What was called, and which `next` was said, by function; the table's items as they were after each run.

    And what came of events that their expectations do not say, by event.
    """

    names: dict[str, str]
    calls: dict[str, set[Call]] = field(default_factory=dict)
    words: dict[str, set[str]] = field(default_factory=dict)
    items: list[dict[str, Any]] = field(default_factory=list)
    unexpected: dict[str, str] = field(default_factory=dict)

    def note(self, call: Call) -> None:
        self.calls.setdefault(_function.get(), set()).add(call)


@contextmanager
def recording(running: Gateway, monkeypatch: pytest.MonkeyPatch) -> Iterator[Recorded]:
    """Notes each call that a function makes over the package's clients."""
    recorded = Recorded(arns(running.names))
    loaded, made = functions.handler, aws.client

    def handler(function: str) -> Callable[[Any, Any], Any]:
        # Also one that calls nothing was run.
        recorded.calls.setdefault(function, set())

        @wraps(loaded(function))
        def run(event: Any, context: Any) -> Any:
            token = _function.set(function)
            try:
                said = loaded(function)(event, context)
            finally:
                _function.reset(token)
            if "next" in said:
                recorded.words.setdefault(function, set()).add(said["next"])
            return said

        return run

    def client(service: Any) -> Any:
        found: Any = made(service)

        def note(params: dict[str, Any], model: OperationModel, **_: Any) -> None:
            for operation, given in _parts(model.name, params):
                recorded.note(_call(service, operation, given, recorded.names))

        found.meta.events.register(GIVEN, note, unique_id="recorded")
        return found

    submit = ThreadPoolExecutor.submit

    def submit_here(pool: ThreadPoolExecutor, run: Any, /, *given: Any, **named: Any) -> Any:
        """What a function has done by threads of its own is its doing."""
        return submit(pool, copy_context().run, run, *given, **named)

    monkeypatch.setattr(functions, "handler", handler)
    monkeypatch.setattr(aws, "client", client)
    monkeypatch.setattr(ThreadPoolExecutor, "submit", submit_here)
    wiring.reset()
    yield recorded


def run_everything(running: Gateway, recorded: Recorded) -> None:
    """Every event, a task and a file from end to end, and the ways that only faults lead to."""
    _run_tasks(running)
    _run_file(running)
    _keep_items(running, recorded)
    event_cases.hold_time(running)
    for case in event_files.cases():
        if unexpected := event_cases.run(running, case):
            recorded.unexpected[str(case)] = unexpected
        _keep_items(running, recorded)
    _ended_well(running)
    _submit_without_a_state_machine(running)
    _keep_items(running, recorded)


def _run_tasks(running: Gateway) -> None:
    """A task, one whose submission's answer is lost, and one refused, all seen through to their end."""
    key = running.issue_key("alice")
    for prompt, status in (("一只猫", 200), ("一只猫 #lost", 200), ("一只猫 #throttle", 200)):
        submitted = running.submit({"prompt": prompt, "n": 2}, {"Authorization": f"Bearer {key}"})
        assert submitted.status == 200, submitted.text
        result = running.finished(submitted.body["output"]["task_id"], key)
        assert result.status == status, result.text


def _run_file(running: Gateway) -> None:
    """A file with an order that takes its time, one with an upload, and a line that is none."""
    upload = "oss://dashscope-instant/0123456789abcdef/2026-01-15/0123456789abcdef/cat.png"
    orders = [{"prompt": "一只猫"}, {"prompt": "一只猫", "ref_img": upload}, "none"]
    told = finished_file(running, "requests/alice/cats.jsonl", "\n".join(map(json.dumps, orders)))
    assert (told["succeeded"], told["refused"]) == (1, 2), told


def _ended_well(running: Gateway) -> None:
    listed = boto3.client("stepfunctions").get_paginator("list_executions")
    pages = listed.paginate(stateMachineArn=running.names["ImageTask"])
    ended = {execution["name"]: execution["status"] for page in pages for execution in page["executions"]}
    assert {name: status for name, status in ended.items() if status != "SUCCEEDED"} == {}


def _submit_without_a_state_machine(running: Gateway) -> None:
    boto3.client("stepfunctions").delete_state_machine(stateMachineArn=running.names["ImageTask"])
    assert running.submit({"prompt": "一只猫"}).status == 503


def _keep_items(running: Gateway, recorded: Recorded) -> None:
    """Remembers the items, and clears the table for the next run."""
    table = boto3.resource("dynamodb").Table(running.names["Table"])
    found = table.scan()["Items"]
    recorded.items += found
    for item in found:
        table.delete_item(Key={"pk": item["pk"], "sk": item["sk"]})


def _parts(operation: str, params: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    """The operation; of a transaction, those that it is made of: IAM knows them, and no transactions.

    AWS does not say whether each is held against the keys of its own item or of all of them. So each is for all.
    """
    if operation != "TransactWriteItems":
        return [(operation, params)]
    parts = [(f"{kind}Item", given) for part in params["TransactItems"] for kind, given in part.items()]
    return [(kind, given) for kind, _ in parts for _, given in parts]


def _call(service: str, operation: str, params: dict[str, Any], names: dict[str, str]) -> Call:
    match service:
        case "dynamodb":
            if operation == "BatchGetItem":
                return _batch(params, names)
            assert params["TableName"] == names["Table"]
            index = f"/index/{params['IndexName']}" if "IndexName" in params else ""
            return Call(f"dynamodb:{operation}", names["Table.Arn"] + index, _leading_key(params))
        case "s3":
            # As IAM has it: a version that is asked for by its id takes a permission of its own.
            version = "Version" if "VersionId" in params else ""
            return Call(f"s3:{operation}{version}", f"arn:aws:s3:::{params['Bucket']}/{params['Key']}")
        case "events":
            assert {entry["EventBusName"] for entry in params["Entries"]} == {names["EventBus"]}
            return Call(f"events:{operation}", names["EventBus.Arn"])
        case "sqs":
            (queue,) = [name for name in queues.QUEUES if names[name] == params["QueueUrl"]]
            return Call(f"sqs:{operation}", names[f"{queue}.Arn"])
        case "secretsmanager":
            return Call(f"secretsmanager:{operation}", params["SecretId"])
        case "stepfunctions":
            return Call(f"states:{operation}", params.get("stateMachineArn") or params["executionArn"])
    raise AssertionError(f"a service this module does not know: {service}")


def _batch(params: dict[str, Any], names: dict[str, str]) -> Call:
    """A call for several items: they must be of one kind, of which it stands for the first."""
    keys = [key["pk"]["S"] for key in params["RequestItems"][names["Table"]]["Keys"]]
    assert set(params["RequestItems"]) == {names["Table"]}
    assert len({key.partition("#")[0] for key in keys}) == 1, keys
    return Call("dynamodb:BatchGetItem", names["Table.Arn"], keys[0])


def _leading_key(params: dict[str, Any]) -> str:
    if "KeyConditionExpression" in params:
        name, value = QUERIED[params.get("IndexName")]
        assert params["KeyConditionExpression"].startswith(f"{name} = {value}")
        found: str = params["ExpressionAttributeValues"][value]["S"]
        return found
    if "RequestItems" in params:
        ((_, asked),) = params["RequestItems"].items()
        # Each of them must be allowed; they are of one kind.
        return str(min(key["pk"]["S"] for key in asked["Keys"]))
    key = params.get("Key") or params["Item"]
    leading: str = key["pk"]["S"]
    return leading
