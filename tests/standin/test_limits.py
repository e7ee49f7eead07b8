"""Sliding windows."""

from __future__ import annotations

from local.standin.catalog import LIMITS, Limit
from local.standin.tasks.limits import RateBook

TWO_A_SECOND = Limit(requests=2, seconds=1.0)


def _book(*moments: float) -> RateBook:
    book = RateBook()
    for moment in moments:
        assert book.admit("key", "row", TWO_A_SECOND, moment)
    return book


def test_admit_refuses_one_too_many() -> None:
    assert not _book(10.0, 10.5).admit("key", "row", TWO_A_SECOND, 10.9)


def test_admit_lets_in_again_once_the_window_has_slid() -> None:
    assert _book(10.0, 10.5).admit("key", "row", TWO_A_SECOND, 11.0)


def test_admit_slides_instead_of_starting_anew_each_second() -> None:
    assert not _book(10.8, 10.9).admit("key", "row", TWO_A_SECOND, 11.1)


def test_admit_does_not_count_what_it_refuses() -> None:
    book = _book(10.0, 10.0)
    for moment in (10.2, 10.4, 10.6):
        book.admit("key", "row", TWO_A_SECOND, moment)
    assert book.admit("key", "row", TWO_A_SECOND, 11.0)


def test_admit_counts_each_key_by_itself() -> None:
    assert _book(10.0, 10.0).admit("another key", "row", TWO_A_SECOND, 10.0)


def test_admit_counts_each_row_by_itself() -> None:
    assert _book(10.0, 10.0).admit("key", "another row", TWO_A_SECOND, 10.0)


def test_clear_forgets() -> None:
    book = _book(10.0, 10.0)
    book.clear()
    assert book.admit("key", "row", TWO_A_SECOND, 10.0)


def test_wanx_v1_has_its_documented_limits() -> None:
    assert LIMITS["wanx-v1"] == Limit(requests=2, seconds=1.0, running=1)


def test_queries_have_their_documented_limit() -> None:
    assert LIMITS["query"] == Limit(requests=20, seconds=1.0)
