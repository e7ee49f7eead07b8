"""DashScope's errors in the words and the shape of its compatible mode."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tongyi.errors import (
    UpstreamAmbiguous,
    UpstreamError,
    UpstreamFailed,
    UpstreamRefused,
    UpstreamSuspended,
    UpstreamThrottled,
    UpstreamUnreachable,
)
from tongyi.gateways.dashscope.errors import upstream_error

KEY = "sk-0123456789abcdef"
INNER = st.none() | st.integers() | st.text(max_size=5) | st.lists(st.text(max_size=3), max_size=2)


def _error(status: int, code: Any, message: Any = "No.", **more: Any) -> UpstreamError:
    inner = {"message": message, "type": "some_error", "param": None, "code": code}
    return upstream_error(status, {"error": inner, **more}, key=KEY)


@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [
        (400, "invalid_parameter_error", UpstreamRefused),
        (400, "Arrearage", UpstreamSuspended),
        (400, "data_inspection_failed", UpstreamRefused),
        (401, "invalid_api_key", UpstreamSuspended),
        (403, "AccessDenied.Unpurchased", UpstreamSuspended),
        (403, "access_denied", UpstreamSuspended),
        (404, "model_not_found", UpstreamSuspended),
        (429, "limit_requests", UpstreamThrottled),
        (429, "limit_burst_rate", UpstreamThrottled),
        (429, "insufficient_quota", UpstreamThrottled),
        (429, "Throttling.RateQuota", UpstreamThrottled),
        (429, None, UpstreamThrottled),
        (429, "PrepaidBillOverdue", UpstreamSuspended),
        (500, "internal_error", UpstreamAmbiguous),
        (500, "InternalError.Algo", UpstreamFailed),
        (503, "ModelServingError", UpstreamUnreachable),
        (200, "limit_requests", UpstreamThrottled),
        (200, None, UpstreamAmbiguous),
    ],
)
def test_compatible_error_is_classified_by_its_own_code(
    status: int, code: str | None, kind: type[UpstreamError]
) -> None:
    assert type(_error(status, code)) is kind


def test_compatible_error_keeps_code_message_and_id() -> None:
    error = _error(400, "invalid_parameter_error", "'messages' must end with a user.", request_id="r-1")
    assert (error.code, error.message, error.request_id, error.upstream_status) == (
        "InvalidParameter",
        "'messages' must end with a user.",
        "r-1",
        400,
    )


@pytest.mark.parametrize(
    ("named", "code"),
    [
        ("data_inspection_failed", "DataInspectionFailed"),
        ("insufficient_quota", "Throttling.AllocationQuota"),
        ("invalid_api_key", "InvalidApiKey"),
        ("invalid_parameter_error", "InvalidParameter"),
        ("limit_burst_rate", "Throttling.BurstRate"),
        ("limit_requests", "Throttling.RateQuota"),
        ("model_not_found", "ModelNotFound"),
        ("never_heard_of", "never_heard_of"),
        ("Throttling.RateQuota", "Throttling.RateQuota"),
    ],
)
def test_compatible_error_has_the_code_that_the_native_one_has(named: str, code: str) -> None:
    """So there is one advice for both."""
    for error in (_error(400, named), upstream_error(400, {"code": named}, key=KEY)):
        assert (error.reason if isinstance(error, UpstreamSuspended) else error.code) == code


def test_compatible_error_does_not_repeat_a_free_quota() -> None:
    message = "Free allocated quota exceeded."
    assert type(_error(429, "insufficient_quota", message)) is UpstreamSuspended


def test_compatible_error_shows_no_key() -> None:
    error = _error(401, "invalid_api_key", f"Incorrect API key provided: {KEY}.")
    assert isinstance(error, UpstreamSuspended)
    assert KEY not in error.detail


def test_compatible_error_goes_before_what_stands_beside_it() -> None:
    inner = {"code": "limit_requests", "message": "Wait."}
    body = {"code": "TooMany", "message": "Too many.", "request_id": "r-1", "error": inner}
    error = upstream_error(429, body, key=KEY)
    assert (error.code, error.message, error.request_id) == ("Throttling.RateQuota", "Wait.", "r-1")


@pytest.mark.parametrize("inner", [None, "limit_requests", [], 7])
def test_error_that_is_no_object_does_not_hide_what_stands_beside_it(inner: Any) -> None:
    error = upstream_error(400, {"error": inner, "code": "InvalidURL", "message": "Bad."}, key=KEY)
    assert (error.code, error.message) == ("InvalidURL", "Bad.")


@given(
    st.integers(100, 599), st.dictionaries(st.sampled_from(["code", "message", "request_id", "type"]), INNER)
)
def test_compatible_error_is_made_of_any_answer(status: int, inner: Any) -> None:
    error = upstream_error(status, {"error": inner}, key=KEY)
    assert (error.upstream_status, bool(error.message), bool(error.code)) == (status, True, True)
