"""Native chat over HTTP."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from requests import Response

pytestmark = pytest.mark.enable_socket
PATH = "/api/v1/services/aigc/text-generation/generation"
HELLO = {"role": "user", "content": "hello there"}
Send = Callable[..., Response]


def _choice(reply: Response) -> dict[str, Any]:
    return dict(reply.json()["output"]["choices"][0])


def test_the_answer_derives_from_the_message(chat: Send) -> None:
    assert "hello there" in _choice(chat(HELLO, result_format="message"))["message"]["content"]


def test_the_format_message_has_one_choice_of_the_assistant(chat: Send) -> None:
    choice = _choice(chat(HELLO, result_format="message"))
    assert (choice["finish_reason"], choice["message"]["role"]) == ("stop", "assistant")


def test_the_format_text_is_the_default(chat: Send) -> None:
    assert set(chat(HELLO).json()["output"]) == {"finish_reason", "text"}


def test_a_prompt_instead_of_messages_is_answered(call: Send) -> None:
    reply = call("POST", PATH, json={"model": "qwen-plus", "input": {"prompt": "hello there"}})
    assert "hello there" in reply.json()["output"]["text"]


def test_content_in_parts_is_read(chat: Send) -> None:
    reply = chat({"role": "user", "content": [{"text": "hello "}, {"text": "parts"}]})
    assert "hello parts" in reply.json()["output"]["text"]


def test_max_tokens_ends_the_answer_for_its_length(chat: Send) -> None:
    reply = chat(HELLO, max_tokens=2).json()
    assert (reply["output"], reply["usage"]["output_tokens"]) == (
        {"finish_reason": "length", "text": "You said"},
        2,
    )


@pytest.mark.parametrize("stop", ["there", ["nowhere", "there"]])
def test_stop_ends_the_answer_before_the_word(chat: Send, stop: Any) -> None:
    output = chat(HELLO, stop=stop).json()["output"]
    assert (output["finish_reason"], "there" in output["text"]) == ("stop", False)


def test_usage_adds_up(chat: Send) -> None:
    usage = chat(HELLO).json()["usage"]
    assert usage["total_tokens"] == usage["input_tokens"] + usage["output_tokens"]


def test_streaming_is_refused_rather_than_left_out(call: Send) -> None:
    body = {"model": "qwen-plus", "input": {"messages": [HELLO]}}
    reply = call("POST", PATH, json=body, headers={"X-DashScope-SSE": "enable"})
    assert reply.json()["code"] == "InvalidParameter"


def test_an_unknown_model_is_not_found(chat: Send) -> None:
    assert chat(HELLO, model="qwen-9").json()["code"] == "ModelNotFound"


@pytest.mark.parametrize(
    ("given", "parameters", "named"),
    [
        ({}, {}, "input.messages"),
        ({"messages": []}, {}, "input.messages"),
        ({"messages": ["hello"]}, {}, "input.messages[0]"),
        ({"messages": [{"role": "king", "content": "x"}]}, {}, "input.messages[0].role"),
        ({"messages": [{"role": "user"}]}, {}, "input.messages[0].content"),
        ({"messages": [HELLO, {"role": "assistant", "content": "x"}]}, {}, "input.messages"),
        ({"messages": [HELLO]}, {"result_format": "xml"}, "parameters.result_format"),
        ({"messages": [HELLO]}, {"max_tokens": 0}, "parameters.max_tokens"),
        ({"messages": [HELLO]}, {"stop": [5]}, "parameters.stop"),
        ({"messages": [HELLO]}, {"temperature": 3}, "parameters.temperature"),
    ],
)
def test_a_bad_field_is_refused_by_name(
    call: Send, given: dict[str, Any], parameters: dict[str, Any], named: str
) -> None:
    reply = call("POST", PATH, json={"model": "qwen-plus", "input": given, "parameters": parameters})
    assert reply.json()["code"] == "InvalidParameter"
    assert named in reply.json()["message"]


def test_a_lone_surrogate_does_not_break_the_answer(call: Send) -> None:
    body = b'{"model": "qwen-plus", "input": {"prompt": "\\ud83d"}}'
    assert call("POST", PATH, data=body).status_code == 200
