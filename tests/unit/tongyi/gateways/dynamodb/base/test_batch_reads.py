"""Many items at once: all of them or an error, in a bounded number of rounds, with pauses between them."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.fakes.gateways import FakeClock
from tests.support.fakes.records import a_task
from tests.unit.tongyi.conftest import TABLE
from tongyi.errors import RecordsUnavailable
from tongyi.gateways.dynamodb.base.backoff import ROUNDS
from tongyi.gateways.dynamodb.base.batch_reads import read_items
from tongyi.gateways.dynamodb.delivery_table import DeliveryTable
from tongyi.gateways.dynamodb.task_table import TaskTable

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

NAMES = [f"task-{number}" for number in range(12)]
LONGEST_WAITS = [0.05, 0.1, 0.2, 0.4, 0.8, 1.0, 1.0]
GET_MANY: dict[str, Callable[[Any, FakeClock], object]] = {
    "tasks": lambda client, clock: TaskTable(client, TABLE, clock).get_many(NAMES),
    "deliveries": lambda client, clock: DeliveryTable(client, TABLE, clock).get_many(NAMES),
}


class OneAtATime:
    """Answers for one key of each request, and leaves the others out, as DynamoDB may."""

    def __init__(self, client: DynamoDBClient) -> None:
        self._client = client
        self.asked: list[int] = []
        self.consistent: list[bool] = []

    def batch_get_item(self, *, RequestItems: Any) -> dict[str, Any]:
        given = RequestItems[TABLE]
        self.asked.append(len(given["Keys"]))
        self.consistent.append(given["ConsistentRead"])
        first, *others = given["Keys"]
        wanted: Any = {TABLE: {**given, "Keys": [first]}}
        reply: Any = self._client.batch_get_item(RequestItems=wanted)
        left = {TABLE: {**given, "Keys": others}} if others else {}
        return {"Responses": reply["Responses"], "UnprocessedKeys": left}


def test_read_asks_again_for_what_was_left_out_and_sees_what_was_written_last(
    dynamodb: DynamoDBClient,
) -> None:
    clock, sparing = FakeClock(), OneAtATime(dynamodb)
    for name in NAMES:
        TaskTable(dynamodb, TABLE, clock).create(a_task(task_id=name))
    keys = [{"pk": f"TASK#{name}", "sk": "TASK"} for name in NAMES[:3]]

    found = read_items(sparing, TABLE, keys, clock, lambda: 1.0)  # type: ignore[arg-type]

    assert sorted(item["task_id"]["S"] for item in found) == NAMES[:3]
    assert (sparing.asked, sparing.consistent) == ([3, 2, 1], [True, True, True])
    assert clock.slept == LONGEST_WAITS[:2]


@pytest.mark.parametrize("jitter", [0.0, 0.5, 1.0])
def test_read_gives_up_after_so_many_rounds_with_a_wait_between_each_two(
    dynamodb: DynamoDBClient, jitter: float
) -> None:
    clock, sparing = FakeClock(), OneAtATime(dynamodb)
    keys = [{"pk": f"TASK#{name}", "sk": "TASK"} for name in NAMES]

    with pytest.raises(RecordsUnavailable) as raised:
        read_items(sparing, TABLE, keys, clock, lambda: jitter)  # type: ignore[arg-type]

    assert clock.slept == [jitter * longest for longest in LONGEST_WAITS]
    assert len(sparing.asked) == ROUNDS == len(LONGEST_WAITS) + 1
    assert (raised.value.status, raised.value.repeatable) == (503, True)


@pytest.mark.parametrize("get_many", GET_MANY.values(), ids=GET_MANY)
def test_tables_give_no_part_for_the_whole(
    dynamodb: DynamoDBClient, get_many: Callable[[Any, FakeClock], object]
) -> None:
    clock, sparing = FakeClock(), OneAtATime(dynamodb)
    with pytest.raises(RecordsUnavailable):
        get_many(sparing, clock)
    assert len(sparing.asked) == ROUNDS
    assert all(0 <= slept <= longest for slept, longest in zip(clock.slept, LONGEST_WAITS, strict=True))


def test_read_of_nothing_asks_for_nothing(dynamodb: DynamoDBClient) -> None:
    sparing = OneAtATime(dynamodb)
    assert read_items(sparing, TABLE, [], FakeClock()) == []  # type: ignore[arg-type]
    assert sparing.asked == []
