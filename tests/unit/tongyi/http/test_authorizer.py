"""The event and the reply of API Gateway's authorizer."""

from __future__ import annotations

from typing import Any

import pytest

from tongyi.http.authorizer import allow, authorization, route
from tongyi.usecases.authorize import Caller

API = "arn:aws:execute-api:us-east-1:123456789012:abcdef1234"
EVENT = {
    "httpMethod": "GET",
    "resource": "/v1/wanxiang-results",
    "path": "/prod/v1/wanxiang-results",
    "methodArn": f"{API}/prod/GET/v1/wanxiang-results",
}


def _statement(answer: dict[str, Any]) -> dict[str, Any]:
    [statement] = answer["policyDocument"]["Statement"]
    return dict(statement)


def test_route_is_method_and_resource() -> None:
    assert route(EVENT) == "GET /v1/wanxiang-results"


@pytest.mark.parametrize("name", ["Authorization", "authorization", "AUTHORIZATION"])
def test_authorization_is_found_however_it_is_spelt(name: str) -> None:
    assert authorization({"headers": {"Accept": "*/*", name: "Bearer k"}}) == "Bearer k"


@pytest.mark.parametrize("event", [{}, {"headers": None}, {"headers": {}}, {"headers": {"X": "y"}}])
def test_authorization_is_none_where_there_is_none(event: dict[str, Any]) -> None:
    assert authorization(event) is None


def test_allow_covers_the_stage_for_a_key() -> None:
    assert _statement(allow(EVENT, Caller("alice"))) == {
        "Action": "execute-api:Invoke",
        "Effect": "Allow",
        "Resource": f"{API}/prod/*/*",
    }


def test_allow_covers_the_one_method_without_a_key() -> None:
    assert _statement(allow(EVENT, Caller(None)))["Resource"] == EVENT["methodArn"]


def test_allow_hands_the_owner_on_and_which_key_it_was() -> None:
    assert allow(EVENT, Caller("alice", "0a1b"))["context"] == {"owner": "alice", "key_id": "0a1b"}


def test_allow_hands_on_no_owner_without_a_key() -> None:
    assert allow(EVENT, Caller(None))["context"] == {"owner": "", "key_id": ""}


@pytest.mark.parametrize(("owner", "principal"), [("alice", "alice"), (None, "anonymous")])
def test_allow_names_the_principal(owner: str | None, principal: str) -> None:
    assert allow(EVENT, Caller(owner))["principalId"] == principal
