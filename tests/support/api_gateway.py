"""API Gateway in the small: routes and authorizers from the template, events of the REST proxy's shape."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlsplit

from local.tools import template
from tests.support.contract import check_reply
from tests.support.functions import invoke
from tongyi.clock import SystemClock

STAGE = "prod"
_ADDED = {
    "Host": "abcdef1234.execute-api.us-east-1.amazonaws.com",
    "X-Amzn-Trace-Id": "Root=1-5f84c7a9-0e5b1e1e1e1e1e1e1e1e1e1e",
    "X-Forwarded-For": "203.0.113.7",
    "X-Forwarded-Port": "443",
    "X-Forwarded-Proto": "https",
}
API_ARN = "arn:aws:execute-api:us-east-1:123456789012:abcdef1234"


@dataclass(frozen=True)
class Reply:
    """An HTTP reply; header names in lower case."""

    status: int
    headers: Mapping[str, str]
    text: str

    @property
    def body(self) -> Any:
        return json.loads(self.text)


def request(method: str, target: str, body: Any = None, headers: Mapping[str, str] | None = None) -> Reply:
    """Sends a request to the function behind its route. `body` is JSON, or text or bytes to be sent as they are."""
    resource, parameters = match(method, urlsplit(target).path)
    function, authorizer = template.routes()[method, resource]
    event = proxy_event(method, target, body, headers)
    event |= {"resource": resource, "pathParameters": parameters or None}
    event["requestContext"]["resourcePath"] = resource
    context = _authorize(authorizer, event)
    if context is None:
        return Reply(401, {}, '{"code":"InvalidApiKey"}')
    event["requestContext"]["authorizer"] = context
    answered = invoke(function, event)
    many = answered.get("multiValueHeaders") or {}
    found = {name.lower(): values[-1] for name, values in many.items()}
    text = answered.get("body") or ""
    check_reply(method, resource, answered["statusCode"], text)
    return Reply(answered["statusCode"], found, text)


def match(method: str, path: str) -> tuple[str, dict[str, str]]:
    """The route of a path, and its path parameters; a literal part wins over a parameter, a last slash is nothing."""
    fitting = [
        route.split("/") for asked, route in template.routes() if asked == method and fits(route, path)
    ]
    best = max(fitting, key=lambda route: [not part.startswith("{") for part in route])
    parts = path.rstrip("/").split("/")
    parameters = {name[1:-1]: part for name, part in zip(best, parts, strict=True) if name.startswith("{")}
    return "/".join(best), parameters


def fits(route: str, path: str) -> bool:
    """Whether the path may be the route's."""
    names, parts = route.split("/"), path.rstrip("/").split("/")
    return len(names) == len(parts) and all(
        name == part or (name.startswith("{") and part != "") for name, part in zip(names, parts, strict=True)
    )


def proxy_event(
    method: str, target: str, body: Any = None, headers: Mapping[str, str] | None = None
) -> dict[str, Any]:
    """The event of API Gateway's Lambda proxy integration (REST, payload 1.0).

    Source: the API Gateway developer guide, "Input format of a Lambda function for proxy integration" and "Content type
    conversions": without binary media types a body is handed on as text, decoded as UTF-8, with U+FFFD in the place of
    what is not; an empty one is null. Names of headers are as they were sent, beside those that API Gateway adds.
    """
    parts = urlsplit(target)
    sent = {**_ADDED, **(headers or {})}
    return {
        "resource": parts.path,
        "path": parts.path,
        "httpMethod": method,
        "headers": sent,
        "multiValueHeaders": {name: [value] for name, value in sent.items()},
        "queryStringParameters": dict(parse_qsl(parts.query, keep_blank_values=True)) or None,
        "multiValueQueryStringParameters": parse_qs(parts.query, keep_blank_values=True) or None,
        "pathParameters": None,
        "stageVariables": None,
        "requestContext": {
            "requestId": str(uuid.uuid4()),
            "resourcePath": parts.path,
            "httpMethod": method,
            "path": f"/{STAGE}{parts.path}",
            "stage": STAGE,
            "requestTimeEpoch": arrived_ms(),
            "identity": {"sourceIp": "203.0.113.7"},
        },
        "body": _transmitted(body),
        "isBase64Encoded": False,
    }


def arrived_ms() -> int:
    """When a request came, by the gateway's clock: for tests to set back, as if a function had been slow to start."""
    return SystemClock().now_ms()


def _transmitted(body: Any) -> str | None:
    """What is left of a body on its way. A lone surrogate, which no client can send as UTF-8, is damaged too."""
    if not isinstance(body, str | bytes | None):
        body = json.dumps(body, ensure_ascii=False)
    raw = body.encode(errors="surrogatepass") if isinstance(body, str) else body
    return raw.decode(errors="replace") if raw else None


def _authorize(authorizer: str, event: dict[str, Any]) -> dict[str, str] | None:
    """The authorizer's context, or None where API Gateway would answer 401."""
    identity = template.resources("AWS::Serverless::Api")["Api"]["Auth"]["Authorizers"][authorizer][
        "Identity"
    ]
    given = {name.lower() for name in event["headers"]}
    if not all(name.lower() in given for name in identity.get("Headers", [])):
        return None
    asked = {
        **event,
        "type": "REQUEST",
        "methodArn": f"{API_ARN}/{STAGE}/{event['httpMethod']}{event['path']}",
    }
    try:
        answer = invoke("AuthorizeFunction", asked)
    except Exception as error:
        if str(error) == "Unauthorized":
            return None
        raise
    context: dict[str, str] = answer["context"]
    return context
