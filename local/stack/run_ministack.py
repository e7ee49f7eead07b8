"""Runs ministack: `.venv/ministack/bin/python local/stack/run_ministack.py SITE_PACKAGES_OF_SAM`.

ministack needs SAM's translator to deploy a SAM template. It is lent the sam environment's for its own
process, instead of having it installed: ministack starts the functions with its own interpreter, and what is
installed beside it (the translator brings pydantic, boto3 and more) they could import without any layer.

ministack does not tell IAM which items a request names (dynamodb:LeadingKeys), so that a policy that asks for
them would refuse everything. Here it is told, as AWS documents it.
"""

import json
import re
import sys
from collections.abc import Iterator
from typing import Any

LEADING_KEYS = "dynamodb:LeadingKeys"
EQUALITY = re.compile(r"(#?[\w.]+)\s*=\s*(:\w+)")


def main(site_packages: str) -> None:
    """Run until a signal. What is installed in both environments comes from ministack's own."""
    sys.path.append(site_packages)
    sys.argv = ["ministack"]
    from ministack.app import main as serve

    tell_leading_keys()
    serve()


def tell_leading_keys() -> None:
    """Add the partition keys that a DynamoDB request names to what its policies are held against."""
    from ministack.core import iam_actions
    from ministack.services import dynamodb

    told = iam_actions.dynamodb_service_context

    def context(body: bytes) -> dict[str, Any]:
        keys = leading_keys(json.loads(body or b"{}"), dynamodb._tables)
        return {**told(body), **({LEADING_KEYS: keys} if keys else {})}

    iam_actions.dynamodb_service_context = context


def leading_keys(request: dict[str, Any], tables: Any) -> list[str]:
    """The values of the partition key in a request for one item, for several, or for what a key has in common."""
    known = [(part, tables.get(part["TableName"])) for part in _parts(request)]
    return sorted({key for part, table in known if table for key in _of_one_table(part, table)})


def _parts(request: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """A request as requests of one table each: that of a batch or of a transaction has several."""
    if "TableName" in request:
        yield request
    for name, part in request.get("RequestItems", {}).items():
        for key in part.get("Keys", []) if isinstance(part, dict) else []:
            yield {"TableName": name, "Key": key}
    for operation in request.get("TransactItems", []):
        yield from operation.values()


def _of_one_table(request: dict[str, Any], table: Any) -> Iterator[str]:
    name = _partition_key(request.get("IndexName"), table)
    for item in (request.get("Key"), request.get("Item")):
        if item and name in item:
            yield item[name]["S"]
    names = request.get("ExpressionAttributeNames", {})
    for left, right in EQUALITY.findall(request.get("KeyConditionExpression", "")):
        if names.get(left, left) == name:
            yield request["ExpressionAttributeValues"][right]["S"]


def _partition_key(index: str | None, table: Any) -> str:
    schemas = {each["IndexName"]: each["KeySchema"] for each in table.get("GlobalSecondaryIndexes") or []}
    schema = schemas.get(index, table["KeySchema"])
    name: str = next(key["AttributeName"] for key in schema if key["KeyType"] == "HASH")
    return name


if __name__ == "__main__":
    main(sys.argv[1])
