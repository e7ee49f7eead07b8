"""When attempts are made."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local.tools import template
from tongyi.errors import InvalidParameter
from tongyi.models.webhooks.delivery import Attempt, DeliveryStatus, Schedule
from tongyi.models.webhooks.filter import parse_delivery_filter

DAY = 24 * 3600
# As the specification suggests: at once, and after so many seconds each.
SUGGESTED = (0, 5, 5 * 60, 30 * 60, 2 * 3600, 5 * 3600, 10 * 3600, 14 * 3600, 20 * 3600, 24 * 3600)
SCHEDULE = Schedule(seconds=SUGGESTED)
made = st.integers(0, len(SUGGESTED) - 1)
jitters = st.floats(0, 1)


def test_schedule_is_the_suggested_one_unless_the_operator_says_otherwise() -> None:
    assert template.defaults()["WebhookRetrySeconds"] == ",".join(map(str, SUGGESTED))


@given(made, jitters)
def test_schedule_waits_as_planned_and_a_little_longer(number: int, jitter: float) -> None:
    wait = SCHEDULE.wait_ms(number, None, jitter)
    assert 1000 * SUGGESTED[number] <= wait <= 1100 * SUGGESTED[number]


@given(made, jitters, st.floats(0, 10 * DAY))
def test_schedule_is_only_lengthened_by_what_the_receiver_asks_and_by_a_day_at_most(
    number: int, jitter: float, asked: float
) -> None:
    planned, wait = SCHEDULE.wait_ms(number, None, jitter), SCHEDULE.wait_ms(number, asked, jitter)
    assert wait == max(planned, round(1000 * min(asked, DAY)))


def test_schedule_spreads_what_failed_together() -> None:
    waits = {SCHEDULE.wait_ms(2, None, jitter / 10) for jitter in range(11)}
    assert len(waits) == 11


@pytest.mark.parametrize(
    ("status", "taken", "gone"),
    [
        (200, True, False),
        (299, True, False),
        (300, False, False),
        (410, False, True),
        (404, False, False),
        (None, False, False),
    ],
)
def test_attempt_is_taken_or_gone_by_its_status(status: int | None, taken: bool, gone: bool) -> None:
    attempt = Attempt(at=0, status_code=status)
    assert (attempt.taken, attempt.gone) == (taken, gone)


def test_delivery_filter_wants_all_on_the_first_page_by_default() -> None:
    wanted = parse_delivery_filter({})
    assert (wanted.status, wanted.page_no, wanted.page_size) == (None, 1, 10)


@pytest.mark.parametrize("status", DeliveryStatus)
def test_delivery_filter_wants_a_status(status: DeliveryStatus) -> None:
    assert parse_delivery_filter({"status": str(status)}).status is status


@pytest.mark.parametrize(
    "query", [{"status": "delivered"}, {"page_no": "0"}, {"page_size": "101"}, {"page_size": "1.5"}]
)
def test_delivery_filter_refuses_what_it_does_not_know(query: dict[str, str]) -> None:
    with pytest.raises(InvalidParameter, match=next(iter(query))):
        parse_delivery_filter(query)
