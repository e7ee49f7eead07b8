"""A secret that the table makes for itself. Whoever may read it may read every task as it is."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

from tongyi.gateways.dynamodb.base.items import encode, reading

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

# Beside what else is remembered of the open routes.
_KEY = {"pk": "QUOTA#SALT", "sk": "SALT"}


def read_salt(client: DynamoDBClient, table_name: str) -> str:
    """The secret: whoever asks first makes it, and it is the same for all from then on. Raises RecordsUnavailable."""
    with reading():
        reply = client.update_item(
            TableName=table_name,
            Key=encode(_KEY),
            UpdateExpression="SET salt = if_not_exists(salt, :new)",
            ExpressionAttributeValues=encode({":new": secrets.token_hex(32)}),
            ReturnValues="ALL_NEW",
        )
    return reply["Attributes"]["salt"]["S"]
