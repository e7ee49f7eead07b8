"""Running an event of `events/`: what is given is brought about, and what comes of it compared."""

from __future__ import annotations

import hashlib
import inspect
import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import boto3
import pytest
import requests

from tests.infrastructure.events import file_cases
from tests.infrastructure.events.comparison import difference
from tests.infrastructure.events.event_files import Case
from tests.support import functions
from tests.support.gateway import UPSTREAM_KEY, Gateway
from tests.support.messages import HEARD
from tests.support.receiver import receiver
from tongyi.clock import SystemClock
from tongyi.gateways.dashscope.client import SUBMIT_PATH, TASKS_PATH
from tongyi.gateways.dynamodb.circuit_table import CircuitTable
from tongyi.gateways.dynamodb.delivery_table import DeliveryTable
from tongyi.gateways.dynamodb.endpoint_table import EndpointTable
from tongyi.gateways.dynamodb.task_table import TaskTable
from tongyi.gateways.dynamodb.upload_table import UploadTable
from tongyi.http import preferences
from tongyi.models.tasks.records import TaskRecord
from tongyi.models.webhooks.delivery import DeliveryRecord
from tongyi.models.workflow.circuit import Circuit

# Seconds that a task waits, and each picture takes, at the stand-in; its clock moves only when a test moves it.
PENDING_SECONDS = 40
SECONDS_PER_IMAGE = 10
HOUR = 3600
# The queue of messages that became no task.
ASIDE = "OrdersAside"
# What `given` may hold.
KNOWN = {
    "delivery",
    "endpoint",
    "receiver",
    "keys",
    "slots",
    "circuits",
    "spent",
    "pace",
    "patience",
    "upstream",
    "task",
    "tasks",
    "uploads",
    "files",
    "progress",
}
# What `given.pace` may be, and what it is without one.
PACES = {
    "held": {"pending_seconds": PENDING_SECONDS, "seconds_per_image": SECONDS_PER_IMAGE},
    "at once": {"pending_seconds": 0, "seconds_per_image": 0},
}


def hold_time(running: Gateway) -> None:
    """Makes the stand-in's time stand still, so that no state depends on how fast a test runs."""
    running.standin.freeze()
    running.standin.configure(**PACES["held"])


def run(running: Gateway, case: Case) -> str | None:
    """Brings about what is given, runs the event, and ends what it began. Returns what came of it unexpectedly."""
    expected = case.expected
    given = expected.get("given", {})
    prepare(running, given)
    before = Before(_task_ids(running), file_cases.versions(), file_cases.runs(running))
    for queue in (ASIDE, HEARD):
        running.messages(queue)
    try:
        with _patience(case.function, given.get("patience")), _receiver(running, given):
            # Lambda hands on JSON.
            outcome = {"returns": json.loads(json.dumps(functions.invoke(case.function, case.event)))}
    except Exception as error:
        outcome = {"raises": str(error)}
    outcome |= _aftermath(running, expected, before)
    unexpected = difference({name: expected[name] for name in expected if name != "given"}, outcome)
    _finish(running)
    return unexpected


def prepare(running: Gateway, given: dict[str, Any]) -> None:
    """Puts into the table and the stand-in what an event takes for granted."""
    assert given.keys() <= KNOWN, f"unknown in given: {given.keys() - KNOWN}"
    table = running.names["Table"]
    for key, owner in given.get("keys", {}).items():
        digest = hashlib.sha256(key.encode()).hexdigest()
        _put(table, {"pk": f"KEY#{digest}", "sk": "KEY", "owner": owner})
    for model, next_at in given.get("slots", {}).items():
        _put(table, {"pk": f"SLOT#{model}", "sk": "SLOT", "next_at": next_at})
    _open_circuits(table, given.get("circuits", []))
    for what, used in given.get("spent", {}).items():
        _spend(table, what, used)
    for directory, owner in given.get("uploads", {}).items():
        UploadTable(boto3.client("dynamodb"), table, SystemClock()).add(directory, owner)
    file_cases.prepare(running, given)
    # A model that answers with the pictures takes real time for them.
    running.standin.configure(**PACES[given.get("pace", "held")])
    words: dict[str, Any] = {"<now>": time.time_ns() // 1_000_000}
    if "upstream" in given:
        words |= _upstream_task(running, given["upstream"])
    records = [given["task"]] if "task" in given else given.get("tasks", [])
    for record in records:
        task = TaskRecord.model_validate(_filled(record, words))
        tasks = TaskTable(boto3.client("dynamodb"), table, SystemClock())
        assert tasks.create(task), f"two events are given the task {task.task_id}"
        if task.images:
            tasks.add_images(task.task_id, task.images)


def _open_circuits(table: str, circuits: list[dict[str, Any]]) -> None:
    opened = CircuitTable(boto3.client("dynamodb"), table, SystemClock())
    for circuit in _filled(circuits, {"<now>": time.time_ns() // 1_000_000}):
        assert opened.open(Circuit.model_validate(circuit))


def _spend(table: str, what: str, used: int) -> None:
    """Today, and tomorrow: a test that begins before midnight may end after it."""
    for at in (time.time(), time.time() + 24 * HOUR):
        key = {"pk": f"QUOTA#{time.strftime('%Y-%m-%d', time.gmtime(at))}", "sk": what}
        _put(table, {**key, "used": used, "expires_at": int(at) + 48 * HOUR})


@contextmanager
def _receiver(running: Gateway, given: dict[str, Any]) -> Iterator[None]:
    """Puts the delivery of a webhook into the table, to a receiver that answers with the status given."""
    if "delivery" not in given:
        yield
        return
    deliveries = DeliveryTable(boto3.client("dynamodb"), running.names["Table"], SystemClock())
    with receiver() as hooks:
        hooks.expect(given.get("receiver", 204))
        words = {"<now>": time.time_ns() // 1_000_000, "<receiver>": hooks.url}
        delivery = DeliveryRecord.model_validate(_filled(given["delivery"], words))
        assert deliveries.create(delivery), f"two events are given the delivery of {delivery.task_id}"
        if given.get("endpoint") == "off":
            client, days = boto3.client("dynamodb"), int(running.names["RetentionDays"])
            endpoints = EndpointTable(client, running.names["Table"], days, SystemClock())
            endpoints.switch_off(delivery.owner, delivery.url)
        yield
        assert len(hooks.came) == ("receiver" in given)


@contextmanager
def _patience(function: str, seconds: int | None) -> Iterator[None]:
    """Lets the function wait for so long where it would wait for as long as it may."""
    if seconds is None:
        yield
        return
    loaded = inspect.unwrap(functions.handler(function)).__globals__
    with pytest.MonkeyPatch.context() as patch:
        for names in (loaded, vars(preferences)):
            patch.setitem(names, "LONGEST_WAIT", seconds)
        yield


def _finish(running: Gateway) -> None:
    """Lets every task that was started come to its end: an execution must not outlive its test."""
    # What was sent is done an hour later, and what is yet to be sent is done at once.
    running.standin.configure(**PACES["at once"])
    running.standin.advance(HOUR)
    listed = boto3.client("stepfunctions").get_paginator("list_executions")
    for page in listed.paginate(stateMachineArn=running.names["ImageTask"], statusFilter="RUNNING"):
        for execution in page["executions"]:
            running.wait_for_execution(execution["executionArn"])
    file_cases.finish(running)


@dataclass(frozen=True)
class Before:
    """What was there before an event: tasks, objects of the inbox, and runs of files."""

    tasks: set[str]
    objects: set[file_cases.Version]
    runs: set[str]


def _aftermath(running: Gateway, expected: dict[str, Any], before: Before) -> dict[str, Any]:
    """What the expectation says of what is there afterwards: records, objects, messages and events."""
    found: dict[str, Any] = {}
    if "leaves" in expected:
        found["leaves"] = _record(running, expected["given"]["task"]["task_id"])
    if "delivers" in expected:
        found["delivers"] = _delivery(running, expected["given"]["task"]["task_id"])
    if "makes" in expected:
        found["makes"] = [_record(running, task_id) for task_id in sorted(_task_ids(running) - before.tasks)]
    if "aside" in expected:
        found["aside"] = [_put_aside(message) for message in running.messages(ASIDE)]
    if "writes" in expected:
        found["writes"] = file_cases.written(before.objects)
    if "starts" in expected:
        found["starts"] = file_cases.started(running, before.runs)
    if "told" in expected:
        found["told"] = [json.loads(message["Body"]) for message in running.messages(HEARD)]
    return found


def _put_aside(message: dict[str, Any]) -> dict[str, str]:
    """A message's body, and each of its attributes."""
    reasons = message.get("MessageAttributes", {})
    return {"body": message["Body"], **{name: given["StringValue"] for name, given in reasons.items()}}


def _task_ids(running: Gateway) -> set[str]:
    table = boto3.resource("dynamodb").Table(running.names["Table"])
    return {str(item["task_id"]) for item in table.scan()["Items"] if str(item["pk"]).startswith("TASK#")}


def _record(running: Gateway, task_id: str) -> Any:
    """The task's record, as JSON."""
    task = TaskTable(boto3.client("dynamodb"), running.names["Table"], SystemClock()).get(task_id)
    assert task is not None, task_id
    return json.loads(task.model_dump_json())


def _delivery(running: Gateway, task_id: str) -> Any:
    """The delivery of the task's webhook, as JSON; None where there is none."""
    delivery = DeliveryTable(boto3.client("dynamodb"), running.names["Table"], SystemClock()).get(task_id)
    return None if delivery is None else json.loads(delivery.model_dump_json())


def _upstream_task(running: Gateway, given: dict[str, Any]) -> dict[str, Any]:
    order = dict(given["order"])
    body = {"model": "wanx-v1", "input": {"prompt": order.pop("prompt")}, "parameters": order}
    headers = {"Authorization": f"Bearer {UPSTREAM_KEY}", "X-DashScope-Async": "enable"}
    sent = requests.post(running.standin.url + SUBMIT_PATH, json=body, headers=headers, timeout=300)
    task_id = sent.json()["output"]["task_id"]
    running.standin.advance(given["age_seconds"])
    asked = requests.get(running.standin.url + TASKS_PATH + task_id, headers=headers, timeout=300)
    pictures = asked.json()["output"].get("results") or [{}]
    link = pictures[0].get("url")
    # Its signature ends with another letter.
    return {
        "<upstream task id>": task_id,
        "<picture link>": link,
        "<link that leads nowhere>": f"{link}x",
    }


def _filled(value: Any, words: dict[str, Any]) -> Any:
    if isinstance(value, dict):
        return {name: _filled(part, words) for name, part in value.items()}
    if isinstance(value, list):
        return [_filled(part, words) for part in value]
    return words.get(value, value) if isinstance(value, str) else value


def _put(table: str, item: dict[str, Any]) -> None:
    boto3.resource("dynamodb").Table(table).put_item(Item=item)
