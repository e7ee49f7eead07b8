"""Who asks, for what, and where they are led."""

from __future__ import annotations

import pytest
from aws_lambda_powertools.utilities.data_classes import APIGatewayProxyEvent

from tests.support.api_gateway import proxy_event
from tongyi.errors import InvalidApiKey, InvalidParameter
from tongyi.http import api


def _event() -> APIGatewayProxyEvent:
    return APIGatewayProxyEvent(proxy_event("GET", "/v1/wanxiang-results"))


@pytest.mark.parametrize(
    ("authorizer", "owner"),
    [({"owner": "alice"}, "alice"), ({"owner": ""}, None), ({}, None), (None, None)],
)
def test_owner_is_whom_the_authorizer_named(authorizer: dict[str, str] | None, owner: str | None) -> None:
    event = _event()
    event["requestContext"]["authorizer"] = authorizer
    assert api.owner(event) == owner


def test_owner_is_nobody_without_an_authorizer() -> None:
    assert api.owner(_event()) is None


def test_required_owner_is_whom_the_authorizer_named() -> None:
    event = _event()
    event["requestContext"]["authorizer"] = {"owner": "alice"}
    assert api.required_owner(event) == "alice"


@pytest.mark.parametrize("authorizer", [{"owner": ""}, {}, None])
def test_required_owner_is_required(authorizer: dict[str, str] | None) -> None:
    event = _event()
    event["requestContext"]["authorizer"] = authorizer
    with pytest.raises(InvalidApiKey, match=r"^This route needs a gateway key\.$"):
        api.required_owner(event)


LONGEST = "k" * api.MAX_KEY_LENGTH


def _with_key(header: str | None) -> APIGatewayProxyEvent:
    headers = {} if header is None else {"idempotency-key": header}
    return APIGatewayProxyEvent({**_event().raw_event, "headers": headers})


@pytest.mark.parametrize(
    ("header", "key"),
    [(None, None), ("k-1", "k-1"), (' "k-1" ', "k-1"), (LONGEST, LONGEST), ("a b~", "a b~")],
)
def test_idempotency_key_is_that_of_the_header(header: str | None, key: str | None) -> None:
    assert api.idempotency_key(_with_key(header)) == key


@pytest.mark.parametrize("header", ["", " ", '""', LONGEST + "k", "ключ", "é", "a\x7fb", "a\tb"])
def test_idempotency_key_that_is_none_is_refused(header: str) -> None:
    with pytest.raises(InvalidParameter, match="Idempotency-Key: takes 1 to"):
        api.idempotency_key(_with_key(header))


@pytest.mark.parametrize(
    ("parameters", "found"), [(None, {}), ({}, {}), ({"a": "1", "b": ""}, {"a": "1", "b": ""})]
)
def test_query_has_the_parameters(parameters: dict[str, str] | None, found: dict[str, str]) -> None:
    event = APIGatewayProxyEvent({**_event().raw_event, "queryStringParameters": parameters})
    assert api.query(event) == found


@pytest.mark.parametrize("status", [302, 303])
def test_redirect_leads_elsewhere_and_is_not_to_be_remembered(status: int) -> None:
    reply = api.redirect("https://bucket.example/1", status)
    assert (reply.status_code, reply.body) == (status, "")
    assert (reply.headers["Location"], reply.headers["Cache-Control"]) == (
        "https://bucket.example/1",
        "no-store",
    )
