"""Advice with every error, in both languages."""

from __future__ import annotations

import re
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tongyi import errors
from tongyi.errors import AccessDenied, GatewayError, ModelNotFound, PictureNotFound
from tongyi.http.language import Language
from tongyi.http.suggestions import suggestion

LANGUAGES: tuple[Language, ...] = get_args(Language)
HAN = re.compile(r"[\u4e00-\u9fff]")
OWN = sorted(
    {
        (kind.code, kind.status)
        for kind in vars(errors).values()
        if isinstance(kind, type) and issubclass(kind, GatewayError)
    }
)


def _alike(code: str, other: str, status: int = 400) -> bool:
    return all(suggestion(code, status, each) == suggestion(other, status, each) for each in LANGUAGES)


@pytest.mark.parametrize(("code", "status"), OWN)
def test_suggestion_for_each_of_our_errors_is_chinese_when_asked(code: str, status: int) -> None:
    assert HAN.search(suggestion(code, status, "zh"))


@pytest.mark.parametrize(("code", "status"), OWN)
def test_suggestion_for_each_of_our_errors_is_english_when_asked(code: str, status: int) -> None:
    assert not HAN.search(suggestion(code, status, "en"))


@given(st.text(), st.integers(100, 599), st.sampled_from(LANGUAGES))
def test_suggestion_has_something_to_say_to_any_code(code: str, status: int, language: Language) -> None:
    assert suggestion(code, status, language)


@pytest.mark.parametrize(
    "code", ["DataInspectionFailed", "InvalidParameter.DataInspection", "IPInfringementSuspect"]
)
def test_suggestion_for_a_forbidden_prompt_is_to_rephrase(code: str) -> None:
    assert "Rephrase" in suggestion(code, 400, "en")


@pytest.mark.parametrize(
    "code",
    [
        "Arrearage",
        "AllocationQuota.FreeTierOnly",
        "PrepaidBillOverdue",
        "PostpaidBillOverdue",
        "CommodityNotPurchased",
    ],
)
def test_suggestion_for_an_unpaid_account_is_for_the_operator_to_pay(code: str) -> None:
    assert "unpaid" in suggestion(code, 400, "en")


@pytest.mark.parametrize(
    "code", ["AccessDenied.Unpurchased", "Model.AccessDenied", "Workspace.AccessDenied", "WorkSpaceNotFound"]
)
def test_suggestion_for_denied_access_is_to_ask_the_operator(code: str) -> None:
    assert _alike(code, "AccessDenied")


@pytest.mark.parametrize("code", ["Throttling", "Throttling.RateQuota", "Throttling.BurstRate"])
def test_suggestion_for_a_throttle_is_to_wait(code: str) -> None:
    assert "Retry-After" in suggestion(code, 400, "en")


def test_suggestion_while_the_operator_has_something_to_mend_is_to_wait() -> None:
    assert "Retry-After" in suggestion("UpstreamSuspended", 503, "en")


def test_suggestion_for_a_spent_allowance_is_to_use_a_key() -> None:
    assert "Use a key" in suggestion("Throttling.DailyLimit", 429, "en")


def test_suggestion_takes_the_family_for_an_unknown_member() -> None:
    assert _alike("InvalidParameter.Size", "InvalidParameter")


def test_suggestion_takes_the_exact_code_before_its_family() -> None:
    assert not _alike("InvalidParameter.DataInspection", "InvalidParameter")


@pytest.mark.parametrize(
    "code", ["InternalError", "InternalError.Timeout", "SystemError", "ModelServiceFailed"]
)
def test_suggestion_for_upstreams_own_fault_is_not_to_change_the_request(code: str) -> None:
    assert suggestion(code, 400, "en") == suggestion("ServiceUnavailable", 503, "en")


def test_suggestion_for_an_unknown_refusal_is_to_read_the_message() -> None:
    assert "as the message says" in suggestion("NeverHeardOf", 400, "en")


def test_suggestion_for_an_unknown_fault_is_to_come_back_later() -> None:
    assert "Try again later" in suggestion("NeverHeardOf", 503, "en")


@pytest.mark.parametrize("kind", [AccessDenied, ModelNotFound])
def test_suggestion_for_a_fault_of_the_caller_is_not_to_ask_the_operator(kind: type[GatewayError]) -> None:
    """DashScope has the same codes for what is the operator's to mend; its refusals come with 400."""
    assert "operator" not in suggestion(kind.code, kind.status, "en")


@pytest.mark.parametrize("kind", [PictureNotFound, ModelNotFound])
def test_suggestion_for_what_is_not_there_is_not_to_come_back_later(kind: type[GatewayError]) -> None:
    assert not _alike(kind.code, "ServiceUnavailable", kind.status)
