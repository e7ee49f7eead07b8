"""Sees to tasks that were left behind: `make reconcile [TASK=id] [STACK=deployed-stack]`.

What a schedule does every five minutes, at once: for one task, or for all that are due. Without TASK it also notes
those that an earlier version left open, which the index does not know; it reads the whole table for that. Without
STACK it is for the embedded stack that `make up` started, with STACK for the one deployed under that name, with the
usual AWS credentials.
"""

import json
import os
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from local.stack.aws import local_client, stack_outputs
from local.stack.background import running
from tongyi.gateways.dynamodb.task_table import UNFINISHED

FUNCTION, TABLE = "ReconcileFunctionArn", "TableName"
# Tasks that have not ended, or were not told, and are not known to be so.
LEFT_OPEN = (
    "begins_with(pk, :task) AND sk = :sk AND attribute_not_exists(unfinished)"
    " AND (attribute_not_exists(ended_at) OR attribute_not_exists(announced) OR announced = :no)"
)


class ReconcileError(Exception):
    """Raised when nothing could be looked at; the message says what to do."""


@dataclass(frozen=True)
class Stack:
    """What of a stack is needed."""

    lambda_: Any
    dynamodb: Any
    function: str
    table: str


def find_stack(stack_name: str) -> Stack:
    """A deployed stack, or the embedded one for no name. Raises ReconcileError when there is no such stack."""
    if not stack_name:
        state = running()
        if state is None:
            raise ReconcileError("the embedded stack is not up: make up starts it, STACK=… names another")
        here = state["endpoint"]
        return _stack(local_client("lambda", here), local_client("dynamodb", here), state["outputs"])
    outputs = stack_outputs(boto3.client("cloudformation"), stack_name)
    if FUNCTION not in outputs:
        raise ReconcileError(f"the stack {stack_name} has no output {FUNCTION}: deploy this version first")
    return _stack(boto3.client("lambda"), boto3.client("dynamodb"), outputs)


def _stack(lambda_: Any, dynamodb: Any, outputs: Mapping[str, str]) -> Stack:
    return Stack(lambda_, dynamodb, outputs[FUNCTION], outputs[TABLE])


def note_left_open(stack: Stack, now_ms: int) -> int:
    """Notes the open tasks of an earlier version, to be looked at now; how many there are. May be repeated."""
    return sum(_note(stack, key, now_ms) for key in _left_open(stack))


def _left_open(stack: Stack) -> Iterator[dict[str, Any]]:
    pages = stack.dynamodb.get_paginator("scan").paginate(
        TableName=stack.table,
        FilterExpression=LEFT_OPEN,
        ProjectionExpression="pk, sk",
        ExpressionAttributeValues={":task": {"S": "TASK#"}, ":sk": {"S": "TASK"}, ":no": {"BOOL": False}},
    )
    for page in pages:
        yield from page["Items"]


def _note(stack: Stack, key: dict[str, Any], now_ms: int) -> bool:
    """Under the same condition: it may have ended meanwhile."""
    values = {":task": {"S": "TASK#"}, ":sk": {"S": "TASK"}, ":no": {"BOOL": False}}
    try:
        stack.dynamodb.update_item(
            TableName=stack.table,
            Key=key,
            UpdateExpression="SET unfinished = :unfinished, look_at = :now",
            ConditionExpression=LEFT_OPEN,
            ExpressionAttributeValues={
                **values,
                ":unfinished": {"S": UNFINISHED},
                ":now": {"N": str(now_ms)},
            },
        )
    except stack.dynamodb.exceptions.ConditionalCheckFailedException:
        return False
    return True


def look(stack: Stack, task_id: str) -> Any:
    """What the function found. Raises ReconcileError where it failed."""
    asked = {"task_id": task_id} if task_id else {}
    said = stack.lambda_.invoke(FunctionName=stack.function, Payload=json.dumps(asked).encode())
    found = json.loads(said["Payload"].read())
    if "FunctionError" in said:
        raise ReconcileError(found.get("errorMessage", "the function failed; see its log"))
    return found


def main(environment: Mapping[str, str] = os.environ) -> int:
    """Look at the task that RECONCILE_TASK names, or at all."""
    task_id = environment.get("RECONCILE_TASK", "")
    try:
        stack = find_stack(environment.get("KEY_STACK", ""))
        if not task_id:
            print(f"Left open by an earlier version: {note_left_open(stack, time.time_ns() // 1_000_000)}")
        print(json.dumps(look(stack, task_id)))
    except (ReconcileError, BotoCoreError, ClientError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
