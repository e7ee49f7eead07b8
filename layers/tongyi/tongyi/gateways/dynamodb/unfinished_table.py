"""Tasks that are not finished: open, or ended and not told, or with pictures whose copies are still to be made.

Their items have two attributes that no others have, by which an index finds them: `unfinished`, and `look_at`, when
somebody is to look whether they are being seen through. Whoever looks moves that on first, by a condition on what was
read. So no two look at one task at a time, each is behind all others afterwards, and a run that is cut off or has no
time left is gone on with by the next.

One partition of the index holds all of them. It takes 1,000 writes a second, of which a task takes two: far more tasks
than the models' rates let through.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tongyi.clock import Clock
from tongyi.gateways.dynamodb.base.expiry import PRESENT, seconds_now
from tongyi.gateways.dynamodb.base.items import ConditionFailed, conditional, decode, encode
from tongyi.gateways.dynamodb.base.own_writes import SHOW_FOUND, Stamp
from tongyi.gateways.dynamodb.base.task_changes import task_key
from tongyi.gateways.dynamodb.task_table import UNFINISHED, read_task
from tongyi.models.tasks.records import TaskRecord

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

UNFINISHED_INDEX = "Unfinished"


@dataclass(frozen=True, slots=True)
class DueTask:
    """What the index tells of a task that is to be looked at."""

    task_id: str
    created_at: int
    look_at: int


class UnfinishedTable:
    """Finds such tasks, and says when each is looked at next."""

    def __init__(self, client: DynamoDBClient, table_name: str, clock: Clock) -> None:
        self._client = client
        self._table = table_name
        self._clock = clock

    def due(self, now_ms: int) -> Iterator[DueTask]:
        """Those to look at by that moment, which has waited longest first; read as they are asked for, page by page."""
        pages = self._client.get_paginator("query").paginate(
            TableName=self._table,
            IndexName=UNFINISHED_INDEX,
            KeyConditionExpression="unfinished = :unfinished AND look_at <= :now",
            ExpressionAttributeValues=encode({":unfinished": UNFINISHED, ":now": now_ms}),
        )
        for page in pages:
            for found in map(decode, page["Items"]):
                yield DueTask(found["task_id"], int(found["created_at"]), int(found["look_at"]))

    def take(self, due: DueTask, look_at: int) -> TaskRecord | None:
        """The task, to be looked at again at that moment; None where somebody else has taken it, or it is gone."""
        return self._move(due.task_id, look_at, "look_at = :seen", {":seen": due.look_at})

    def take_by_hand(self, task_id: str, look_at: int) -> TaskRecord | None:
        """The task, whether or not it was known to be unfinished; None where there is none."""
        return self._move(task_id, look_at, "attribute_exists(created_at)", {})

    def begin_round(self, task: TaskRecord, look_at: int) -> bool:
        """Writes the task's next round down. False where somebody else has."""
        first = "attribute_not_exists(#round) OR " if task.round == 0 else ""
        return (
            self._write(
                task.task_id,
                "SET #round = :next, look_at = :look, round_stamp = :own",
                f"({first}#round = :seen)",
                {":next": task.round + 1, ":seen": task.round, ":look": look_at},
                Stamp(("round_stamp",)),
                {"#round": "round"},
            )
            is not None
        )

    def finish(self, task_id: str) -> None:
        """Takes the task out of the index: nothing is left to do for it."""
        with conditional():
            self._client.update_item(
                TableName=self._table,
                Key=encode(task_key(task_id)),
                UpdateExpression="REMOVE unfinished, look_at",
                ConditionExpression="attribute_exists(pk)",
            )

    def _move(
        self, task_id: str, look_at: int, condition: str, values: Mapping[str, Any]
    ) -> TaskRecord | None:
        item = self._write(
            task_id,
            "SET #unfinished = :unfinished, look_at = :look, look_stamp = :own",
            condition,
            {":unfinished": UNFINISHED, ":look": look_at, **values},
            Stamp(("look_stamp",)),
            {"#unfinished": "unfinished"},
        )
        return read_task(item) if item else None

    def _write(
        self,
        task_id: str,
        change: str,
        condition: str,
        values: Mapping[str, Any],
        own: Stamp,
        names: Mapping[str, str],
    ) -> Mapping[str, Any] | None:
        """The item afterwards, in typed JSON; None where the write was refused."""
        given = {":own": own.text, ":now": seconds_now(self._clock), **values}
        try:
            with conditional():
                reply = self._client.update_item(
                    TableName=self._table,
                    Key=encode(task_key(task_id)),
                    UpdateExpression=change,
                    ConditionExpression=f"{PRESENT} AND {condition}",
                    ExpressionAttributeNames=names,
                    ExpressionAttributeValues=encode(given),
                    ReturnValues="ALL_NEW",
                    ReturnValuesOnConditionCheckFailure=SHOW_FOUND,
                )
        except ConditionFailed as refused:
            return encode(refused.item) if own.is_on(refused) else None
        return reply["Attributes"]
