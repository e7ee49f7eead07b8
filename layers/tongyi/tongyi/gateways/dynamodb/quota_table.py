"""What the open routes have used today, counted in DynamoDB. A day is a day of UTC."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from tongyi.clock import Clock, to_datetime
from tongyi.errors import DailyLimitExceeded
from tongyi.gateways.dynamodb.base.items import ConditionFailed, conditional, encode
from tongyi.gateways.dynamodb.base.own_writes import SHOW_FOUND, Stamp

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

DAY = 24 * 3600


class QuotaTable:
    """Counts what was ordered without a key, and refuses what is over the day's limit."""

    def __init__(self, client: DynamoDBClient, table_name: str, clock: Clock) -> None:
        self._client = client
        self._table = table_name
        self._clock = clock

    def take(self, what: Literal["images", "chats"], amount: int, limit: int) -> None:
        """Counts `amount` more of today's `limit`. Raises DailyLimitExceeded, and counts nothing, where it is over.

        Its own repetition is counted once; twice where another order came between the two: strangers may then spend
        less that day, and never more.
        """
        own = Stamp(("stamp",))
        now = self._clock.now_ms() // 1000
        day = to_datetime(now * 1000).date().isoformat()
        try:
            if amount > limit:
                raise ConditionFailed
            with conditional():
                self._client.update_item(
                    TableName=self._table,
                    Key=encode({"pk": f"QUOTA#{day}", "sk": what}),
                    UpdateExpression="ADD used :amount SET expires_at = :expiry, stamp = :own",
                    # The stamp of a first write is not there, or another's.
                    ConditionExpression="attribute_not_exists(used) OR (used <= :room AND NOT stamp = :own)",
                    ExpressionAttributeValues=encode(
                        {
                            ":amount": amount,
                            ":room": limit - amount,
                            ":expiry": now + 2 * DAY,
                            ":own": own.text,
                        }
                    ),
                    ReturnValuesOnConditionCheckFailure=SHOW_FOUND,
                )
        except ConditionFailed as refused:
            if own.is_on(refused):
                return
            raise DailyLimitExceeded(
                f"The open routes have used up today's {limit} {what}.", retry_after=DAY - now % DAY
            ) from None
