"""Which of three APIs a request speaks, and how an error is said in it: the status, the body, and whether to retry."""

from __future__ import annotations

import re
from enum import StrEnum
from typing import Any

from aws_lambda_powertools.utilities.data_classes import APIGatewayProxyEvent

from tongyi.errors import GatewayError, UpstreamThrottled
from tongyi.http.gateway.schemas import Error
from tongyi.http.openai.schemas import OpenAIError

IMAGES_ROUTE = "/v1/images/generations"
OPENAI_ROUTES = ("/v1/chat/completions", "/v1/models", "/v1/models/{model}")
DASHSCOPE_PREFIX = "/api/v1/"
MESSAGES_ROUTE = "/api/v1/services/aigc/multimodal-generation/generation"
# A client that is sent around by redirects ends here with GET. What it would repeat is the POST it began with.
WAITING_ROUTES = (IMAGES_ROUTE, MESSAGES_ROUTE)
# Beside what API Gateway says of a request: no name of its own.
_REMEMBERED = "tongyi.dialect"
_PARAMETER = re.compile(r"([\w.\[\]-]+): ")
_TYPES = {401: "authentication_error", 403: "permission_error", 429: "rate_limit_error"}


class Dialect(StrEnum):
    """An API."""

    GATEWAY = "gateway"
    DASHSCOPE = "dashscope"
    OPENAI = "openai"


def spoken(event: APIGatewayProxyEvent) -> Dialect:
    """The API that the request speaks.

    On the images route its body tells, as `remember_dialect` found it. Until then, and where the body is too large or
    no JSON, it is the gateway's own: OpenAI's SDK reads an error of that shape too. Nothing is parsed here, for errors
    are told here, and those of a body that is dear to read above all.
    """
    if event.resource.startswith(DASHSCOPE_PREFIX):
        return Dialect.DASHSCOPE
    if event.resource in OPENAI_ROUTES:
        return Dialect.OPENAI
    if event.resource == IMAGES_ROUTE:
        waits_on = event.http_method == "GET"
        return Dialect.OPENAI if waits_on else event.raw_event.get(_REMEMBERED, Dialect.GATEWAY)
    return Dialect.GATEWAY


def remember_dialect(event: APIGatewayProxyEvent, body: Any) -> None:
    """Keeps with the request what its parsed body tells of the API that it speaks."""
    event.raw_event[_REMEMBERED] = Dialect.OPENAI if is_openai(body) else Dialect.GATEWAY


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
