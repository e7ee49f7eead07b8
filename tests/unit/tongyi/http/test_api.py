"""Bodies in, replies and errors out."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest
from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.utilities.data_classes import APIGatewayProxyEvent
from hypothesis import given
from hypothesis import strategies as st

from tests.support.api_gateway import proxy_event
from tests.support.functions import Context
from tongyi.errors import (
    ConfigurationError,
    GatewayError,
    InvalidRequest,
    QueueFull,
    RequestTooLarge,
)
from tongyi.http import api

ROUTE = "/v1/tongyi"


def _event(body: str | bytes | None = None, *, headers: dict[str, str] | None = None) -> APIGatewayProxyEvent:
    return APIGatewayProxyEvent(proxy_event("POST", ROUTE, body, headers))


def _answer(error: Exception | None = None, **headers: str) -> dict[str, Any]:
    """What a route answers that raises the error, or returns the body `{"a": "猫"}`."""
    app = api.resolver()

    @app.post(ROUTE)
    def route() -> Response[str]:
        if error:
            raise error
        return api.reply(201, {"a": "猫"}, {"Location": "somewhere"})

    answered: dict[str, Any] = app.resolve(_event("{}", headers=headers).raw_event, Context("X"))  # type: ignore[arg-type]
    return answered


def _said(error: Exception, **headers: str) -> dict[str, Any]:
    said: dict[str, Any] = json.loads(_answer(error, **headers)["body"])
    return said


def test_json_body_is_parsed() -> None:
    assert api.json_body(_event('{"prompt":"猫"}')) == {"prompt": "猫"}


@pytest.mark.parametrize(
    "body", [None, "", "{", "{'a': 1}", "// no", '{"a":1}x', "NaN", '{"a": -Infinity}', "[" * 100_000]
)
def test_json_body_refuses_what_is_no_json(body: str | None) -> None:
    with pytest.raises(InvalidRequest, match="no valid JSON"):
        api.json_body(_event(body))


def test_json_body_may_have_the_comments_of_the_document() -> None:
    assert api.json_body(_event('{"prompt": "http://猫", // 正向提示词\r\n "n": 1 // 1-4\r\n}')) == {
        "prompt": "http://猫",
        "n": 1,
    }


@pytest.mark.parametrize(
    "raw",
    [
        b"\xff\xfe",
        b'{"a": "\xed\xa0\x80"}',
        json.dumps({"prompt": "一只奔跑的猫"}, ensure_ascii=False).encode("gbk"),
        '{"prompt": "é"}'.encode("latin-1"),
        '{"prompt": "a"}'.encode("utf-16"),
        '{"prompt": "\ufffd"}'.encode(),
        '{"a": 1} // \ufffd'.encode(),
    ],
)
def test_json_body_refuses_what_is_no_utf8_and_says_so(raw: bytes) -> None:
    """API Gateway has put U+FFFD in its place; one that was sent is not told from that."""
    with pytest.raises(
        InvalidRequest, match=r"^The body is not UTF-8: .* Send the body as UTF-8; .* \\ufffd\.$"
    ):
        api.json_body(_event(raw))


def test_json_body_may_name_the_character_that_stands_for_damage() -> None:
    assert api.json_body(_event(r'{"a": "\ufffd"}')) == {"a": "\ufffd"}


@given(st.text())
def test_json_body_makes_json_of_any_text_or_refuses_it(body: str) -> None:
    try:
        parsed = api.json_body(_event(body))
    except InvalidRequest:
        return
    assert json.dumps(parsed)


def _text_of(size: int) -> str:
    return '"' + "a" * (size - 2) + '"'


def test_json_body_takes_256_kilobytes() -> None:
    assert len(api.json_body(_event(_text_of(api.MAX_BODY_BYTES)))) == 256 * 1024 - 2


def test_json_body_refuses_a_byte_more() -> None:
    with pytest.raises(RequestTooLarge):
        api.json_body(_event(_text_of(api.MAX_BODY_BYTES + 1)))


def test_json_body_counts_bytes_and_not_characters() -> None:
    with pytest.raises(RequestTooLarge):
        api.json_body(_event('"' + "猫" * 100_000 + '"'))


def test_request_id_is_api_gateways() -> None:
    event = _event()
    assert api.request_id(event) == event["requestContext"]["requestId"]


def test_reply_is_compact_json_in_utf8() -> None:
    assert _answer()["body"] == '{"a":"猫"}'


def test_reply_has_the_status_and_headers_it_was_given() -> None:
    answered = _answer()
    headers = answered["multiValueHeaders"]
    assert (answered["statusCode"], headers["Location"]) == (201, ["somewhere"])
    assert headers["Content-Type"] == ["application/json; charset=utf-8"]


def test_reply_may_be_read_by_any_web_page() -> None:
    headers = _answer(Origin="https://page.example")["multiValueHeaders"]
    assert headers["Access-Control-Allow-Origin"] == ["*"]


@pytest.mark.parametrize("name", ["Location", "Retry-After", "Preference-Applied"])
def test_reply_lets_a_web_page_read_its_headers(name: str) -> None:
    [exposed] = _answer(Origin="https://page.example")["multiValueHeaders"]["Access-Control-Expose-Headers"]
    assert name in exposed.replace(" ", "").split(",")


def test_resolver_answers_an_error_in_the_documented_shape() -> None:
    assert set(_said(InvalidRequest("No."))) == {"code", "message", "suggestion", "request_id"}


def test_resolver_answers_an_error_with_its_code_and_message() -> None:
    said = _said(InvalidRequest("No."))
    assert (said["code"], said["message"]) == ("InvalidParameter", "No.")


@pytest.mark.parametrize(
    ("resource", "told"),
    [
        (ROUTE, lambda said: said),
        ("/api/v1/tasks/{task_id}", lambda said: said),
        ("/v1/models/{model}", lambda said: {**said, **said["error"]}),
    ],
)
def test_resolver_answers_a_path_that_no_route_takes_in_the_usual_form(resource: str, told: Any) -> None:
    event = {**_event("{}").raw_event, "path": "/v1/models/a\nb", "resource": resource}
    answered: dict[str, Any] = api.resolver().resolve(event, Context("X"))  # type: ignore[arg-type]
    said = told(json.loads(answered["body"]))
    assert (answered["statusCode"], said["code"], said["message"]) == (
        404,
        "RouteNotFound",
        "There is no such route.",
    )
    assert said.keys() >= {"suggestion", "request_id"}
    assert "X-Should-Retry" not in answered["multiValueHeaders"]


def test_resolver_answers_an_error_with_its_status_and_headers() -> None:
    answered = _answer(QueueFull("Wait.", retry_after=9))
    assert (answered["statusCode"], answered["multiValueHeaders"]["Retry-After"]) == (429, ["9"])


@pytest.mark.parametrize(("language", "word"), [("en", "Correct"), ("zh", "请")])
def test_resolver_answers_an_error_in_the_callers_language(language: str, word: str) -> None:
    assert _said(InvalidRequest("No."), **{"accept-language": language})["suggestion"].startswith(word)


def test_resolver_answers_a_fault_as_500() -> None:
    assert _answer(ValueError("secret"))["statusCode"] == 500


def test_resolver_shows_nothing_of_a_fault() -> None:
    assert "secret" not in _answer(ValueError("secret"))["body"]


def test_resolver_logs_a_fault_without_its_text(logged: io.StringIO) -> None:
    _answer(ValueError("secret"))
    assert "ValueError" in logged.getvalue()
    assert "secret" not in logged.getvalue()


def test_resolver_logs_where_a_fault_happened(logged: io.StringIO) -> None:
    _answer(ValueError("secret"))
    assert "test_api.py:" in json.loads(logged.getvalue())["place"]


def test_error_reply_adds_to_a_body() -> None:
    answered = api.error_reply(_event(), GatewayError("It broke."), {"output": {"task_id": "t"}})
    assert json.loads(answered.body or "{}").keys() == {
        "output",
        "code",
        "message",
        "suggestion",
        "request_id",
    }


def test_error_reply_logs_what_the_operator_must_mend(logged: io.StringIO) -> None:
    api.error_reply(_event(), ConfigurationError("TABLE_NAME is not set."))
    assert "TABLE_NAME is not set." in logged.getvalue()
