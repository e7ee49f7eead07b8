"""The adjustable clock and upstream's notations of time."""

from __future__ import annotations

import pytest

from local.standin.clock import Clock, read_compact_time, write_day, write_time

NOON_UTC = 1_795_176_000.25  # 2026-11-20 12:00:00.250 UTC


def test_frozen_clock_moves_only_by_advance() -> None:
    clock = Clock(frozen=True)
    before = clock.now()
    clock.advance(5)
    assert clock.now() == before + 5


def test_running_clock_moves_on_its_own() -> None:
    clock = Clock()
    before = clock.now()
    assert clock.now() >= before


def test_advance_refuses_to_go_back() -> None:
    with pytest.raises(ValueError, match="cannot go back"):
        Clock().advance(-1)


def test_thawed_clock_goes_on_from_where_it_stopped() -> None:
    clock = Clock(frozen=True)
    clock.advance(1000)
    stopped = clock.now()
    clock.freeze(False)
    assert stopped <= clock.now() < stopped + 500


def test_reset_takes_advances_back() -> None:
    clock = Clock(frozen=True)
    start = clock.now()
    clock.advance(10_000)
    clock.reset()
    assert clock.now() < start + 5_000


def test_write_time_is_utc_plus_8_with_milliseconds() -> None:
    assert write_time(NOON_UTC) == "2026-11-20 20:00:00.250"


def test_write_time_keeps_three_decimals_on_a_whole_second() -> None:
    assert write_time(1_795_176_000.0) == "2026-11-20 20:00:00.000"


def test_write_day_is_the_day_in_utc_plus_8() -> None:
    assert write_day(1_795_176_000 + 5 * 3600) == "20261121"


def test_read_compact_time_is_utc_plus_8() -> None:
    assert read_compact_time("20261120200000") == 1_795_176_000


@pytest.mark.parametrize("text", ["", "2026", "2026112020000x", "20261320200000", "２0261120200000"])
def test_read_compact_time_refuses_anything_else(text: str) -> None:
    with pytest.raises(ValueError, match=r"YYYYMMDD|does not match|unconverted"):
        read_compact_time(text)
