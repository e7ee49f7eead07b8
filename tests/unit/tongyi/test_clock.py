"""Time: the machine's clock and deadlines. Nothing here depends on how fast the machine is."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tongyi.clock import Deadline, SystemClock, to_datetime

FAR = 10_000_000.0


def test_system_clock_tells_milliseconds_since_the_epoch() -> None:
    before = time.time_ns() // 1_000_000
    assert before <= SystemClock().now_ms() <= time.time_ns() // 1_000_000


@pytest.mark.parametrize("seconds", [0, -1, -FAR])
def test_system_clock_does_not_sleep_for_what_is_over(seconds: float) -> None:
    SystemClock().sleep(seconds)


def test_system_clock_sleeps() -> None:
    before = time.monotonic()
    SystemClock().sleep(0.002)
    assert time.monotonic() - before >= 0.001


def test_deadline_has_time_left_before_its_moment() -> None:
    assert 0 < Deadline.after(FAR).left <= FAR


def test_deadline_has_not_passed_before_its_moment() -> None:
    assert not Deadline.after(FAR).passed


@pytest.mark.parametrize("seconds", [0.0, -FAR])
def test_deadline_never_has_less_than_nothing_left(seconds: float) -> None:
    assert Deadline.after(seconds).left == 0.0


@pytest.mark.parametrize("seconds", [0.0, -FAR])
def test_deadline_has_passed_at_its_moment(seconds: float) -> None:
    assert Deadline.after(seconds).passed


def test_to_datetime_reads_milliseconds() -> None:
    assert to_datetime(1_768_478_400_250) == datetime(2026, 1, 15, 12, 0, 0, 250_000, tzinfo=UTC)


@given(st.integers(min_value=0, max_value=4_102_444_800_000))
def test_to_datetime_is_aware_and_loses_nothing(at_ms: int) -> None:
    found = to_datetime(at_ms)
    assert found.utcoffset() == timedelta(0)
    assert round(found.timestamp() * 1000) == at_ms
