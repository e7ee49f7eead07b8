"""Places for webhooks: so many of an owner and so many of a host, and none for ever."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.support.fakes.records import NOW, SECOND
from tests.unit.tongyi.conftest import TABLE
from tongyi.gateways.dynamodb.lease_table import HOST_PLACES, OWNER_PLACES, LeaseTable, Place

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

MINUTE = 60 * SECOND
HOST = "shop.example"


@pytest.fixture
def leases(dynamodb: DynamoDBClient) -> LeaseTable:
    return LeaseTable(dynamodb, TABLE)


def _lend(
    leases: LeaseTable, owner: str = "ann", host: str = HOST, at: int = NOW
) -> tuple[Place, ...] | None:
    return leases.lend(owner, host, at, at + MINUTE)


def test_owner_has_so_many_places_whatever_the_hosts(leases: LeaseTable) -> None:
    lent = [_lend(leases, host=f"{number}.example") for number in range(OWNER_PLACES + 2)]
    assert [places is not None for places in lent] == [True] * OWNER_PLACES + [False] * 2
    assert _lend(leases, owner="bob") is not None


def test_host_has_so_many_places_whosever_they_are(leases: LeaseTable) -> None:
    hosts = [HOST, f"{HOST.upper()}."] * (HOST_PLACES // 2 + 1)
    lent = [_lend(leases, owner=f"owner-{number}", host=host) for number, host in enumerate(hosts)]
    assert [places is not None for places in lent] == [True] * HOST_PLACES + [False] * 2


def test_owner_leaves_a_host_to_others_too(leases: LeaseTable) -> None:
    while _lend(leases) is not None:
        pass
    assert _lend(leases, owner="bob") is not None


def test_owner_that_a_full_host_turns_away_keeps_its_places(leases: LeaseTable) -> None:
    for number in range(HOST_PLACES):
        _lend(leases, owner=f"owner-{number}")
    refused = [_lend(leases) for _ in range(OWNER_PLACES + 1)]
    assert refused == [None] * len(refused)
    assert _lend(leases, host="other.example") is not None


def test_place_that_is_taken_back_is_free(leases: LeaseTable) -> None:
    lent = [_lend(leases) for _ in range(OWNER_PLACES)]
    leases.take_back(lent[0] or ())
    assert [_lend(leases) is not None for _ in range(2)] == [True, False]


def test_place_of_whoever_was_cut_off_is_free_after_a_while(leases: LeaseTable) -> None:
    for _ in range(OWNER_PLACES):
        _lend(leases)
    assert [_lend(leases, at=NOW + after) is not None for after in (MINUTE - 1, MINUTE)] == [False, True]


def test_place_that_was_lent_anew_is_not_taken_back_by_who_had_it(leases: LeaseTable) -> None:
    late = [_lend(leases) for _ in range(OWNER_PLACES)]
    for _ in range(OWNER_PLACES):
        assert _lend(leases, at=NOW + MINUTE) is not None
    for places in late:
        leases.take_back(places or ())
    assert _lend(leases, at=NOW + MINUTE) is None


def test_place_that_somebody_else_was_quicker_with_is_not_lent_twice(leases: LeaseTable) -> None:
    """Both have read the item before the first of them writes it."""
    others: Any = leases._client.get_item(TableName=TABLE, Key={"pk": {"S": "x"}, "sk": {"S": "x"}})
    for _ in range(OWNER_PLACES):
        _lend(leases)
    late = LeaseTable(_Stale(leases._client, others), TABLE)  # type: ignore[arg-type]
    assert _lend(late) is None


class _Stale:
    """A client that reads what was there long ago."""

    def __init__(self, client: DynamoDBClient, read: Any) -> None:
        self.update_item = client.update_item
        self._read = read

    def get_item(self, **_: Any) -> Any:
        return self._read


def test_places_tell_neither_owner_nor_host(leases: LeaseTable) -> None:
    _lend(leases)
    items = leases._client.scan(TableName=TABLE)["Items"]
    assert len(items) == 2
    assert not [item for item in items if "ann" in str(item) or HOST in str(item)]
    assert {item["expires_at"]["N"] for item in items} == {str((NOW + MINUTE) // SECOND + 3600)}
