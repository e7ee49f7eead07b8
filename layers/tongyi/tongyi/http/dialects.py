"""Which of three APIs a request speaks, and how an error is said in it: the status, the body, and whether to retry."""

from __future__ import annotations

import re
from enum import StrEnum
from typing import Any

from aws_lambda_powertools.utilities.data_classes import APIGatewayProxyEvent

from tongyi.errors import GatewayError, UpstreamThrottled
from tongyi.http.commented_json import parse_json
from tongyi.http.openai_shapes import OpenAIError
from tongyi.http.shapes import Error

IMAGES_ROUTE = "/v1/images/generations"
OPENAI_ROUTES = ("/v1/chat/completions", "/v1/models", "/v1/models/{model}")
DASHSCOPE_PREFIX = "/api/v1/"
MESSAGES_ROUTE = "/api/v1/services/aigc/multimodal-generation/generation"
# A client that is sent around by redirects ends here with GET. What it would repeat is the POST it began with.
WAITING_ROUTES = (IMAGES_ROUTE, MESSAGES_ROUTE)
_PARAMETER = re.compile(r"([\w.\[\]-]+): ")
_TYPES = {401: "authentication_error", 403: "permission_error", 429: "rate_limit_error"}


class Dialect(StrEnum):
    """An API."""

    GATEWAY = "gateway"
    DASHSCOPE = "dashscope"
    OPENAI = "openai"


def spoken(event: APIGatewayProxyEvent) -> Dialect:
    """The API that the request speaks; on the images route its body tells."""
    if event.resource.startswith(DASHSCOPE_PREFIX):
        return Dialect.DASHSCOPE
    if event.resource in OPENAI_ROUTES:
        return Dialect.OPENAI
    return Dialect.OPENAI if event.resource == IMAGES_ROUTE and _is_openai(event) else Dialect.GATEWAY


def is_openai(body: Any) -> bool:
    """Whether a body of the images route is OpenAI's: its fields are not sorted into `input` and `parameters`."""
    return isinstance(body, dict) and "input" not in body and "parameters" not in body


def is_resent(event: APIGatewayProxyEvent) -> bool:
    """Whether OpenAI's SDK says that it sends a request once more, because of an error or a broken connection."""
    count = event.headers.get("X-Stainless-Retry-Count") or "0"
    return count.isascii() and count.isdecimal() and count.strip("0") != ""


def status_of(error: GatewayError, dialect: Dialect) -> int:
    """The HTTP status. The gateway's documents have 400 for all that upstream refuses; the SDKs know 429."""
    throttled = isinstance(error, UpstreamThrottled) and dialect is not Dialect.GATEWAY
    return 429 if throttled else error.status


def retry_advice(error: GatewayError, status: int, method: str, resource: str = "") -> dict[str, str]:
    """The header with which both SDKs are told whether to send a request again by themselves.

    Left to themselves they repeat what failed with one of these statuses, and it might be billed again.
    """
    if status < 500 and status not in (409, 429):
        return {}
    if method == "GET":
        return {"X-Should-Retry": "false" if resource in WAITING_ROUTES else "true"}
    return {"X-Should-Retry": "true" if error.repeatable else "false"}


def openai_error(said: Error, status: int) -> OpenAIError:
    """The error in OpenAI's shape."""
    found = _PARAMETER.match(said["message"])
    other = "api_error" if status >= 500 else "invalid_request_error"
    return {
        "error": {
            "message": said["message"],
            "type": _TYPES.get(status, other),
            "param": found[1] if found else None,
            "code": said["code"],
        },
        "suggestion": said["suggestion"],
        "request_id": said["request_id"],
    }


def _is_openai(event: APIGatewayProxyEvent) -> bool:
    if event.http_method == "GET":
        return True
    try:
        return is_openai(parse_json(event.decoded_body or ""))
    except (ValueError, RecursionError):
        return False
