"""What every route does with HTTP itself: encodings, ids, headers."""

from __future__ import annotations

import json

import pytest

from local.tools import template
from tests.integration.routes import OPEN, ROUTES, call
from tests.support import functions
from tests.support.api_gateway import proxy_event
from tests.support.gateway import Gateway

functions_of = {path: function for (_, path), (function, _) in template.routes().items()}


WITH_A_BODY = sorted(path for method, path in template.routes() if method == "POST" and "{" not in path)
ENCODINGS = ("gbk", "utf-16")


@pytest.mark.parametrize("target", WITH_A_BODY)
def test_route_refuses_a_body_that_is_no_utf8(shared: Gateway, target: str) -> None:
    """A garbled prompt would be made, and billed."""
    headers = {"Authorization": f"Bearer {shared.issue_key('alice')}", "X-DashScope-Async": "enable"}
    bodies = [json.dumps({"prompt": "一只奔跑的猫"}, ensure_ascii=False).encode(name) for name in ENCODINGS]

    replies = [shared.request("POST", target, body, headers) for body in bodies]

    assert {reply.status for reply in replies} == {400}
    for reply in replies:
        assert "The body is not UTF-8" in reply.body.get("error", reply.body)["message"]


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
