"""Tables of orders, as people and spreadsheets write them."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.tongyi.models.batches.input_lines import MARK, TEXT, only, orders, table
from tongyi.errors import InvalidRequest
from tongyi.models.batches.input_file import LONGEST_HEADER, MOST_LINE_BYTES


def test_table_has_an_order_in_each_row() -> None:
    assert orders(table("prompt,size\na,720*1280\nb,1280*720\n")) == [
        {"prompt": "a", "size": "720*1280"},
        {"prompt": "b", "size": "1280*720"},
    ]


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_table_is_read_as_any_spreadsheet_writes_it(delimiter: str, end: str) -> None:
    text = end.join(delimiter.join(row) for row in (("n", "prompt"), ("2", "猫"), ("1", '"a, b; c\td"')))
    assert orders(table(MARK + text.encode())) == [
        {"n": 2, "prompt": "猫"},
        {"n": 1, "prompt": "a, b; c\td"},
    ]


def test_table_may_have_rows_that_end_as_on_old_machines() -> None:
    assert orders(table("prompt,n\ra,1\rb,2")) == [{"prompt": "a", "n": 1}, {"prompt": "b", "n": 2}]


def test_table_may_quote_commas_quotes_and_line_breaks() -> None:
    lines = table('prompt,n\n"a, ""b""\nc",2\n"d\r\ne",1\nf,1\n')
    assert orders(lines) == [
        {"prompt": 'a, "b"\nc', "n": 2},
        {"prompt": "d\r\ne", "n": 1},
        {"prompt": "f", "n": 1},
    ]
    assert [line.line for line in lines] == [2, 4, 6]


@pytest.mark.parametrize("header", ['"prompt","n"', " prompt , n ", "prompt,n,,"])
def test_table_may_quote_and_pad_its_header(header: str) -> None:
    assert orders(table(f"{header}\na,1")) == [{"prompt": "a", "n": 1}]


@pytest.mark.parametrize("mark", ["\u2028", "\x85", "\x00", "\x0b"])
def test_table_keeps_marks_that_end_no_line(mark: str) -> None:
    assert orders(table(f"prompt,n\na{mark}b,1")) == [{"prompt": f"a{mark}b", "n": 1}]


def test_table_passes_over_blank_rows_and_counts_their_lines() -> None:
    lines = table("prompt,n\n\n,\n  ,\na,1\n\n")
    assert [(line.number, line.line, line.order) for line in lines] == [(1, 5, {"prompt": "a", "n": 1})]


def test_table_leaves_out_what_a_row_has_no_cell_for() -> None:
    assert orders(table("prompt,n,size\na\nb,,720*1280\n")) == [
        {"prompt": "a"},
        {"prompt": "b", "size": "720*1280"},
    ]


@pytest.mark.parametrize("rest", [",", ", ,", ""])
def test_table_may_have_rows_with_empty_cells_behind_its_columns(rest: str) -> None:
    assert orders(table(f"prompt,n\na,1{rest}")) == [{"prompt": "a", "n": 1}]


def test_table_tells_of_a_row_with_more_cells_than_columns() -> None:
    bad, good = table("prompt,n\na cat, with a hat,1\nb,1")
    assert bad.fault == "The row has 3 cells and the header 2; put text with commas into quotes."
    assert good.order == {"prompt": "b", "n": 1}


@pytest.mark.parametrize(
    ("column", "cell", "value"),
    [
        ("n", "2", 2),
        ("n", " 2 ", 2),
        ("seed", "-1", -1),
        ("ref_strength", "0.5", 0.5),
        ("ref_strength", "1", 1.0),
        ("watermark", "TRUE", True),
        ("prompt_extend", "false", False),
        ("strict", "True", True),
        ("size", "1024", "1024"),
        ("idempotency_key", "007", "007"),
        ("n", "two", "two"),
        ("n", "2.0", "2.0"),
        ("n", "9" * 5000, "9" * 5000),
        ("ref_strength", "nan", "nan"),
        ("ref_strength", "-inf", "-inf"),
        ("ref_strength", "1e999", "1e999"),
        ("watermark", "yes", "yes"),
    ],
)
def test_table_has_numbers_and_truths_where_orders_do(column: str, cell: str, value: Any) -> None:
    """What is none is left as it is, and refused by its name when the order is checked."""
    found = (only(table(f"prompt,{column}\na,{cell}")).order or {})[column]
    assert (type(found), found) == (type(value), value)


def test_table_tells_of_a_quote_that_is_never_closed_and_keeps_what_is_before() -> None:
    lines = table('prompt,n\na,1\n"b,1\nc,1\n')
    assert lines[0].order == {"prompt": "a", "n": 1}
    assert [(line.number, line.line) for line in lines] == [(1, 2), (2, 3)]
    assert lines[1].fault is not None
    assert lines[1].fault.startswith("From this line on the file is no valid CSV")


def test_table_tells_of_text_behind_a_quote() -> None:
    good, bad = table('prompt,n\na,1\n"b"c,1\nd,1\n')
    assert good.order == {"prompt": "a", "n": 1}
    assert bad.fault is not None
    assert "no valid CSV" in bad.fault


def test_table_tells_of_a_row_that_is_too_long_and_goes_on() -> None:
    most = "a" * (MOST_LINE_BYTES - 1)
    lines = table(f"prompt,n\n{most},1\n{most},10\nb,1\n")
    assert [line.fault for line in lines] == [None, "The row must have 256 KB at most.", None]


@pytest.mark.parametrize("header", ["text,n", "", "Prompt,n", "a cat", "prompts", "\nprompt"])
def test_table_needs_a_header_with_a_prompt(header: str) -> None:
    with pytest.raises(InvalidRequest, match="one of them must be prompt"):
        table(f"{header}\na,1")


@pytest.mark.parametrize("header", ["prompt,prompt", "prompt,n,n", "prompt,,n", "prompt, n,n "])
def test_table_needs_a_name_of_its_own_for_each_column(header: str) -> None:
    with pytest.raises(InvalidRequest, match="a name of its own"):
        table(f"{header}\na,1,2")


def test_table_has_no_long_names_for_its_columns() -> None:
    """Fifty thousand rows would take as many times their length."""
    name = "a" * (LONGEST_HEADER - len("prompt"))
    assert only(table(f"prompt,{name}\na,1")).order == {"prompt": "a", name: "1"}
    with pytest.raises(InvalidRequest, match="more than 1000 characters"):
        table(f"prompt,{name}a\na,1")


def test_table_with_a_quote_that_is_never_closed_in_its_header_is_none() -> None:
    with pytest.raises(InvalidRequest, match="The first line is no valid CSV"):
        table('prompt,"n\na,1')


CELLS = TEXT.filter(str.strip)


@given(st.lists(st.tuples(CELLS, CELLS), min_size=1), st.sampled_from([",", ";", "\t"]), st.booleans())
def test_table_comes_back_as_it_was_written(
    rows: list[tuple[str, str]], delimiter: str, quote_all: bool
) -> None:
    text = io.StringIO(newline="")
    dialect = csv.unix_dialect if quote_all else csv.excel
    writer = csv.writer(text, dialect, delimiter=delimiter)
    writer.writerows([("prompt", "style"), *rows])
    lines = table(text.getvalue())
    assert orders(lines) == [{"prompt": prompt, "style": style} for prompt, style in rows]
    assert [line.number for line in lines] == list(range(1, len(rows) + 1))
