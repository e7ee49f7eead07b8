"""Requests as API Gateway hands them on, and the replies read back."""

from __future__ import annotations

import json
from typing import Any

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.utilities.data_classes import APIGatewayProxyEvent

from tests.support.api_gateway import proxy_event

IMAGES = "/v1/images/generations"
MESSAGES = "/api/v1/services/aigc/multimodal-generation/generation"
TASK = "/api/v1/tasks/{task_id}"


def an_event(method: str, target: str, body: Any = None, resource: str | None = None) -> APIGatewayProxyEvent:
    """A request; `resource` is its route, where that is not its path."""
    event = proxy_event(method, target, body)
    return APIGatewayProxyEvent({**event, "resource": resource or event["resource"]})


def said(response: Response[str]) -> Any:
    """The body of a reply."""
    return json.loads(response.body or "null")


def own_headers(response: Response[str]) -> dict[str, Any]:
    """The headers of a reply, except the one that says it is JSON."""
    headers = dict(response.headers)
    assert headers.pop("Content-Type") == "application/json; charset=utf-8"
    return headers
