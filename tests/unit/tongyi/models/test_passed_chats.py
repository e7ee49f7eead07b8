"""Chats in the words of other APIs: what the gateway answers for is checked, the rest is passed on as it came."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tongyi.errors import InvalidParameter
from tongyi.models.chat import MAX_MESSAGES, parse_native_chat, parse_openai_chat

MODELS = ("qwen-plus", "qwen-max")
USER = {"role": "user", "content": "Hello"}
STREAM = "stream: this route answers in one piece, leave it out or send false."
TOOLS = [{"type": "function", "function": {"name": "weather"}}]
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.sampled_from(["user", "a", *MODELS]),
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(
            st.sampled_from(["messages", "role", "content", "prompt", "stream", "input", "model"]), inner
        )
    ),
    max_leaves=6,
)
Parse = Callable[[Any, tuple[str, ...]], dict[str, Any]]
BOTH = pytest.mark.parametrize(
    ("parse", "wrap"),
    [
        (parse_native_chat, lambda messages: {"input": {"messages": messages}}),
        (parse_openai_chat, lambda messages: {"messages": messages}),
    ],
    ids=["native", "openai"],
)
Wrap = Callable[[Any], dict[str, Any]]


def _complaint(parse: Parse, body: Any) -> str:
    with pytest.raises(InvalidParameter) as caught:
        parse(body, MODELS)
    return caught.value.message


@pytest.mark.parametrize("parse", [parse_native_chat, parse_openai_chat])
@given(body=JSON | st.dictionaries(st.sampled_from(["input", "messages", "model", "parameters"]), JSON))
def test_chats_are_passed_on_or_refused(parse: Parse, body: Any) -> None:
    try:
        sent = parse(body, MODELS)
    except InvalidParameter:
        return
    assert sent["model"] in MODELS


def test_native_chat_is_passed_on_as_it_came() -> None:
    body = {
        "model": "qwen-max",
        "input": {"messages": [{**USER, "name": "x", "content": [{"text": "a"}]}], "new": 1},
        "parameters": {"result_format": "text", "tools": TOOLS, "enable_search": True, "stream": False},
    }
    assert parse_native_chat(body, MODELS) == body


def test_native_chat_may_be_a_prompt() -> None:
    sent = parse_native_chat({"input": {"prompt": "Hello"}}, MODELS)
    assert sent == {"model": "qwen-plus", "input": {"prompt": "Hello"}, "parameters": {}}


def test_native_chat_asks_for_no_format_that_was_not_asked_for() -> None:
    assert parse_native_chat({"input": {"messages": [USER]}}, MODELS)["parameters"] == {}


def test_openai_chat_is_passed_on_as_it_came() -> None:
    tool = {"role": "tool", "content": "sunny", "tool_call_id": "c-1"}
    call: dict[str, Any] = {"role": "assistant", "content": None, "tool_calls": []}
    body = {
        "model": "qwen-max",
        "messages": [{"role": "developer", "content": "Be brief"}, USER, call, tool],
        "tools": TOOLS,
        "response_format": {"type": "json_object"},
        "max_completion_tokens": 7,
        "stream": False,
        "n": 2,
        "enable_thinking": False,
    }
    assert parse_openai_chat(body, MODELS) == body


@BOTH
def test_chats_of_no_model_are_for_the_first(parse: Parse, wrap: Wrap) -> None:
    bodies: list[dict[str, Any]] = [{}, {"model": None}, {"model": ""}]
    assert [parse({**wrap([USER]), **body}, MODELS)["model"] for body in bodies] == ["qwen-plus"] * 3


@BOTH
def test_chats_of_another_model_are_refused(parse: Parse, wrap: Wrap) -> None:
    complaint = _complaint(parse, {**wrap([USER]), "model": "gpt-4"})
    assert complaint == "model: 'gpt-4' is not one of: qwen-plus, qwen-max."


@BOTH
@pytest.mark.parametrize(
    "messages",
    [
        [],
        None,
        "Hello",
        USER,
        ["Hello"],
        [None],
        [USER, {"content": "Hello"}],
        [{"role": 1}],
        [{"role": None, "content": "Hello"}],
        [USER] * (MAX_MESSAGES + 1),
    ],
    ids=["none", "null", "text", "object", "texts", "nulls", "no role", "number", "null role", "too many"],
)
def test_chats_need_messages_with_roles(parse: Parse, wrap: Wrap, messages: Any) -> None:
    assert _complaint(parse, wrap(messages)).startswith(("input: needs messages", "messages: must be a list"))


@BOTH
def test_chats_may_have_200_messages(parse: Parse, wrap: Wrap) -> None:
    body = {"model": "qwen-plus", **wrap([USER] * 200)}
    assert body.items() <= parse(body, MODELS).items()


@pytest.mark.parametrize("stream", [True, 1, "true"])
def test_streams_are_refused(stream: Any) -> None:
    native = {"input": {"messages": [USER]}, "parameters": {"stream": stream}}
    assert _complaint(parse_native_chat, native) == STREAM
    assert _complaint(parse_openai_chat, {"messages": [USER], "stream": stream}) == STREAM


def test_native_chat_has_no_stream_beside_its_parameters() -> None:
    complaint = _complaint(parse_native_chat, {"input": {"messages": [USER]}, "stream": True})
    assert complaint == "stream: is not a parameter of this route, remove it."


@pytest.mark.parametrize(
    "body",
    [
        {},
        [],
        None,
        "Hello",
        {"messages": [USER]},
        {"input": [USER]},
        {"input": {}},
        {"input": {"prompt": ""}},
        {"input": {"prompt": "a"}, "parameters": None},
        {"input": {"prompt": "a"}, "parameters": []},
    ],
)
def test_native_chat_needs_its_shape(body: Any) -> None:
    assert _complaint(parse_native_chat, body)


@pytest.mark.parametrize(
    "body", [{}, [], None, "Hello", {"prompt": "Hello"}, {"input": {"messages": [USER]}}]
)
def test_openai_chat_needs_its_shape(body: Any) -> None:
    assert _complaint(parse_openai_chat, body)


@BOTH
def test_chats_refuse_text_that_is_no_unicode(parse: Parse, wrap: Wrap) -> None:
    complaint = _complaint(parse, wrap([{"role": "user", "content": "\ud83d"}]))
    assert "messages.0.content: holds U+D83D" in complaint
