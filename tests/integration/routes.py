"""The three routes, and a sound request to each."""

from __future__ import annotations

from tests.support.api_gateway import Reply
from tests.support.gateway import Gateway

ROUTES = {
    "/v1/tongyi": ("POST", {"prompt": "hello"}),
    "/v1/wanxiang": ("POST", {"prompt": "a cat"}),
    "/v1/wanxiang-results?task_id=1": ("GET", None),
}
OPEN = ["/v1/tongyi", "/v1/wanxiang"]


def call(running: Gateway, target: str, authorization: str | None) -> Reply:
    """Sends the request of a route, with that Authorization header or without."""
    method, body = ROUTES[target]
    headers = {} if authorization is None else {"Authorization": authorization}
    return running.request(method, target, body, headers)
