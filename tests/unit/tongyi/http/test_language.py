"""Accept-Language, as RFC 9110 has it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tongyi.http.language import DEFAULT, preferred

WEIGHTS = st.integers(0, 1000).map(lambda thousandths: f"{thousandths / 1000:.3f}")


@pytest.mark.parametrize(
    ("header", "language"),
    [
        (None, "zh"),
        ("", "zh"),
        ("en", "en"),
        ("zh", "zh"),
        ("EN-us", "en"),
        ("zh-Hant-TW", "zh"),
        ("en-US,en;q=0.9,zh-CN;q=0.8", "en"),
        ("zh-CN,zh;q=0.9,en;q=0.8", "zh"),
        ("zh;q=0.5, en;q=0.7", "en"),
        ("fr, de;q=0.9, en;q=0.1", "en"),
        ("fr-FR", "zh"),
        ("*", "zh"),
        ("english", "zh"),
        ("en;q=0", "zh"),
        ("en ; q=0.4 , zh ; q=0.3", "en"),
        ("en;q=nonsense, zh;q=0.1", "zh"),
        ("en;q=nan", "zh"),
        ("zh;q=0.9, en;q=inf", "zh"),
        ("zh;q=0.9, en;q=1e999", "zh"),
        ("zh;q=0.9, en;q=" + "9" * 9000, "zh"),
        ("zh, en", "zh"),
        ("en, zh", "en"),
        (";;,,;q=1,", "zh"),
    ],
)
def test_preferred_reads_the_header(header: str | None, language: str) -> None:
    assert preferred(header) == language


@given(st.text())
def test_preferred_makes_something_of_any_header(header: str) -> None:
    assert preferred(header) in ("zh", "en")


@given(WEIGHTS, WEIGHTS)
def test_preferred_follows_the_larger_weight(chinese: str, english: str) -> None:
    wanted = "en" if float(english) > float(chinese) else "zh"
    assert preferred(f"zh;q={chinese}, en;q={english}") == wanted


@given(WEIGHTS, WEIGHTS)
def test_preferred_does_not_go_by_the_order_of_unequal_weights(one: str, other: str) -> None:
    if one != other:
        assert preferred(f"zh;q={one},en;q={other}") == preferred(f"en;q={other},zh;q={one}")


def test_default_is_the_documents_language() -> None:
    assert DEFAULT == "zh"
