"""Files of orders, as people, programs and spreadsheets write them."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.tongyi.models.batches.input_lines import (
    MARK,
    NO_JSON,
    NO_OBJECT,
    TEXT,
    only,
    orders,
    read,
    table,
)
from tongyi.errors import InvalidRequest
from tongyi.models.batches.input_file import DEEPEST, MOST_LINE_BYTES, MOST_REQUESTS, Line


@pytest.mark.parametrize("name", ["cats.jsonl", "cats.JSONL", "a/b.c/cats.ndjson", "猫.jsonl"])
def test_read_takes_json_lines_for_what_they_are_named(name: str) -> None:
    assert orders(read('{"prompt": "a"}', name)) == [{"prompt": "a"}]


@pytest.mark.parametrize("name", ["cats.csv", "cats.CSV"])
def test_read_takes_a_table_for_what_it_is_named(name: str) -> None:
    assert orders(read("prompt\na", name)) == [{"prompt": "a"}]


@pytest.mark.parametrize("name", ["cats", "cats.json", "cats.txt", "cats.xlsx", "cats.csv.gz", ".csv", "csv"])
def test_read_refuses_other_names(name: str) -> None:
    with pytest.raises(InvalidRequest, match=r"must end in one of: \.jsonl, \.ndjson, \.csv\."):
        read('{"prompt": "a"}', name)


@pytest.mark.parametrize("encoding", ["gbk", "utf-16", "latin-1"])
def test_read_refuses_other_encodings(encoding: str) -> None:
    text = '{"prompt": "é à"}' if encoding == "latin-1" else '{"prompt": "一只奔跑的猫"}'
    with pytest.raises(InvalidRequest, match="not in UTF-8"):
        read(text.encode(encoding))


def test_read_says_where_the_encoding_is_wrong() -> None:
    with pytest.raises(InvalidRequest, match="at byte 3"):
        read(b"abc\xffdef")


@pytest.mark.parametrize("content", [b"", b"\n\n", b" \t\r\n", MARK])
def test_read_refuses_a_file_of_nothing(content: bytes) -> None:
    with pytest.raises(InvalidRequest, match="holds no requests"):
        read(content)


def test_read_refuses_a_table_of_nothing() -> None:
    with pytest.raises(InvalidRequest, match="holds no requests"):
        table("prompt,n\r\n,\r\n\r\n")


def test_read_takes_the_most_requests_and_no_more() -> None:
    most = "0\n" * MOST_REQUESTS
    assert len(read(most)) == MOST_REQUESTS
    with pytest.raises(InvalidRequest, match="more than 50000 requests"):
        read(most + "0")


def test_json_lines_are_orders_in_their_order() -> None:
    assert orders(read('{"prompt": "a"}\n{"prompt": "b", "n": 2}')) == [
        {"prompt": "a"},
        {"prompt": "b", "n": 2},
    ]


def test_json_lines_may_begin_with_a_mark_and_end_as_in_windows() -> None:
    assert orders(read(MARK + b'{"prompt": "a"}\r\n{"prompt": "b"}\r\n')) == [
        {"prompt": "a"},
        {"prompt": "b"},
    ]


def test_json_lines_are_numbered_and_say_where_they_begin() -> None:
    lines = read('\n{"prompt": "a"}\n\n  \nno\n{"prompt": "b"}\n')
    assert [(line.number, line.line) for line in lines] == [(1, 2), (2, 5), (3, 6)]


@pytest.mark.parametrize("mark", ["\u2028", "\u2029", "\x85", "\x0b", "\x1c"])
def test_json_lines_end_at_line_feeds_alone(mark: str) -> None:
    text = json.dumps({"prompt": f"a{mark}b"}, ensure_ascii=mark < " ")
    assert orders(read(text)) == [{"prompt": f"a{mark}b"}]


@pytest.mark.parametrize(
    "line",
    [
        "no",
        '{"prompt": "a"',
        '{"prompt": "a"},',
        '{"prompt": "a"}{"prompt": "b"}',
        "{'prompt': 'a'}",
        '{"prompt": "a\x00"}',
        '{"prompt": "a\tb"}',
        '{"prompt": "a", "n": NaN}',
        '{"prompt": "a", "n": -Infinity}',
        '{"prompt": "a", "seed": 1e999}',
        '{"prompt": "\\ud83d"}',
        '{"\\udc00": 1}',
        "[" * 100_000,
        '{"n": ' + "9" * 5000 + "}",
    ],
    ids=range(14),
)
def test_json_line_that_is_none_is_told_and_others_go_on(line: str) -> None:
    lines = read(f'{line}\n{{"prompt": "a"}}')
    assert lines == [Line(1, 1, fault=NO_JSON), Line(2, 2, {"prompt": "a"})]


@pytest.mark.parametrize("line", ["[]", '["prompt"]', "null", "false", "0", '"prompt"'])
def test_json_line_that_is_no_object_is_told(line: str) -> None:
    assert only(read(line)) == Line(1, 1, fault=NO_OBJECT)


def test_json_line_may_be_as_long_as_a_body_over_http() -> None:
    frame = len('{"prompt": ""}')
    longest = "猫" * ((MOST_LINE_BYTES - frame) // 3)
    assert only(read(f'{{"prompt": "{longest}"}}')).order == {"prompt": longest}
    assert only(read(f'{{"prompt": "{longest}猫"}}')).fault == NO_OBJECT


@pytest.mark.parametrize(("open_", "close"), [("[", "]"), ('{"a":', "}")])
def test_json_line_may_not_be_nested_deeper_than_can_be_kept(open_: str, close: str) -> None:
    inner = "1" if close == "}" else ""

    def nested(levels: int) -> Line:
        return only(read(f'{{"prompt": {open_ * levels}{inner}{close * levels}}}'))

    assert nested(2).order is not None
    for levels in (DEEPEST + 1, 150, 250, 500):
        assert nested(levels).fault == NO_JSON


def test_json_line_may_hold_pairs_of_surrogates() -> None:
    assert only(read('{"prompt": "\\ud83d\\ude00"}')).order == {"prompt": "😀"}


@given(
    st.lists(st.dictionaries(TEXT, TEXT | st.integers() | st.booleans() | st.none()), min_size=1),
    st.booleans(),
)
def test_json_lines_come_back_as_they_were_written(written: list[dict[str, Any]], ascii_only: bool) -> None:
    text = "\n".join(json.dumps(order, ensure_ascii=ascii_only) for order in written)
    assert orders(read(text)) == written
