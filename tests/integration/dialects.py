"""Requests in OpenAI's and DashScope's shapes, and what a reply leads to."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urljoin, urlsplit

from tests.support.api_gateway import Reply
from tests.support.gateway import Gateway

IMAGES = "/v1/images/generations"
CHAT = "/v1/chat/completions"
SYNTHESIS = "/api/v1/services/aigc/text2image/image-synthesis"
MESSAGES = "/api/v1/services/aigc/multimodal-generation/generation"
TEXT = "/api/v1/services/aigc/text-generation/generation"
TASKS = "/api/v1/tasks"
ASYNC = {"X-DashScope-Async": "enable"}

Headers = Mapping[str, str]


def bearer(running: Gateway, owner: str) -> dict[str, str]:
    """The header with a new gateway key of the owner's."""
    return {"Authorization": f"Bearer {running.issue_key(owner)}"}


def flat(model: str, prompt: str, **rest: Any) -> dict[str, Any]:
    """An order for pictures in OpenAI's shape."""
    return {"model": model, "prompt": prompt, **rest}


def spoken(model: str, prompt: str, **parameters: Any) -> dict[str, Any]:
    """An order for pictures in the shape of DashScope's synchronous models."""
    message = {"role": "user", "content": [{"text": prompt}]}
    return {"model": model, "input": {"messages": [message]}, "parameters": parameters}


def target(route: str, reply: Reply) -> str:
    """Where a reply of a route leads."""
    return urljoin(route, reply.headers["location"])


def follow(running: Gateway, route: str, reply: Reply, headers: Headers) -> Reply:
    """Goes where a reply of a route leads."""
    return running.request("GET", target(route, reply), headers=headers)


def follow_all(running: Gateway, route: str, reply: Reply, headers: Headers) -> list[Reply]:
    """Goes on for as long as replies say See Other; all of them, from the first to the last."""
    replies = [reply]
    while replies[-1].status == 303:
        replies.append(follow(running, route, replies[-1], headers))
        assert len(replies) < 20, "the redirects have no end"
    return replies


def task_of_picture(url: str) -> str:
    """The task that a link to one of our copies belongs to."""
    return urlsplit(url).path.split("/")[-2]


def synthesize(running: Gateway, body: Any, headers: Headers) -> Reply:
    """Sends an order to DashScope's asynchronous route."""
    return running.request("POST", SYNTHESIS, body, {**ASYNC, **headers})


def fetch(running: Gateway, task_id: str, headers: Headers) -> Reply:
    """Asks for a task as DashScope's SDK does."""
    return running.request("GET", f"{TASKS}/{task_id}", headers=headers)


def cancel(running: Gateway, task_id: str, headers: Headers) -> Reply:
    """Calls a task off."""
    return running.request("POST", f"{TASKS}/{task_id}/cancel", headers=headers)
