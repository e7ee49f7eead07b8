"""POST /v1/wanxiang: what is refused. Nothing is stored of it, and nothing sent upstream."""

from __future__ import annotations

import json
from typing import Any

import boto3
import pytest

from tests.support.gateway import Gateway

CAT = {"prompt": "a cat"}

# A name that the error must contain, and the body.
REFUSED: dict[str, tuple[str, Any]] = {
    "no prompt": ("prompt", {}),
    "empty prompt": ("prompt", {"prompt": ""}),
    "blank prompt": ("prompt", {"prompt": " \n\t　"}),
    "prompt of another type": ("prompt", {"prompt": 7}),
    "prompt null": ("prompt", {"prompt": None}),
    "prompt list": ("prompt", {"prompt": ["a cat"]}),
    "prompt with half a character": ("", '{"prompt": "\\ud800"}'),
    "negative_prompt of another type": ("negative_prompt", {**CAT, "negative_prompt": False}),
    "unknown model": ("model", {**CAT, "model": "wanx-v9"}),
    "model of another type": ("model", {**CAT, "model": 1}),
    "size not allowed": ("size", {**CAT, "size": "1024x1024"}),
    "size of another type": ("size", {**CAT, "size": 1024}),
    "style not allowed": ("style", {**CAT, "style": "sketch"}),
    "style of another type": ("style", {**CAT, "style": ["<sketch>"]}),
    "n zero": ("n", {**CAT, "n": 0}),
    "n five": ("n", {**CAT, "n": 5}),
    "n negative": ("n", {**CAT, "n": -1}),
    "n text": ("n", {**CAT, "n": "4"}),
    "n fraction": ("n", {**CAT, "n": 1.0}),
    "n true": ("n", {**CAT, "n": True}),
    "seed below": ("seed", {**CAT, "seed": -2}),
    "seed above": ("seed", {**CAT, "seed": 4294967291}),
    "seed text": ("seed", {**CAT, "seed": "42"}),
    "seed true": ("seed", {**CAT, "seed": True}),
    "ref_strength below": ("ref_strength", {**CAT, "ref_strength": -0.1}),
    "ref_strength above": ("ref_strength", {**CAT, "ref_strength": 1.1}),
    "ref_strength text": ("ref_strength", {**CAT, "ref_strength": "0.5"}),
    "ref_strength without end": ("ref_strength", '{"prompt": "a cat", "ref_strength": 1e999}'),
    "ref_strength not a number": ("no valid JSON", '{"prompt": "a cat", "ref_strength": NaN}'),
    "prompt with a NUL": ("prompt: holds U+0000", '{"prompt": "a\\u0000cat"}'),
    "prompt read in a wrong encoding": ("not UTF-8", '{"prompt": "你好"}'.encode("gbk")),
    "strength above": ("strength", {**CAT, "strength": 2}),
    "ref_mode not allowed": ("ref_mode", {**CAT, "ref_mode": "copy"}),
    "ref_img of another type": ("ref_img", {**CAT, "ref_img": 1}),
    "ref_img no URL": ("ref_img", {**CAT, "ref_img": "cat.png"}),
    "ref_img file": ("ref_img", {**CAT, "ref_img": "file:///etc/passwd"}),
    "ref_img ftp": ("ref_img", {**CAT, "ref_img": "ftp://example.com/cat.png"}),
    "ref_img data": ("ref_img", {**CAT, "ref_img": "data:image/png;base64,AAAA"}),
    "ref_img loopback": ("ref_img", {**CAT, "ref_img": "http://127.0.0.1/cat.png"}),
    "ref_img loopback in IPv6": ("ref_img", {**CAT, "ref_img": "http://[::1]/cat.png"}),
    "ref_img private": ("ref_img", {**CAT, "ref_img": "http://192.168.1.7/cat.png"}),
    "ref_img link local": ("ref_img", {**CAT, "ref_img": "http://169.254.169.254/latest"}),
    "ref_img address in disguise": ("ref_img", {**CAT, "ref_img": "http://2130706433/cat.png"}),
    "ref_img local name": ("ref_img", {**CAT, "ref_img": "http://localhost/cat.png"}),
    "ref_img single name": ("ref_img", {**CAT, "ref_img": "http://intranet/cat.png"}),
    "ref_img with Chinese": ("ref_img", {**CAT, "ref_img": "https://example.com/猫.png"}),
    "ref_img with a blank": ("ref_img", {**CAT, "ref_img": "https://example.com/a cat.png"}),
    "ref_image with Chinese": ("ref_img", {**CAT, "ref_image": "https://example.com/猫.png"}),
    "unknown field": ("promt", {**CAT, "promt": "a cat"}),
    "unknown nested field": ("seeed", {"input": CAT, "parameters": {"seeed": 1}}),
    "parameter among the input": ("size", {"input": {**CAT, "size": "1024*1024"}}),
    "parameters of another type": ("parameters", {"input": CAT, "parameters": []}),
    "input of another type": ("input", {"input": "a cat"}),
    "both shapes": ("prompt", {"input": CAT, "prompt": "a cat"}),
    "no body": ("JSON", None),
    "empty body": ("JSON", ""),
    "no JSON": ("JSON", "a cat"),
    "half a body": ("JSON", '{"prompt": "a cat"'),
    "too deep": ("", "[" * 100_000),
    "a list": ("JSON object", [CAT]),
    "a text": ("JSON object", '"a cat"'),
    "null": ("JSON object", "null"),
    "too large": ("256 KB", {"prompt": "a" * 256 * 1024}),
    "too large in Chinese": ("256 KB", {"prompt": "猫" * 90_000}),
    "a number too long": ("", '{"prompt": "a cat", "seed": ' + "9" * 5000 + "}"),
}

cases = pytest.mark.parametrize(("named", "body"), REFUSED.values(), ids=REFUSED)


def kept(shared: Gateway) -> int:
    """How many items the table has."""
    return int(boto3.client("dynamodb").scan(TableName=shared.names["Table"], Select="COUNT")["Count"])


@cases
def test_submit_task_names_what_it_refuses(shared: Gateway, named: str, body: Any) -> None:
    reply = shared.submit(body)

    assert reply.status == 400, reply.text
    assert named in reply.body["message"]


@cases
def test_submit_task_stores_nothing_and_sends_nothing_of_what_it_refuses(
    shared: Gateway, named: str, body: Any
) -> None:
    shared.submit(body)

    assert kept(shared) == 0
    assert shared.standin.ledger() == []


@pytest.mark.parametrize("name", ["no prompt", "size not allowed", "unknown field", "no JSON", "too large"])
def test_submit_task_refuses_in_the_documented_shape(shared: Gateway, name: str) -> None:
    reply = shared.submit(REFUSED[name][1])

    assert set(reply.body) == {"code", "message", "suggestion", "request_id"}
    assert all(isinstance(value, str) and value for value in reply.body.values())


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("size not allowed", "InvalidParameter"),
        ("no JSON", "InvalidParameter"),
        ("too large", "RequestTooLarge"),
    ],
)
def test_submit_task_refuses_with_the_code_of(shared: Gateway, name: str, code: str) -> None:
    assert shared.submit(REFUSED[name][1]).body["code"] == code


def test_submit_task_names_several_faults_at_once(shared: Gateway) -> None:
    message = shared.submit({"prompt": 1, "n": "two", "colour": "red"}).body["message"]

    assert all(name in message for name in ("prompt", "n:", "colour"))


def test_submit_task_takes_a_body_just_below_256_kb(shared: Gateway) -> None:
    body = json.dumps({"prompt": ""})
    padded = body + " " * (256 * 1024 - len(body))

    assert "256 KB" not in shared.submit(padded).body["message"]
