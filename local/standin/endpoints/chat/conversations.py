"""What both chat protocols share: reading a conversation and its wishes, and what is said in reply."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from local.standin.endpoints.chat.answers import Answer, Message, answer_to, count_tokens, cut
from local.standin.endpoints.chat.formats import formatted
from local.standin.endpoints.chat.tools import chosen_tool, tool_call
from local.standin.endpoints.fields import fraction, whole
from local.standin.errors import invalid_parameter

MOST_TOKENS = 10**6
_ROLES = ("system", "user", "assistant", "tool")


@dataclass(frozen=True)
class Utterance:
    """What the assistant says: `message` in the shape both protocols use, and how many tokens it took."""

    message: dict[str, Any]
    finish_reason: str
    input_tokens: int
    output_tokens: int

    @property
    def tokens(self) -> int:
        """Tokens in all."""
        return self.input_tokens + self.output_tokens


def read_messages(raw: object, path: str, words_of: Callable[[object], str | None]) -> list[Message]:
    """The messages at `path`; `words_of` reads a content, or gives None when it cannot be used."""
    if raw is None:
        raise invalid_parameter(f"Field required: {path}")
    if not isinstance(raw, list) or not raw:
        raise invalid_parameter(f"{path} must be a non-empty list.")
    messages = [_message(item, f"{path}[{index}]", words_of) for index, item in enumerate(raw)]
    if messages[-1].role not in ("user", "tool"):
        raise invalid_parameter(f"{path} must end with a message of the user.")
    return messages


def reply_to(
    messages: Sequence[Message], wishes: Mapping[str, Any], prefix: str, most_tokens: int, request_id: str
) -> Utterance:
    """The call of a tool where the user speaks last and tools are offered, otherwise an answer in words.

    `wishes` holds the sampling parameters, tools and format; `prefix` is where it stands in the body.
    """
    for name, high in (("temperature", 2.0), ("top_p", 1.0)):
        fraction(wishes, name, f"{prefix}{name}", high)
    whole(wishes, "seed", f"{prefix}seed", 0, 2**63 - 1, 0)
    stops = _stops(wishes, f"{prefix}stop")
    words = formatted(answer_to(messages), messages, wishes, prefix)
    function = chosen_tool(wishes, prefix)
    used = sum(count_tokens(message.text) for message in messages)
    if function is not None and messages[-1].role == "user":
        return _called(tool_call(function, messages[-1].text, request_id), used)
    return _said(cut(words, stops, most_tokens), used)


def _called(call: dict[str, Any], used: int) -> Utterance:
    # DashScope leaves an empty string where OpenAI has null.
    message = {"role": "assistant", "content": "", "tool_calls": [call]}
    return Utterance(message, "tool_calls", used, count_tokens(call["function"]["arguments"]))


def _said(answer: Answer, used: int) -> Utterance:
    message = {"role": "assistant", "content": answer.text}
    return Utterance(message, answer.finish_reason, used, count_tokens(answer.text))


def _message(item: object, path: str, words_of: Callable[[object], str | None]) -> Message:
    if not isinstance(item, dict):
        raise invalid_parameter(f"{path} must be an object.")
    role = item.get("role")
    if role not in _ROLES:
        raise invalid_parameter(f"{path}.role must be one of {list(_ROLES)}.")
    if role == "assistant" and item.get("tool_calls"):
        return Message(role, words_of(item.get("content")) or "")
    words = words_of(item.get("content"))
    if words is None or (not words.strip() and role == "user"):
        raise invalid_parameter(f"{path}.content must be a non-empty string.")
    return Message(role, words)


def _stops(wishes: Mapping[str, Any], path: str) -> list[str]:
    stop = wishes.get("stop")
    stops = [stop] if isinstance(stop, str) else stop or []
    if not isinstance(stops, list) or not all(isinstance(word, str) and word for word in stops):
        raise invalid_parameter(f"{path} must be a string or a list of strings.")
    return stops
