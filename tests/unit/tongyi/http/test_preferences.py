"""How long a caller wants to wait: the header Prefer of RFC 7240."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tongyi.errors import InvalidParameter
from tongyi.http.preferences import LONGEST_WAIT, Preference, long_poll_seconds, preference


def test_longest_wait_is_the_documented_one() -> None:
    assert LONGEST_WAIT == 25


@pytest.mark.parametrize("prefer", [None, "", " ", ",", "return=minimal", "handling=lenient, return=minimal"])
def test_preference_without_a_word_about_it_waits_longest(prefer: str | None) -> None:
    assert preference(prefer) == Preference(LONGEST_WAIT)
    assert preference(prefer).headers == {}


@pytest.mark.parametrize(
    "prefer", ["respond-async", "Respond-Async", " respond-async ", "a, respond-async,b"]
)
def test_preference_of_an_asynchronous_reply_does_not_wait(prefer: str) -> None:
    assert preference(prefer) == Preference(0, "respond-async")
    assert preference(prefer).headers == {"Preference-Applied": "respond-async"}


@pytest.mark.parametrize("seconds", [0, 1, 10, 24, 25])
def test_preference_of_a_wait_waits(seconds: int) -> None:
    assert preference(f"wait={seconds}") == Preference(seconds, f"wait={seconds}")
    assert preference(f"wait={seconds}").headers == {"Preference-Applied": f"wait={seconds}"}


@pytest.mark.parametrize("seconds", [26, 100, 999_999_999])
def test_preference_waits_no_longer_than_it_can_and_says_so(seconds: int) -> None:
    assert preference(f"wait={seconds}") == Preference(25, "wait=25")


@pytest.mark.parametrize("prefer", ["WAIT=7", "wait = 7", 'wait="7"', 'wait = "7"', "return=minimal,wait=7"])
def test_preference_may_be_written_in_several_ways(prefer: str) -> None:
    assert preference(prefer).seconds == 7


@pytest.mark.parametrize("prefer", ["respond-async, wait=3", "wait=3, respond-async", "wait=3,respond-async"])
def test_preference_of_both_waits_first(prefer: str) -> None:
    assert preference(prefer).seconds == 3


def test_preference_that_is_named_twice_counts_once() -> None:
    """RFC 7240, 2: the first one."""
    assert preference("wait=3, wait=9").seconds == 3


@pytest.mark.parametrize(
    "prefer", ["wait", "wait=", "wait=soon", "wait=-1", "wait=1.5", "wait=1e3", "await=3"]
)
def test_preference_that_cannot_be_read_is_passed_over(prefer: str) -> None:
    assert preference(prefer) == Preference(LONGEST_WAIT)


@given(
    st.text(max_size=30)
    | st.lists(st.sampled_from(["respond-async", "wait", "=", "3", ",", ";", '"'])).map("".join)
)
def test_preference_is_made_of_any_text(prefer: str) -> None:
    found = preference(prefer)
    assert 0 <= found.seconds <= LONGEST_WAIT
    assert found.applied in ("", "respond-async", f"wait={found.seconds}")


@pytest.mark.parametrize(
    ("wait", "seconds"), [(None, 0), ("", 0), ("0", 0), ("7", 7), ("025", 25), ("25", 25)]
)
def test_long_poll_waits_for_the_seconds_it_is_told(wait: str | None, seconds: int) -> None:
    assert long_poll_seconds(wait) == seconds


@pytest.mark.parametrize("wait", ["26", "0025", "9" * 5000, "-1", "+1", "1.5", " 1", "x", "２", "²"])
def test_long_poll_takes_whole_seconds_up_to_the_longest_wait(wait: str) -> None:
    with pytest.raises(InvalidParameter, match="wait: takes whole seconds, 0 to 25"):
        long_poll_seconds(wait)
