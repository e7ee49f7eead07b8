"""What the open routes may spend in a day."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from moto import mock_aws

from tests.support.fakes.gateways import FakeClock
from tests.support.fakes.records import DAY, NOW
from tests.unit.tongyi.conftest import TABLE, make_table
from tongyi.errors import DailyLimitExceeded
from tongyi.gateways.dynamodb.quota_table import QuotaTable

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

MIDNIGHT = NOW - NOW % DAY + DAY


@pytest.fixture
def quotas(dynamodb: DynamoDBClient, clock: FakeClock) -> QuotaTable:
    return QuotaTable(dynamodb, TABLE, clock)


def _granted(quotas: QuotaTable, amount: int, limit: int) -> bool:
    try:
        quotas.take("images", amount, limit)
    except DailyLimitExceeded:
        return False
    return True


def test_take_grants_up_to_the_limit(quotas: QuotaTable) -> None:
    assert [_granted(quotas, 2, 5) for _ in range(3)] == [True, True, False]


def test_take_counts_nothing_that_it_refuses(quotas: QuotaTable) -> None:
    assert [_granted(quotas, amount, 5) for amount in (3, 4, 2)] == [True, False, True]


def test_take_refuses_more_than_the_limit_at_once(quotas: QuotaTable) -> None:
    assert not _granted(quotas, 6, 5)


def test_take_grants_nothing_where_the_limit_is_nothing(quotas: QuotaTable) -> None:
    assert not _granted(quotas, 1, 0)


def test_take_keeps_pictures_and_chats_apart(quotas: QuotaTable) -> None:
    quotas.take("images", 5, 5)
    quotas.take("chats", 5, 5)


def test_take_begins_anew_at_midnight(quotas: QuotaTable, clock: FakeClock) -> None:
    quotas.take("images", 5, 5)
    clock.now = MIDNIGHT
    quotas.take("images", 5, 5)


def test_take_does_not_begin_anew_before_midnight(quotas: QuotaTable, clock: FakeClock) -> None:
    quotas.take("images", 5, 5)
    clock.now = MIDNIGHT - 1
    assert not _granted(quotas, 1, 5)


@pytest.mark.parametrize(("before_ms", "seconds"), [(DAY, "86400"), (60_000, "60"), (1, "1")])
def test_take_says_how_long_it_is_to_midnight(
    quotas: QuotaTable, clock: FakeClock, before_ms: int, seconds: str
) -> None:
    clock.now = MIDNIGHT - before_ms
    with pytest.raises(DailyLimitExceeded) as caught:
        quotas.take("chats", 1, 0)
    assert caught.value.headers == {"Retry-After": seconds}


def test_take_says_what_is_used_up(quotas: QuotaTable) -> None:
    with pytest.raises(DailyLimitExceeded, match="used up today's 3 images"):
        quotas.take("images", 4, 3)


def test_counts_outlive_their_day(quotas: QuotaTable, dynamodb: DynamoDBClient) -> None:
    quotas.take("images", 1, 5)
    [item] = dynamodb.scan(TableName=TABLE)["Items"]
    assert int(item["expires_at"]["N"]) > MIDNIGHT // 1000


def test_counts_are_kept_by_day_under_the_keys_that_the_policies_allow(
    quotas: QuotaTable, dynamodb: DynamoDBClient
) -> None:
    quotas.take("images", 1, 5)
    [item] = dynamodb.scan(TableName=TABLE)["Items"]
    assert (item["pk"], item["sk"]) == ({"S": "QUOTA#2026-01-15"}, {"S": "images"})


@settings(max_examples=15)
@given(st.lists(st.integers(1, 4), max_size=12), st.integers(0, 10))
def test_take_never_grants_more_than_the_limit(amounts: list[int], limit: int) -> None:
    with mock_aws():
        quotas = QuotaTable(make_table(), TABLE, FakeClock())
        assert sum(amount for amount in amounts if _granted(quotas, amount, limit)) <= limit
