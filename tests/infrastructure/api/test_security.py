"""Who may take each route, in the template that CloudFormation gets."""

from __future__ import annotations

from local.tools import template
from tests.infrastructure import translated

# Every other method needs a key. A route belongs here because somebody decided it, never because a line was forgotten.
WITHOUT_A_KEY = {
    "POST /v1/tongyi": "CallerAuthorizer",
    "POST /v1/wanxiang": "CallerAuthorizer",
    "POST /v1/images/generations": "CallerAuthorizer",
    # The answers to what has no route.
    "ANY /": "NONE",
    "ANY /{proxy+}": "NONE",
}


def test_every_method_needs_a_key_but_those_listed_and_preflights() -> None:
    definition = translated.definition()
    found = {f"{method} {path}": _security(operation) for method, path, operation in translated.operations()}
    wanted = {
        route: ["NONE"] if route.startswith("OPTIONS ") else [WITHOUT_A_KEY.get(route, "KeyAuthorizer")]
        for route in found
    }

    assert found == wanted
    assert found.keys() >= WITHOUT_A_KEY.keys() | {f"{method} {path}" for method, path in template.routes()}
    assert "security" not in definition


def test_routes_name_an_authorizer_only_to_need_no_key() -> None:
    """So a route whose author forgot the line needs one."""
    events = [
        event["Properties"]
        for function in template.resources(template.FUNCTION).values()
        for event in function.get("Events", {}).values()
        if event["Type"] == "Api"
    ]

    named = {
        f"{event['Method'].upper()} {event['Path']}": event["Auth"] for event in events if "Auth" in event
    }

    assert named == {
        route: {"Authorizer": name} for route, name in WITHOUT_A_KEY.items() if not route.startswith("ANY ")
    }


def _security(operation: dict[str, list[dict[str, list[str]]]]) -> list[str]:
    """The names in an operation's security; NONE for none, which is also what SAM writes for it."""
    return [name for entry in operation.get("security", []) for name in entry] or ["NONE"]
