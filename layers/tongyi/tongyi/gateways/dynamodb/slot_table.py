"""Send times of each model, handed out one by one (virtual scheduling, GCRA).

An item per model holds `next_at`, the first moment that is still free. Reserving moves it on by one conditional
update, so callers never wait for a lock and are served in the order in which they asked.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tongyi.errors import UpstreamThrottled
from tongyi.gateways.dynamodb.base.items import ConditionFailed, Item, conditional, encode

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

# Each round in which both updates lose, somebody else's won: the line moves on. This many means a fault.
ROUNDS = 50


class SlotTable:
    """Reserves and shows send times, in milliseconds since the epoch."""

    def __init__(self, client: DynamoDBClient, table_name: str) -> None:
        self._client = client
        self._table = table_name

    def reserve(self, model: str, *, earliest_ms: int, spacing_ms: int) -> int:
        """The next free send time that is not before `earliest_ms`; the following one is `spacing_ms` later.

        Where botocore repeats the write, a slot goes unused: nothing is sent too soon, and all behind wait for one
        spacing more. A stamp would not change that where somebody else has reserved in between.
        Raises UpstreamThrottled where the slot could not be had in many rounds.
        """
        for _ in range(ROUNDS):
            for behind_others in (True, False):
                try:
                    return self._move(model, earliest_ms, spacing_ms, behind_others=behind_others)
                except ConditionFailed:
                    continue
        raise UpstreamThrottled(f"No send time for {model} could be reserved.", retry_after=1)

    def next_free(self, model: str) -> int | None:
        """The first send time that nobody has reserved; None where none ever was."""
        reply = self._client.get_item(
            TableName=self._table, Key=encode(_key(model)), ProjectionExpression="next_at"
        )
        return int(reply["Item"]["next_at"]["N"]) if "Item" in reply else None

    def _move(self, model: str, earliest_ms: int, spacing_ms: int, *, behind_others: bool) -> int:
        if behind_others:
            change, condition = "SET next_at = next_at + :spacing", "next_at >= :earliest"
            values = {":spacing": spacing_ms, ":earliest": earliest_ms}
        else:
            change, condition = "SET next_at = :next", "attribute_not_exists(pk) OR next_at < :earliest"
            values = {":next": earliest_ms + spacing_ms, ":earliest": earliest_ms}
        with conditional():
            reply = self._client.update_item(
                TableName=self._table,
                Key=encode(_key(model)),
                UpdateExpression=change,
                ConditionExpression=condition,
                ExpressionAttributeValues=encode(values),
                ReturnValues="UPDATED_NEW",
            )
        return int(reply["Attributes"]["next_at"]["N"]) - spacing_ms


def _key(model: str) -> Item:
    return {"pk": f"SLOT#{model}", "sk": "SLOT"}
