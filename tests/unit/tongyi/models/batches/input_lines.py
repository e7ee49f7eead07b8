"""Reading files of orders, for their tests."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from tongyi.models.batches.input_file import Line, read_order_file

NO_JSON = "The line is no valid JSON."
NO_OBJECT = "The line must be a JSON object of at most 256 KB."
MARK = b"\xef\xbb\xbf"
# All text that UTF-8 has.
TEXT = st.text(st.characters(exclude_categories=["Cs"]))


def read(text: str | bytes, name: str = "cats.jsonl") -> list[Line]:
    return read_order_file(name, text.encode() if isinstance(text, str) else text)


def table(text: str | bytes) -> list[Line]:
    return read(text, "cats.csv")


def orders(lines: list[Line]) -> list[dict[str, Any] | None]:
    return [line.order for line in lines]


def only(lines: list[Line]) -> Line:
    [line] = lines
    return line
