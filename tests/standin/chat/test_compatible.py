"""Chat in OpenAI's shape over HTTP."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from requests import Response

from local.standin import StandIn

pytestmark = pytest.mark.enable_socket
PATH = "/compatible-mode/v1/chat/completions"
HELLO = {"role": "user", "content": "hello there"}
CALLING = {
    "role": "assistant",
    "content": None,
    "tool_calls": [{"id": "call_1", "type": "function", "function": {"name": "look", "arguments": "{}"}}],
}
TOLD = {"role": "tool", "tool_call_id": "call_1", "content": "it rains"}
Send = Callable[..., Response]


def _words(reply: Response) -> str:
    return str(reply.json()["choices"][0]["message"]["content"])


def test_a_reply_has_the_documented_shape(standin: StandIn, complete: Send) -> None:
    reply = complete(HELLO)
    assert reply.json() == {
        "id": f"chatcmpl-{reply.headers['X-Request-Id']}",
        "object": "chat.completion",
        "created": int(standin.now()),
        "model": "qwen-plus",
        "choices": [
            {
                "index": 0,
                "message": {"role": "assistant", "content": "You said: “hello there”."},
                "finish_reason": "stop",
                "logprobs": None,
            }
        ],
        "usage": {"prompt_tokens": 2, "completion_tokens": 8, "total_tokens": 10},
        "system_fingerprint": None,
    }


def test_the_id_is_made_of_the_request_id(complete: Send) -> None:
    reply = complete(HELLO)
    assert str(UUID(reply.headers["X-Request-Id"])) == reply.json()["id"].removeprefix("chatcmpl-")


def test_content_in_text_parts_is_read(complete: Send) -> None:
    parts = [{"type": "text", "text": "hello "}, {"type": "text", "text": "parts"}]
    assert "hello parts" in _words(complete({"role": "user", "content": parts}))


def test_what_a_tool_told_is_answered(complete: Send) -> None:
    assert "it rains" in _words(complete(HELLO, CALLING, TOLD))


def test_a_call_of_a_tool_is_no_previous_answer(complete: Send) -> None:
    assert "previous answer" not in _words(complete(HELLO, CALLING, TOLD))


@pytest.mark.parametrize("name", ["max_tokens", "max_completion_tokens"])
def test_either_limit_ends_the_answer_for_its_length(complete: Send, name: str) -> None:
    reply = complete(HELLO, **{name: 2})
    assert (_words(reply), reply.json()["choices"][0]["finish_reason"]) == ("You said", "length")


def test_stop_ends_the_answer_before_the_word(complete: Send) -> None:
    assert _words(complete(HELLO, stop=["there"])) == "You said: “hello "


def test_every_documented_field_is_accepted(complete: Send) -> None:
    fields = {"temperature": 0.7, "top_p": 0.8, "seed": 7, "n": 1, "stream": False, "presence_penalty": 1}
    assert complete(HELLO, **fields, parallel_tool_calls=True, tool_choice="auto").status_code == 200


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"model": None}, "model"),
        ({"messages": None}, "messages"),
        ({"messages": []}, "messages"),
        ({"messages": "hello"}, "messages"),
        ({"messages": ["hello"]}, "messages[0]"),
        ({"messages": [{"role": "developer", "content": "x"}]}, "messages[0].role"),
        ({"messages": [{"role": "user", "content": None}]}, "messages[0].content"),
        ({"messages": [{"role": "user", "content": " "}]}, "messages[0].content"),
        ({"messages": [{"role": "user", "content": [{"text": "x"}]}]}, "messages[0].content"),
        ({"messages": [{"role": "user", "content": [{"type": "text"}]}]}, "messages[0].content"),
        (
            {"messages": [{"role": "user", "content": [{"type": "image_url", "text": "x"}]}]},
            "messages[0].content",
        ),
        ({"messages": [HELLO, {"role": "assistant", "content": "x"}]}, "messages"),
        ({"messages": [HELLO, {"role": "assistant", "content": None}, HELLO]}, "messages[1].content"),
        ({"messages": [{"role": "tool", "content": "x"}]}, "messages[0].tool_call_id"),
        ({"temperature": 3}, "temperature"),
        ({"top_p": "1"}, "top_p"),
        ({"max_tokens": 0}, "max_tokens"),
        ({"max_completion_tokens": 0}, "max_completion_tokens"),
        ({"seed": -1}, "seed"),
        ({"n": 2}, "n"),
        ({"stop": 5}, "stop"),
        ({"stream": 1}, "stream"),
        ({"stream": True}, "stream: this stand-in does not stream."),
        ({"response_format": "json"}, "response_format"),
    ],
)
def test_a_bad_field_is_refused_by_name(call: Send, changes: dict[str, Any], named: str) -> None:
    reply = call("POST", PATH, json={"model": "qwen-plus", "messages": [HELLO], **changes})
    error = reply.json()["error"]
    assert (reply.status_code, error["code"]) == (400, "invalid_parameter_error")
    assert named in error["message"]


def test_a_refusal_has_the_compatible_shape(call: Send) -> None:
    reply = call("POST", PATH, json={"model": "qwen-plus"})
    assert reply.json() == {
        "error": {
            "message": "Field required: messages",
            "type": "invalid_request_error",
            "param": None,
            "code": "invalid_parameter_error",
        },
        "request_id": reply.headers["X-Request-Id"],
    }


def _refusal(reply: Response) -> tuple[int, str, str, str]:
    error = reply.json()["error"]
    return reply.status_code, error["code"], error["type"], error["message"]


@pytest.mark.parametrize("key", [None, "a-wrong-key"])
def test_a_missing_or_wrong_key_is_refused(complete: Send, key: str | None) -> None:
    assert _refusal(complete(HELLO, key=key)) == (
        401,
        "invalid_api_key",
        "invalid_request_error",
        "Incorrect API key provided.",
    )


def test_one_request_too_many_is_refused(standin: StandIn, complete: Send) -> None:
    standin.configure(limits={"qwen-plus": {"requests": 1}})
    complete(HELLO)
    assert _refusal(complete(HELLO)) == (
        429,
        "limit_requests",
        "limit_requests",
        "You exceeded your current requests list.",
    )


def test_both_chat_protocols_count_towards_one_rate(standin: StandIn, chat: Send, complete: Send) -> None:
    standin.configure(limits={"qwen-plus": {"requests": 1}})
    chat(HELLO)
    assert complete(HELLO).status_code == 429


def test_an_unknown_model_is_not_found(complete: Send) -> None:
    assert _refusal(complete(HELLO, model="qwen-9")) == (
        404,
        "model_not_found",
        "invalid_request_error",
        "The model `qwen-9` does not exist or you do not have access to it.",
    )


def test_a_picture_model_does_not_chat(complete: Send) -> None:
    assert _refusal(complete(HELLO, model="wanx-v1"))[:2] == (404, "model_not_supported")


@pytest.mark.parametrize("body", [b"", b"{", b"[]"])
def test_a_body_that_is_no_json_object_is_refused(call: Send, body: bytes) -> None:
    assert _refusal(call("POST", PATH, data=body))[:2] == (400, "invalid_parameter_error")


def test_the_ledger_has_model_prompt_and_code(standin: StandIn, complete: Send) -> None:
    complete(HELLO, n=2)
    entry = standin.ledger("compatible")[0]
    told = (entry["model"], entry["prompt"], entry["status"], entry["code"])
    assert told == ("qwen-plus", "hello there", 400, "invalid_parameter_error")
