"""The deployed handlers, loaded from `functions/` as Lambda loads them."""

from __future__ import annotations

import importlib.util
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from local.tools import template


@dataclass
class Context:
    """What Lambda hands a handler beside the event."""

    function_name: str
    memory_limit_in_mb: int = 512
    aws_request_id: str = field(default_factory=lambda: str(uuid.uuid4()))

    @property
    def invoked_function_arn(self) -> str:
        return f"arn:aws:lambda:us-east-1:123456789012:function:{self.function_name}"

    def get_remaining_time_in_millis(self) -> int:
        return 30_000


@cache
def handler(function: str) -> Callable[[Any, Any], Any]:
    """The handler of a function of the template, by its logical id."""
    properties = template.resources(template.FUNCTION)[function]
    path = template.ROOT / properties["CodeUri"] / "app.py"
    spec = importlib.util.spec_from_file_location(f"functions_under_test.{path.parent.name}", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    _, _, name = template.load()["Globals"]["Function"]["Handler"].partition(".")
    made: Callable[[Any, Any], Any] = getattr(module, name)
    return made


def invoke(function: str, event: Any) -> Any:
    """Runs a function of the template in this process."""
    return handler(function)(event, Context(function))
