"""Where no webhooks are wanted any more, by owner and link: the receiver said so (410)."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING

from tongyi.clock import Clock
from tongyi.gateways.dynamodb.base.expiry import present, seconds_now
from tongyi.gateways.dynamodb.base.items import encode

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

DAY = 24 * 3600


class EndpointTable:
    """Links that are switched off, each for its owner alone."""

    def __init__(self, client: DynamoDBClient, table_name: str, retention_days: int, clock: Clock) -> None:
        self._client = client
        self._table = table_name
        self._days = retention_days
        self._clock = clock

    def is_off(self, owner: str, url: str) -> bool:
        """Whether the owner's webhooks are not wanted there."""
        reply = self._client.get_item(
            TableName=self._table, Key=encode(_key(owner, url)), ConsistentRead=True
        )
        return present(reply, self._clock) is not None

    def switch_off(self, owner: str, url: str) -> None:
        """Remembers that they are not, for as long as tasks are kept."""
        item = {**_key(owner, url), "expires_at": seconds_now(self._clock) + self._days * DAY}
        self._client.put_item(TableName=self._table, Item=encode(item))

    def switch_on(self, owner: str, url: str) -> None:
        """Forgets it."""
        self._client.delete_item(TableName=self._table, Key=encode(_key(owner, url)))


def _key(owner: str, url: str) -> dict[str, str]:
    """The link is a hash in the key: it may hold a secret of its receiver's."""
    digest = hashlib.sha256(json.dumps([owner, url]).encode()).hexdigest()
    return {"pk": f"ENDPOINT#{digest}", "sk": "ENDPOINT"}
