"""Tools and formats of the answer, in both chat protocols."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from requests import Response

from local.standin.endpoints.chat.samples import sample

pytestmark = pytest.mark.enable_socket
HELLO = {"role": "user", "content": "hello there"}
TOLD = {"role": "tool", "tool_call_id": "call_1", "content": "it rains"}
PLACE = {"type": "object", "properties": {"place": {"type": "string"}, "days": {"type": "integer"}}}
Send = Callable[..., Response]
Say = Callable[..., tuple[Response, dict[str, Any]]]


def _tool(name: str, **more: Any) -> dict[str, Any]:
    return {"type": "function", "function": {"name": name, "description": "it looks", **more}}


WEATHER = _tool("weather", parameters=PLACE)


@pytest.fixture(params=["native", "compatible"])
def say(request: pytest.FixtureRequest, chat: Send, complete: Send) -> Say:
    """Send messages in either protocol; returns the reply and its choice, if there is one."""

    def send(*messages: Any, **wishes: Any) -> tuple[Response, dict[str, Any]]:
        if request.param == "native":
            reply = chat(*messages, result_format="message", **wishes)
        else:
            reply = complete(*messages, **wishes)
        told = reply.json().get("output", reply.json())
        return reply, dict(told["choices"][0]) if "choices" in told else {}

    return send


def _refusal(reply: Response) -> str:
    assert reply.status_code == 400
    told = reply.json().get("error", reply.json())
    assert told["code"] in ("InvalidParameter", "invalid_parameter_error")
    return str(told["message"])


def _content(choice: dict[str, Any]) -> Any:
    return json.loads(choice["message"]["content"])


def test_a_tool_is_called_where_the_user_speaks_last(say: Say) -> None:
    _, choice = say(HELLO, tools=[WEATHER])
    call = choice["message"]["tool_calls"][0]
    assert call.pop("id").startswith("call_")
    assert (choice["finish_reason"], choice["message"]["content"]) == ("tool_calls", "")
    assert call == {
        "type": "function",
        "index": 0,
        "function": {"name": "weather", "arguments": '{"place": "hello there", "days": 1}'},
    }


def test_each_call_of_a_tool_has_an_id_of_its_own(say: Say) -> None:
    ids = {say(HELLO, tools=[WEATHER])[1]["message"]["tool_calls"][0]["id"] for _ in range(2)}
    assert len(ids) == 2


def test_what_a_tool_told_is_answered_in_words(say: Say) -> None:
    _, choice = say(HELLO, TOLD, tools=[WEATHER])
    assert choice["finish_reason"] == "stop"
    assert "it rains" in choice["message"]["content"]


def test_the_named_tool_is_called(say: Say) -> None:
    named = {"type": "function", "function": {"name": "look"}}
    _, choice = say(HELLO, tools=[WEATHER, _tool("look")], tool_choice=named)
    assert choice["message"]["tool_calls"][0]["function"] == {"name": "look", "arguments": "{}"}


def test_no_tool_is_called_when_none_is_wanted(say: Say) -> None:
    _, choice = say(HELLO, tools=[WEATHER], tool_choice="none")
    assert "tool_calls" not in choice["message"]


@pytest.mark.parametrize(
    ("wishes", "named"),
    [
        ({"tools": []}, "tools"),
        ({"tools": "weather"}, "tools"),
        ({"tools": [{"type": "plugin"}]}, "tools[0]"),
        ({"tools": [{"type": "function"}]}, "tools[0].function"),
        ({"tools": [_tool("")]}, "tools[0].function.name"),
        ({"tools": [_tool("look", parameters=[])]}, "tools[0].function.parameters"),
        ({"tools": [WEATHER], "tool_choice": "required"}, 'strings that should be ["none", "auto"]'),
        ({"tools": [WEATHER], "tool_choice": {"type": "x"}}, "tool_choice"),
        ({"tools": [WEATHER], "tool_choice": _tool("look")}, "tool_choice.function.name"),
        ({"parallel_tool_calls": "yes"}, "parallel_tool_calls"),
        ({"response_format": {"type": "xml"}}, "response_format.type"),
        ({"response_format": {"type": "json_schema"}}, "response_format.json_schema"),
    ],
)
def test_a_bad_wish_is_refused_by_name(say: Say, wishes: dict[str, Any], named: str) -> None:
    assert named in _refusal(say(HELLO, **wishes)[0])


def test_json_needs_its_word_in_the_messages(say: Say) -> None:
    assert _refusal(say(HELLO, response_format={"type": "json_object"})[0]) == (
        "'messages' must contain the word 'json' in some form, "
        "to use 'response_format' of type 'json_object'."
    )


@pytest.mark.parametrize("role", ["system", "user"])
def test_a_json_object_carries_the_usual_words(say: Say, role: str) -> None:
    _, choice = say(
        {"role": role, "content": "Answer in JSON"}, HELLO, response_format={"type": "json_object"}
    )
    assert "hello there" in _content(choice)["answer"]


def test_a_json_schema_is_answered_with_its_properties(say: Say) -> None:
    wanted = {"type": "json_schema", "json_schema": {"name": "place", "schema": PLACE}}
    _, choice = say(HELLO, response_format=wanted)
    assert _content(choice) == {"place": "You said: “hello there”.", "days": 1}


@pytest.mark.parametrize("described", [{"name": "any"}, {"name": "any", "schema": {"type": "object"}}])
def test_a_json_schema_without_properties_is_answered_with_words(say: Say, described: dict[str, Any]) -> None:
    _, choice = say(HELLO, response_format={"type": "json_schema", "json_schema": described})
    assert _content(choice) == {"answer": "You said: “hello there”."}


@pytest.mark.parametrize("wanted", [None, {}, {"type": "text"}])
def test_text_stays_text(say: Say, wanted: Any) -> None:
    _, choice = say(HELLO, response_format=wanted)
    assert choice["message"]["content"] == "You said: “hello there”."


def test_native_tools_need_the_format_message(chat: Send) -> None:
    assert "parameters.result_format" in _refusal(chat(HELLO, tools=[WEATHER]))


def test_native_fields_are_named_with_their_place(chat: Send) -> None:
    reply = chat(HELLO, result_format="message", tools=[])
    assert _refusal(reply).startswith("parameters.tools ")


def test_a_sample_has_a_value_of_each_type() -> None:
    kinds = ("string", "integer", "number", "boolean", "array", "null", "unheard-of")
    schema = {"properties": {kind: {"type": kind} for kind in kinds}}
    assert sample(schema, "x") == {
        "string": "x",
        "integer": 1,
        "number": 1.5,
        "boolean": True,
        "array": [],
        "null": None,
        "unheard-of": "x",
    }


def test_a_sample_goes_into_objects_and_takes_the_first_of_an_enum() -> None:
    inner = {"type": "object", "properties": {"unit": {"enum": ["mm", "cm"]}, "odd": True}}
    assert sample({"properties": {"size": inner}}, "x") == {"size": {"unit": "mm", "odd": "x"}}


def test_a_sample_of_endless_objects_ends() -> None:
    endless: dict[str, Any] = {"type": "object", "properties": {}}
    endless["properties"]["again"] = endless
    assert "again" in sample(endless, "x")
