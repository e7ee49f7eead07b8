"""The format a chat call wants its answer in: text, or JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from local.standin.endpoints.chat.answers import Message
from local.standin.endpoints.chat.samples import sample
from local.standin.endpoints.fields import choice, section
from local.standin.errors import JSON_WORD_MISSING, invalid_parameter

_FORMATS = ("text", "json_object", "json_schema")


def formatted(words: str, messages: Sequence[Message], owner: Mapping[str, Any], prefix: str) -> str:
    """The words as `response_format` wants them; json_object needs the word "json" in the messages."""
    wanted = section(owner, "response_format", required=False)
    kind = choice(wanted, "type", f"{prefix}response_format.type", _FORMATS)
    if kind == "text":
        return words
    if kind == "json_schema":
        return _dump(sample(_schema(wanted, prefix), words) or {"answer": words})
    if not any("json" in message.text.lower() for message in messages):
        raise invalid_parameter(JSON_WORD_MISSING)
    return _dump({"answer": words})


def _schema(wanted: Mapping[str, Any], prefix: str) -> dict[str, Any]:
    described = wanted.get("json_schema")
    if not isinstance(described, dict):
        raise invalid_parameter(f"{prefix}response_format.json_schema must be an object.")
    schema = described.get("schema")
    return schema if isinstance(schema, dict) else {}


def _dump(value: Mapping[str, Any]) -> str:
    return json.dumps(value, ensure_ascii=False)
