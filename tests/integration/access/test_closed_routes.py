"""A gateway whose operator has closed the routes that the document leaves open."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.integration.routes import EVERY, OPEN, call
from tests.support.gateway import Gateway, gateway
from tests.workflow.interference import crowd


@pytest.fixture(scope="module")
def closed() -> Iterator[Gateway]:
    """A gateway all of whose routes need a key."""
    with pytest.MonkeyPatch.context() as monkeypatch:
        crowd(monkeypatch)
        with gateway(monkeypatch, {"OpenRoutes": "false", "FirstCheckSeconds": "3600"}) as made:
            yield made


@pytest.mark.parametrize(("method", "path"), EVERY)
def test_authorizer_lets_nobody_in_without_a_key_where_routes_are_closed(
    closed: Gateway, method: str, path: str
) -> None:
    assert closed.request(method, path).status == 401


@pytest.mark.parametrize("target", OPEN)
def test_authorizer_lets_a_key_in_where_routes_are_closed(closed: Gateway, target: str) -> None:
    assert call(closed, target, f"Bearer {closed.issue_key('alice')}").status == 200


@pytest.mark.parametrize("target", OPEN)
def test_authorizer_sends_nothing_upstream_for_what_it_refuses(closed: Gateway, target: str) -> None:
    closed.standin.clear_ledger()

    call(closed, target, "Bearer wrong")

    assert closed.standin.ledger() == []
