"""Gateway keys: only their SHA-256 is ever stored."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from tongyi.gateways.dynamodb.base.items import encode

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


class KeyTable:
    """Looks up whose a key is."""

    def __init__(self, client: DynamoDBClient, table_name: str) -> None:
        self._client = client
        self._table = table_name

    def owner(self, key: str) -> str | None:
        """The name the key was issued to; None for a key nobody was issued."""
        digest = hashlib.sha256(key.encode()).hexdigest()
        reply = self._client.get_item(TableName=self._table, Key=encode({"pk": f"KEY#{digest}", "sk": "KEY"}))
        return reply["Item"]["owner"]["S"] if "Item" in reply else None
