"""The lines in front of the models, counted in DynamoDB: an item per model, which each task moves twice.

Joining is one conditional update, so no number of callers at once makes a line longer than it may be. A task leaves
with its terminal status. Who is cut off in between leaves pieces behind; these are counted by the hour in which they
joined, and forgotten once no task of that hour can be open any more.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tongyi.gateways.dynamodb.base.items import (
    ConditionFailed,
    Item,
    conditional,
    encode,
    reading,
    throttling,
)
from tongyi.models.images.catalog import IMAGE_MODELS
from tongyi.models.tasks.records import TaskRecord
from tongyi.models.workflow.line import Line, share, worked

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

HOUR_MS = 3_600_000
# Two days: DashScope forgets after one what it was sent, and what is not sent within one is given up.
REMEMBERED_HOURS = 48
# So many pictures tell how long one takes. From here on all of them count for half, so that the newest tell most.
MOST_TOLD = 64
_HOUR = "h"


class LineTable:
    """Shows lines, lets tasks join them and leave them."""

    def __init__(self, client: DynamoDBClient, table_name: str) -> None:
        self._client = client
        self._table = table_name

    def read(self, model: str) -> Line:
        """The line as it is now (a consistent read). Raises RecordsUnavailable."""
        with reading():
            reply = self._client.get_item(TableName=self._table, Key=encode(_key(model)), ConsistentRead=True)
        return _line(_numbers(reply.get("Item", {})))

    def join(self, task: TaskRecord, most_before: int) -> bool:
        """Puts the task at the end of its line. False, and no change, where more than `most_before` pieces are in it.

        Raises RecordsUnavailable.
        """
        pieces, hour = _pieces(task), _hour(task.created_at)
        try:
            with throttling(), conditional():
                reply = self._client.update_item(
                    TableName=self._table,
                    Key=encode(_key(task.model)),
                    UpdateExpression="ADD pieces :pieces, #hour :pieces",
                    ConditionExpression="attribute_not_exists(pieces) OR pieces <= :most",
                    ExpressionAttributeNames={"#hour": hour},
                    ExpressionAttributeValues=encode({":pieces": pieces, ":most": most_before}),
                    ReturnValues="ALL_NEW",
                )
        except ConditionFailed:
            return False
        self._forget(task.model, _numbers(reply["Attributes"]), task.created_at)
        return True

    def leave(self, task: TaskRecord) -> None:
        """Takes a task that is over out of its line, once; and learns from it how long pictures take."""
        if task.model not in IMAGE_MODELS:
            return
        pieces, (made, worked_ms) = _pieces(task), worked(task)
        values = {":pieces": pieces, ":less": -pieces, ":made": made, ":worked": worked_ms}
        try:
            with conditional():
                reply = self._client.update_item(
                    TableName=self._table,
                    Key=encode(_key(task.model)),
                    UpdateExpression="ADD pieces :less, #hour :less, made :made, worked_ms :worked",
                    # Nothing of that hour is counted any more; or the task was taken by an earlier version.
                    ConditionExpression="#hour >= :pieces",
                    ExpressionAttributeNames={"#hour": _hour(task.created_at)},
                    ExpressionAttributeValues=encode(values),
                    ReturnValues="ALL_NEW",
                )
        except ConditionFailed:
            return
        self._halve(task.model, _numbers(reply["Attributes"]))

    def _forget(self, model: str, numbers: dict[str, int], now_ms: int) -> None:
        """Takes out what is left of hours that are long over."""
        oldest = now_ms // HOUR_MS - REMEMBERED_HOURS
        for name in [name for name in numbers if name.startswith(_HOUR) and int(name[1:]) < oldest]:
            self._change(
                model,
                "SET pieces = pieces - #hour REMOVE #hour",
                "attribute_exists(#hour)",
                {"#hour": name},
                {},
            )

    def _halve(self, model: str, numbers: dict[str, int]) -> None:
        made, worked_ms = numbers.get("made", 0), numbers.get("worked_ms", 0)
        if made < MOST_TOLD:
            return
        values = {":seen": made, ":made": made // 2, ":worked": worked_ms // 2}
        self._change(model, "SET made = :made, worked_ms = :worked", "made = :seen", {}, values)

    def _change(
        self, model: str, change: str, condition: str, names: dict[str, str], values: dict[str, int]
    ) -> None:
        """Where somebody else has changed it meanwhile, the next does what is left to do."""
        given = {"ExpressionAttributeNames": names} if names else {}
        told = {"ExpressionAttributeValues": encode(values)} if values else {}
        try:
            with conditional():
                self._client.update_item(
                    TableName=self._table,
                    Key=encode(_key(model)),
                    UpdateExpression=change,
                    ConditionExpression=condition,
                    **given,  # type: ignore[arg-type]
                    **told,  # type: ignore[arg-type]
                )
        except ConditionFailed:
            return


def _pieces(task: TaskRecord) -> int:
    return share(IMAGE_MODELS[task.model], task.total, len(task.jobs))


def _hour(at_ms: int) -> str:
    return f"{_HOUR}{at_ms // HOUR_MS}"


def _line(numbers: dict[str, int]) -> Line:
    return Line(*(max(0, numbers.get(name, 0)) for name in ("pieces", "made", "worked_ms")))


def _numbers(item: Item) -> dict[str, int]:
    return {name: int(value["N"]) for name, value in item.items() if "N" in value}


def _key(model: str) -> Item:
    return {"pk": f"SLOT#{model}", "sk": "LINE"}
