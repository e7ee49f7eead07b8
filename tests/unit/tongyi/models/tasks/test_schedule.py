"""How long the workflow waits: bounded on both sides, and growing."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local.tools import template
from tongyi.models.tasks.schedule import (
    HOUR,
    LATE_WAIT,
    LONGEST_WAIT,
    RUNNING_LIMIT,
    UPSTREAM_MEMORY,
    check_wait,
    copy_wait,
    is_overdue,
    refusal_wait,
)

_FIRST = template.load()["Parameters"]["FirstCheckSeconds"]
FIRST = st.integers(_FIRST["MinValue"], _FIRST["MaxValue"])
ELAPSED = st.floats(-5, 2 * UPSTREAM_MEMORY)


@given(ELAPSED, FIRST)
def test_check_wait_is_bounded(elapsed: float, first: int) -> None:
    assert first <= check_wait(elapsed, first) <= LATE_WAIT


@given(ELAPSED, ELAPSED, FIRST)
def test_check_wait_never_shrinks(one: float, other: float, first: int) -> None:
    assert check_wait(min(one, other), first) <= check_wait(max(one, other), first)


@given(st.floats(0, UPSTREAM_MEMORY), FIRST)
def test_check_wait_notices_a_finished_job_a_quarter_late_at_most(elapsed: float, first: int) -> None:
    assert check_wait(elapsed, first) <= max(first, elapsed / 4 + 0.5)


@given(st.floats(0, RUNNING_LIMIT, exclude_max=True), FIRST)
def test_check_wait_is_a_minute_at_most_while_a_job_may_run(elapsed: float, first: int) -> None:
    assert check_wait(elapsed, first) <= LONGEST_WAIT == 60


@pytest.mark.parametrize(
    ("elapsed", "seconds"),
    [(0, 2), (8, 2), (40, 10), (240, 60), (RUNNING_LIMIT - 1, 60), (RUNNING_LIMIT, LATE_WAIT)],
)
def test_check_wait_grows_with_the_time_spent(elapsed: float, seconds: int) -> None:
    assert check_wait(elapsed, 2) == seconds


def test_running_limit_lets_dashscope_give_up_first() -> None:
    assert HOUR == 3600
    assert 3 * HOUR < RUNNING_LIMIT <= 3.5 * HOUR


def test_upstream_memory_is_a_day() -> None:
    assert UPSTREAM_MEMORY == 86_400


@pytest.mark.parametrize(
    ("elapsed", "running", "overdue"),
    [
        (0, None, False),
        (UPSTREAM_MEMORY, None, False),
        (UPSTREAM_MEMORY + 1, None, True),
        (UPSTREAM_MEMORY, RUNNING_LIMIT, False),
        (RUNNING_LIMIT + 1, RUNNING_LIMIT + 1, True),
        (UPSTREAM_MEMORY + 1, 1, True),
    ],
)
def test_is_overdue_counts_from_the_submission_and_from_the_start(
    elapsed: float, running: float | None, overdue: bool
) -> None:
    assert is_overdue(elapsed, running) is overdue


@given(st.integers(1, 10**6), st.none() | st.floats(0))
def test_refusal_wait_is_bounded(refusals: int, retry_after: float | None) -> None:
    assert 1 <= refusal_wait(refusals, retry_after) <= HOUR


@given(st.integers(1, 10**4), st.none() | st.floats(0, 10**6))
def test_refusal_wait_never_shrinks(refusals: int, retry_after: float | None) -> None:
    assert refusal_wait(refusals, retry_after) <= refusal_wait(refusals + 1, retry_after)


@given(st.integers(1, 10**4), st.floats(0, HOUR))
def test_refusal_wait_is_what_upstream_asks_for_or_more(refusals: int, retry_after: float) -> None:
    assert refusal_wait(refusals, retry_after) >= retry_after


@pytest.mark.parametrize(
    ("refusals", "seconds"),
    [(1, 1), (2, 2), (3, 4), (9, 256), (11, 1024), (12, 1800), (13, 1800), (2000, 1800)],
)
def test_refusal_wait_doubles_up_to_half_an_hour(refusals: int, seconds: float) -> None:
    assert refusal_wait(refusals, None) == seconds


@pytest.mark.parametrize(("attempts", "seconds"), [(1, 1), (2, 2), (3, 4), (4, 8), (7, 60), (10**4, 60)])
def test_copy_wait_doubles_up_to_a_minute(attempts: int, seconds: int) -> None:
    assert copy_wait(attempts) == seconds
