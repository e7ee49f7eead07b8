"""Data: the kinds of faults, where each may be used, and its options."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

ENDPOINTS = (
    "submit",
    "generate",
    "query",
    "list",
    "cancel",
    "chat",
    "compatible",
    "upload_policy",
    "upload",
    "picture",
)


@dataclass(frozen=True)
class Option:
    """One option: its default, a check, and what the check expects, in words."""

    default: object
    check: Callable[[object], bool]
    expects: str
    required: bool = False


@dataclass(frozen=True)
class Kind:
    """A kind of fault: it changes the answer to a call, or the task a submission makes."""

    changes: Literal["answer", "task"]
    options: dict[str, Option]
    endpoints: tuple[str, ...] = ENDPOINTS


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < math.inf


def _is_whole(low: int, high: int = 10**9) -> Callable[[object], bool]:
    return lambda value: isinstance(value, int) and not isinstance(value, bool) and low <= value <= high


def _is_text(value: object) -> bool:
    return isinstance(value, str) and value != "" and "\r" not in value and "\n" not in value


def _is_indexes(value: object) -> bool:
    return isinstance(value, list) and value != [] and all(_is_whole(0)(item) for item in value)


def _is_headers(value: object) -> bool:
    return isinstance(value, dict) and all(_is_text(name) and _is_text(line) for name, line in value.items())


def _text(default: str | None = None) -> Option:
    return Option(default, _is_text, "a non-empty string", required=default is None)


def _seconds(default: float | None = None) -> Option:
    return Option(default, _is_number, "a number of seconds", required=default is None)


def _flag(default: bool = False) -> Option:
    return Option(default, lambda value: isinstance(value, bool), "true or false")


def _status(default: int | None, low: int = 200) -> Option:
    return Option(default, _is_whole(low, 599), f"an HTTP status from {low} to 599", required=default is None)


_HEADERS = Option({}, _is_headers, "an object of header names and strings")
_AFTER = _flag()
_INTERNAL = (
    "An internal error has occured during execution, please try again later or contact service support."
)
_TIMEOUT = (
    "An internal timeout error has occured during execution, "
    "please try again later or contact service support."
)

KINDS = MappingProxyType(
    {
        "status": Kind(
            "answer",
            {
                "status": _status(None, 300),
                "code": _text("InternalError"),
                "message": _text(_INTERNAL),
                "headers": _HEADERS,
                "after": _AFTER,
            },
        ),
        "delay": Kind("answer", {"seconds": _seconds(), "after": _AFTER}),
        "drop": Kind("answer", {"after": _AFTER}),
        "drip": Kind(
            "answer",
            {"bytes": Option(64, _is_whole(1), "a number of bytes above 0"), "interval": _seconds(0.05)},
        ),
        "truncate": Kind("answer", {}),
        "garbage": Kind("answer", {}),
        "corrupt": Kind("answer", {}, endpoints=("picture",)),
        "redirect": Kind("answer", {"location": _text(), "status": _status(302, 300), "after": _AFTER}),
        "body": Kind(
            "answer",
            {
                "status": _status(200),
                "json": Option(None, lambda value: True, "any JSON", required=True),
                "headers": _HEADERS,
                "after": _AFTER,
            },
        ),
        "partial": Kind(
            "task",
            {
                "indexes": Option(None, _is_indexes, "a list of picture indexes from 0", required=True),
                "code": _text("InternalError.Timeout"),
                "message": _text(_TIMEOUT),
                "lying_metrics": _flag(),
            },
            endpoints=("submit",),
        ),
        "fail": Kind(
            "task",
            {"code": _text("InternalError"), "message": _text(_INTERNAL)},
            endpoints=("submit",),
        ),
        "stuck": Kind(
            "task", {"task_status": _text("RUNNING"), "holds_slot": _flag()}, endpoints=("submit",)
        ),
        "slow": Kind(
            "task",
            {"factor": Option(10.0, _is_number, "a number that multiplies the time per picture")},
            endpoints=("submit",),
        ),
        "http_links": Kind(
            "task",
            {"origin": _text("http://dashscope-result-bj.oss-cn-beijing.aliyuncs.com")},
            endpoints=("submit",),
        ),
        "link_host": Kind("task", {"origin": _text()}, endpoints=("submit",)),
    }
)
