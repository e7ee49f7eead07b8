"""How API Gateway refuses by itself what never reaches a function: in the shape of all errors, whoever asks."""

from __future__ import annotations

import json
import re
from typing import Any, cast

import pytest

from tests.infrastructure import translated
from tests.infrastructure.api.refusals import DEFAULT_STATUS, INTEGRATION, VARIABLE, Refusal, refusals
from tongyi.errors import InvalidApiKey
from tongyi.http import dialects
from tongyi.http.api import UNEXPECTED
from tongyi.http.gateway.schemas import Error

CHINESE = re.compile(r"[\u4e00-\u9fff]")
# Types of AWS's that get an answer of their own; and the routes for everything that has none.
OWN = {
    "UNAUTHORIZED": (401, "InvalidApiKey"),
    "ACCESS_DENIED": (401, "InvalidApiKey"),
    "MISSING_AUTHENTICATION_TOKEN": (404, "RouteNotFound"),
    "UNSUPPORTED_MEDIA_TYPE": (404, "RouteNotFound"),
    "ANY /": (404, "RouteNotFound"),
    "ANY /{proxy+}": (404, "RouteNotFound"),
    "THROTTLED": (429, "Throttling"),
    "AUTHORIZER_FAILURE": (503, "ServiceUnavailable"),
    "AUTHORIZER_CONFIGURATION_ERROR": (503, "ServiceUnavailable"),
    "INTEGRATION_FAILURE": (502, "ServiceUnavailable"),
    "INTEGRATION_TIMEOUT": (504, "ServiceUnavailable"),
    # A status here would be everything else's too (API Gateway developer guide, gateway response types).
    "DEFAULT_4XX": (None, "InvalidRequest"),
    "DEFAULT_5XX": (None, "ServiceUnavailable"),
}


def test_refusals_have_a_status_and_a_code_of_their_own() -> None:
    """REQUEST_TOO_LARGE is not among them: API Gateway's known issues say that it cannot be changed."""
    assert {name: (refusal.status, refusal.body["code"]) for name, refusal in refusals().items()} == OWN
    assert OWN["UNAUTHORIZED"] == (InvalidApiKey.status, InvalidApiKey.code)


def test_refusals_have_the_shape_of_all_errors_and_that_of_openai() -> None:
    misshapen = [
        name
        for name, refusal in refusals().items()
        if refusal.body != _error(refusal, _status(name, refusal))
    ]

    assert misshapen == []


def test_refusals_take_nothing_from_aws_but_the_id_of_the_request() -> None:
    """AWS's own words of what went wrong name its services, and come with or without quotes."""
    assert {name: set(VARIABLE.findall(refusal.text)) for name, refusal in refusals().items()} == {
        name: {"$context.requestId"} for name in OWN
    }


def test_refusals_tell_clients_whether_to_repeat_what_was_refused() -> None:
    """OpenAI's clients repeat a 5xx and a 429 by themselves, and a picture would be made, and billed, twice.

    Only where the key could not be looked at was nothing done for sure.
    """
    told = {
        name: (refusal.headers.get("X-Should-Retry"), refusal.headers.get("Retry-After"))
        for name, refusal in refusals().items()
        if _status(name, refusal) >= 500 or refusal.status == 429
    }

    assert told == {
        "AUTHORIZER_FAILURE": ("true", "1"),
        "AUTHORIZER_CONFIGURATION_ERROR": ("true", "1"),
        "THROTTLED": ("false", "1"),
        "INTEGRATION_FAILURE": ("false", None),
        "INTEGRATION_TIMEOUT": ("false", None),
        "DEFAULT_5XX": ("false", None),
    }
    assert dialects.retry_advice(UNEXPECTED, 502, "POST") == {"X-Should-Retry": "false"}


def test_refusals_suggest_in_both_languages() -> None:
    suggestions = {name: refusal.body["suggestion"] for name, refusal in refusals().items()}

    assert [
        name
        for name, said in suggestions.items()
        if not (CHINESE.search(said) and re.search(r"[A-Z][a-z]* [a-z]+ ", said))
    ] == []


def test_refusals_are_written_in_ascii() -> None:
    """API Gateway need not keep other characters of a template as they are; JSON's escapes it cannot break."""
    assert [name for name, refusal in refusals().items() if not refusal.text.isascii()] == []


def test_everything_without_a_route_is_answered_alike() -> None:
    """A key in `Authorization` is then never taken for a broken signature of AWS's, which would be a 403."""
    first, *others = [refusals()[name] for name, (_, code) in OWN.items() if code == "RouteNotFound"]

    assert others == [first] * 3


@pytest.mark.parametrize("path", ["/", "/{proxy+}"])
def test_route_for_what_has_none_is_answered_by_api_gateway_itself(path: str) -> None:
    """A mock must be given a status by its request template, or it answers 500 (developer guide, mock integrations).

    It has one for JSON alone. `never` refuses bodies of other types with UNSUPPORTED_MEDIA_TYPE, which says the same.
    """
    operation = translated.definition()["paths"][path][translated.ANY]
    integration = operation[INTEGRATION]
    (response,) = integration["responses"].values()
    headers = {f"method.response.header.{name}" for name in operation["responses"]["404"]["headers"]}

    assert (integration["type"], integration["passthroughBehavior"]) == ("mock", "never")
    assert {kind: json.loads(text) for kind, text in integration["requestTemplates"].items()} == {
        "application/json": {"statusCode": 404}
    }
    assert list(integration["responses"]) == ["default"]
    assert response["statusCode"] == "404"
    assert set(response["responseParameters"]) == headers


def _error(refusal: Refusal, status: int) -> dict[str, Any]:
    """What a function would send, of all that a refusal says."""
    said = {key: refusal.body[key] for key in ("code", "message", "suggestion", "request_id")}
    assert all(isinstance(value, str) and value for value in said.values())
    return {**dialects.openai_error(cast(Error, said), status), **said}


def _status(name: str, refusal: Refusal) -> int:
    return refusal.status or DEFAULT_STATUS[name]
