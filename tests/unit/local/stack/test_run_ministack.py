"""What the embedded stack tells IAM about a DynamoDB request."""

from __future__ import annotations

from typing import Any

import pytest

from local.stack.run_ministack import leading_keys
from local.tools import template

TABLES = {"table": template.resources("AWS::DynamoDB::Table")["Table"]}


@pytest.mark.parametrize(
    ("request_", "keys"),
    [
        ({"TableName": "table", "Key": {"pk": {"S": "TASK#1"}, "sk": {"S": "TASK"}}}, ["TASK#1"]),
        ({"TableName": "table", "Item": {"sk": {"S": "KEY"}, "pk": {"S": "KEY#1"}}}, ["KEY#1"]),
        (
            {
                "TableName": "table",
                "IndexName": "ByOwner",
                "KeyConditionExpression": "by_owner = :owner AND created_at BETWEEN :from AND :to",
                "ExpressionAttributeValues": {":owner": {"S": "OWNER#alice"}, ":from": {"N": "1"}},
            },
            ["OWNER#alice"],
        ),
        (
            {
                "TableName": "table",
                "KeyConditionExpression": "#key = :key",
                "ExpressionAttributeNames": {"#key": "pk"},
                "ExpressionAttributeValues": {":key": {"S": "LOST#1"}},
            },
            ["LOST#1"],
        ),
        (
            {"RequestItems": {"table": {"Keys": [{"pk": {"S": "TASK#2"}}, {"pk": {"S": "KEY#1"}}]}}},
            ["KEY#1", "TASK#2"],
        ),
        (
            {
                "TransactItems": [
                    {"Put": {"TableName": "table", "Item": {"pk": {"S": "FILE#1"}, "sk": {"S": "CHUNK#0"}}}},
                    {"Update": {"TableName": "table", "Key": {"pk": {"S": "FILE#2"}, "sk": {"S": "FILE"}}}},
                ]
            },
            ["FILE#1", "FILE#2"],
        ),
        ({"TableName": "table"}, []),
        ({"TableName": "one that is made now"}, []),
    ],
    ids=["key", "item", "index", "placeholder", "batch", "transaction", "scan", "new table"],
)
def test_leading_keys_are_all_that_a_request_names(request_: dict[str, Any], keys: list[str]) -> None:
    assert leading_keys(request_, TABLES) == keys
