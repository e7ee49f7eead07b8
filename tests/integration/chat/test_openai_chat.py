"""POST /v1/chat/completions: what is taken, what upstream is sent for it, and what is answered."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from tests.integration.dialects import CHAT
from tests.support.api_gateway import Reply
from tests.support.gateway import Gateway

HELLO = {"role": "user", "content": "hello"}
TALK = [
    {"role": "system", "content": "be brief"},
    {"role": "user", "content": "my name is Ann"},
    {"role": "assistant", "content": "hello Ann"},
    {"role": "user", "content": "what is my name?"},
]
WEATHER = {
    "type": "function",
    "function": {
        "name": "weather",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}},
    },
}
# The parameter that the error names, and the body.
REFUSED: dict[str, tuple[str | None, Any]] = {
    "no messages": ("messages", {"model": "qwen-plus"}),
    "empty messages": ("messages", {"messages": []}),
    "too many messages": ("messages", {"messages": [HELLO] * 201}),
    "messages that are none": ("messages", {"messages": ["hello"]}),
    "message without a role": ("messages", {"messages": [{"content": "hello"}]}),
    "prompt alone": ("messages", {"prompt": "hello"}),
    "unknown model": ("model", {"model": "gpt-4o", "messages": [HELLO]}),
    "model of pictures": ("model", {"model": "wanx-v1", "messages": [HELLO]}),
    "stream": ("stream", {"messages": [HELLO], "stream": True}),
    "no object": (None, [HELLO]),
    "no JSON": (None, "hello"),
    "half a character": (
        "messages.0.content",
        '{"messages": [{"role": "user", "content": "\\ud800"}]}',
    ),
    "control character": (
        "messages.0.content.0.text",
        '{"messages": [{"role": "user", "content": [{"type": "text", "text": "\\u0000"}]}]}',
    ),
}


def chat(shared: Gateway, body: Any, headers: dict[str, str]) -> Reply:
    return shared.request("POST", CHAT, body, headers)


def asked(shared: Gateway, alice: dict[str, str], **body: Any) -> tuple[Any, Any]:
    """Chats; returns the body of the one call upstream, and that of the reply."""
    before = len(shared.standin.ledger())
    reply = chat(shared, {"model": "qwen-plus", **body}, alice)
    assert reply.status == 200, reply.text
    (call,) = shared.standin.ledger()[before:]
    assert (call["endpoint"], call["path"]) == ("compatible", "/compatible-mode/v1/chat/completions")
    return call["body"], reply.body


def test_openai_chat_answers_in_openais_shape(shared: Gateway, alice: dict[str, str]) -> None:
    _, answer = asked(shared, alice, messages=[HELLO])

    message = {"role": "assistant", "content": "You said: “hello”."}
    assert answer == {
        "id": answer["id"],
        "object": "chat.completion",
        "created": answer["created"],
        "model": "qwen-plus",
        "choices": [{"index": 0, "message": message, "finish_reason": "stop", "logprobs": None}],
        "usage": answer["usage"],
        "system_fingerprint": None,
    }
    assert re.fullmatch(r"chatcmpl-[\w-]+", answer["id"])


def test_openai_chat_tells_the_usage(shared: Gateway, alice: dict[str, str]) -> None:
    usage = asked(shared, alice, messages=[HELLO])[1]["usage"]

    assert set(usage) == {"prompt_tokens", "completion_tokens", "total_tokens"}
    assert 0 < usage["prompt_tokens"] == usage["total_tokens"] - usage["completion_tokens"]


def test_openai_chat_sends_the_conversation_as_it_is(shared: Gateway, alice: dict[str, str]) -> None:
    sent, answer = asked(shared, alice, messages=TALK)

    assert sent == {"model": "qwen-plus", "messages": TALK}
    assert "my name is Ann" in answer["choices"][0]["message"]["content"]


def test_openai_chat_sends_what_it_does_not_know(shared: Gateway, alice: dict[str, str]) -> None:
    wishes = {
        "temperature": 0.5,
        "max_tokens": 50,
        "stop": ["end"],
        "seed": 3,
        "enable_search": False,
        "extra": {"deep": [1, None, "文"]},
        "stream": False,
    }

    assert asked(shared, alice, messages=[HELLO], **wishes)[0] == {
        "model": "qwen-plus",
        "messages": [HELLO],
        **wishes,
    }


def test_openai_chat_takes_a_message_in_parts(shared: Gateway, alice: dict[str, str]) -> None:
    messages = [{"role": "user", "content": [{"type": "text", "text": "hello"}]}]

    sent, answer = asked(shared, alice, messages=messages)

    assert sent["messages"] == messages
    assert answer["choices"][0]["message"]["content"] == "You said: “hello”."


def test_openai_chat_takes_the_first_model_where_none_is_named(
    shared: Gateway, alice: dict[str, str]
) -> None:
    assert chat(shared, {"messages": [HELLO]}, alice).body["model"] == "qwen-plus"


@pytest.mark.parametrize("model", ["qwen-plus", "qwen-turbo", "qwen-flash", "qwen-max"])
def test_openai_chat_uses_the_model_it_is_told_to(shared: Gateway, alice: dict[str, str], model: str) -> None:
    sent, answer = asked(shared, alice, messages=[HELLO], model=model)

    assert (sent["model"], answer["model"]) == (model, model)


def test_openai_chat_hands_on_the_call_of_a_tool(shared: Gateway, alice: dict[str, str]) -> None:
    messages = [{"role": "user", "content": "rain in 杭州?"}]

    sent, answer = asked(shared, alice, messages=messages, tools=[WEATHER], tool_choice="auto")

    assert sent["tools"] == [WEATHER]
    (choice,) = answer["choices"]
    (call,) = choice["message"]["tool_calls"]
    assert (choice["finish_reason"], call["function"]["name"]) == ("tool_calls", "weather")
    assert json.loads(call["function"]["arguments"]) == {"city": "rain in 杭州?"}


def test_openai_chat_takes_the_result_of_a_tool(shared: Gateway, alice: dict[str, str]) -> None:
    question = {"role": "user", "content": "rain?"}
    call = asked(shared, alice, messages=[question], tools=[WEATHER])[1]["choices"][0]["message"]
    told = {"role": "tool", "tool_call_id": call["tool_calls"][0]["id"], "content": "no rain"}

    sent, answer = asked(shared, alice, messages=[question, call, told], tools=[WEATHER])

    assert sent["messages"] == [question, call, told]
    (choice,) = answer["choices"]
    assert (choice["finish_reason"], "no rain" in choice["message"]["content"]) == ("stop", True)


def test_openai_chat_hands_json_through_as_it_is(shared: Gateway, alice: dict[str, str]) -> None:
    wanted = {"type": "json_object"}
    messages = [{"role": "user", "content": "a greeting, in JSON"}]

    sent, answer = asked(shared, alice, messages=messages, response_format=wanted)

    assert sent["response_format"] == wanted
    content = answer["choices"][0]["message"]["content"]
    assert json.loads(content) == {"answer": "You said: “a greeting, in JSON”."}


def test_openai_chat_hands_a_schema_through(shared: Gateway, alice: dict[str, str]) -> None:
    schema = {"type": "object", "properties": {"mood": {"enum": ["glad", "sad"]}}}
    wanted = {"type": "json_schema", "json_schema": {"name": "mood", "schema": schema}}

    sent, answer = asked(shared, alice, messages=[HELLO], response_format=wanted)

    assert sent["response_format"] == wanted
    assert json.loads(answer["choices"][0]["message"]["content"]) == {"mood": "glad"}


@pytest.mark.parametrize(("parameter", "body"), REFUSED.values(), ids=REFUSED)
def test_openai_chat_refuses_what_upstream_need_not_see(
    shared: Gateway, alice: dict[str, str], parameter: str | None, body: Any
) -> None:
    before = len(shared.standin.ledger())

    reply = chat(shared, body, alice)

    error = reply.body["error"]
    assert (reply.status, error["type"], error["code"]) == (400, "invalid_request_error", "InvalidParameter")
    assert error["param"] == parameter
    assert set(reply.body) == {"error", "suggestion", "request_id"}
    assert len(shared.standin.ledger()) == before


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer wrong"}], ids=["none", "wrong"])
def test_openai_chat_needs_a_key(shared: Gateway, headers: dict[str, str]) -> None:
    before = len(shared.standin.ledger())

    assert chat(shared, {"messages": [HELLO]}, headers).status == 401
    assert len(shared.standin.ledger()) == before
