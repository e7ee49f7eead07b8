"""Who a request comes from."""

from __future__ import annotations

import pytest

from local.tools import template
from tests.support.fakes.gateways import FakeKeyTable
from tongyi.errors import InvalidApiKey
from tongyi.usecases.authorize import OPEN_ROUTES, Authorize, Caller

KEYS = FakeKeyTable(key="alice")
OPEN = Authorize(KEYS, open_routes=True)
KEY_ID = "2c70e12b7a0646f92279f427c7b38e73"
CLOSED = Authorize(KEYS, open_routes=False)
RESULTS = "GET /v1/wanxiang-results"
EVERY_ROUTE = [*sorted(OPEN_ROUTES), RESULTS]


def _refusal(authorize: Authorize, route: str, header: str | None) -> str:
    with pytest.raises(InvalidApiKey) as caught:
        authorize.run(route, header)
    return caught.value.message


@pytest.mark.parametrize("route", EVERY_ROUTE)
@pytest.mark.parametrize("header", ["Bearer key", "bearer key", "BEARER   key "])
def test_authorize_knows_the_owner_of_a_key_on_every_route(route: str, header: str) -> None:
    assert OPEN.run(route, header) == Caller("alice", KEY_ID)


def test_authorize_tells_keys_of_one_owner_apart_without_telling_them() -> None:
    authorize = Authorize(FakeKeyTable(one="alice", other="alice"), open_routes=True)
    one, other = (authorize.run("GET /v1/models", f"Bearer {key}").key_id for key in ("one", "other"))
    assert one != other


@pytest.mark.parametrize("route", sorted(OPEN_ROUTES))
@pytest.mark.parametrize("header", [None, ""])
def test_authorize_lets_nobody_in_on_an_open_route(route: str, header: str | None) -> None:
    assert OPEN.run(route, header) == Caller(None)


def test_authorize_needs_a_key_for_results() -> None:
    assert _refusal(OPEN, RESULTS, None) == "This route needs a gateway key."


@pytest.mark.parametrize("route", EVERY_ROUTE)
def test_authorize_needs_a_key_everywhere_when_routes_are_closed(route: str) -> None:
    assert _refusal(CLOSED, route, None) == "This route needs a gateway key."


@pytest.mark.parametrize("route", EVERY_ROUTE)
@pytest.mark.parametrize("header", ["Bearer other", "Bearer ", "Bearer Key"])
def test_authorize_refuses_a_bad_key_on_every_route(route: str, header: str) -> None:
    assert _refusal(OPEN, route, header) == "The gateway key is not valid."


@pytest.mark.parametrize("header", ["key", "Basic a2V5", "Bearerkey", "Token key", " "])
def test_authorize_refuses_another_scheme(header: str) -> None:
    assert "must read: Bearer" in _refusal(OPEN, "POST /v1/tongyi", header)


@pytest.mark.parametrize("header", ["Bearer s3cret", "s3cret"])
def test_authorize_does_not_repeat_a_key(header: str) -> None:
    assert "s3cret" not in _refusal(OPEN, RESULTS, header)


def test_open_routes_are_routes_of_the_template() -> None:
    assert {f"{method} {path}" for method, path in template.routes()} >= OPEN_ROUTES
