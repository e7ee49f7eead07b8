"""A file of orders: JSON Lines, or CSV with a header. Each line is one order, in the fields of a flat body.

Sources: jsonlines.org, RFC 4180, and what spreadsheets write.
"""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import PurePosixPath
from typing import Any

from tongyi.errors import InvalidRequest
from tongyi.models.strict_json import parse_strict

MOST_REQUESTS = 50_000
MOST_BYTES = 64 * 1024 * 1024
# As over HTTP.
MOST_LINE_BYTES = 256 * 1024
# Each order is kept with the names of its columns: long ones would be kept tens of thousands of times.
LONGEST_HEADER = 1000
DELIMITERS = (",", ";", "\t")
# Orders have fields, or groups of them: what is deeper is none, and too deep to be written down and read again.
DEEPEST = 20
_TRUTH = {"true": True, "false": False}


def _finite(cell: str) -> float:
    if not math.isfinite(number := float(cell)):
        raise ValueError(cell)
    return number


# What a cell of these columns is, besides text; one of another form is left as it is, and refused for what it says.
_KINDS: dict[str, Callable[[str], Any]] = {
    "n": int,
    "seed": int,
    "ref_strength": _finite,
    "prompt_extend": lambda cell: _TRUTH[cell.lower()],
    "watermark": lambda cell: _TRUTH[cell.lower()],
    "strict": lambda cell: _TRUTH[cell.lower()],
}


@dataclass(frozen=True, slots=True)
class Line:
    """One request of a file: the order, or what is wrong with the line.

    Attributes:
        number: which request it is, from 1.
        line: where it begins in the file, from 1; blank lines and those of a header count here.
    """

    number: int
    line: int
    order: dict[str, Any] | None = None
    fault: str | None = None


def read_order_file(name: str, content: bytes) -> list[Line]:
    """The requests of the file, in order; lines that hold none are among them, with what is wrong with them.

    Raises InvalidRequest where the file as a whole is none of orders: its name, its encoding, its header or its size.
    """
    read = _READERS.get(PurePosixPath(name).suffix.lower())
    if read is None:
        raise InvalidRequest(f"The name must end in one of: {', '.join(_READERS)}.")
    try:
        # With the mark that some programs put before the text, or without.
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InvalidRequest(
            f"The file is not in UTF-8 (at byte {error.start}); save it as UTF-8, or as CSV UTF-8."
        ) from None
    found = list(islice(read(text), MOST_REQUESTS + 1))
    if not found:
        raise InvalidRequest("The file holds no requests.")
    if len(found) > MOST_REQUESTS:
        raise InvalidRequest(f"The file holds more than {MOST_REQUESTS} requests; cut it into several.")
    return found


def _json_lines(text: str) -> Iterator[Line]:
    """A JSON object on each line. Only a line feed ends one: JSON may hold the other marks that Python knows."""
    lines = ((place, line.strip()) for place, line in enumerate(_split(text), start=1))
    for number, (place, line) in enumerate((found for found in lines if found[1]), start=1):
        try:
            order = _within_limit(line) and _parsed(line)
        except (ValueError, RecursionError):
            yield Line(number, place, fault="The line is no valid JSON.")
            continue
        if isinstance(order, dict):
            yield Line(number, place, order)
        else:
            yield Line(number, place, fault="The line must be a JSON object of at most 256 KB.")


def _split(text: str) -> Iterator[str]:
    """The lines one by one: a file of line feeds alone would be tens of millions of them at once."""
    start = 0
    while (end := text.find("\n", start)) >= 0:
        yield text[start:end]
        start = end + 1
    yield text[start:]


def _parsed(line: str) -> Any:
    """The line's value. Raises ValueError or RecursionError, also for what Python takes and JSON does not have."""
    found = parse_strict(line)
    json.dumps(found, allow_nan=False, ensure_ascii=False).encode()
    if not _is_flat(found, DEEPEST):
        raise ValueError
    return found


def _is_flat(value: Any, levels: int) -> bool:
    parts = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return levels >= 0 and all(_is_flat(part, levels - 1) for part in parts)


def _rows(text: str) -> Iterator[Line]:
    """A header, then a row for each order; quoted cells may hold delimiters, quotes and line breaks."""
    # Else one long cell would end the file: rows have a limit of their own.
    csv.field_size_limit(MOST_BYTES)
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text), strict=True)
    try:
        names = _header(next(rows, []))
    except csv.Error as error:
        raise InvalidRequest(f"The first line is no valid CSV: {error}.") from None
    number = 0
    while True:
        began = rows.line_num + 1
        try:
            row = next(rows)
        except StopIteration:
            return
        except csv.Error as error:
            # Where a row ends cannot be told any more, so nor can where the next begins.
            yield Line(number + 1, began, fault=f"From this line on the file is no valid CSV: {error}.")
            return
        if any(cell.strip() for cell in row):
            number += 1
            yield _row(number, began, names, row)


def _row(number: int, place: int, names: list[str], row: list[str]) -> Line:
    if any(cell.strip() for cell in row[len(names) :]):
        said = f"The row has {len(row)} cells and the header {len(names)}; put text with commas into quotes."
        return Line(number, place, fault=said)
    if not _within_limit("".join(row)):
        return Line(number, place, fault="The row must have 256 KB at most.")
    cells = zip(names, row, strict=False)
    return Line(number, place, {name: _value(name, cell) for name, cell in cells if cell.strip()})


def _value(name: str, cell: str) -> Any:
    """The cell as the column's kind has it; as it is where the column has no kind, or the cell none of it."""
    try:
        return _KINDS[name](cell.strip())
    except (ValueError, KeyError):
        return cell


def _delimiter(text: str) -> str:
    """The one that has a column of prompts: spreadsheets use what is not their decimal mark."""
    first = text.split("\n", 1)[0]
    return next((mark for mark in DELIMITERS if "prompt" in _cells(first, mark)), DELIMITERS[0])


def _cells(line: str, delimiter: str) -> list[str]:
    return [cell.strip().strip('"') for cell in line.split(delimiter)]


def _header(row: list[str]) -> list[str]:
    names = [cell.strip() for cell in row]
    while names and not names[-1]:
        names.pop()
    if "prompt" not in names:
        raise InvalidRequest("The first line must name the columns, and one of them must be prompt.")
    if len("".join(names)) > LONGEST_HEADER:
        raise InvalidRequest(f"The names of the columns have more than {LONGEST_HEADER} characters.")
    if len(set(names)) < len(names) or "" in names:
        raise InvalidRequest("Each column must have a name of its own.")
    return names


def _within_limit(text: str) -> bool:
    return len(text.encode(errors="surrogatepass")) <= MOST_LINE_BYTES


_READERS: dict[str, Callable[[str], Iterator[Line]]] = {
    ".jsonl": _json_lines,
    ".ndjson": _json_lines,
    ".csv": _rows,
}
