"""Several items of the table, written together or not at all.

botocore gives each call a ClientRequestToken of its own and repeats the call with it, so that DynamoDB knows a
repetition: what was written once is a success (TransactWriteItems in its API reference, "Idempotency").
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from tongyi.clock import Clock
from tongyi.errors import RecordsUnavailable
from tongyi.gateways.dynamodb.base.backoff import rounds
from tongyi.gateways.dynamodb.base.contention import CONDITION, refusals
from tongyi.gateways.dynamodb.base.items import Item, encode

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


class Transactions:
    """Writes to one table."""

    def __init__(
        self,
        client: DynamoDBClient,
        table_name: str,
        clock: Clock,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        self._client = client
        self._table = table_name
        self._clock = clock
        self._jitter = jitter

    def write(self, *actions: Item) -> bool:
        """Writes all of them. False, and no change, where a condition does not hold.

        An action is as TransactWriteItems has it, without its table. Raises RecordsUnavailable where others kept it off
        in every round.
        """
        named = [_with_table(action, self._table) for action in actions]
        for _ in rounds(self._clock, self._jitter):
            reasons = self._refusal(named)
            if CONDITION in reasons:
                return False
            if not reasons:
                return True
        raise RecordsUnavailable

    def _refusal(self, actions: Sequence[Any]) -> set[str]:
        """Why it was not written; nothing where it was."""
        from botocore.exceptions import ClientError

        try:
            self._client.transact_write_items(TransactItems=actions)
        except ClientError as error:
            if reasons := refusals(error):
                return reasons
            raise
        return set()


def put(item: Item, condition: str | None = None, values: Item | None = None) -> Item:
    """An item to be written whole."""
    return {"Put": {"Item": encode(item), **_conditioned(condition, values)}}


def delete(key: Item) -> Item:
    """An item to be taken away, if it is there."""
    return {"Delete": {"Key": encode(key)}}


def _conditioned(condition: str | None, values: Item | None) -> Item:
    if condition is None:
        return {}
    return {"ConditionExpression": condition, "ExpressionAttributeValues": encode(values or {})}


def _with_table(action: Item, table: str) -> Item:
    return {kind: {"TableName": table, **fields} for kind, fields in action.items()}
