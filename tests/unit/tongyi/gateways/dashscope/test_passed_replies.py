"""Replies that are passed on: a cancelation, leave to upload, and chats of other APIs."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.tongyi.gateways.dashscope.policies import FORM, LIMITS, POLICY
from tongyi.gateways.dashscope import replies
from tongyi.gateways.dashscope.replies import UnexpectedReply

CHOICE = {"finish_reason": "stop", "message": {"role": "assistant", "content": "Hi"}}
NAMES = [*POLICY, "data", "output", "choices", "text", "usage", "code", "message"]
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=4),
    max_leaves=12,
)


@given(JSON)
def test_replies_are_parsed_or_unexpected(body: Any) -> None:
    for parse in (replies.acknowledged, replies.upload_policy, replies.generation, replies.completion):
        try:
            parse(body)
        except UnexpectedReply:
            continue


@pytest.mark.parametrize("body", [{}, {"request_id": "r-1"}, {"code": ""}, {"code": None, "output": {}}])
def test_acknowledged_needs_nothing(body: Any) -> None:
    replies.acknowledged(body)


@pytest.mark.parametrize("body", [None, [], "ok", True, {"code": "UnsupportedOperation", "message": "No."}])
def test_acknowledged_is_not_what_names_an_error(body: Any) -> None:
    with pytest.raises(UnexpectedReply):
        replies.acknowledged(body)


@pytest.mark.parametrize("place", ["data", "output"])
def test_upload_policy_is_found_in_both_places(place: str) -> None:
    assert replies.upload_policy({"request_id": "r-1", place: POLICY}) == POLICY


def test_upload_policy_has_nothing_that_the_form_does_not_need() -> None:
    said = {**POLICY, "security_token": "secret", "api_key": "sk-secret"}
    assert replies.upload_policy({"data": said}) == POLICY


@pytest.mark.parametrize("limit", LIMITS)
def test_upload_policy_can_do_without_its_limits(limit: str) -> None:
    left = {name: value for name, value in POLICY.items() if name != limit}
    assert replies.upload_policy({"data": left}) == left


@pytest.mark.parametrize("text", FORM)
@pytest.mark.parametrize("value", ["", None, 1, []])
def test_upload_policy_needs_its_texts(text: str, value: Any) -> None:
    with pytest.raises(UnexpectedReply):
        replies.upload_policy({"data": {**POLICY, text: value}})


@pytest.mark.parametrize(
    "body", [None, [], {}, {"data": None}, {"data": []}, {"data": {"upload_dir": "d"}}, POLICY]
)
def test_upload_policy_needs_a_policy(body: Any) -> None:
    with pytest.raises(UnexpectedReply):
        replies.upload_policy(body)


@pytest.mark.parametrize(
    "output",
    [
        {"choices": [CHOICE]},
        {"text": "Hi", "finish_reason": "stop"},
        {"text": ""},
        {"choices": [1], "new": 2},
    ],
)
def test_generation_is_passed_on_as_it_came(output: Any) -> None:
    body = {"output": output, "usage": {"total_tokens": 3}, "request_id": "r-1"}
    assert replies.generation(body) == {"output": output, "usage": {"total_tokens": 3}}


@pytest.mark.parametrize("usage", [None, [], 3])
def test_generation_can_do_without_usage(usage: Any) -> None:
    assert replies.generation({"output": {"text": "Hi"}, "usage": usage})["usage"] == {}


@pytest.mark.parametrize(
    "body",
    [
        None,
        [],
        {},
        {"output": None},
        {"output": {}},
        {"output": {"choices": []}},
        {"output": {"text": None}},
        {"choices": [CHOICE]},
        {"code": "X", "message": "No."},
    ],
)
def test_generation_needs_an_answer(body: Any) -> None:
    with pytest.raises(UnexpectedReply):
        replies.generation(body)


def test_completion_is_passed_on_as_it_came() -> None:
    body = {"id": "chatcmpl-1", "object": "chat.completion", "choices": [CHOICE], "usage": None, "new": 1}
    assert replies.completion(body) == body


@pytest.mark.parametrize(
    "body", [None, [], {}, {"choices": []}, {"choices": None}, {"choices": {}}, {"error": {"code": "x"}}]
)
def test_completion_needs_an_answer(body: Any) -> None:
    with pytest.raises(UnexpectedReply):
        replies.completion(body)
