"""Many items of the table at once: all that are there, or an error."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from tongyi.clock import Clock
from tongyi.errors import RecordsUnavailable
from tongyi.gateways.dynamodb.base.backoff import rounds
from tongyi.gateways.dynamodb.base.items import Item, encode

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


def read_items(
    client: DynamoDBClient,
    table: str,
    keys: Iterable[Item],
    clock: Clock,
    jitter: Callable[[], float] = random.random,
) -> list[Item]:
    """The items of up to 100 different keys as they are now, in typed JSON, in no order; without those that are not.

    What DynamoDB leaves out, because it has more than 16 MB or is throttled, is asked for again. Raises
    RecordsUnavailable where some is left out in every round.
    """
    asked = [encode(key) for key in keys]
    if not asked:
        return []
    wanted: Any = {table: {"Keys": asked, "ConsistentRead": True}}
    found: list[Item] = []
    for _ in rounds(clock, jitter):
        reply = client.batch_get_item(RequestItems=wanted)
        found += reply["Responses"].get(table, [])
        wanted = reply.get("UnprocessedKeys")
        if not wanted:
            return found
    raise RecordsUnavailable
