"""Send times: spaced, in order, none handed out twice."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError
from hypothesis import given, settings
from hypothesis import strategies as st
from moto import mock_aws

from tests.support.fakes.gateways import FakeSlotTable
from tests.support.fakes.records import HOUR, NOW
from tests.unit.tongyi.conftest import TABLE, make_table
from tongyi.errors import UpstreamThrottled
from tongyi.gateways.dynamodb.slot_table import ROUNDS, SlotTable

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

WANX = "wanx-v1"
SPACING = 600
# (who asks, how much later than the one before, and for how far ahead)
ASKING = st.tuples(st.sampled_from(["wanx-v1", "qwen-image"]), st.integers(0, 2_000), st.integers(0, 5_000))


@pytest.fixture(params=["dynamodb", "fake"])
def slots(request: pytest.FixtureRequest) -> SlotTable:
    if request.param == "fake":
        return FakeSlotTable()
    return SlotTable(request.getfixturevalue("dynamodb"), TABLE)


def _reserve(slots: SlotTable, earliest_ms: int, model: str = WANX) -> int:
    return slots.reserve(model, earliest_ms=earliest_ms, spacing_ms=SPACING)


def test_reserve_gives_the_first_caller_the_time_it_asks_for(slots: SlotTable) -> None:
    assert _reserve(slots, NOW) == NOW


def test_reserve_puts_callers_of_one_moment_one_behind_the_other(slots: SlotTable) -> None:
    assert [_reserve(slots, NOW) for _ in range(4)] == [NOW + place * SPACING for place in range(4)]


def test_reserve_puts_a_caller_at_the_end_of_the_line(slots: SlotTable) -> None:
    for _ in range(3):
        _reserve(slots, NOW)
    assert _reserve(slots, NOW + 700) == NOW + 3 * SPACING


def test_reserve_does_not_save_up_what_nobody_asked_for(slots: SlotTable) -> None:
    _reserve(slots, NOW)
    assert [_reserve(slots, NOW + HOUR), _reserve(slots, NOW + HOUR)] == [NOW + HOUR, NOW + HOUR + SPACING]


def test_reserve_at_the_very_end_of_the_line_keeps_the_spacing(slots: SlotTable) -> None:
    _reserve(slots, NOW)
    assert _reserve(slots, NOW + SPACING) == NOW + SPACING


def test_reserve_keeps_models_apart(slots: SlotTable) -> None:
    _reserve(slots, NOW)
    assert _reserve(slots, NOW, "qwen-image") == NOW


def test_next_free_is_unknown_at_first(slots: SlotTable) -> None:
    assert slots.next_free(WANX) is None


def test_next_free_is_what_the_next_caller_will_get(slots: SlotTable) -> None:
    _reserve(slots, NOW)
    assert slots.next_free(WANX) == NOW + SPACING


def test_next_free_reserves_nothing(slots: SlotTable) -> None:
    _reserve(slots, NOW)
    slots.next_free(WANX)
    assert _reserve(slots, NOW) == NOW + SPACING


@settings(max_examples=15)
@given(st.lists(ASKING, max_size=12))
def test_reserve_keeps_the_spacing_whoever_asks_and_when(asked: list[tuple[str, int, int]]) -> None:
    with mock_aws():
        slots, now = SlotTable(make_table(), TABLE), NOW
        given_out: dict[str, list[int]] = {}
        for model, later, ahead in asked:
            now += later
            slot = _reserve(slots, now + ahead, model)
            assert slot >= now + ahead
            given_out.setdefault(model, []).append(slot)
    for times in given_out.values():
        assert all(after - before >= SPACING for before, after in pairwise(times))


class Contended:
    """A client whose updates lose against others', `losses` times."""

    def __init__(self, client: DynamoDBClient, losses: int) -> None:
        self._client = client
        self.losses = losses

    def update_item(self, **asked: Any) -> Any:
        if self.losses:
            self.losses -= 1
            refusal: Any = {"Error": {"Code": "ConditionalCheckFailedException", "Message": "No."}}
            raise ClientError(refusal, "UpdateItem")
        return self._client.update_item(**asked)


def _contended(client: DynamoDBClient, losses: int) -> SlotTable:
    return SlotTable(Contended(client, losses), TABLE)  # type: ignore[arg-type]


@pytest.mark.parametrize("losses", [2, 3, 2 * ROUNDS - 2])
def test_reserve_tries_again_where_others_were_faster(dynamodb: DynamoDBClient, losses: int) -> None:
    assert _reserve(_contended(dynamodb, losses), NOW) == NOW


def test_reserve_gives_up_in_the_end(dynamodb: DynamoDBClient) -> None:
    with pytest.raises(UpstreamThrottled, match="wanx-v1"):
        _reserve(_contended(dynamodb, 2 * ROUNDS), NOW)


def test_reserve_does_not_take_a_fault_for_a_lost_race(aws: None) -> None:
    import boto3

    with pytest.raises(ClientError, match="ResourceNotFoundException"):
        _reserve(SlotTable(boto3.client("dynamodb"), "no-such-table"), NOW)
