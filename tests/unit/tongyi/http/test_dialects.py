"""Which API a request speaks, and how an error is said in it."""

from __future__ import annotations

import json
import sys
from types import FrameType
from typing import Any

import pytest
from aws_lambda_powertools.event_handler import Response

from local.tools import template
from tests.support.functions import Context
from tests.unit.tongyi.http.requests import IMAGES, MESSAGES, TASK, an_event, said
from tongyi.errors import (
    DailyLimitExceeded,
    GatewayError,
    InvalidApiKey,
    InvalidParameter,
    InvalidRequest,
    QueueFull,
    UpstreamAmbiguous,
    UpstreamRefused,
    UpstreamSuspended,
    UpstreamThrottled,
)
from tongyi.http import api
from tongyi.http.commented_json import parse_json
from tongyi.http.dialects import Dialect, is_openai, openai_error, spoken, status_of
from tongyi.http.gateway.schemas import Error

ERROR: Error = {"code": "C", "message": "M", "suggestion": "S", "request_id": "r-1"}
FLAT, NESTED = {"prompt": "a cat"}, {"input": {"prompt": "a cat"}}


@pytest.mark.parametrize(
    ("resource", "dialect"),
    [
        ("/v1/tongyi", Dialect.GATEWAY),
        ("/v1/wanxiang", Dialect.GATEWAY),
        ("/v1/wanxiang-results", Dialect.GATEWAY),
        ("/v1/images/{task_id}/{number}", Dialect.GATEWAY),
        ("/v1/chat/completions", Dialect.OPENAI),
        ("/v1/models", Dialect.OPENAI),
        ("/v1/models/{model}", Dialect.OPENAI),
        ("/api/v1/tasks", Dialect.DASHSCOPE),
        (TASK, Dialect.DASHSCOPE),
        (MESSAGES, Dialect.DASHSCOPE),
    ],
)
@pytest.mark.parametrize("body", [None, FLAT, NESTED])
def test_api_is_told_by_the_route(resource: str, dialect: Dialect, body: Any) -> None:
    assert spoken(an_event("POST", "/path", body, resource)) is dialect


def test_every_route_of_dashscopes_is_its() -> None:
    routes = [path for _, path in template.routes() if path.startswith("/api/")]
    assert routes
    assert {spoken(an_event("POST", "/path", FLAT, path)) for path in routes} == {Dialect.DASHSCOPE}


@pytest.mark.parametrize(
    ("body", "dialect"),
    [
        (FLAT, Dialect.OPENAI),
        ({}, Dialect.OPENAI),
        (NESTED, Dialect.GATEWAY),
        ({"prompt": "a", "parameters": {}}, Dialect.GATEWAY),
        ({"input": None}, Dialect.GATEWAY),
        ("[]", Dialect.GATEWAY),
        ('"prompt"', Dialect.GATEWAY),
        ('{"prompt": "a" // a comment\n}', Dialect.OPENAI),
    ],
)
def test_api_of_the_images_route_is_told_by_the_body(body: Any, dialect: Dialect) -> None:
    event = an_event("POST", IMAGES, body)
    api.json_body(event)
    assert spoken(event) is dialect


def test_api_of_the_images_route_is_told_by_a_body_that_is_refused_for_its_encoding() -> None:
    event = an_event("POST", IMAGES, json.dumps(FLAT, ensure_ascii=False).encode()[:-2] + b'\xff"}')
    with pytest.raises(InvalidRequest):
        api.json_body(event)
    assert spoken(event) is Dialect.OPENAI


@pytest.mark.parametrize(
    "body",
    ["{", "", None, "[" * 100_000, '{"prompt": "' + "a" * 300_000 + '"}', b'{"prompt": \xff'],
    ids=range(6),
)
def test_api_of_the_images_route_is_the_gateways_where_no_body_tells(body: Any) -> None:
    event = an_event("POST", IMAGES, body)
    with pytest.raises(InvalidRequest):
        api.json_body(event)
    assert spoken(event) is Dialect.GATEWAY


@pytest.mark.parametrize(
    "body",
    [
        FLAT,
        NESTED,
        "{",
        '{"n": 1} // a',
        '{"n": 1 // a',
        "x" * 300_000,
        b'{"prompt": "\xff"}',
        '"\\' * 60_000 + "//",
    ],
    ids=range(8),
)
@pytest.mark.parametrize("resource", [IMAGES, MESSAGES, "/v1/tongyi", "/v1/chat/completions"])
def test_body_is_parsed_once_and_no_more_for_the_error(body: Any, resource: str) -> None:
    """What is too large is parsed not even once."""
    app, calls = api.resolver(), []

    @app.post(resource)
    def route() -> Response[str]:
        api.json_body(app.current_event)
        raise InvalidParameter("n: is wrong.")

    def watch(frame: FrameType, event: str, _: object) -> None:
        if event == "call" and frame.f_code in (parse_json.__code__, json.loads.__code__):
            calls.append(frame.f_code.co_name)

    event = an_event("POST", resource, body).raw_event
    kept = sys.getprofile()
    sys.setprofile(watch)
    try:
        reply = app.resolve(event, Context("X"))  # type: ignore[arg-type]
    finally:
        sys.setprofile(kept)
    assert reply["statusCode"] == 400
    assert len(calls) == (0 if body == "x" * 300_000 else 1)


@pytest.mark.parametrize("body", [None, NESTED, "{"])
def test_whoever_waits_on_at_the_images_route_speaks_openais(body: Any) -> None:
    assert spoken(an_event("GET", IMAGES, body)) is Dialect.OPENAI


@pytest.mark.parametrize("body", [[], None, "prompt", 1, {"input": 1}, {"parameters": 1}])
def test_body_is_not_openais(body: Any) -> None:
    assert not is_openai(body)


@pytest.mark.parametrize(
    ("error", "gateway", "others"),
    [
        (UpstreamThrottled("No."), 400, 429),
        (UpstreamRefused("No."), 400, 400),
        (UpstreamSuspended("Arrearage"), 503, 503),
        (UpstreamAmbiguous("No."), 504, 504),
        (QueueFull("No.", retry_after=1), 429, 429),
        (DailyLimitExceeded("No.", retry_after=1), 429, 429),
        (InvalidApiKey("No."), 401, 401),
        (GatewayError("No."), 500, 500),
    ],
    ids=lambda value: type(value).__name__,
)
def test_status_of_a_throttle_is_what_each_api_has_for_it(
    error: GatewayError, gateway: int, others: int
) -> None:
    assert [status_of(error, dialect) for dialect in Dialect] == [gateway, others, others]


def test_openai_error_has_all_that_the_others_have() -> None:
    assert openai_error(ERROR, 400) == {
        "error": {"message": "M", "type": "invalid_request_error", "param": None, "code": "C"},
        "suggestion": "S",
        "request_id": "r-1",
    }


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, "invalid_request_error"),
        (401, "authentication_error"),
        (403, "permission_error"),
        (404, "invalid_request_error"),
        (409, "invalid_request_error"),
        (429, "rate_limit_error"),
        (500, "api_error"),
        (502, "api_error"),
        (504, "api_error"),
    ],
)
def test_openai_error_has_a_type_by_its_status(status: int, kind: str) -> None:
    assert openai_error(ERROR, status)["error"]["type"] == kind


@pytest.mark.parametrize(
    ("message", "name"),
    [
        ("n: 5 is out of range, it takes 1 to 4.", "n"),
        ("ref_img: must be an http URL: https://x", "ref_img"),
        ("messages.1.content: must be a string.", "messages.1.content"),
        ("Idempotency-Key: takes 1 to 255 printable ASCII characters.", "Idempotency-Key"),
        ("messages[0].role: is required.", "messages[0].role"),
        ("The body must be a JSON object.", None),
        ("The size: it is wrong.", None),
        ("n:5", None),
        ("n", None),
        ("", None),
        (": no name", None),
    ],
)
def test_openai_error_names_the_field_that_it_is_about(message: str, name: str | None) -> None:
    assert openai_error({**ERROR, "message": message}, 400)["error"]["param"] == name


def test_error_reply_speaks_openais_where_the_request_does() -> None:
    event = an_event("POST", IMAGES, FLAT)
    api.json_body(event)
    reply = api.error_reply(event, InvalidParameter("n: is wrong."), {"output": {}})
    assert reply.status_code == 400
    assert said(reply)["error"] == {
        "message": "n: is wrong.",
        "type": "invalid_request_error",
        "param": "n",
        "code": "InvalidParameter",
    }
    assert set(said(reply)) == {"output", "error", "suggestion", "request_id"}


@pytest.mark.parametrize(
    ("target", "body"), [(IMAGES, NESTED), (IMAGES, "{"), (MESSAGES, FLAT), ("/v1/tongyi", FLAT)]
)
def test_error_reply_is_flat_where_the_request_is_not_openais(target: str, body: Any) -> None:
    reply = api.error_reply(an_event("POST", target, body), InvalidParameter("n: is wrong."))
    assert set(said(reply)) == {"code", "message", "suggestion", "request_id"}


@pytest.mark.parametrize(
    ("target", "status"), [("/v1/tongyi", 400), ("/v1/chat/completions", 429), (MESSAGES, 429)]
)
def test_error_reply_has_the_status_of_the_api(target: str, status: int) -> None:
    reply = api.error_reply(an_event("POST", target, {}), UpstreamThrottled("No.", retry_after=3.0))
    assert (reply.status_code, reply.headers["Retry-After"]) == (status, "3")
