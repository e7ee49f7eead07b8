"""The words of a chat answer, made from the messages alone, and how they are counted and cut."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

# One token per Chinese character, word or sign: rough, but the same everywhere here.
_TOKEN = re.compile(r"[\u3400-\u9fff]|[^\W\u3400-\u9fff]+|[^\w\s]")
_QUOTED = 60


@dataclass(frozen=True)
class Message:
    """One message of a conversation."""

    role: str
    text: str


@dataclass(frozen=True)
class Answer:
    """What is answered, and why it ends where it does: 'stop' or 'length'."""

    text: str
    finish_reason: str


def answer_to(messages: Sequence[Message]) -> str:
    """The whole answer; it quotes the last message, the first, the previous answer and the instruction."""
    spoken = [message.text for message in messages if message.role in ("user", "tool")]
    replies = [message.text for message in messages if message.role == "assistant" and message.text]
    orders = [message.text for message in messages if message.role == "system"]
    sentences = [f"You said: “{_quote(spoken[-1])}”."]
    if len(spoken) > 1:
        sentences.append(f"This is turn {len(spoken)}; you began with “{_quote(spoken[0])}”.")
    if replies:
        sentences.append(f"My previous answer was “{_quote(replies[-1])}”.")
    if orders:
        sentences.append(f"I was told: “{_quote(orders[-1])}”.")
    return " ".join(sentences)


def count_tokens(text: str) -> int:
    """A rough number of tokens."""
    return sum(1 for _ in _TOKEN.finditer(text))


def cut(text: str, stops: Sequence[str], most_tokens: int) -> Answer:
    """The text up to the first stop word, and no longer than `most_tokens`."""
    ends = [place for place in (text.find(stop) for stop in stops) if place >= 0]
    kept = text[: min(ends)] if ends else text
    tokens = list(_TOKEN.finditer(kept))
    if len(tokens) > most_tokens:
        return Answer(kept[: tokens[most_tokens - 1].end()], "length")
    return Answer(kept, "stop")


def _quote(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _QUOTED else line[: _QUOTED - 1] + "…"
