"""One HTTP request and its reply, free of sockets."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


@dataclass(frozen=True)
class Request:
    """A request as it arrived; `path` has no query, header names are in lower case."""

    method: str
    path: str
    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""

    @cached_property
    def json(self) -> Any:
        """The parsed JSON body, or None when there is none or it cannot be parsed."""
        try:
            return json.loads(self.body, parse_constant=_refuse_constant) if self.body else None
        except (ValueError, RecursionError):
            return None

    @property
    def fields(self) -> dict[str, Any]:
        """The JSON body if it is an object, otherwise an empty one."""
        return self.json if isinstance(self.json, dict) else {}


@dataclass(frozen=True)
class Pace:
    """How slowly a body is sent: `chunk` bytes, then `interval` seconds of rest."""

    chunk: int
    interval: float


@dataclass(frozen=True)
class Reply:
    """An answer. `code` is the error code inside it, `cut` ends the connection in the middle of the body."""

    status: int
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    code: str | None = None
    pace: Pace | None = None
    cut: bool = False


def json_reply(
    status: int, payload: Any, *, code: str | None = None, headers: Mapping[str, str] | None = None
) -> Reply:
    """A JSON answer in UTF-8."""
    # A lone surrogate, which JSON can smuggle in, has no UTF-8.
    body = json.dumps(payload, ensure_ascii=False).encode(errors="replace")
    return Reply(status, body, {"Content-Type": "application/json", **(headers or {})}, code)
