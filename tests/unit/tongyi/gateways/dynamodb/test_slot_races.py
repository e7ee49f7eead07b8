"""Callers who reserve a send time at one moment: the line is begun anew by one of them, and only where it is over."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.support.fakes.records import HOUR, NOW
from tests.unit.tongyi.conftest import TABLE
from tongyi.gateways.dynamodb.slot_table import SlotTable

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

SPACING = 600


class Overtaken:
    """A client; between its first update and its second, another caller reserves."""

    def __init__(self, client: DynamoDBClient) -> None:
        self._client = client
        self.updates = 0
        self.slots: list[int] = []

    def update_item(self, **asked: Any) -> Any:
        self.updates += 1
        if self.updates == 2:
            self.slots.append(reserve(self._client, NOW))
        return self._client.update_item(**asked)


def reserve(client: Any, earliest_ms: int) -> int:
    return SlotTable(client, TABLE).reserve("wanx-v1", earliest_ms=earliest_ms, spacing_ms=SPACING)


def test_line_that_another_has_begun_meanwhile_is_not_begun_again(dynamodb: DynamoDBClient) -> None:
    """No line is there at first, and then one that was over for long."""
    for earlier in (None, NOW - HOUR):
        if earlier:
            dynamodb.delete_item(TableName=TABLE, Key={"pk": {"S": "SLOT#wanx-v1"}, "sk": {"S": "SLOT"}})
            reserve(dynamodb, earlier)
        overtaken = Overtaken(dynamodb)
        slot = reserve(overtaken, NOW)
        assert (overtaken.slots, slot) == ([NOW], NOW + SPACING)
