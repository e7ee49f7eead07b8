"""How many webhooks of one owner, and to one host, are under way at a time: places in DynamoDB, lent for a while.

A place says until when it is lent. Whoever is cut off does not give it back, and it is free again by then.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tongyi.gateways.dynamodb.base.items import ConditionFailed, Item, conditional, encode

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

# Of the ten functions that send webhooks (template.yaml): an owner leaves most of them to others, and so does a host
# that keeps all its senders waiting, whosever they are.
OWNER_PLACES = 2
HOST_PLACES = 4
# DynamoDB deletes the item so many seconds after its last place was lent.
KEPT_SECONDS = 3600


@dataclass(frozen=True, slots=True)
class Place:
    """A place of a queue `name`, lent until a moment in milliseconds, which tells it from the next loan."""

    name: str
    number: int
    until: int


class LeaseTable:
    """Lends places, and takes them back."""

    def __init__(self, client: DynamoDBClient, table_name: str) -> None:
        self._client = client
        self._table = table_name

    def lend(self, owner: str, host: str, now_ms: int, until_ms: int) -> tuple[Place, ...] | None:
        """A place of the owner's and one of the host's; None where one of them has none free."""
        own = self._place(f"OWNER {owner}", OWNER_PLACES, now_ms, until_ms)
        if own is None:
            return None
        at_host = self._place(f"HOST {host.lower().rstrip('.')}", HOST_PLACES, now_ms, until_ms)
        if at_host is None:
            self.take_back((own,))
            return None
        return own, at_host

    def take_back(self, places: tuple[Place, ...]) -> None:
        """Frees the places; one that was lent to somebody else meanwhile stays theirs."""
        for place in places:
            self._update(place, "REMOVE #place", "#place = :until", {":until": place.until})

    def _place(self, name: str, places: int, now_ms: int, until_ms: int) -> Place | None:
        reply = self._client.get_item(TableName=self._table, Key=encode(_key(name)), ConsistentRead=True)
        item = reply.get("Item", {})
        for number in range(places):
            lent_until = item.get(_attribute(number), {"N": "0"})["N"]
            place = Place(name, number, until_ms)
            if int(lent_until) <= now_ms and self._lend(place, now_ms):
                return place
        return None

    def _lend(self, place: Place, now_ms: int) -> bool:
        values = {":until": place.until, ":now": now_ms, ":expiry": place.until // 1000 + KEPT_SECONDS}
        condition = "attribute_not_exists(#place) OR #place <= :now"
        return self._update(place, "SET #place = :until, expires_at = :expiry", condition, values)

    def _update(self, place: Place, change: str, condition: str, values: dict[str, int]) -> bool:
        try:
            with conditional():
                self._client.update_item(
                    TableName=self._table,
                    Key=encode(_key(place.name)),
                    UpdateExpression=change,
                    ConditionExpression=condition,
                    ExpressionAttributeNames={"#place": _attribute(place.number)},
                    ExpressionAttributeValues=encode(values),
                )
        except ConditionFailed:
            return False
        return True


def _attribute(number: int) -> str:
    return f"place{number}"


def _key(name: str) -> Item:
    """The name is a hash in the key: whom webhooks go to is nobody's business."""
    return {"pk": f"LEASE#{hashlib.sha256(name.encode()).hexdigest()}", "sk": "LEASE"}
