"""What the synchronous picture endpoint refuses, over HTTP."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from requests import Response

pytestmark = pytest.mark.enable_socket
PATH = "/api/v1/services/aigc/multimodal-generation/generation"
ASYNC = {"X-DashScope-Async": "enable"}
CAT = {"role": "user", "content": [{"text": "a cat"}]}
Send = Callable[..., Response]


def _error(reply: Response) -> tuple[int, str, str]:
    return reply.status_code, reply.json()["code"], reply.json()["message"]


def _refused(call: Send, model: str) -> tuple[int, str, str]:
    body = {"model": model, "input": {"messages": [CAT]}}
    return _error(call("POST", PATH, json=body, headers=ASYNC))


@pytest.mark.parametrize("model", ["qwen-image", "qwen-image-plus", "qwen-image-max"])
@pytest.mark.parametrize("n", [0, 2, True, "1", 1.0])
def test_one_picture_only_where_the_model_makes_one(generate: Send, model: str, n: Any) -> None:
    assert _error(generate(model=model, n=n)) == (400, "InvalidParameter", "num_images_per_prompt must be 1")


@pytest.mark.parametrize(
    ("model", "size"),
    [
        ("qwen-image", "1024*1024"),
        ("qwen-image-max", "2048*2048"),
        ("qwen-image-2.0", "512*511"),
        ("qwen-image-2.0-pro", "2048*2049"),
        ("qwen-image-2.0", "big"),
    ],
)
def test_a_size_that_is_not_allowed_is_refused_by_name(generate: Send, model: str, size: str) -> None:
    status, code, message = _error(generate(model=model, size=size))
    assert (status, code) == (400, "InvalidParameter")
    assert f"parameters.size '{size}'" in message


@pytest.mark.parametrize(
    ("given", "named"),
    [
        (None, "input"),
        ({}, "input.messages"),
        ({"prompt": "a cat"}, "input.messages"),
        ({"messages": []}, "input.messages"),
        ({"messages": [CAT, CAT]}, "input.messages"),
        ({"messages": ["a cat"]}, "input.messages"),
        ({"messages": [{"role": "system", "content": [{"text": "x"}]}]}, "input.messages[0].role"),
        ({"messages": [{"role": "user"}]}, "input.messages[0].content"),
        ({"messages": [{"role": "user", "content": "a cat"}]}, "input.messages[0].content"),
        ({"messages": [{"role": "user", "content": []}]}, "input.messages[0].content"),
        ({"messages": [{"role": "user", "content": [{"text": "x"}] * 2}]}, "input.messages[0].content"),
        ({"messages": [{"role": "user", "content": [{}]}]}, "input.messages[0].content[0].text"),
        ({"messages": [{"role": "user", "content": [{"text": " "}]}]}, "input.messages[0].content[0].text"),
        (
            {"messages": [{"role": "user", "content": [{"text": "x", "image": "y"}]}]},
            "input.messages[0].content[0]",
        ),
    ],
)
def test_a_bad_message_is_refused_by_name(call: Send, given: Any, named: str) -> None:
    status, code, message = _error(call("POST", PATH, json={"model": "qwen-image-2.0", "input": given}))
    assert (status, code) == (400, "InvalidParameter")
    assert named in message


@pytest.mark.parametrize(
    "parameters",
    [
        {"n": 0},
        {"n": 7},
        {"size": 1024},
        {"seed": -1},
        {"seed": 2147483648},
        {"negative_prompt": 5},
        {"negative_prompt": "x" * 501},
        {"prompt_extend": "yes"},
        {"watermark": 1},
    ],
)
def test_a_bad_parameter_is_refused_by_name(generate: Send, parameters: dict[str, Any]) -> None:
    status, code, message = _error(generate(**parameters))
    assert (status, code) == (400, "InvalidParameter")
    assert f"parameters.{next(iter(parameters))}" in message


def test_every_documented_parameter_is_accepted(generate: Send) -> None:
    words = {"negative_prompt": "x" * 500, "prompt_extend": False, "watermark": True}
    assert generate(size="2048*2048", n=6, seed=2147483647, **words).status_code == 200


@pytest.mark.parametrize("model", ["wanx-v1", "qwen-plus"])
def test_a_model_of_another_protocol_is_refused(generate: Send, model: str) -> None:
    assert _error(generate(model=model))[:2] == (400, "InvalidParameter")


def test_an_unknown_model_is_not_found(generate: Send) -> None:
    assert _error(generate(model="qwen-image-9"))[:2] == (404, "ModelNotFound")


def test_a_missing_key_is_refused(generate: Send) -> None:
    assert _error(generate(key=None))[:2] == (401, "InvalidApiKey")


@pytest.mark.parametrize("model", ["qwen-image-max", "qwen-image-2.0", "qwen-image-2.0-pro"])
def test_the_async_header_is_refused(call: Send, model: str) -> None:
    assert _refused(call, model) == (
        403,
        "AccessDenied",
        "current user api does not support asynchronous calls.",
    )


@pytest.mark.parametrize("body", [b"", b"{", b"[]"])
def test_a_body_that_is_no_json_object_is_refused(call: Send, body: bytes) -> None:
    assert _error(call("POST", PATH, data=body))[:2] == (400, "InvalidParameter")
