"""How far each file of orders is, in DynamoDB: an item for a run with its totals, and one for the counts of each chunk.

A chunk's counts and the totals change in one transaction, by the difference to the counts that the chunk had: so the
totals are those of all chunks, however often a report is repeated, and no item grows with the file.
Another item for each file notes its last run: of several versions, the results of the last are the file's.
"""

from __future__ import annotations

import hashlib
import random
from collections.abc import Callable
from typing import TYPE_CHECKING

from tongyi.clock import Clock
from tongyi.errors import RecordsUnavailable
from tongyi.gateways.dynamodb.base.backoff import rounds
from tongyi.gateways.dynamodb.base.contention import Contended, contention
from tongyi.gateways.dynamodb.base.expiry import ABSENT, PRESENT, present, seconds_now
from tongyi.gateways.dynamodb.base.items import ConditionFailed, Item, conditional, decode, encode
from tongyi.models.batches.summary import COUNTED, Counts, FileProgress

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_CHUNK = "CHUNK#"


class FileTable:
    """Reads and writes the items of files."""

    def __init__(
        self,
        client: DynamoDBClient,
        table_name: str,
        clock: Clock,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        self._client = client
        self._table = table_name
        self._clock = clock
        self._jitter = jitter

    def begin(self, progress: FileProgress) -> FileProgress:
        """Writes a run down, as the one whose results are the file's from now on; how it is kept.

        Where a later version of the file was begun already, it is superseded from the start. May be repeated: a run
        that was begun before is left as it is.
        """
        try:
            with conditional():
                self._client.put_item(
                    TableName=self._table,
                    Item=encode({**_key(progress.run), **_written(progress)}),
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
        """Its chunks may be reporting just now, and their transactions keep this off. Raises RecordsUnavailable."""
        for _ in rounds(self._clock, self._jitter):
            try:
                with conditional(), contention():
                    self._client.update_item(
                        TableName=self._table,
                        Key=encode(_key(run)),
                        UpdateExpression="SET superseded = :yes",
                        ConditionExpression=PRESENT,
                        ExpressionAttributeValues=encode({":yes": True, ":now": seconds_now(self._clock)}),
                    )
            except ConditionFailed:
                # It is forgotten already.
                return
            except Contended:
                continue
            return
        raise RecordsUnavailable

    def get(self, run: str) -> FileProgress | None:
        """How far a run is (a consistent read), or None where it was not begun."""
        reply = self._client.get_item(TableName=self._table, Key=encode(_key(run)), ConsistentRead=True)
        item = present(reply, self._clock)
        return _progress(decode(item)) if item else None

    def report(self, run: str, chunk: int, counts: Counts) -> FileProgress:
        """Writes the counts of a chunk over its last ones; how far the run is with them.

        May be repeated. Raises ConditionFailed where the run was not begun, and RecordsUnavailable where other chunks
        that report keep this one off.
        """
        for _ in rounds(self._clock, self._jitter):
            before = self._counts(run, chunk)
            if before != counts:
                try:
                    self._count_in(self._begun(run), chunk, before, counts)
                except Contended:
                    continue
            return self._begun(run)
        raise RecordsUnavailable

    def reported(self, run: str) -> set[int]:
        """The numbers of the run's chunks that have reported (a consistent read)."""
        pages = self._client.get_paginator("query").paginate(
            TableName=self._table,
            KeyConditionExpression="pk = :pk AND begins_with(sk, :chunk)",
            FilterExpression=PRESENT,
            ProjectionExpression="sk",
            ExpressionAttributeValues=encode(
                {":pk": _key(run)["pk"], ":chunk": _CHUNK, ":now": seconds_now(self._clock)}
            ),
            ConsistentRead=True,
        )
        return {int(item["sk"]["S"].removeprefix(_CHUNK)) for page in pages for item in page["Items"]}

    def _begun(self, run: str) -> FileProgress:
        progress = self.get(run)
        if progress is None:
            raise ConditionFailed
        return progress

    def _counts(self, run: str, chunk: int) -> Counts | None:
        """What the chunk has reported last."""
        key = encode(_chunk_key(run, chunk))
        reply = self._client.get_item(TableName=self._table, Key=key, ConsistentRead=True)
        item = present(reply, self._clock)
        return {name: int(count) for name, count in decode(item)["counts"].items()} if item else None

    def _count_in(self, progress: FileProgress, chunk: int, before: Counts | None, counts: Counts) -> None:
        """Raises Contended, and changes nothing, where the chunk's counts are not `before`, or others report."""
        now = encode({":now": seconds_now(self._clock)})
        kept = {**_chunk_key(progress.run, chunk), "counts": counts, "expires_at": progress.expires_at}
        unchanged = ABSENT if before is None else "counts = :before"
        seen = now if before is None else encode({":before": before})
        more = {f":{name}": counts.get(name, 0) - (before or {}).get(name, 0) for name in COUNTED}
        with contention():
            self._client.transact_write_items(
                TransactItems=[
                    {
                        "Put": {
                            "TableName": self._table,
                            "Item": encode(kept),
                            "ConditionExpression": unchanged,
                            "ExpressionAttributeValues": seen,
                        }
                    },
                    {
                        "Update": {
                            "TableName": self._table,
                            "Key": encode(_key(progress.run)),
                            "UpdateExpression": "ADD "
                            + ", ".join(f"{_total(name)} :{name}" for name in COUNTED),
                            "ConditionExpression": PRESENT,
                            "ExpressionAttributeValues": {**now, **encode(more)},
                        }
                    },
                ]
            )


def _written(progress: FileProgress) -> Item:
    """All totals are there from the beginning, each an attribute: ADD reaches none that is inside another."""
    totals = {_total(name): progress.totals.get(name, 0) for name in COUNTED}
    return {**progress.model_dump(exclude={"totals"}), **totals}


def _progress(item: Item) -> FileProgress:
    totals = {name: int(item.get(_total(name), 0)) for name in COUNTED}
    return FileProgress.model_validate({**item, "totals": {name: n for name, n in totals.items() if n}})


def _total(name: str) -> str:
    return f"total_{name}"


def _chunk_key(run: str, chunk: int) -> Item:
    return {**_key(run), "sk": f"{_CHUNK}{chunk:05d}"}


def _key(run: str) -> Item:
    return {"pk": f"FILE#{run}", "sk": "FILE"}


def _last_key(key: str) -> Item:
    """Where the last run of a file is noted, whatever its versions."""
    return {"pk": f"FILE#{hashlib.sha256(key.encode()).hexdigest()}", "sk": "LAST"}
