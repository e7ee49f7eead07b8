"""Native text generation: an answer that can be traced back to the messages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..errors import BAD_URL, invalid_parameter
from ..world import World
from .answers import Answer, Message, answer_to, count_tokens, cut
from .fields import body_of, choice, fraction, model_of, section, text, whole
from .messages import words_of
from .routing import Call

_ROLES = ("system", "user", "assistant", "tool")
_MOST_TOKENS = 10**6


def generate(world: World, call: Call) -> dict[str, Any]:
    """POST …/text-generation/generation, with result_format text or message."""
    body = body_of(call.request)
    if model_of(body).image is not None:
        raise invalid_parameter(BAD_URL)
    if call.request.headers.get("x-dashscope-sse", "").lower() == "enable":
        raise invalid_parameter("X-DashScope-SSE: this stand-in does not stream.")
    messages = _messages(section(body, "input", required=True))
    parameters = section(body, "parameters", required=False)
    result_format = choice(parameters, "result_format", "parameters.result_format", ("text", "message"))
    answer = _answer(messages, parameters)
    used, made = sum(count_tokens(message.text) for message in messages), count_tokens(answer.text)
    return {
        "output": _output(answer, result_format),
        "usage": {"input_tokens": used, "output_tokens": made, "total_tokens": used + made},
    }


def _answer(messages: list[Message], parameters: Mapping[str, Any]) -> Answer:
    for name, high in (("temperature", 2.0), ("top_p", 1.0)):
        fraction(parameters, name, f"parameters.{name}", high)
    whole(parameters, "seed", "parameters.seed", 0, 2**63 - 1, 0)
    most = whole(parameters, "max_tokens", "parameters.max_tokens", 1, _MOST_TOKENS, _MOST_TOKENS)
    return cut(answer_to(messages), _stops(parameters), most)


def _output(answer: Answer, result_format: str) -> dict[str, Any]:
    if result_format == "text":
        return {"finish_reason": answer.finish_reason, "text": answer.text}
    message = {"role": "assistant", "content": answer.text}
    return {"choices": [{"finish_reason": answer.finish_reason, "message": message}]}


def _messages(given: Mapping[str, Any]) -> list[Message]:
    if "messages" not in given and "prompt" in given:
        return [Message("user", text(given, "prompt", "input.prompt"))]
    raw = given.get("messages")
    if raw is None:
        raise invalid_parameter("Field required: input.messages")
    if not isinstance(raw, list) or not raw:
        raise invalid_parameter("input.messages must be a non-empty list.")
    messages = [_message(item, f"input.messages[{index}]") for index, item in enumerate(raw)]
    if messages[-1].role not in ("user", "tool"):
        raise invalid_parameter("input.messages must end with a message of the user.")
    return messages


def _message(item: object, path: str) -> Message:
    if not isinstance(item, dict):
        raise invalid_parameter(f"{path} must be an object.")
    if item.get("role") not in _ROLES:
        raise invalid_parameter(f"{path}.role must be one of {list(_ROLES)}.")
    words = words_of(item.get("content"))
    if words is None or (not words.strip() and item["role"] == "user"):
        raise invalid_parameter(f"{path}.content must be a non-empty string.")
    return Message(item["role"], words)


def _stops(parameters: Mapping[str, Any]) -> list[str]:
    stop = parameters.get("stop")
    stops = [stop] if isinstance(stop, str) else stop or []
    if not isinstance(stops, list) or not all(isinstance(word, str) and word for word in stops):
        raise invalid_parameter("parameters.stop must be a string or a list of strings.")
    return stops
