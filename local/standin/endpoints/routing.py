"""What an endpoint is, and what it is told about a call."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from local.standin.dialects import NATIVE, Dialect
from local.standin.exchange import Request
from local.standin.faults.script import Fault
from local.standin.world import World


@dataclass
class Call:
    """One call of an endpoint.

    `arrived` is in epoch seconds by the stand-in's clock, `key` a fingerprint, `params` come from the
    path. `task_id` is set by endpoints that make a task, `images` by those that make pictures at once.
    `task_fault` changes the task to be made.
    """

    request: Request
    request_id: str
    arrived: float
    key: str
    params: Mapping[str, str] = field(default_factory=dict)
    task_id: str | None = None
    images: int | None = None
    task_fault: Fault | None = None


@dataclass(frozen=True)
class Subject:
    """What a call is about, as far as it can be told before it is checked.

    `limit_row` is the row of the table of limits that applies, `prompt` is what faults look at.
    """

    limit_row: str | None = None
    model: str | None = None
    prompt: str | None = None
    task_id: str | None = None


@dataclass(frozen=True)
class Endpoint:
    """A row of the endpoint table.

    `handle` returns the JSON of a 200, or raises UpstreamError; `dialect` words either.
    """

    name: str
    method: str
    path: re.Pattern[str]
    subject: Callable[[World, Call], Subject]
    handle: Callable[[World, Call], dict[str, Any]]
    dialect: Dialect = NATIVE
