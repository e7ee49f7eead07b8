"""Who was given leave to upload reference pictures, and where to: nobody uses what another has uploaded."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tongyi.clock import Clock
from tongyi.gateways.dynamodb.base.expiry import present, seconds_now
from tongyi.gateways.dynamodb.base.items import encode

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

# DashScope keeps what was uploaded for so long.
KEPT_SECONDS = 48 * 3600


class UploadTable:
    """Upload directories and their owners."""

    def __init__(self, client: DynamoDBClient, table_name: str, clock: Clock) -> None:
        self._client = client
        self._table = table_name
        self._clock = clock

    def add(self, directory: str, owner: str) -> None:
        """Remembers that the owner may use what lies in the directory."""
        expires_at = seconds_now(self._clock) + KEPT_SECONDS
        item = {**_key(directory, owner), "expires_at": expires_at}
        self._client.put_item(TableName=self._table, Item=encode(item))

    def holds(self, directory: str, owner: str) -> bool:
        """Whether the owner may use what lies in the directory, and it is not gone."""
        reply = self._client.get_item(
            TableName=self._table, Key=encode(_key(directory, owner)), ConsistentRead=True
        )
        return present(reply, self._clock) is not None


def _key(directory: str, owner: str) -> dict[str, str]:
    return {"pk": f"UPLOAD#{directory}", "sk": owner}
