"""How far each file of orders is, in DynamoDB: one item for a run, in which each chunk writes its own counts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tongyi.gateways.items import ConditionFailed, Item, conditional, decode, encode
from tongyi.models.file_summary import Counts, FileProgress

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


class FileTable:
    """Reads and writes the items of files."""

    def __init__(self, client: DynamoDBClient, table_name: str) -> None:
        self._client = client
        self._table = table_name

    def begin(self, progress: FileProgress) -> None:
        """Writes a run down. One that was begun before is left as it is."""
        try:
            with conditional():
                self._client.put_item(
                    TableName=self._table,
                    Item=encode({**_key(progress.run), **progress.model_dump()}),
                    ConditionExpression="attribute_not_exists(pk)",
                )
        except ConditionFailed:
            pass

    def get(self, run: str) -> FileProgress | None:
        """How far a run is (a consistent read), or None where it was not begun."""
        reply = self._client.get_item(TableName=self._table, Key=encode(_key(run)), ConsistentRead=True)
        return FileProgress.model_validate(decode(reply["Item"])) if "Item" in reply else None

    def report(self, run: str, chunk: int, counts: Counts) -> FileProgress:
        """Writes the counts of a chunk over its last ones; how far the run is with them."""
        reply = self._client.update_item(
            TableName=self._table,
            Key=encode(_key(run)),
            UpdateExpression="SET chunks.#chunk = :counts",
            ExpressionAttributeNames={"#chunk": str(chunk)},
            ExpressionAttributeValues=encode({":counts": counts}),
            ReturnValues="ALL_NEW",
        )
        return FileProgress.model_validate(decode(reply["Attributes"]))


def _key(run: str) -> Item:
    return {"pk": f"FILE#{run}", "sk": "FILE"}
