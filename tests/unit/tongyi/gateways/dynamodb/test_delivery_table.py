"""Deliveries in the table: created once, and changed only by whoever has seen them as they are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.support.fakes.gateways import FakeClock
from tests.support.fakes.records import HOUR, NOW, SECOND, TASK_ID
from tests.unit.tongyi.conftest import TABLE
from tongyi.gateways.dynamodb import delivery_table
from tongyi.gateways.dynamodb.delivery_table import DeliveryTable
from tongyi.gateways.dynamodb.endpoint_table import DAY, EndpointTable
from tongyi.models.webhooks.delivery import Attempt, AttemptError, DeliveryRecord, DeliveryStatus

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

URL = "https://shop.example/hooks"
REFUSED = Attempt(at=NOW, status_code=500, duration_ms=12)
TAKEN = Attempt(at=NOW, status_code=204, duration_ms=12)


def a_delivery(number: int = 1, **given: Any) -> DeliveryRecord:
    """A delivery that is due."""
    made: dict[str, Any] = {
        "task_id": f"{TASK_ID[:-2]}{number:02d}",
        "owner": "ann",
        "url": URL,
        "type": "image.task.succeeded",
        "status": DeliveryStatus.PENDING,
        "created_at": NOW + number,
        "next_at": NOW,
        "expires_at": NOW // SECOND + HOUR,
    }
    return DeliveryRecord(**{**made, **given})


@pytest.fixture
def table(dynamodb: DynamoDBClient) -> DeliveryTable:
    return DeliveryTable(dynamodb, TABLE, FakeClock())


@pytest.fixture
def delivery(table: DeliveryTable) -> DeliveryRecord:
    made = a_delivery()
    assert table.create(made)
    return made


def read(table: DeliveryTable, delivery: DeliveryRecord) -> DeliveryRecord:
    found = table.get(delivery.task_id)
    assert found
    return found


def claimed(table: DeliveryTable, delivery: DeliveryRecord) -> DeliveryRecord:
    assert table.claim(delivery, NOW, NOW + HOUR)
    return read(table, delivery)


def test_delivery_comes_back_as_it_was_written(table: DeliveryTable, delivery: DeliveryRecord) -> None:
    assert table.get(delivery.task_id) == delivery
    assert table.get("another") is None


def test_first_delivery_of_a_task_wins(table: DeliveryTable, delivery: DeliveryRecord) -> None:
    assert table.create(a_delivery(url="https://other.example/")) is False
    assert read(table, delivery).url == URL


def test_claim_counts_an_attempt_before_it_is_made(table: DeliveryTable, delivery: DeliveryRecord) -> None:
    found = claimed(table, delivery)
    assert found.attempts == (Attempt(at=NOW, error=AttemptError.UNFINISHED),)
    assert (found.status, found.next_at) == (DeliveryStatus.PENDING, NOW + HOUR)


def test_claim_is_given_to_one_alone(table: DeliveryTable, delivery: DeliveryRecord) -> None:
    seen = [read(table, delivery) for _ in range(3)]
    assert [table.claim(one, NOW, NOW + HOUR) for one in seen] == [True, False, False]
    assert len(read(table, delivery).attempts) == 1


@pytest.mark.parametrize(
    "seen", [{"round": 1}, {"attempts": (REFUSED,)}, {"next_at": NOW + 1}, {"attempts": (REFUSED, REFUSED)}]
)
def test_claim_is_refused_to_whoever_has_seen_something_else(
    table: DeliveryTable, delivery: DeliveryRecord, seen: dict[str, Any]
) -> None:
    assert table.claim(delivery.model_copy(update=seen), NOW, NOW + HOUR) is False
    assert read(table, delivery) == delivery


def test_finish_tells_how_the_attempt_ended_and_when_the_next_is_due(
    table: DeliveryTable, delivery: DeliveryRecord
) -> None:
    first = claimed(table, delivery)
    assert table.finish(first, REFUSED, DeliveryStatus.PENDING, NOW + 5 * SECOND)
    second = claimed(table, read(table, delivery))
    assert table.finish(second, TAKEN, DeliveryStatus.DELIVERED)
    found = read(table, delivery)
    assert (found.attempts, found.status, found.next_at) == (
        (REFUSED, TAKEN),
        DeliveryStatus.DELIVERED,
        None,
    )


@pytest.mark.parametrize("status", [DeliveryStatus.PENDING, DeliveryStatus.DELIVERED])
def test_finish_of_an_attempt_before_a_resend_changes_nothing(
    table: DeliveryTable, delivery: DeliveryRecord, status: DeliveryStatus
) -> None:
    first = claimed(table, delivery)
    begun = table.restart(delivery.task_id, NOW)
    next_at = NOW if status is DeliveryStatus.PENDING else None
    assert table.finish(first, TAKEN, status, next_at) is False
    assert table.get(delivery.task_id) == begun


def test_finish_of_an_attempt_before_a_resend_changes_nothing_of_one_after_it(
    table: DeliveryTable, delivery: DeliveryRecord
) -> None:
    first = claimed(table, delivery)
    table.restart(delivery.task_id, NOW)
    second = claimed(table, read(table, delivery))
    assert table.finish(first, TAKEN, DeliveryStatus.DELIVERED) is False
    assert read(table, delivery) == second


def test_finish_of_an_attempt_that_another_followed_changes_nothing(
    table: DeliveryTable, delivery: DeliveryRecord
) -> None:
    first = claimed(table, delivery)
    second = claimed(table, first)
    assert table.finish(first, TAKEN, DeliveryStatus.DELIVERED) is False
    assert read(table, delivery) == second


@pytest.mark.parametrize("status", [DeliveryStatus.FAILED, DeliveryStatus.SWITCHED_OFF])
def test_close_ends_a_delivery_once(
    table: DeliveryTable, delivery: DeliveryRecord, status: DeliveryStatus
) -> None:
    assert [table.close(delivery, status) for _ in range(2)] == [True, False]
    found = read(table, delivery)
    assert (found.status, found.next_at, found.attempts) == (status, None, ())
    assert table.claim(delivery, NOW, NOW + HOUR) is False


@pytest.mark.parametrize("status", DeliveryStatus)
def test_restart_begins_another_round_whatever_became_of_the_last(
    table: DeliveryTable, status: DeliveryStatus
) -> None:
    made = a_delivery(status=status, attempts=(REFUSED,), round=4)
    table.create(made)
    begun = table.restart(made.task_id, NOW + HOUR)
    changes = {"status": DeliveryStatus.PENDING, "attempts": (), "round": 5, "next_at": NOW + HOUR}
    assert begun == made.model_copy(update=changes)
    assert table.get(made.task_id) == begun


def test_restart_makes_no_delivery(table: DeliveryTable) -> None:
    assert table.restart(TASK_ID, NOW) is None
    assert table.get(TASK_ID) is None


def test_deliveries_of_an_owner_are_listed_newest_first(table: DeliveryTable) -> None:
    for number in (2, 1, 3):
        table.create(a_delivery(number))
    table.create(a_delivery(4, owner="bob"))
    found = table.of_owner("ann")
    assert [entry.created_at - NOW for entry in found] == [3, 2, 1]
    assert {entry.status for entry in found} == {DeliveryStatus.PENDING}
    assert table.of_owner("a") == []


def test_deliveries_are_listed_up_to_a_number_of_the_newest(
    table: DeliveryTable, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delivery_table, "MOST_LISTED", 2)
    for number in (1, 2, 3):
        table.create(a_delivery(number))
    assert [entry.created_at - NOW for entry in table.of_owner("ann")] == [3, 2]


def test_many_deliveries_are_read_at_once_without_those_that_are_gone(table: DeliveryTable) -> None:
    made = [a_delivery(number) for number in (1, 2)]
    for one in made:
        table.create(one)
    assert table.get_many([*(one.task_id for one in made), "gone"]) == {one.task_id: one for one in made}


def test_endpoint_is_off_for_its_owner_and_link_alone(dynamodb: DynamoDBClient) -> None:
    endpoints = EndpointTable(dynamodb, TABLE, 30, FakeClock())
    endpoints.switch_off("ann", URL)
    asked = [("ann", URL), ("bob", URL), ("ann", URL + "/"), ("annh", URL.removeprefix("h"))]
    assert [endpoints.is_off(*one) for one in asked] == [True, False, False, False]
    endpoints.switch_on("ann", URL)
    assert endpoints.is_off("ann", URL) is False


def test_endpoint_is_off_for_as_long_as_tasks_are_kept(dynamodb: DynamoDBClient) -> None:
    clock = FakeClock()
    endpoints = EndpointTable(dynamodb, TABLE, 30, clock)
    endpoints.switch_off("ann", URL)
    clock.now += (30 * DAY - 1) * SECOND
    assert endpoints.is_off("ann", URL)
    clock.now += 2 * SECOND
    assert endpoints.is_off("ann", URL) is False


def test_endpoint_is_kept_without_its_link(dynamodb: DynamoDBClient) -> None:
    EndpointTable(dynamodb, TABLE, 30, FakeClock()).switch_off("ann", URL)
    assert "shop" not in str(dynamodb.scan(TableName=TABLE)["Items"])
