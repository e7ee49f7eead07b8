"""Orders that were written down while Step Functions was down: the next try starts them, once."""

from __future__ import annotations

import time

import boto3

from tests.integration.messages.messaging import deliver, executions, message, put_aside, task_of_message
from tests.support import gateway
from tests.support.gateway import Gateway
from tests.workflow.records import open_task_id, record
from tongyi.usecases.tasks.submit_images import IN_FLIGHT_MS


def _made_again(running: Gateway) -> None:
    """Step Functions is back."""
    boto3.client("stepfunctions").create_state_machine(
        name="ImageTask",
        definition=gateway.definition(running.names, "ImageTask"),
        roleArn="arn:aws:iam::123456789012:role/image-task",
    )


def _age(running: Gateway, task_id: str) -> None:
    """Makes a task as old as it is when its message comes again."""
    boto3.resource("dynamodb").Table(running.names["Table"]).update_item(
        Key={"pk": f"TASK#{task_id}", "sk": "TASK"},
        UpdateExpression="SET created_at = :then",
        ExpressionAttributeValues={":then": time.time_ns() // 1_000_000 - 2 * IN_FLIGHT_MS},
    )


def test_message_that_could_not_be_started_comes_again_and_is_started_once(running: Gateway) -> None:
    task_id, sent = task_of_message(), message({"prompt": "a cat"})
    boto3.client("stepfunctions").delete_state_machine(stateMachineArn=running.names["ImageTask"])

    assert deliver(sent) == ["m-1"]
    unstarted = record(running, task_id)
    assert (unstarted.ended, unstarted.started) == (False, False)
    assert deliver(sent) == ["m-1"]

    _made_again(running)
    _age(running, task_id)
    assert [deliver(sent), deliver(sent)] == [[], []]

    assert running.wait_for(task_id) == "SUCCEEDED"
    assert executions(running) == [running.execution_of(task_id).rpartition(":")[2]]
    assert len(running.submissions()) == 1
    assert (record(running, task_id).status, len(running.told(task_id))) == ("SUCCEEDED", 1)
    assert put_aside(running) == []


def test_request_with_a_key_that_could_not_be_started_is_started_by_its_next_try(running: Gateway) -> None:
    body, key = {"prompt": "a cat"}, {"Idempotency-Key": "order-1"}
    task_id = open_task_id(running, "order-1")
    boto3.client("stepfunctions").delete_state_machine(stateMachineArn=running.names["ImageTask"])
    refused = running.submit(body, key)
    assert (refused.status, refused.body["code"]) == (503, "ServiceUnavailable")

    _made_again(running)
    _age(running, task_id)
    reply = running.submit(body, key)

    assert (reply.status, reply.headers["idempotent-replayed"]) == (200, "true")
    assert running.wait_for(task_id) == "SUCCEEDED"
    assert len(running.submissions()) == 1
