"""What an expectation in `events/` says, held against what was found."""

from __future__ import annotations

import json
import re
from typing import Any


def difference(expected: Any, found: Any, place: str = "") -> str | None:
    """Where `found` lacks what is expected, and how; None where it has all of it."""
    if isinstance(expected, dict):
        return _object_difference(expected, found, place)
    if isinstance(expected, list):
        if not isinstance(found, list) or len(found) != len(expected):
            return f"{place} is {found!r}, not a list of {len(expected)}"
        parts = [difference(wanted, found[i], f"{place}[{i}]") for i, wanted in enumerate(expected)]
        return next((part for part in parts if part), None)
    if isinstance(expected, str) and expected.startswith("~"):
        fits = isinstance(found, str) and re.fullmatch(expected[1:], found)
        return None if fits else f"{place} is {found!r}, which does not match {expected[1:]!r}"
    same = type(expected) is type(found) and expected == found
    return None if same else f"{place} is {found!r}, not {expected!r}"


def _object_difference(expected: dict[str, Any], found: Any, place: str) -> str | None:
    if isinstance(found, str) and place.endswith(".body"):
        found = json.loads(found)
    if not isinstance(found, dict):
        return f"{place} is {found!r}, not an object"
    missing = expected.keys() - found.keys()
    if missing:
        return f"{place} lacks {sorted(missing)}, it has {found!r}"
    parts = [difference(wanted, found[name], f"{place}.{name}") for name, wanted in expected.items()]
    return next((part for part in parts if part), None)
