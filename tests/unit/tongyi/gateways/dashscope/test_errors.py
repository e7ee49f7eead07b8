"""DashScope's errors, row by row as its table has them."""

from __future__ import annotations

import math
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.fakes.gateways import FakeClock
from tongyi.errors import (
    UpstreamAmbiguous,
    UpstreamError,
    UpstreamFailed,
    UpstreamRefused,
    UpstreamSuspended,
    UpstreamThrottled,
    UpstreamUnreachable,
)
from tongyi.gateways.dashscope.errors import MESSAGE_LIMIT, clean, retry_after_seconds, upstream_error

KEY = "sk-0123456789abcdef"
REFUSED = {
    400: (
        "InvalidParameter InvalidParameter.Size BadRequest.TooLarge InvalidURL DataInspectionFailed "
        "InvalidParameter.DataInspection IPInfringementSuspect UnsupportedOperation"
    ),
    403: "NeverHeardOf",
    429: "DataInspectionFailed",
}
SUSPENDED_ACCOUNT = {
    400: "Arrearage",
    401: "InvalidApiKey NeverHeardOf",
    403: "AccessDenied.Unpurchased Workspace.AccessDenied",
    404: "WorkSpaceNotFound",
    429: "PrepaidBillOverdue PostpaidBillOverdue CommodityNotPurchased",
}
SUSPENDED_MODEL = {
    403: "AccessDenied AccessDenied.Other Model.AccessDenied access_denied AllocationQuota.FreeTierOnly",
    404: "ModelNotFound",
}
THROTTLED = {429: "Throttling Throttling.RateQuota Throttling.BurstRate Throttling.AllocationQuota"}
UNREACHABLE = {500: "ModelServingError ModelUnavailable", 503: "ModelServingError ModelUnavailable"}
FAILED = {500: "InternalError InternalError.Algo SystemError ModelServiceFailed"}
AMBIGUOUS = {
    408: "RequestTimeOut",
    500: "RequestTimeOut InternalError.Timeout",
    502: "InternalError",
    504: "InternalError SystemError",
}
TABLE = [
    (UpstreamRefused, REFUSED),
    (UpstreamSuspended, SUSPENDED_ACCOUNT),
    (UpstreamSuspended, SUSPENDED_MODEL),
    (UpstreamThrottled, THROTTLED),
    (UpstreamUnreachable, UNREACHABLE),
    (UpstreamFailed, FAILED),
    (UpstreamAmbiguous, AMBIGUOUS),
]
ROWS = [
    pytest.param(status, code, kind, id=f"{status}-{code}")
    for kind, rows in TABLE
    for status, codes in rows.items()
    for code in codes.split()
]

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)
KEYS = st.from_regex(r"(sk-)?[A-Za-z0-9._-]{12,40}", fullmatch=True)
SK_KEYS = st.from_regex(r"sk-[A-Za-z0-9]{12,40}", fullmatch=True)
DATES = st.from_regex(r"\w{3}, \d{1,2} Jan \d{1,5} \d\d:\d\d:\d\d [-+]\d{4}")


def _error(status: int, code: str | None = None, message: Any = "No.", **more: Any) -> UpstreamError:
    return upstream_error(status, {"code": code, "message": message, **more}, key=KEY)


def _suspended(error: UpstreamError) -> UpstreamSuspended:
    assert isinstance(error, UpstreamSuspended)
    return error


@pytest.mark.parametrize(("status", "code", "kind"), ROWS)
def test_upstream_error_is_classified_as_the_table_says(
    status: int, code: str, kind: type[UpstreamError]
) -> None:
    assert type(_error(status, code)) is kind


def test_upstream_error_goes_by_the_code_inside_a_200_too() -> None:
    """What goes by its status besides is left out: those that are told apart by it, and those nobody has heard of."""
    rows = [(code, kind) for kind, rows in TABLE for codes in rows.values() for code in codes.split()]
    by_status = {"NeverHeardOf", *AMBIGUOUS[504].split()}
    wrong = {code for code, kind in rows if code not in by_status and type(_error(200, code)) is not kind}
    assert wrong == set()


def test_upstream_error_tells_what_the_operator_must_mend() -> None:
    told = {
        code: _suspended(_error(status, code)).model_only
        for rows in (SUSPENDED_ACCOUNT, SUSPENDED_MODEL)
        for status, codes in rows.items()
        for code in codes.split()
    }
    whole = {code for codes in SUSPENDED_ACCOUNT.values() for code in codes.split()}
    assert {code for code, model_only in told.items() if not model_only} == whole


def test_upstream_error_of_the_operators_says_nothing_of_the_account_to_callers() -> None:
    error = _suspended(_error(400, "Arrearage", "Pay for account 12345."))
    shown = f"{error.code} {error.message} {error.headers}"
    assert (error.status, error.repeatable) == (503, True)
    assert not re.search("Arrearage|12345|400", shown)
    assert (error.reason, error.detail, error.upstream_status) == ("Arrearage", "Pay for account 12345.", 400)


def test_upstream_error_takes_any_401_for_a_key_that_is_no_good() -> None:
    assert _suspended(upstream_error(401, None, key=KEY)).reason == "InvalidApiKey"


def test_upstream_error_repeats_an_allocated_quota() -> None:
    error = _error(429, "Throttling.AllocationQuota", "Allocated quota exceeded, please increase it.")
    assert type(error) is UpstreamThrottled


def test_upstream_error_does_not_repeat_a_free_quota() -> None:
    error = _error(429, "Throttling.AllocationQuota", "Free allocated quota exceeded.")
    assert _suspended(error).model_only


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (200, UpstreamAmbiguous),
        (302, UpstreamRefused),
        (400, UpstreamRefused),
        (401, UpstreamSuspended),
        (403, UpstreamRefused),
        (408, UpstreamAmbiguous),
        (413, UpstreamRefused),
        (429, UpstreamThrottled),
        (500, UpstreamAmbiguous),
        (502, UpstreamAmbiguous),
        (504, UpstreamAmbiguous),
    ],
)
@pytest.mark.parametrize("body", [None, {}, [], "<html>", {"code": None}, {"code": 1}])
def test_upstream_error_goes_by_the_status_for_want_of_a_code(
    status: int, kind: type[UpstreamError], body: Any
) -> None:
    assert type(upstream_error(status, body, key=KEY)) is kind


@pytest.mark.parametrize("status", [500, 502, 503])
def test_upstream_error_never_repeats_blindly_what_it_has_not_heard_of(status: int) -> None:
    assert type(_error(status, "NeverHeardOf")) is UpstreamAmbiguous


@given(
    st.integers(100, 599), JSON | st.dictionaries(st.sampled_from(["code", "message", "request_id"]), JSON)
)
def test_upstream_error_is_made_of_any_answer(status: int, body: Any) -> None:
    error = upstream_error(status, body, key=KEY)
    assert (error.upstream_status, bool(error.message), bool(error.code)) == (status, True, True)


def test_upstream_error_keeps_code_message_and_id() -> None:
    error = _error(400, "InvalidURL", "The URL is bad.", request_id="r-1")
    assert (error.code, error.message, error.request_id) == ("InvalidURL", "The URL is bad.", "r-1")


@pytest.mark.parametrize("message", [None, "", 5, {}])
def test_upstream_error_has_words_of_its_own_for_want_of_a_message(message: Any) -> None:
    assert _error(502, None, message).message == "DashScope answered with HTTP status 502."


def test_upstream_error_passes_the_wait_on() -> None:
    error = upstream_error(429, {"code": "Throttling"}, key=KEY, retry_after=3.0)
    assert (error.retry_after, error.headers["Retry-After"]) == (3.0, "3")


def test_upstream_error_shows_no_key() -> None:
    assert KEY not in _error(400, "InvalidURL", f"The key {KEY} is invalid.").message
    assert KEY not in _suspended(_error(401, "InvalidApiKey", f"The key {KEY} is invalid.")).detail


@given(st.text(), KEYS, st.text())
def test_clean_lets_no_key_of_ours_survive(before: str, key: str, after: str) -> None:
    assert key not in clean(before + key + after, key)


@given(st.text(st.characters(exclude_categories=["L", "N"])), SK_KEYS, st.text())
def test_clean_lets_nothing_survive_that_looks_like_a_key(before: str, key: str, after: str) -> None:
    assert key not in clean(f"{before} {key}{after}", "another")


def test_clean_lets_no_end_of_a_key_survive_that_is_cut_in_two() -> None:
    said = clean("x" * (MESSAGE_LIMIT - 8) + KEY, KEY)
    assert not re.search(r"sk-\w", said)


@given(st.text(), st.text(min_size=1))
def test_clean_is_short(message: str, key: str) -> None:
    assert len(clean(message, key)) <= MESSAGE_LIMIT


def test_clean_leaves_plain_text_alone() -> None:
    assert clean("The task-list is empty; ask-me.", KEY) == "The task-list is empty; ask-me."


def test_clean_does_nothing_for_an_empty_key() -> None:
    assert clean("abc", "") == "abc"


@pytest.mark.parametrize("message", [None, 1, [KEY], {"a": KEY}])
def test_clean_makes_nothing_of_what_is_no_text(message: Any) -> None:
    assert clean(message, KEY) == ""


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        (None, None),
        ("", None),
        ("soon", None),
        ("-1", None),
        ("1.5", None),
        ("²", None),
        ("0", 0.0),
        (" 7 ", 7.0),
        ("Thu, 15 Jan 2026 12:00:30 GMT", 29.75),
        ("Thu, 15 Jan 2026 11:00:00 GMT", 0.0),
        ("Thu, 99 Jan 2026 11:00:00 GMT", None),
    ],
)
def test_retry_after_is_read_in_both_forms(
    header: str | None, seconds: float | None, clock: FakeClock
) -> None:
    assert retry_after_seconds(header, clock) == seconds


@given(st.text() | st.from_regex(r"[0-9²]{1,400}") | DATES)
def test_retry_after_is_a_finite_wait_or_nothing(header: str) -> None:
    seconds = retry_after_seconds(header, FakeClock())
    assert seconds is None or (seconds >= 0 and math.isfinite(seconds))


@given(st.from_regex(r"[0-9]{1,400}", fullmatch=True))
def test_retry_after_of_any_length_makes_an_error(header: str) -> None:
    wait = retry_after_seconds(header, FakeClock())
    assert upstream_error(429, None, key=KEY, retry_after=wait).headers["Retry-After"].isdecimal()
