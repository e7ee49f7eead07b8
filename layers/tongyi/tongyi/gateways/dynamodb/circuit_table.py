"""Circuits that are open, one item each, all in one partition: one read shows what stands in a call's way.

No item means that all is well. Whoever finds a circuit open first writes it, and whoever probes it moves it on: both
under conditions, so that of many there is one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tongyi.clock import Clock
from tongyi.gateways.dynamodb.base.expiry import ABSENT, has_expired, seconds_now
from tongyi.gateways.dynamodb.base.items import ConditionFailed, Item, conditional, decode, encode, reading
from tongyi.models.workflow.circuit import Circuit, scopes_of

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_PARTITION = "CIRCUIT#DASHSCOPE"
# Without a refusal for so long nobody knows any more.
KEPT_SECONDS = 24 * 3600


class CircuitTable:
    """Reads and writes open circuits."""

    def __init__(self, client: DynamoDBClient, table_name: str, clock: Clock) -> None:
        self._client = client
        self._table = table_name
        self._clock = clock

    def open_for(self, model: str) -> list[Circuit]:
        """Those that a call of the model has to pass. Raises RecordsUnavailable."""
        with reading():
            reply = self._client.query(
                TableName=self._table,
                KeyConditionExpression="pk = :pk",
                ExpressionAttributeValues=encode({":pk": _PARTITION}),
                ConsistentRead=True,
            )
        items = [decode(item) for item in reply["Items"]]
        found = [Circuit.model_validate(item) for item in items if not self._is_over(item)]
        return [circuit for circuit in found if circuit.scope in scopes_of(model)]

    def open(self, circuit: Circuit) -> bool:
        """Writes down one that was found open. False where somebody else has."""
        return self._put(circuit, ABSENT, {":now": seconds_now(self._clock)})

    def move_on(self, seen: Circuit, circuit: Circuit) -> bool:
        """Writes what became of a circuit. False where it is no longer as it was seen."""
        return self._put(circuit, "probe_at = :seen", {":seen": seen.probe_at})

    def close(self, scope: str) -> None:
        """Forgets it: DashScope has answered."""
        self._client.delete_item(TableName=self._table, Key=encode(_key(scope)))

    def _put(self, circuit: Circuit, condition: str, values: Item) -> bool:
        item = {
            **_key(circuit.scope),
            **circuit.model_dump(),
            "expires_at": seconds_now(self._clock) + KEPT_SECONDS,
        }
        try:
            with conditional():
                self._client.put_item(
                    TableName=self._table,
                    Item=encode(item),
                    ConditionExpression=condition,
                    ExpressionAttributeValues=encode(values),
                )
        except ConditionFailed:
            return False
        return True

    def _is_over(self, item: Item) -> bool:
        return has_expired(item["expires_at"], self._clock)


def _key(scope: str) -> Item:
    return {"pk": _PARTITION, "sk": scope}
