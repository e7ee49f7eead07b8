"""Characters that no model can mean: which they are, in which field one stands, and that each value is seen once."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tongyi.errors import InvalidParameter
from tongyi.models.chat import parse_chat_request, parse_native_chat, parse_openai_chat
from tongyi.models.images.bodies import (
    parse_image_request,
    parse_lenient_request,
    parse_message_request,
    parse_openai_request,
    parse_task_request,
)
from tongyi.models.tasks.message import parse_named_order, parse_order_message
from tongyi.models.text import CONVERSATION, DEEPEST, PROMPT, TextRule

WHITE_SPACE = "\t\n\v\f\r\x85"
ALL = "".join(map(chr, range(0x110000)))
MODELS = ("qwen-plus",)


def _refused(rule: TextRule, text: str) -> bool:
    try:
        rule.check("a", text)
    except InvalidParameter:
        return True
    return False


def _is_noncharacter(character: str) -> bool:
    code = ord(character)
    return code & 0xFFFE == 0xFFFE or 0xFDD0 <= code <= 0xFDEF


def _unfit(character: str) -> bool:
    controls = unicodedata.category(character) == "Cc" and character not in WHITE_SPACE
    return controls or unicodedata.category(character) == "Cs" or _is_noncharacter(character)


def test_prompt_takes_every_character_but_those_that_no_model_can_mean() -> None:
    assert PROMPT.unfit.findall(ALL) == [c for c in ALL if _unfit(c) or c == "\ufffd"]


def test_conversation_takes_besides_what_tools_of_a_terminal_say() -> None:
    prompt, conversation = (rule.unfit.findall(ALL) for rule in (PROMPT, CONVERSATION))
    assert [c for c in prompt if c not in set(conversation)] == ["\a", "\b", "\x1b", "\ufffd"]
    assert set(conversation) < set(prompt)


IN_PROMPTS: dict[str, tuple[Callable[[Any], object], Callable[[str], Any]]] = {
    "prompt of a flat order": (parse_image_request, lambda text: {"prompt": text}),
    "negative_prompt of a flat order": (
        parse_image_request,
        lambda text: {"prompt": "a", "negative_prompt": text},
    ),
    "input.prompt of a task": (parse_task_request, lambda text: {"input": {"prompt": text}}),
    "input.prompt of a nested order": (parse_lenient_request, lambda text: {"input": {"prompt": text}}),
    "input.negative_prompt of a nested order": (
        parse_lenient_request,
        lambda text: {"input": {"prompt": "a", "negative_prompt": text}},
    ),
    "prompt of OpenAI's": (parse_openai_request, lambda text: {"prompt": text}),
    "user of OpenAI's": (parse_openai_request, lambda text: {"prompt": "a", "user": text}),
    "input.messages.0.content of a message": (
        parse_message_request,
        lambda text: {
            "model": "qwen-image-2.0",
            "input": {"messages": [{"role": "user", "content": text}]},
        },
    ),
    "input.messages.0.content.0.text of a message": (
        parse_message_request,
        lambda text: {
            "model": "qwen-image-2.0",
            "input": {"messages": [{"role": "user", "content": [{"text": text}]}]},
        },
    ),
    "prompt of a chat": (lambda body: parse_chat_request(body, MODELS), lambda text: {"prompt": text}),
    "system of a chat": (
        lambda body: parse_chat_request(body, MODELS),
        lambda text: {"prompt": "a", "system": text},
    ),
    "messages.0.content of a chat": (
        lambda body: parse_chat_request(body, MODELS),
        lambda text: {"messages": [{"role": "user", "content": text}]},
    ),
    "prompt of a queue's message": (
        lambda body: parse_order_message(body, "m"),
        lambda text: {"prompt": text},
    ),
    "prompt of an event": (
        lambda body: parse_order_message(body, "m"),
        lambda text: {"detail-type": "Image Task Requested", "detail": {"prompt": text}},
    ),
    "idempotency_key of a queue's message": (
        lambda body: parse_order_message(body, "m"),
        lambda text: {"prompt": "a", "idempotency_key": text},
    ),
    "idempotency_key of an event, its id": (
        lambda body: parse_order_message(body, "m"),
        lambda text: {"detail-type": "Image Task Requested", "id": text, "detail": {"prompt": "a"}},
    ),
    "prompt of a line": (lambda body: parse_named_order(body, "file-1"), lambda text: {"prompt": text}),
    "body, a name in it": (parse_image_request, lambda text: {"prompt": "a", text: 1}),
    "input, a name in it": (parse_lenient_request, lambda text: {"input": {"prompt": "a", text: 1}}),
}
IN_CONVERSATIONS: dict[str, tuple[Callable[[Any], object], Callable[[str], Any]]] = {
    "messages.0.content of OpenAI's": (
        lambda body: parse_openai_chat(body, MODELS),
        lambda text: {"messages": [{"role": "tool", "content": text}]},
    ),
    "messages.0.content.0.text of OpenAI's": (
        lambda body: parse_openai_chat(body, MODELS),
        lambda text: {"messages": [{"role": "tool", "content": [{"type": "text", "text": text}]}]},
    ),
    "input.prompt of DashScope's": (
        lambda body: parse_native_chat(body, MODELS),
        lambda text: {"input": {"prompt": text}},
    ),
    "input.messages.0.content of DashScope's": (
        lambda body: parse_native_chat(body, MODELS),
        lambda text: {"input": {"messages": [{"role": "user", "content": text}]}},
    ),
}


def _not_refused(
    ways: dict[str, tuple[Callable[[Any], object], Callable[[str], Any]]], characters: str
) -> list[str]:
    """The ways in that take one of the characters, or do not say which and where."""
    left = []
    for way, (parse, body) in ways.items():
        place = way.partition(" of ")[0].partition(",")[0]
        for character in characters:
            code = f"U+{ord(character):04X}"
            try:
                parse(body(f"a{character}b"))
                left.append(f"{way}: {code} is taken")
            except InvalidParameter as error:
                wanted = f"{place}: holds {code}, a character that no model can read; remove it."
                left += [] if error.message == wanted else [f"{way}: {code}: {error.message}"]
    return left


def test_no_way_in_takes_what_no_model_can_mean() -> None:
    characters = "\x00\x0e\x7f\x80\x9f\ud83d\ufdd0\uffff\U0010ffff"
    assert _not_refused(IN_PROMPTS, f"{characters}\a\b\x1b\ufffd") == []
    assert _not_refused(IN_CONVERSATIONS, characters) == []


def test_conversations_that_are_passed_on_may_quote_a_terminal() -> None:
    for parse, body in IN_CONVERSATIONS.values():
        assert parse(body("\x1b[31mred\a\b\ufffd\t\n\v\f\r\x85"))


def test_prompts_keep_their_white_space() -> None:
    prompt = f"a{WHITE_SPACE}b"
    assert parse_image_request({"prompt": prompt}).input["prompt"] == prompt


def test_number_that_is_not_finite_is_named_where_it_stands() -> None:
    with pytest.raises(InvalidParameter, match=r"^parameters\.a\.1: must be a finite number\.$"):
        PROMPT.check_all({"parameters": {"a": [1.5, json.loads("1e999")]}})


@pytest.mark.parametrize("outer", [lambda inner: [inner], lambda inner: {"a": inner}], ids=["list", "object"])
def test_body_may_be_as_deep_as_the_limit_and_no_deeper(outer: Callable[[Any], Any]) -> None:
    body: Any = 1
    for _ in range(DEEPEST):
        body = outer(body)
    PROMPT.check_all(body)
    with pytest.raises(InvalidParameter, match="nested too deeply, more than 100 levels"):
        PROMPT.check_all(outer(body))


def test_body_of_any_depth_is_refused_without_recursion() -> None:
    body: Any = []
    for _ in range(200_000):
        body = [body]
    with pytest.raises(InvalidParameter, match="nested too deeply"):
        CONVERSATION.check_all(body)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=2), inner, max_size=3),
    max_leaves=8,
)


def _texts(body: Any) -> Iterator[str]:
    if isinstance(body, str):
        yield body
    elif isinstance(body, dict):
        yield from body
        yield from (text for part in body.values() for text in _texts(part))
    elif isinstance(body, list):
        yield from (text for part in body for text in _texts(part))


@given(JSON, st.sampled_from([PROMPT, CONVERSATION]))
def test_body_is_refused_for_a_character_in_it_and_for_nothing_else(body: Any, rule: TextRule) -> None:
    refused = False
    try:
        rule.check_all(body)
    except InvalidParameter:
        refused = True
    assert refused is any(_refused(rule, text) for text in _texts(body))
