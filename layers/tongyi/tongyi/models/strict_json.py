"""JSON as its standard has it (RFC 8259). Python reads NaN and Infinity besides, which nobody else can read again."""

from __future__ import annotations

import json
from typing import Any, NoReturn


def parse_strict(text: str) -> Any:
    """The parsed text. Raises ValueError for what is no JSON, RecursionError for what is nested too deeply to be read.

    A number too large for a float becomes infinite here, and is refused by its field's name: see `models.text`.
    """
    return _DECODER.decode(text)


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is no JSON")


_DECODER = json.JSONDecoder(parse_constant=_refuse)
