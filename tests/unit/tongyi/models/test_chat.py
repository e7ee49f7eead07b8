"""Chats: a prompt or a conversation, in an order that makes sense."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tongyi.errors import InvalidParameter
from tongyi.models.chat import MAX_MESSAGES, ChatRequest, parse_chat_request

MODELS = ("qwen-plus", "qwen-max")
USER = {"role": "user", "content": "Hello"}
ASSISTANT = {"role": "assistant", "content": "Hi"}
SYSTEM = {"role": "system", "content": "Be brief"}

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
NAMES = ["prompt", "messages", "model", "system", "temperature", "top_p", "max_tokens", "seed", "stop"]
TURN = st.fixed_dictionaries(
    {"role": st.sampled_from(["system", "user", "assistant"]), "content": st.text(max_size=3)}
)
VALUE = JSON | st.sampled_from(MODELS) | st.lists(TURN | JSON, max_size=4) | st.floats(-1, 3)
BODIES = JSON | st.dictionaries(st.sampled_from(NAMES), VALUE, max_size=4)


def _chat(**given: Any) -> ChatRequest:
    return parse_chat_request(given, MODELS)


def _turns(**given: Any) -> list[tuple[str, str]]:
    return [(message.role, message.content) for message in _chat(**given).messages]


def _complaint(**given: Any) -> str:
    with pytest.raises(InvalidParameter) as caught:
        _chat(**given)
    return caught.value.message


@given(BODIES)
@example({"prompt": "\ud800"})
@example({"messages": [{"role": "user", "content": "\ud800"}]})
@example({"prompt": "a", "temperature": 10**400})
def test_chat_request_is_made_of_any_json_or_refused(body: Any) -> None:
    try:
        request = parse_chat_request(body, MODELS)
    except InvalidParameter:
        return
    assert request.model in MODELS
    assert request.messages[-1].role == "user"
    assert "system" not in [message.role for message in request.messages[1:]]


def test_chat_request_needs_a_prompt_only() -> None:
    assert _turns(prompt="Hello") == [("user", "Hello")]


def test_chat_request_takes_the_first_model_by_default() -> None:
    assert _chat(prompt="Hello").model == "qwen-plus"


def test_chat_request_takes_another_model() -> None:
    assert _chat(prompt="Hello", model="qwen-max").model == "qwen-max"


def test_chat_request_names_the_models_there_are() -> None:
    assert _complaint(prompt="Hello", model="gpt") == "model: 'gpt' is not one of: qwen-plus, qwen-max."


def test_chat_request_asks_for_messages_in_the_reply() -> None:
    assert _chat(prompt="Hello").parameters == {"result_format": "message"}


def test_chat_request_passes_options_on() -> None:
    options = {"temperature": 0.5, "top_p": 0.9, "max_tokens": 10, "seed": 7, "stop": ["a", "b"]}
    assert _chat(prompt="Hello", **options).parameters == {"result_format": "message", **options}


def test_chat_request_keeps_a_conversation_in_order() -> None:
    assert _turns(messages=[SYSTEM, USER, ASSISTANT, USER]) == [
        ("system", "Be brief"),
        ("user", "Hello"),
        ("assistant", "Hi"),
        ("user", "Hello"),
    ]


@pytest.mark.parametrize("given", [{"prompt": "Hello"}, {"messages": [USER]}])
def test_chat_request_puts_the_system_message_first(given: dict[str, Any]) -> None:
    assert _turns(system="Be brief", **given) == [("system", "Be brief"), ("user", "Hello")]


def test_chat_request_passes_over_an_empty_system_message() -> None:
    assert _turns(prompt="Hello", system="") == [("user", "Hello")]


def test_chat_request_takes_a_message_of_one_character() -> None:
    assert _turns(messages=[{"role": "user", "content": "?"}]) == [("user", "?")]


def test_chat_request_takes_one_system_message() -> None:
    assert _complaint(system="Be brief", messages=[SYSTEM, USER]).startswith("system: ")


@pytest.mark.parametrize("given", [{}, {"prompt": "Hello", "messages": [USER]}, {"system": "Be brief"}])
def test_chat_request_takes_either_a_prompt_or_messages(given: dict[str, Any]) -> None:
    assert _complaint(**given) == "prompt: send either prompt or messages, and exactly one of the two."


@pytest.mark.parametrize("prompt", ["", "  \n"])
def test_chat_request_refuses_an_empty_prompt(prompt: str) -> None:
    assert _complaint(prompt=prompt) == "prompt: must not be empty."


def test_chat_request_refuses_a_system_message_further_down() -> None:
    assert _complaint(messages=[USER, SYSTEM, USER]).startswith(
        "messages: a system message may only come first"
    )


@pytest.mark.parametrize("messages", [[USER, ASSISTANT], [SYSTEM]])
def test_chat_request_leaves_the_last_word_to_the_user(messages: list[dict[str, str]]) -> None:
    assert _complaint(messages=messages) == "messages: the last message must be the user's."


@pytest.mark.parametrize("messages", [[], [USER] * (MAX_MESSAGES + 1)])
def test_chat_request_bounds_the_number_of_messages(messages: list[dict[str, str]]) -> None:
    assert _complaint(messages=messages).startswith("messages: ")


@pytest.mark.parametrize(
    "message", [{**USER, "content": ""}, {**USER, "role": "tool"}, {"role": "user"}, {**USER, "name": "x"}]
)
def test_chat_request_says_which_message_is_wrong(message: dict[str, str]) -> None:
    assert _complaint(messages=[USER, message]).startswith("messages.1.")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("temperature", -0.1),
        ("temperature", 2),
        ("top_p", 0),
        ("top_p", 1.1),
        ("max_tokens", 0),
        ("max_tokens", 1.5),
        ("seed", -1),
        ("seed", 2**31),
        ("stop", 1),
    ],
)
def test_chat_request_refuses_an_option_out_of_range(name: str, value: Any) -> None:
    assert _complaint(prompt="Hello", **{name: value}).startswith(name)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("temperature", 0),
        ("temperature", 1.99),
        ("top_p", 1),
        ("max_tokens", 1),
        ("seed", 0),
        ("seed", 2**31 - 1),
    ],
)
def test_chat_request_takes_the_ends_of_a_range(name: str, value: Any) -> None:
    assert _chat(prompt="Hello", **{name: value}).parameters[name] == value
