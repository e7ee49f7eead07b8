"""The event and the reply of a Lambda authorizer of type REQUEST."""

from __future__ import annotations

from typing import Any

from tongyi.usecases.authorize import Caller


def route(event: dict[str, Any]) -> str:
    """The route asked for, as `METHOD /path`, without stage or query."""
    return f"{event['httpMethod']} {event['resource']}"


def authorization(event: dict[str, Any]) -> str | None:
    """The Authorization header, however its name is spelt."""
    headers = event.get("headers") or {}
    return next((value for name, value in headers.items() if name.lower() == "authorization"), None)


def allow(event: dict[str, Any], caller: Caller) -> dict[str, Any]:
    """A policy that lets the request through, with the caller's name and key id for the function behind it.

    A reply for a key is kept by API Gateway and used for other routes too, so it covers the stage.
    """
    stage_arn = "/".join(event["methodArn"].split("/")[:2])
    resource = f"{stage_arn}/*/*" if caller.owner else event["methodArn"]
    statement = {"Action": "execute-api:Invoke", "Effect": "Allow", "Resource": resource}
    return {
        "principalId": caller.owner or "anonymous",
        "policyDocument": {"Version": "2012-10-17", "Statement": [statement]},
        "context": {"owner": caller.owner or "", "key_id": caller.key_id or ""},
    }
