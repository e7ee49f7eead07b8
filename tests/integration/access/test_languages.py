"""Suggestions, in the language the caller asks for."""

from __future__ import annotations

import re

import pytest

from tests.support.api_gateway import Reply
from tests.support.gateway import Gateway

CHINESE = re.compile(r"[\u4e00-\u9fff]")
LANGUAGES = {
    None: "zh",
    "": "zh",
    "zh": "zh",
    "zh-CN,zh;q=0.9,en;q=0.8": "zh",
    "en": "en",
    "en-GB": "en",
    "EN-us": "en",
    "en-US,en;q=0.9,zh-CN;q=0.8": "en",
    "zh;q=0.1, en;q=0.2": "en",
    "fr": "zh",
    "fr, en;q=0.5": "en",
    "*": "zh",
    "en;q=0": "zh",
    "en;q=x": "zh",
    ";;,,": "zh",
}


def language(reply: Reply) -> str:
    return "zh" if CHINESE.search(reply.body["suggestion"]) else "en"


def headers(accepted: str | None) -> dict[str, str]:
    return {} if accepted is None else {"Accept-Language": accepted}


@pytest.mark.parametrize(("accepted", "expected"), LANGUAGES.items())
def test_error_makes_its_suggestion_in_the_language_of(
    shared: Gateway, accepted: str | None, expected: str
) -> None:
    assert language(shared.submit({"prompt": ""}, headers(accepted))) == expected


@pytest.mark.parametrize("name", ["accept-language", "ACCEPT-LANGUAGE"])
def test_error_finds_the_language_however_the_header_is_spelt(shared: Gateway, name: str) -> None:
    assert language(shared.submit({"prompt": ""}, {name: "en"})) == "en"


@pytest.mark.parametrize("expected", ["zh", "en"])
def test_chat_error_speaks(shared: Gateway, expected: str) -> None:
    reply = shared.request("POST", "/v1/tongyi", {"prompt": ""}, headers(expected))

    assert language(reply) == expected


@pytest.mark.parametrize("expected", ["zh", "en"])
def test_unknown_task_speaks(shared: Gateway, alice: dict[str, str], expected: str) -> None:
    asked = {**alice, **headers(expected)}

    reply = shared.request("GET", "/v1/wanxiang-results?task_id=1", headers=asked)

    assert language(reply) == expected


@pytest.mark.parametrize("expected", ["zh", "en"])
def test_refusal_of_upstream_speaks(shared: Gateway, expected: str) -> None:
    reply = shared.submit({"prompt": "a cat #forbidden"}, headers(expected))

    assert language(reply) == expected
    assert reply.body["message"] == "Input data may contain inappropriate content."
