"""A JSON object that fits a JSON schema, as far as a stand-in needs it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_DEEPEST = 8


def sample(schema: Mapping[str, Any], words: str) -> dict[str, Any]:
    """An object with every property of an object schema; strings are `words`, unless an enum says more.

    References and combinations of schemas are left out.
    """
    return _object(schema, words, _DEEPEST)


def _object(schema: Mapping[str, Any], words: str, depth: int) -> dict[str, Any]:
    properties = schema.get("properties")
    if not isinstance(properties, dict) or depth == 0:
        return {}
    return {str(name): _value(inner, words, depth - 1) for name, inner in properties.items()}


def _value(schema: object, words: str, depth: int) -> Any:
    if not isinstance(schema, dict):
        return words
    allowed = schema.get("enum")
    if isinstance(allowed, list) and allowed:
        return allowed[0]
    if schema.get("type") == "object":
        return _object(schema, words, depth)
    plain = {"integer": 1, "number": 1.5, "boolean": True, "array": [], "null": None}
    kind = schema.get("type")
    return plain.get(kind, words) if isinstance(kind, str) else words
