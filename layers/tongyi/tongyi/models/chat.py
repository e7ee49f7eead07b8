"""A chat request: a single prompt, or a conversation; or the body of another API, to be passed on.

Sources: the gateway's document, DashScope's chat API, OpenAI's API reference.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import ConfigDict, Field

from tongyi.errors import InvalidParameter
from tongyi.models.text import CONVERSATION
from tongyi.models.validation import Body, parse

MAX_MESSAGES = 200
NO_STREAM = "stream: this route answers in one piece, leave it out or send false."


class Message(Body):
    """One turn of a conversation."""

    role: Literal["system", "user", "assistant"]
    content: str = Field(min_length=1)


class ChatBody(Body):
    """POST /v1/tongyi: a prompt, or the messages of a conversation."""

    prompt: str | None = None
    messages: list[Message] | None = Field(None, min_length=1, max_length=MAX_MESSAGES)
    model: str | None = None
    system: str | None = None
    temperature: float | None = Field(None, ge=0, lt=2)
    top_p: float | None = Field(None, gt=0, le=1)
    max_tokens: int | None = Field(None, ge=1)
    seed: int | None = Field(None, ge=0, le=2**31 - 1)
    stop: str | list[str] | None = None


class NativeChatBody(Body):
    """DashScope's own chat API: `input` has messages or a prompt; what else it has is passed on."""

    model: str | None = None
    input: dict[str, Any]
    parameters: dict[str, Any] = Field(default_factory=dict)


class OpenAIChatBody(Body):
    """OpenAI's chat API: what stands besides, such as `tools` and `response_format`, is passed on."""

    model_config = ConfigDict(extra="allow")

    model: str | None = None
    messages: list[Any]


class ChatRequest(Body):
    """A checked request: `messages` in order, `parameters` as DashScope takes them."""

    model: str
    messages: list[Message]
    parameters: dict[str, Any]


def parse_chat_request(body: Any, models: tuple[str, ...]) -> ChatRequest:
    """Checks a chat body; `models` are those allowed, the first is the default. Raises InvalidParameter."""
    given = parse(ChatBody, body)
    model = _allowed(given.model, models)
    options = given.model_dump(
        include={"temperature", "top_p", "max_tokens", "seed", "stop"}, exclude_none=True
    )
    return ChatRequest(
        model=model, messages=_conversation(given), parameters={"result_format": "message", **options}
    )


def parse_native_chat(body: Any, models: tuple[str, ...]) -> dict[str, Any]:
    """A body of DashScope's own chat API, as it is to be sent. Raises InvalidParameter.

    What the gateway answers for is checked: the model, that there is something to answer, and that no stream is
    asked for. The rest is DashScope's to judge.
    """
    given = parse(NativeChatBody, body, CONVERSATION)
    if not (_are_messages(given.input.get("messages")) or given.input.get("prompt")):
        raise InvalidParameter("input: needs messages, a list of objects with a role, or a prompt.")
    _refuse_stream(given.parameters)
    return {"model": _allowed(given.model, models), "input": given.input, "parameters": given.parameters}


def parse_openai_chat(body: Any, models: tuple[str, ...]) -> dict[str, Any]:
    """A body of OpenAI's chat API, as it is to be sent: checked as little as `parse_native_chat` does."""
    given = parse(OpenAIChatBody, body, CONVERSATION)
    if not _are_messages(given.messages):
        raise InvalidParameter("messages: must be a list of objects with a role.")
    _refuse_stream(body)
    return {**body, "model": _allowed(given.model, models)}


def _allowed(name: str | None, models: tuple[str, ...]) -> str:
    model = name or models[0]
    if model not in models:
        raise InvalidParameter(f"model: {model[:64]!r} is not one of: {', '.join(models)}.")
    return model


def _are_messages(given: object) -> bool:
    return (
        isinstance(given, list)
        and 0 < len(given) <= MAX_MESSAGES
        and all(isinstance(turn, dict) and isinstance(turn.get("role"), str) for turn in given)
    )


def _refuse_stream(options: Mapping[str, Any]) -> None:
    if options.get("stream"):
        raise InvalidParameter(NO_STREAM)


def _conversation(given: ChatBody) -> list[Message]:
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
