"""A chat request: a single prompt, or a conversation. Source: the gateway's document and DashScope's chat API."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from tongyi.errors import InvalidParameter
from tongyi.models.validation import Body, parse

MAX_MESSAGES = 200


class Message(Body):
    """One turn of a conversation."""

    role: Literal["system", "user", "assistant"]
    content: str = Field(min_length=1)


class _ChatBody(Body):
    prompt: str | None = None
    messages: list[Message] | None = Field(None, min_length=1, max_length=MAX_MESSAGES)
    model: str | None = None
    system: str | None = None
    temperature: float | None = Field(None, ge=0, lt=2)
    top_p: float | None = Field(None, gt=0, le=1)
    max_tokens: int | None = Field(None, ge=1)
    seed: int | None = Field(None, ge=0, le=2**31 - 1)
    stop: str | list[str] | None = None


class ChatRequest(Body):
    """A checked request: `messages` in order, `parameters` as DashScope takes them."""

    model: str
    messages: list[Message]
    parameters: dict[str, Any]


def parse_chat_request(body: Any, models: tuple[str, ...]) -> ChatRequest:
    """Checks a chat body; `models` are those allowed, the first is the default. Raises InvalidParameter."""
    given = parse(_ChatBody, body)
    model = given.model or models[0]
    if model not in models:
        raise InvalidParameter(f"model: {model[:64]!r} is not one of: {', '.join(models)}.")
    options = given.model_dump(
        include={"temperature", "top_p", "max_tokens", "seed", "stop"}, exclude_none=True
    )
    return ChatRequest(
        model=model, messages=_conversation(given), parameters={"result_format": "message", **options}
    )


def _conversation(given: _ChatBody) -> list[Message]:
    if (given.prompt is None) == (given.messages is None):
        raise InvalidParameter("prompt: send either prompt or messages, and exactly one of the two.")
    if given.prompt is not None and not given.prompt.strip():
        raise InvalidParameter("prompt: must not be empty.")
    turns = given.messages or [Message(role="user", content=given.prompt or "")]
    _check_order(turns)
    if not given.system:
        return turns
    if turns[0].role == "system":
        raise InvalidParameter("system: messages already begins with a system message, send one of the two.")
    return [Message(role="system", content=given.system), *turns]


def _check_order(turns: list[Message]) -> None:
    if any(turn.role == "system" for turn in turns[1:]):
        raise InvalidParameter("messages: a system message may only come first.")
    if turns[-1].role != "user":
        raise InvalidParameter("messages: the last message must be the user's.")
