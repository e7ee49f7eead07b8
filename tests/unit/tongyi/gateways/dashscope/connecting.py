"""A connection that leads nowhere, and a network that answers from a script."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import requests
from urllib3 import HTTPResponse

from tongyi.gateways.dashscope.connection import DashScopeConnection

Parsed = TypeVar("Parsed")


class FakeConnection(DashScopeConnection):
    """Remembers what it was asked, and has each reply parsed as if DashScope had sent it."""

    def __init__(self, said: Any) -> None:
        self.said = said
        self.asked: dict[str, Any] = {}

    def key(self) -> str:
        return "the-key"

    def once(
        self,
        path: str,
        seconds: float,
        body: Mapping[str, Any],
        parse: Callable[[Any], Parsed],
        *,
        headers: Mapping[str, str] | None = None,
    ) -> Parsed:
        self.asked = {"once": path, "seconds": seconds, "body": body, "headers": dict(headers or {})}
        return parse(self.said)

    def again(
        self,
        method: str,
        path: str,
        seconds: float,
        parse: Callable[[Any], Parsed],
        *,
        query: Mapping[str, str | int] | None = None,
    ) -> Parsed:
        self.asked = {"again": f"{method} {path}", "seconds": seconds, "query": dict(query or {})}
        return parse(self.said)


class Network(requests.Session):
    """A session whose requests are answered from a script; an entry that is an exception is raised."""

    def __init__(self, *script: Any) -> None:
        super().__init__()
        self.script = list(script)
        self.sent: list[requests.PreparedRequest] = []
        self.waits: list[float] = []
        self.closed = 0

    def send(self, request: requests.PreparedRequest, **options: Any) -> requests.Response:
        self.sent.append(request)
        self.waits.append(options["timeout"][1])
        answer = self.script.pop(0)
        if isinstance(answer, Exception):
            raise answer
        assert isinstance(answer, requests.Response)
        return answer

    def close(self) -> None:
        self.closed += 1
        super().close()


def answered(status: int, said: Any, **headers: str) -> requests.Response:
    """An HTTP reply; `said` is JSON, or bytes to be taken as they are."""
    raw = said if isinstance(said, bytes) else json.dumps(said).encode()
    response = requests.Response()
    response.status_code = status
    response.headers.update({name.replace("_", "-"): value for name, value in headers.items()})
    response.raw = HTTPResponse(io.BytesIO(raw), preload_content=False)
    return response
