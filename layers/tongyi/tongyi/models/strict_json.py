"""JSON as its standard has it (RFC 8259). Python reads NaN and Infinity besides, which nobody else can read again."""

from __future__ import annotations

import json
import re
from typing import Any, NoReturn


def parse_strict(text: str) -> Any:
    """The parsed text. Raises ValueError for what is no JSON, RecursionError for what is nested too deeply to be read.

    A number too large for a float becomes infinite here, and is refused by its field's name: see `models.text`.
    """
    return _DECODER.decode(text)


def parse_reply(raw: bytes) -> Any:
    """A parsed reply of DashScope's; raises as `parse_strict` does.

    Half a character (`"\\ud83d"`) becomes U+FFFD: a model that is cut off at its limit of tokens may leave one, and
    what was billed should not be lost because no text in UTF-8 can hold it.
    """
    text = raw.decode(json.detect_encoding(raw), errors="replace")
    said = parse_strict(text)
    # Only an escape can name one.
    return parse_strict(_whole(json.dumps(said, ensure_ascii=False))) if _HALF.search(text) else said


def _whole(text: str) -> str:
    return text.encode("utf-16-le", errors="surrogatepass").decode("utf-16-le", errors="replace")


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is no JSON")


_HALF = re.compile(r"\\u[dD][89a-fA-F]")
_DECODER = json.JSONDecoder(parse_constant=_refuse)
