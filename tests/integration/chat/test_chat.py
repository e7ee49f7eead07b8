"""POST /v1/tongyi: what is taken, what upstream is sent for it, and what is answered."""

from __future__ import annotations

from typing import Any

import pytest

from tests.integration.documents import CHAT_BODY
from tests.support.api_gateway import Reply
from tests.support.gateway import Gateway

HELLO = {"role": "user", "content": "hello"}
TALK = [
    {"role": "user", "content": "my name is Ann"},
    {"role": "assistant", "content": "hello Ann"},
    {"role": "user", "content": "what is my name?"},
]

# A name that the error must contain, and the body.
REFUSED: dict[str, tuple[str, Any]] = {
    "neither prompt nor messages": ("prompt", {}),
    "both prompt and messages": ("prompt", {"prompt": "hello", "messages": [HELLO]}),
    "empty prompt": ("prompt", {"prompt": ""}),
    "blank prompt": ("prompt", {"prompt": " \n"}),
    "prompt of another type": ("prompt", {"prompt": 7}),
    "no messages": ("messages", {"messages": []}),
    "too many messages": ("messages", {"messages": [HELLO] * 201}),
    "unknown role": ("role", {"messages": [{"role": "robot", "content": "hello"}]}),
    "no content": ("content", {"messages": [{"role": "user"}]}),
    "empty content": ("content", {"messages": [{"role": "user", "content": ""}]}),
    "content of another type": ("content", {"messages": [{"role": "user", "content": 1}]}),
    "unknown part of a message": ("name", {"messages": [{**HELLO, "name": "Ann"}]}),
    "ends with the assistant": ("messages", {"messages": TALK[:2]}),
    "system in the middle": ("messages", {"messages": [HELLO, {"role": "system", "content": "x"}, HELLO]}),
    "two systems": (
        "system",
        {"system": "be brief", "messages": [{"role": "system", "content": "be rude"}, HELLO]},
    ),
    "model not allowed": ("model", {"prompt": "hello", "model": "qwen-huge"}),
    "temperature below": ("temperature", {"prompt": "hello", "temperature": -0.1}),
    "temperature above": ("temperature", {"prompt": "hello", "temperature": 2}),
    "temperature text": ("temperature", {"prompt": "hello", "temperature": "1"}),
    "top_p zero": ("top_p", {"prompt": "hello", "top_p": 0}),
    "top_p above": ("top_p", {"prompt": "hello", "top_p": 1.1}),
    "max_tokens zero": ("max_tokens", {"prompt": "hello", "max_tokens": 0}),
    "seed below": ("seed", {"prompt": "hello", "seed": -1}),
    "seed above": ("seed", {"prompt": "hello", "seed": 2**31}),
    "stop of another type": ("stop", {"prompt": "hello", "stop": 1}),
    "unknown field": ("promt", {"prompt": "hello", "promt": "hello"}),
    "prompt with half a character": ("", '{"prompt": "\\ud800"}'),
    "no JSON": ("JSON", "hello"),
    "a list": ("JSON object", [HELLO]),
    "too large": ("256 KB", {"prompt": "a" * 256 * 1024}),
}


def chat(shared: Gateway, body: Any) -> Reply:
    return shared.request("POST", "/v1/tongyi", body)


def sent_for(shared: Gateway, body: Any) -> dict[str, Any]:
    """Chats, and returns the body of the one call to upstream."""
    before = len(shared.standin.ledger("chat"))
    reply = chat(shared, body)
    assert reply.status == 200, reply.text
    (call,) = shared.standin.ledger("chat")[before:]
    sent: dict[str, Any] = call["body"]
    return sent


def test_chat_answers_the_documented_request_with_the_documented_keys(shared: Gateway) -> None:
    reply = chat(shared, CHAT_BODY)

    assert reply.status == 200
    assert reply.body["code"] == 200
    assert "淝水之战" in reply.body["message"]


def test_chat_adds_what_else_it_knows(shared: Gateway) -> None:
    body = chat(shared, CHAT_BODY).body

    assert set(body) == {"message", "code", "request_id", "model", "usage", "finish_reason"}
    assert (body["model"], body["finish_reason"]) == ("qwen-plus", "stop")
    assert body["usage"]["total_tokens"] == body["usage"]["input_tokens"] + body["usage"]["output_tokens"]


def test_chat_sends_the_documented_request(shared: Gateway) -> None:
    assert sent_for(shared, CHAT_BODY) == {
        "model": "qwen-plus",
        "input": {"messages": [{"role": "user", "content": "请给我讲述一下淝水之战"}]},
        "parameters": {"result_format": "message"},
    }


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("temperature", 0),
        ("temperature", 1.9),
        ("top_p", 0.1),
        ("top_p", 1),
        ("max_tokens", 1),
        ("seed", 0),
        ("seed", 2**31 - 1),
        ("stop", "end"),
        ("stop", ["end", "fin"]),
    ],
)
def test_chat_sends_each_parameter_as_it_is(shared: Gateway, name: str, value: Any) -> None:
    assert sent_for(shared, {"prompt": "hello", name: value})["parameters"][name] == value


@pytest.mark.parametrize("model", ["qwen-plus", "qwen-turbo", "qwen-flash", "qwen-max"])
def test_chat_uses_the_model_it_is_told_to(shared: Gateway, model: str) -> None:
    assert sent_for(shared, {"prompt": "hello", "model": model})["model"] == model


def test_chat_sends_a_conversation_in_order(shared: Gateway) -> None:
    assert sent_for(shared, {"messages": TALK})["input"]["messages"] == TALK


def test_chat_answers_to_what_was_said_before(shared: Gateway) -> None:
    assert "my name is Ann" in chat(shared, {"messages": TALK}).body["message"]


def test_chat_puts_system_first(shared: Gateway) -> None:
    sent = sent_for(shared, {"system": "be brief", "messages": TALK})

    assert sent["input"]["messages"] == [{"role": "system", "content": "be brief"}, *TALK]


def test_chat_takes_a_system_message_within_the_conversation(shared: Gateway) -> None:
    messages = [{"role": "system", "content": "be brief"}, HELLO]

    assert sent_for(shared, {"messages": messages})["input"]["messages"] == messages


def test_chat_says_that_an_answer_was_cut_short(shared: Gateway) -> None:
    assert chat(shared, {"prompt": "hello", "max_tokens": 2}).body["finish_reason"] == "length"


def test_chat_takes_the_string_null_for_no_reason_to_end(shared: Gateway) -> None:
    choice = {"finish_reason": "null", "message": {"role": "assistant", "content": "hi"}}
    shared.standin.add_fault("chat", "body", json={"output": {"choices": [choice]}, "usage": {}})

    assert chat(shared, {"prompt": "hello"}).body["finish_reason"] is None


@pytest.mark.parametrize(("named", "body"), REFUSED.values(), ids=REFUSED)
def test_chat_names_what_it_refuses_and_sends_nothing(shared: Gateway, named: str, body: Any) -> None:
    before = len(shared.standin.ledger())

    reply = chat(shared, body)

    assert reply.status == 400, reply.text
    assert named in reply.body["message"]
    assert len(shared.standin.ledger()) == before


def test_chat_refuses_in_the_shape_of_all_errors(shared: Gateway) -> None:
    reply = chat(shared, {"prompt": ""})

    assert set(reply.body) == {"code", "message", "suggestion", "request_id"}
