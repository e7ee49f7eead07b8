"""Native text generation: an answer that can be traced back to the messages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from local.standin.endpoints.chat.answers import Message
from local.standin.endpoints.chat.conversations import MOST_TOKENS, Utterance, read_messages, reply_to
from local.standin.endpoints.fields import body_of, choice, model_of, section, text, whole
from local.standin.endpoints.messages import words_of
from local.standin.endpoints.routing import Call
from local.standin.errors import BAD_URL, invalid_parameter
from local.standin.world import World

_PREFIX = "parameters."


def generate(world: World, call: Call) -> dict[str, Any]:
    """POST …/text-generation/generation, with result_format text or message."""
    body = body_of(call.request)
    if model_of(body).image is not None:
        raise invalid_parameter(BAD_URL)
    if call.request.headers.get("x-dashscope-sse", "").lower() == "enable":
        raise invalid_parameter("X-DashScope-SSE: this stand-in does not stream.")
    messages = _messages(section(body, "input", required=True))
    parameters = section(body, "parameters", required=False)
    result_format = _result_format(parameters)
    most = whole(parameters, "max_tokens", "parameters.max_tokens", 1, MOST_TOKENS, MOST_TOKENS)
    said = reply_to(messages, parameters, _PREFIX, most, call.request_id)
    return {
        "output": _output(said, result_format),
        "usage": {
            "input_tokens": said.input_tokens,
            "output_tokens": said.output_tokens,
            "total_tokens": said.tokens,
        },
    }


def _messages(given: Mapping[str, Any]) -> list[Message]:
    if "messages" not in given and "prompt" in given:
        return [Message("user", text(given, "prompt", "input.prompt"))]
    return read_messages(given.get("messages"), "input.messages", words_of)


def _result_format(parameters: Mapping[str, Any]) -> str:
    wanted = choice(parameters, "result_format", "parameters.result_format", ("text", "message"))
    if parameters.get("tools") is not None and wanted != "message":
        raise invalid_parameter("parameters.result_format must be message when there are tools.")
    return wanted


def _output(said: Utterance, result_format: str) -> dict[str, Any]:
    if result_format == "text":
        return {"finish_reason": said.finish_reason, "text": said.message["content"]}
    return {"choices": [{"finish_reason": said.finish_reason, "message": said.message}]}
