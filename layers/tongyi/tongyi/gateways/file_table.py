"""How far each file of orders is, in DynamoDB: one item for a run, in which each chunk writes its own counts.

Another item for each file notes its last run: of several versions, the results of the last are the file's.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from tongyi.clock import Clock
from tongyi.gateways.expiry import ABSENT, PRESENT, present, seconds_now
from tongyi.gateways.items import ConditionFailed, Item, conditional, decode, encode
from tongyi.models.file_summary import Counts, FileProgress

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


class FileTable:
    """Reads and writes the items of files."""

    def __init__(self, client: DynamoDBClient, table_name: str, clock: Clock) -> None:
        self._client = client
        self._table = table_name
        self._clock = clock

    def begin(self, progress: FileProgress) -> FileProgress:
        """Writes a run down, as the one whose results are the file's from now on; how it is kept.

        Where a later version of the file was begun already, it is superseded from the start. May be repeated: a run
        that was begun before is left as it is.
        """
        try:
            with conditional():
                self._client.put_item(
                    TableName=self._table,
                    Item=encode({**_key(progress.run), **progress.model_dump()}),
                    ConditionExpression=ABSENT,
                    ExpressionAttributeValues=encode({":now": seconds_now(self._clock)}),
                )
        except ConditionFailed:
            pass
        superseded = self._come_last(progress)
        if superseded:
            self._supersede(superseded)
        return self.get(progress.run) or progress

    def _come_last(self, progress: FileProgress) -> str | None:
        """Makes the run the last of its file; the run that was it before, or this one where a later one is it."""
        names = {f"#{name}": name for name in ("run", "sequence", "before")}
        try:
            with conditional():
                reply = self._client.update_item(
                    TableName=self._table,
                    Key=encode(_last_key(progress.key)),
                    UpdateExpression="SET #before = if_not_exists(#run, :none), #run = :run, "
                    "#sequence = :sequence, expires_at = :expires",
                    ConditionExpression=f"{ABSENT} OR (#sequence <= :sequence AND #run <> :run)",
                    ExpressionAttributeNames=names,
                    ExpressionAttributeValues=encode(
                        {
                            ":none": "",
                            ":run": progress.run,
                            ":sequence": progress.sequence,
                            ":expires": progress.expires_at,
                            ":now": seconds_now(self._clock),
                        }
                    ),
                    ReturnValues="ALL_NEW",
                )
            last = decode(reply["Attributes"])
        except ConditionFailed:
            found = self._client.get_item(
                TableName=self._table, Key=encode(_last_key(progress.key)), ConsistentRead=True
            )
            last = decode(found["Item"])
        if last["run"] != progress.run:
            return progress.run
        # A run that is begun anew after it has expired comes after itself.
        return str(last["before"]) if last["before"] not in ("", progress.run) else None

    def _supersede(self, run: str) -> None:
        try:
            with conditional():
                self._client.update_item(
                    TableName=self._table,
                    Key=encode(_key(run)),
                    UpdateExpression="SET superseded = :yes",
                    ConditionExpression=PRESENT,
                    ExpressionAttributeValues=encode({":yes": True, ":now": seconds_now(self._clock)}),
                )
        except ConditionFailed:
            # It is forgotten already.
            pass

    def get(self, run: str) -> FileProgress | None:
        """How far a run is (a consistent read), or None where it was not begun."""
        reply = self._client.get_item(TableName=self._table, Key=encode(_key(run)), ConsistentRead=True)
        item = present(reply, self._clock)
        return FileProgress.model_validate(decode(item)) if item else None

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


def _last_key(key: str) -> Item:
    """Where the last run of a file is noted, whatever its versions."""
    return {"pk": f"FILE#{hashlib.sha256(key.encode()).hexdigest()}", "sk": "LAST"}
