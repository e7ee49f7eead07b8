"""API Gateway's events in, HTTP replies out: the one place where errors become HTTP."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from aws_lambda_powertools.event_handler import APIGatewayRestResolver, CORSConfig, Response
from aws_lambda_powertools.event_handler.exceptions import NotFoundError
from aws_lambda_powertools.utilities.data_classes import APIGatewayProxyEvent

from tongyi.errors import (
    ConfigurationError,
    GatewayError,
    InvalidApiKey,
    InvalidParameter,
    InvalidRequest,
    RequestTooLarge,
    RouteNotFound,
)
from tongyi.http.commented_json import parse_json
from tongyi.http.dialects import Dialect, openai_error, remember_dialect, retry_advice, spoken, status_of
from tongyi.http.gateway.schemas import Error
from tongyi.http.language import preferred
from tongyi.http.suggestions import suggestion
from tongyi.models.webhooks.signing import signer_of_key
from tongyi.observability import log_fault, logger

MAX_BODY_BYTES = 256 * 1024
MAX_KEY_LENGTH = 255
# What API Gateway puts in the place of bytes that are not UTF-8.
REPLACED = "\ufffd"
NO_UTF8 = (
    "The body is not UTF-8: some of it could not be read, and U+FFFD stands in its place. Send the body as UTF-8; "
    r"where the character U+FFFD itself is meant, write it as \ufffd."
)
JSON_TYPE = "application/json; charset=utf-8"
EXPOSED_HEADERS = [
    "Location",
    "Retry-After",
    "Preference-Applied",
    "Idempotent-Replayed",
    "X-DashScope-Status",
    "X-Should-Retry",
]
UNEXPECTED = GatewayError("The gateway failed.")


def resolver() -> APIGatewayRestResolver:
    """A Powertools resolver that answers every error in the documented shape."""
    app = APIGatewayRestResolver(cors=CORSConfig(allow_origin="*", expose_headers=EXPOSED_HEADERS))

    def on_error(error: GatewayError) -> Response[str]:
        return error_reply(app.current_event, error)

    def on_unknown_path(_: NotFoundError) -> Response[str]:
        # API Gateway found the method; but a path can hold what no route of it takes, such as %0A in an id.
        return error_reply(app.current_event, RouteNotFound())

    def on_fault(error: Exception) -> Response[str]:
        log_fault(error)
        return error_reply(app.current_event, UNEXPECTED)

    app.exception_handler(GatewayError)(on_error)
    app.exception_handler(NotFoundError)(on_unknown_path)
    app.exception_handler(Exception)(on_fault)
    return app


def json_body(event: APIGatewayProxyEvent) -> Any:
    """The parsed body, which is read here and nowhere else, so that no request costs more than one reading of it.

    Raises RequestTooLarge over 256 KB, and InvalidRequest for what is no JSON in UTF-8. API Gateway hands every body on
    as text, because no media type is declared as binary, and puts U+FFFD where bytes are not UTF-8.
    """
    text = event.body or ""
    if len(text.encode(errors="surrogatepass")) > MAX_BODY_BYTES:
        raise RequestTooLarge("The body is larger than 256 KB.")
    try:
        body = parse_json(text)
    except (ValueError, RecursionError):
        raise InvalidRequest(NO_UTF8 if REPLACED in text else "The body is no valid JSON in UTF-8.") from None
    remember_dialect(event, body)
    if REPLACED in text:
        raise InvalidRequest(NO_UTF8)
    return body


def required_owner(event: APIGatewayProxyEvent) -> str:
    """The owner of the key that the request came with. Raises InvalidApiKey where it came with none."""
    found = owner(event)
    if not found:
        raise InvalidApiKey("This route needs a gateway key.")
    return found


def owner(event: APIGatewayProxyEvent) -> str | None:
    """The owner of the key the request came with, as the authorizer found it; None for none."""
    authorizer = event.request_context.get("authorizer") or {}
    return authorizer.get("owner") or None


def signer(event: APIGatewayProxyEvent) -> str | None:
    """Whose secret signs the webhooks of what the request orders: the key's that it came with; None for none."""
    identity = (event.request_context.get("authorizer") or {}).get("key_id")
    return signer_of_key(identity) if identity else None


def query(event: APIGatewayProxyEvent) -> dict[str, str]:
    """The query parameters."""
    return dict(event.query_string_parameters or {})


def idempotency_key(event: APIGatewayProxyEvent) -> str | None:
    """The header Idempotency-Key (draft-ietf-httpapi-idempotency-key-header); None for none.

    Raises InvalidParameter where it is empty, too long or not printable.
    """
    header = event.headers.get("Idempotency-Key")
    if header is None:
        return None
    key = header.strip().strip('"')
    if not (0 < len(key) <= MAX_KEY_LENGTH and key.isascii() and key.isprintable()):
        raise InvalidParameter(f"Idempotency-Key: takes 1 to {MAX_KEY_LENGTH} printable ASCII characters.")
    return key


def request_id(event: APIGatewayProxyEvent) -> str:
    """API Gateway's id of the request, which its access log has too."""
    return event.request_context.request_id


def reply(status: int, body: Mapping[str, Any], headers: dict[str, str] | None = None) -> Response[str]:
    """A JSON reply."""
    text = json.dumps(body, ensure_ascii=False, separators=(",", ":"))
    return Response(status_code=status, content_type=JSON_TYPE, body=text, headers=dict(headers or {}))


def redirect(location: str, status: int) -> Response[str]:
    """Leads elsewhere. Nobody may remember where to: links are good for a while only."""
    return Response(status_code=status, body="", headers={"Location": location, "Cache-Control": "no-store"})


def error_reply(
    event: APIGatewayProxyEvent, error: GatewayError, body: Mapping[str, Any] | None = None
) -> Response[str]:
    """The error in the shape of the API that the request speaks, added to `body` where there is one."""
    if isinstance(error, ConfigurationError):
        logger.error("configuration error", reason=error.message)
    dialect = spoken(event)
    status, said = status_of(error, dialect), _said(event, error)
    shaped = openai_error(said, status) if dialect is Dialect.OPENAI else said
    advice = retry_advice(error, status, event.http_method, event.resource)
    return reply(status, {**(body or {}), **shaped}, {**error.headers, **advice})


def _said(event: APIGatewayProxyEvent, error: GatewayError) -> Error:
    language = preferred(event.headers.get("Accept-Language"))
    return {
        "code": error.code,
        "message": error.message,
        "suggestion": suggestion(error.code, error.status, language),
        "request_id": request_id(event),
    }
