"""What every route does with HTTP itself: encodings, ids, headers."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from local import template
from tests.integration.routes import OPEN, ROUTES, call
from tests.support import functions
from tests.support.api_gateway import proxy_event
from tests.support.gateway import Gateway

functions_of = {path: function for (_, path), (function, _) in template.routes().items()}


def encoded(target: str, body: bytes) -> dict[str, Any]:
    """The reply to a body that API Gateway has put into base64."""
    event = proxy_event("POST", target)
    event |= {"body": base64.b64encode(body).decode(), "isBase64Encoded": True}
    reply: dict[str, Any] = functions.invoke(functions_of[target], event)
    return reply


@pytest.mark.parametrize("target", OPEN)
def test_route_takes_a_body_in_base64(shared: Gateway, target: str) -> None:
    body = json.dumps({"prompt": "一只奔跑的猫"}, ensure_ascii=False).encode()

    assert encoded(target, body)["statusCode"] == 200


@pytest.mark.parametrize("target", OPEN)
@pytest.mark.parametrize("body", [b"\xff\xfe", "猫".encode("gbk"), b"{}" + b" " * 256 * 1024])
def test_route_refuses_a_body_in_base64_that_is(shared: Gateway, target: str, body: bytes) -> None:
    assert encoded(target, body)["statusCode"] == 400


@pytest.mark.parametrize("target", OPEN)
def test_route_refuses_what_is_no_base64(shared: Gateway, target: str) -> None:
    event = proxy_event("POST", target) | {"body": "%%%", "isBase64Encoded": True}

    assert functions.invoke(functions_of[target], event)["statusCode"] == 400


@pytest.mark.parametrize("target", OPEN)
def test_route_answers_with_the_id_of_the_request(shared: Gateway, target: str) -> None:
    event = proxy_event("POST", target, {"prompt": "hello"})

    reply = functions.invoke(functions_of[target], event)

    assert json.loads(reply["body"])["request_id"] == event["requestContext"]["requestId"]


@pytest.mark.parametrize("target", ROUTES)
def test_route_answers_in_json_and_utf_8(shared: Gateway, target: str) -> None:
    reply = call(shared, target, f"Bearer {shared.issue_key('alice')}")

    assert reply.headers["content-type"] == "application/json; charset=utf-8"


@pytest.mark.parametrize("target", ROUTES)
def test_route_lets_every_page_read_its_errors(shared: Gateway, target: str) -> None:
    headers = {"Origin": "https://app.example.com", "Authorization": f"Bearer {shared.issue_key('alice')}"}

    reply = shared.request(ROUTES[target][0], target, "no JSON", headers)

    assert reply.status in (400, 404)
    assert reply.headers["access-control-allow-origin"] == "*"


@pytest.mark.parametrize("target", OPEN)
def test_route_that_answers_in_chinese_does_not_escape_it(shared: Gateway, target: str) -> None:
    reply = shared.request("POST", target, {"prompt": ""})

    assert reply.body["suggestion"] in reply.text
