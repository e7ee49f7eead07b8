"""POST /api/v1/services/aigc/text-generation/generation: DashScope's own chat API, handed through."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.integration.dialects import TEXT
from tests.support.api_gateway import Reply
from tests.support.gateway import Gateway

HELLO = {"role": "user", "content": "hello"}
SAID = "You said: “hello”."
WEATHER = {
    "type": "function",
    "function": {
        "name": "weather",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}},
    },
}
# A name that the error must contain, and the body.
REFUSED: dict[str, tuple[str, Any]] = {
    "no input": ("input", {"model": "qwen-plus"}),
    "empty input": ("input", {"input": {}}),
    "empty prompt": ("input", {"input": {"prompt": ""}}),
    "no messages": ("input", {"input": {"messages": []}}),
    "messages that are none": ("input", {"input": {"messages": "hello"}}),
    "unknown model": ("model", {"model": "gpt-4o", "input": {"messages": [HELLO]}}),
    "stream": ("stream", {"input": {"messages": [HELLO]}, "parameters": {"stream": True}}),
    "unknown field": ("promt", {"input": {"messages": [HELLO]}, "promt": "hello"}),
    "no object": ("JSON object", [HELLO]),
    "no JSON": ("JSON", "hello"),
}


def chat(shared: Gateway, body: Any, headers: dict[str, str]) -> Reply:
    return shared.request("POST", TEXT, body, headers)


def asked(shared: Gateway, alice: dict[str, str], body: Any) -> tuple[Any, Any]:
    """Chats; returns the body of the one call upstream, and that of the reply."""
    before = len(shared.standin.ledger())
    reply = chat(shared, body, alice)
    assert reply.status == 200, reply.text
    (call,) = shared.standin.ledger()[before:]
    assert call["endpoint"] == "chat"
    return call["body"], reply.body


def test_dashscope_chat_answers_in_text(shared: Gateway, alice: dict[str, str]) -> None:
    body = {"model": "qwen-plus", "input": {"messages": [HELLO]}}

    sent, answer = asked(shared, alice, body)

    assert sent == {**body, "parameters": {}}
    assert answer == {
        "output": {"finish_reason": "stop", "text": SAID},
        "usage": {"input_tokens": 1, "output_tokens": 7, "total_tokens": 8},
        "request_id": answer["request_id"],
    }


def test_dashscope_chat_answers_in_a_message(shared: Gateway, alice: dict[str, str]) -> None:
    body = {
        "model": "qwen-plus",
        "input": {"messages": [HELLO]},
        "parameters": {"result_format": "message", "temperature": 0.5, "top_k": 3, "enable_search": False},
    }

    sent, answer = asked(shared, alice, body)

    assert sent == body
    message = {"role": "assistant", "content": SAID}
    assert answer["output"] == {"choices": [{"finish_reason": "stop", "message": message}]}


def test_dashscope_chat_takes_a_prompt(shared: Gateway, alice: dict[str, str]) -> None:
    sent, answer = asked(shared, alice, {"model": "qwen-turbo", "input": {"prompt": "hello"}})

    assert sent == {"model": "qwen-turbo", "input": {"prompt": "hello"}, "parameters": {}}
    assert answer["output"]["text"] == SAID


def test_dashscope_chat_takes_the_first_model_where_none_is_named(
    shared: Gateway, alice: dict[str, str]
) -> None:
    assert asked(shared, alice, {"input": {"prompt": "hello"}})[0]["model"] == "qwen-plus"


def test_dashscope_chat_sends_the_conversation_and_what_else_is_in_its_input(
    shared: Gateway, alice: dict[str, str]
) -> None:
    talk = [{"role": "system", "content": "be brief"}, HELLO, {"role": "assistant", "content": "hi"}, HELLO]
    given = {"messages": talk, "history": []}

    assert asked(shared, alice, {"input": given})[0]["input"] == given


def test_dashscope_chat_hands_on_the_call_of_a_tool(shared: Gateway, alice: dict[str, str]) -> None:
    parameters = {"result_format": "message", "tools": [WEATHER]}

    sent, answer = asked(shared, alice, {"input": {"messages": [HELLO]}, "parameters": parameters})

    assert sent["parameters"] == parameters
    (choice,) = answer["output"]["choices"]
    (call,) = choice["message"]["tool_calls"]
    assert (choice["finish_reason"], choice["message"]["content"]) == ("tool_calls", "")
    assert json.loads(call["function"]["arguments"]) == {"city": "hello"}


def test_dashscope_chat_takes_the_result_of_a_tool(shared: Gateway, alice: dict[str, str]) -> None:
    parameters = {"result_format": "message", "tools": [WEATHER]}
    called = asked(shared, alice, {"input": {"messages": [HELLO]}, "parameters": parameters})[1]
    message = called["output"]["choices"][0]["message"]
    told = {"role": "tool", "content": "no rain", "name": "weather"}

    sent, answer = asked(
        shared, alice, {"input": {"messages": [HELLO, message, told]}, "parameters": parameters}
    )

    assert sent["input"]["messages"] == [HELLO, message, told]
    assert "no rain" in answer["output"]["choices"][0]["message"]["content"]


@pytest.mark.parametrize("value", ["enable", "ENABLE", " enable "])
def test_dashscope_chat_refuses_to_stream(shared: Gateway, alice: dict[str, str], value: str) -> None:
    before = len(shared.standin.ledger())

    reply = chat(shared, {"input": {"prompt": "hello"}}, {**alice, "X-DashScope-SSE": value})

    assert (reply.status, reply.body["code"]) == (400, "InvalidParameter")
    assert reply.body["message"].startswith("X-DashScope-SSE: ")
    assert len(shared.standin.ledger()) == before


def test_dashscope_chat_passes_over_a_header_that_asks_for_no_stream(
    shared: Gateway, alice: dict[str, str]
) -> None:
    headers = {**alice, "X-DashScope-SSE": "disable"}

    assert chat(shared, {"input": {"prompt": "hello"}}, headers).status == 200


@pytest.mark.parametrize(("name", "body"), REFUSED.values(), ids=REFUSED)
def test_dashscope_chat_refuses_what_upstream_need_not_see(
    shared: Gateway, alice: dict[str, str], name: str, body: Any
) -> None:
    before = len(shared.standin.ledger())

    reply = chat(shared, body, alice)

    assert (reply.status, reply.body["code"]) == (400, "InvalidParameter")
    assert name in reply.body["message"]
    assert set(reply.body) == {"code", "message", "suggestion", "request_id"}
    assert len(shared.standin.ledger()) == before


def test_dashscope_chat_hands_on_what_upstream_refuses(shared: Gateway, alice: dict[str, str]) -> None:
    reply = chat(shared, {"input": {"messages": [{"role": "user", "content": "#forbidden"}]}}, alice)

    assert (reply.status, reply.body["code"]) == (400, "DataInspectionFailed")
    assert reply.body["message"] == "Input data may contain inappropriate content."
    assert reply.headers["x-dashscope-status"] == "400"


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer wrong"}], ids=["none", "wrong"])
def test_dashscope_chat_needs_a_key(shared: Gateway, headers: dict[str, str]) -> None:
    before = len(shared.standin.ledger())

    assert chat(shared, {"input": {"prompt": "hello"}}, headers).status == 401
    assert len(shared.standin.ledger()) == before
