"""Deliveries of webhooks in DynamoDB: an item beside its task's, changed under conditions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from tongyi.clock import Clock
from tongyi.gateways.dynamodb.base.batch_reads import read_items
from tongyi.gateways.dynamodb.base.expiry import ABSENT, PRESENT, has_expired, present, seconds_now
from tongyi.gateways.dynamodb.base.items import ConditionFailed, Item, conditional, decode, encode
from tongyi.gateways.dynamodb.base.own_writes import SHOW_FOUND, Stamp
from tongyi.gateways.dynamodb.task_table import OWNER_INDEX
from tongyi.models.webhooks.delivery import (
    Attempt,
    AttemptError,
    DeliveryRecord,
    DeliveryStatus,
    DeliverySummary,
)

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

# A list looks at so many, the newest.
MOST_LISTED = 10_000
# Nothing has changed since it was read: not the round, not who is at it.
_AS_READ = "#status = :pending AND #round = :round AND size(#attempts) = :made AND #next_at = :next_at"
_THIS_ATTEMPT = "#status = :pending AND #round = :round AND size(#attempts) = :made"
_NAMES = ("status", "round", "attempts", "next_at")


class DeliveryTable:
    """Reads and writes deliveries."""

    def __init__(self, client: DynamoDBClient, table_name: str, clock: Clock) -> None:
        self._client = client
        self._table = table_name
        self._clock = clock

    def create(self, delivery: DeliveryRecord) -> bool:
        """Writes a new delivery, also over an expired one. False where its task has one: the first writer wins."""
        own = Stamp(("creation_stamp",))
        apart = {"by_owner": _owner_key(delivery.owner), "creation_stamp": own.text}
        item = {**_key(delivery.task_id), **apart, **_plain(delivery)}
        try:
            with conditional():
                self._client.put_item(
                    TableName=self._table,
                    Item=encode(item),
                    ConditionExpression=ABSENT,
                    ExpressionAttributeValues=encode({":now": seconds_now(self._clock)}),
                    ReturnValuesOnConditionCheckFailure=SHOW_FOUND,
                )
        except ConditionFailed as refused:
            return own.is_on(refused)
        return True

    def get(self, task_id: str) -> DeliveryRecord | None:
        """The delivery as it is now (a consistent read), or None."""
        key = encode(_key(task_id))
        reply = self._client.get_item(TableName=self._table, Key=key, ConsistentRead=True)
        item = present(reply, self._clock)
        return DeliveryRecord.model_validate(decode(item)) if item else None

    def get_many(self, task_ids: Iterable[str]) -> dict[str, DeliveryRecord]:
        """The deliveries of up to 100 tasks as they are now, by task; without those that are gone.

        Raises RecordsUnavailable.
        """
        found = read_items(self._client, self._table, map(_key, set(task_ids)), self._clock)
        records = [DeliveryRecord.model_validate(decode(item)) for item in found]
        return {
            record.task_id: record for record in records if not has_expired(record.expires_at, self._clock)
        }

    def of_owner(self, owner: str) -> list[DeliverySummary]:
        """The last 10,000 deliveries of the owner's tasks, newest first; from an index that follows within moments."""
        pages = self._client.get_paginator("query").paginate(
            TableName=self._table,
            IndexName=OWNER_INDEX,
            KeyConditionExpression="by_owner = :owner",
            ExpressionAttributeValues=encode({":owner": _owner_key(owner)}),
            ScanIndexForward=False,
            PaginationConfig={"MaxItems": MOST_LISTED},
        )
        found = [DeliverySummary.model_validate(decode(item)) for page in pages for item in page["Items"]]
        return [delivery for delivery in found if not has_expired(delivery.expires_at, self._clock)]

    def claim(self, delivery: DeliveryRecord, at: int, over_at: int) -> bool:
        """Begins an attempt, which counts from here on, whatever becomes of it; it is surely over at `over_at`.

        False, and no change, where somebody else was quicker, or the delivery is not as it was read.
        """
        attempt = Attempt(at=at, error=AttemptError.UNFINISHED)
        sets = "SET #next_at = :over, #attempts = list_append(#attempts, :attempt)"
        values = {":over": over_at, ":attempt": [_plain(attempt)]}
        return self._update(delivery, sets, _AS_READ, values | {":next_at": delivery.next_at})

    def finish(
        self, delivery: DeliveryRecord, attempt: Attempt, status: DeliveryStatus, next_at: int | None = None
    ) -> bool:
        """Writes down how a claimed attempt, the last of `delivery`, ended, and when the next is due.

        False, and no change, where the delivery was begun anew meanwhile, or another attempt was.
        """
        sets = f"SET #status = :status, #attempts[{len(delivery.attempts) - 1}] = :attempt"
        values = {":attempt": _plain(attempt), ":status": str(status)}
        if next_at is None:
            return self._update(delivery, f"{sets} REMOVE #next_at", _THIS_ATTEMPT, values)
        return self._update(delivery, f"{sets}, #next_at = :next", _THIS_ATTEMPT, values | {":next": next_at})

    def close(self, delivery: DeliveryRecord, status: DeliveryStatus) -> bool:
        """Ends a delivery without another attempt. False, and no change, where it is not as it was read."""
        sets = "SET #status = :status REMOVE #next_at"
        return self._update(delivery, sets, _AS_READ, {":status": str(status), ":next_at": delivery.next_at})

    def restart(self, task_id: str, now_ms: int) -> DeliveryRecord | None:
        """Begins a delivery anew, in another round, due at once; None where there is none.

        A repetition of the write only begins one round more: it is that one which is returned, and sent.
        """
        sets = "SET #status = :pending, #attempts = :none, #next_at = :due ADD #round :one"
        values = {":pending": str(DeliveryStatus.PENDING), ":none": [], ":due": now_ms, ":one": 1}
        try:
            with conditional():
                changed = self._client.update_item(
                    TableName=self._table,
                    Key=encode(_key(task_id)),
                    UpdateExpression=sets,
                    ConditionExpression=PRESENT,
                    ExpressionAttributeNames=_names(sets),
                    ExpressionAttributeValues=encode(values | {":now": seconds_now(self._clock)}),
                    ReturnValues="ALL_NEW",
                )
        except ConditionFailed:
            return None
        return DeliveryRecord.model_validate(decode(changed["Attributes"]))

    def _update(
        self, delivery: DeliveryRecord, expression: str, condition: str, values: Mapping[str, Any]
    ) -> bool:
        own = Stamp(("stamp",))
        # SET comes first in each of them.
        stamped = expression.replace("SET ", "SET stamp = :own, ", 1)
        as_read = {
            ":own": own.text,
            ":pending": str(DeliveryStatus.PENDING),
            ":round": delivery.round,
            ":made": len(delivery.attempts),
            ":now": seconds_now(self._clock),
        }
        try:
            with conditional():
                self._client.update_item(
                    TableName=self._table,
                    Key=encode(_key(delivery.task_id)),
                    UpdateExpression=stamped,
                    ConditionExpression=f"{PRESENT} AND {condition}",
                    ExpressionAttributeNames=_names(expression + condition),
                    ExpressionAttributeValues=encode(as_read | dict(values)),
                    ReturnValuesOnConditionCheckFailure=SHOW_FOUND,
                )
        except ConditionFailed as refused:
            return own.is_on(refused)
        return True


def _names(expression: str) -> dict[str, str]:
    """Some of them are words of DynamoDB's own; and one that is not used must not be given."""
    return {f"#{name}": name for name in _NAMES if f"#{name}" in expression}


def _key(task_id: str) -> Item:
    return {"pk": f"TASK#{task_id}", "sk": "DELIVERY"}


def _owner_key(owner: str) -> str:
    return f"DELIVERIES#{owner}"


def _plain(record: DeliveryRecord | Attempt) -> Item:
    return record.model_dump(mode="json", exclude_none=True)
