"""JSON as its standard has it, and what DashScope makes of it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tongyi.models.strict_json import parse_reply

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(VALUES, st.booleans())
def test_reply_is_what_it_says(value: Any, ascii_only: bool) -> None:
    assert parse_reply(json.dumps(value, ensure_ascii=ascii_only).encode()) == value


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        (rb'{"content": "cut off \ud83d"}', {"content": "cut off \ufffd"}),
        (rb'["\uDE00\uD83D", "\ud83d\ude00"]', ["\ufffd\ufffd", "\N{GRINNING FACE}"]),
        (rb'{"\ud83d": 1}', {"\ufffd": 1}),
        (b'"a byte \xff"', "a byte \ufffd"),
        (b'\xef\xbb\xbf{"marked": true}', {"marked": True}),
    ],
)
def test_reply_with_half_a_character_is_text_all_the_same(raw: bytes, value: Any) -> None:
    assert parse_reply(raw) == value


@pytest.mark.parametrize("raw", [b'{"n": NaN}', b"[-Infinity]", b"", b"<html>"])
def test_reply_that_is_no_json_is_none(raw: bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 # whatever Python's reader says
        parse_reply(raw)
