"""Chat in OpenAI's shape, as DashScope's compatible mode speaks it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from local.standin.catalog import MODELS
from local.standin.endpoints.chat.conversations import MOST_TOKENS, read_messages, reply_to
from local.standin.endpoints.fields import body_of, flag, text, whole
from local.standin.endpoints.routing import Call
from local.standin.errors import UpstreamError, invalid_parameter
from local.standin.world import World


def complete(world: World, call: Call) -> dict[str, Any]:
    """POST /compatible-mode/v1/chat/completions, without streaming."""
    body = body_of(call.request)
    model = _model(body)
    if flag(body, "stream", "stream", False):
        raise invalid_parameter("stream: this stand-in does not stream.")
    whole(body, "n", "n", 1, 1, 1)
    messages = read_messages(body.get("messages"), "messages", _words_of)
    _check_tool_messages(body["messages"])
    said = reply_to(messages, body, "", _most_tokens(body), call.request_id)
    choice = {"index": 0, "message": said.message, "finish_reason": said.finish_reason, "logprobs": None}
    return {
        "id": f"chatcmpl-{call.request_id}",
        "object": "chat.completion",
        "created": int(call.arrived),
        "model": model,
        "choices": [choice],
        "usage": {
            "prompt_tokens": said.input_tokens,
            "completion_tokens": said.output_tokens,
            "total_tokens": said.tokens,
        },
        "system_fingerprint": None,
    }


def _model(body: Mapping[str, Any]) -> str:
    name = text(body, "model", "model")
    if name not in MODELS:
        message = f"The model `{name}` does not exist or you do not have access to it."
        raise UpstreamError(404, "model_not_found", message)
    if MODELS[name].image is not None:
        message = f"Unsupported model `{name}` for OpenAI compatibility mode."
        raise UpstreamError(404, "model_not_supported", message)
    return name


def _words_of(content: object) -> str | None:
    if not isinstance(content, list):
        return content if isinstance(content, str) else None
    if not all(isinstance(part, dict) and part.get("type") == "text" for part in content):
        return None
    words = [part.get("text") for part in content]
    return "".join(words) if all(isinstance(word, str) for word in words) else None


def _check_tool_messages(messages: list[dict[str, Any]]) -> None:
    for index, message in enumerate(messages):
        if message["role"] == "tool":
            text(message, "tool_call_id", f"messages[{index}].tool_call_id")


def _most_tokens(body: Mapping[str, Any]) -> int:
    names = ("max_tokens", "max_completion_tokens")
    return min(whole(body, name, name, 1, MOST_TOKENS, MOST_TOKENS) for name in names)
