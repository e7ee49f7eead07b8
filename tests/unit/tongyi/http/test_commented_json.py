"""JSON with the comments of the gateway's document in it."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tongyi.http.commented_json import parse_json

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.text()
    | st.sampled_from(["//", "http://a/b", '"//', "\\"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=8,
)
COMMENT = st.text(st.characters(codec="utf-8", exclude_characters="\r\n"), max_size=20)


@given(JSON)
def test_json_without_comments_is_itself(value: Any) -> None:
    assert parse_json(json.dumps(value)) == value
    assert parse_json(json.dumps(value, ensure_ascii=False, indent=1)) == value


@given(JSON, COMMENT, st.sampled_from(["\n", "\r\n", "\r"]))
def test_comments_are_cut_out_after_every_line(value: Any, comment: str, end: str) -> None:
    lines = json.dumps(value, indent=1).split("\n")
    assert parse_json(end.join(f"{line} //{comment}" for line in lines)) == value


def test_comment_may_take_up_a_line_of_its_own() -> None:
    assert parse_json('// first\n{"a": 1 // one\n, // then\n"b": 2}// last') == {"a": 1, "b": 2}


@pytest.mark.parametrize(
    "text", ['{"a": "http://b/c"}', '{"a": "http://b/c"} // d', '{"http://x": 1 // y\n}']
)
def test_slashes_in_a_string_are_no_comment(text: str) -> None:
    assert "http://" in json.dumps(parse_json(text))


def test_quote_that_is_escaped_does_not_end_a_string() -> None:
    assert parse_json(r'{"a": "\"// b\\" // c' + "\n}") == {"a": '"// b\\'}


def test_comment_may_hold_quotes() -> None:
    assert parse_json('{"a": 1, // "b": "c\n"d": 2}') == {"a": 1, "d": 2}


@pytest.mark.parametrize(
    "text",
    ["", "//", "// only", '{"a": "// b', '{"a": 1, // trailing\n}', "{/* no */}", '{"a" // : 1}', "# no"],
)
def test_what_is_no_json_without_its_comments_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r".*"):
        parse_json(text)


def test_what_is_nested_without_end_is_refused() -> None:
    with pytest.raises((ValueError, RecursionError)):
        parse_json("[" * 100_000 + "//")


@given(
    st.text() | st.lists(st.sampled_from(['"', "/", "//", "\\", "{", "}", "\n", "a", ":", "1"])).map("".join)
)
def test_any_text_is_parsed_or_refused(text: str) -> None:
    try:
        json.dumps(parse_json(text))
    except ValueError:
        return


def _without_comments(text: str) -> str:
    """The same, character by character."""
    kept, place, quoted = [], 0, False
    while place < len(text):
        length = 2 if quoted and text[place] == "\\" else 1
        if text[place] == '"':
            quoted = not quoted
        elif not quoted and text.startswith("//", place):
            length = len(re.split("[\r\n]", text[place:])[0])
            place, length = place + length, 0
        kept.append(text[place : place + length])
        place += length
    return "".join(kept)


def _loaded(text: str) -> Any:
    """The value of the text; itself where it is no JSON, which has no value like that."""
    try:
        return json.loads(text, parse_constant=json.loads)
    except ValueError:
        return _loaded


@given(
    st.lists(st.sampled_from(['"', '"a"', "//", "/", "\\", "{", "}", ":", ",", "\n", "\r", "1", " "])).map(
        "".join
    )
)
def test_text_is_what_json_has_without_the_comments(text: str) -> None:
    expected = _loaded(text)
    if expected is _loaded:
        expected = _loaded(_without_comments(text))
    try:
        found = parse_json(text)
    except ValueError:
        found = _loaded
    assert found is expected if expected is _loaded else found == expected


@given(JSON, st.lists(COMMENT, min_size=1))
def test_comments_between_all_parts_leave_the_value(value: Any, comments: list[str]) -> None:
    lines = json.dumps(value, indent=0).split("\n")
    text = "".join(f"//{comments[0]}\n{line} //{comments[-1]}\n" for line in lines)
    assert parse_json(text) == json.loads(_without_comments(text)) == value


def test_string_that_is_never_closed_ends_the_text() -> None:
    with pytest.raises(ValueError, match="Unterminated string starting at: line 1 column 1"):
        parse_json('"\\' * 60_000 + "//")


@pytest.mark.parametrize("text", ["NaN", "-Infinity", '{"a": [Infinity]}', '{"a": NaN} // b'])
def test_constants_of_python_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is no JSON"):
        parse_json(text)
