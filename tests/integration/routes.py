"""The three routes of the gateway's first document, with a sound request to each; and all routes there are."""

from __future__ import annotations

import re

from local.tools import template
from tests.support.api_gateway import Reply
from tests.support.gateway import Gateway

ROUTES = {
    "/v1/tongyi": ("POST", {"prompt": "hello"}),
    "/v1/wanxiang": ("POST", {"prompt": "a cat"}),
    "/v1/wanxiang-results?task_id=1": ("GET", None),
}
OPEN = ["/v1/tongyi", "/v1/wanxiang"]
# Method and path of each route of the template, with something in the place of parameters.
EVERY = sorted((method, re.sub(r"{\w+}", "x", path)) for method, path in template.routes())
KEYED = [
    route for route in EVERY if route not in {("POST", path) for path in (*OPEN, "/v1/images/generations")}
]


def call(running: Gateway, target: str, authorization: str | None) -> Reply:
    """Sends the request of a route, with that Authorization header or without."""
    method, body = ROUTES[target]
    headers = {} if authorization is None else {"Authorization": authorization}
    return running.request(method, target, body, headers)
