"""Gateway keys."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import pytest

from tests.unit.tongyi.conftest import TABLE
from tongyi.gateways.dynamodb.api_key_table import KeyTable
from tongyi.gateways.dynamodb.base.items import encode

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

KEY = "tg-Zm9vYmFy"
HASH = hashlib.sha256(KEY.encode()).hexdigest()


@pytest.fixture
def keys(dynamodb: DynamoDBClient) -> KeyTable:
    item = {"pk": f"KEY#{HASH}", "sk": "KEY", "owner": "alice"}
    dynamodb.put_item(TableName=TABLE, Item=encode(item))
    return KeyTable(dynamodb, TABLE)


def test_owner_is_whom_the_key_was_issued_to(keys: KeyTable) -> None:
    assert keys.owner(KEY) == "alice"


@pytest.mark.parametrize(
    "key", ["", "tg-other", KEY.lower(), KEY + "x", KEY[:-1], HASH, f"KEY#{HASH}", "钥匙"]
)
def test_owner_of_any_other_key_is_nobody(keys: KeyTable, key: str) -> None:
    assert keys.owner(key) is None
