"""How many functions may be held by callers that wait: an account runs ten at once at first, a thousand later."""

from __future__ import annotations

from typing import Any

from local.openapi import parameters
from local.openapi.operations import OPERATIONS
from local.tools import template
from tests.infrastructure import translated
from tongyi.gateways.dashscope import client as dashscope

# The methods whose every request may hold a function for as long as API Gateway waits.
WAITING = {
    ("POST", "/v1/tongyi"),
    ("POST", "/v1/chat/completions"),
    ("POST", dashscope.CHAT_PATH),
    ("POST", "/v1/images/generations"),
    ("GET", "/v1/images/generations"),
    ("POST", dashscope.GENERATE_PATH),
    ("GET", dashscope.GENERATE_PATH),
}
# Seconds, and executions at once in a region (Lambda quotas; a new account may have 10 of them).
LONGEST_WAIT, QUOTA = 25, 1000


def test_methods_that_wait_are_throttled_by_themselves() -> None:
    """CloudFormation wants the slashes of a path as ~1, after a slash of its own (MethodSetting, ResourcePath)."""
    everything, *entries = _stage()["MethodSettings"]

    assert (everything["ResourcePath"], everything["HttpMethod"]) == ("/*", "*")
    assert _limits(everything) == ({"Ref": "ThrottleRate"}, {"Ref": "ThrottleBurst"})
    assert {(entry["HttpMethod"], entry["ResourcePath"]): _limits(entry) for entry in entries} == {
        (method, "/" + path.replace("/", "~1")): ({"Ref": "WaitingRate"}, {"Ref": "WaitingBurst"})
        for method, path in WAITING
    }
    assert template.routes().keys() >= WAITING


def test_methods_that_wait_leave_room_for_everything_else() -> None:
    given = template.defaults()
    held = float(given["WaitingBurst"]) + float(given["WaitingRate"]) * LONGEST_WAIT

    assert held * len(WAITING) < QUOTA


def test_methods_that_wait_only_if_asked_to_are_not_throttled_by_themselves() -> None:
    """Whoever polls without `wait` is answered at once, and would be refused for those who do wait."""
    assert WAITING.isdisjoint(_may_wait())


def test_functions_that_wait_can_be_capped_and_are_not_unless_it_is_wanted() -> None:
    """Reserved concurrency of any size fails in an account that may run ten functions (Lambda quotas)."""
    capped = {
        name: resource["Properties"]["ReservedConcurrentExecutions"]
        for name, resource in translated.resources().items()
        if "ReservedConcurrentExecutions" in resource["Properties"]
    }
    waiting = {template.routes()[route][0] for route in WAITING | _may_wait()}

    assert capped.keys() == waiting
    assert {str(limit) for limit in capped.values()} == {
        str({"Fn::If": ["WaitingCapped", {"Ref": "WaitingConcurrency"}, {"Ref": "AWS::NoValue"}]})
    }
    assert template.load()["Conditions"]["WaitingCapped"] == {
        "Fn::Not": [{"Fn::Equals": [{"Ref": "WaitingConcurrency"}, 0]}]
    }
    assert template.defaults()["WaitingConcurrency"] == "0"


def _may_wait() -> set[tuple[str, str]]:
    return {route for route, operation in OPERATIONS.items() if parameters.WAIT in operation.parameters}


def _stage() -> dict[str, Any]:
    kinds = translated.resources().values()
    (stage,) = [made["Properties"] for made in kinds if made["Type"] == "AWS::ApiGateway::Stage"]
    found: dict[str, Any] = stage
    return found


def _limits(entry: dict[str, Any]) -> tuple[Any, Any]:
    return entry["ThrottlingRateLimit"], entry["ThrottlingBurstLimit"]
