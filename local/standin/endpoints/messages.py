"""What the calls whose input is a list of messages have in common: what they are about."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from local.standin.endpoints.routing import Call, Subject
from local.standin.world import World


def subject(world: World, call: Call) -> Subject:
    """What such a call is about: its model and the last thing the user said."""
    body = call.request.fields
    model, given = body.get("model"), body.get("input")
    name = model if isinstance(model, str) else None
    return Subject(limit_row=name, model=name, prompt=_last_words(given if isinstance(given, dict) else {}))


def compatible_subject(world: World, call: Call) -> Subject:
    """The same for a body in OpenAI's shape, which has the messages at its top."""
    body = call.request.fields
    model = body.get("model")
    name = model if isinstance(model, str) else None
    return Subject(limit_row=name, model=name, prompt=_last_words(body))


def words_of(content: object) -> str | None:
    """The words of a message's content, a string or a list of parts; None when it is neither."""
    if isinstance(content, list):
        parts = [part.get("text") if isinstance(part, dict) else None for part in content]
        return "".join(part for part in parts if isinstance(part, str))
    return content if isinstance(content, str) else None


def _last_words(given: Mapping[str, Any]) -> str | None:
    messages = given.get("messages")
    if isinstance(messages, list):
        spoken = [item for item in messages if isinstance(item, dict) and item.get("role") == "user"]
        return words_of(spoken[-1].get("content")) if spoken else None
    prompt = given.get("prompt")
    return prompt if isinstance(prompt, str) else None
