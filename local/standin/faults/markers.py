"""Data: words in a prompt that bring a fault about without any set-up."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from local.standin.errors import INCORRECT_KEY, INVALID_KEY, RATE_EXCEEDED, REQUESTS_EXCEEDED

_WORD = re.compile(r"#([a-z]+)")
_NATIVE = ("submit", "generate", "chat")
_COMPATIBLE = ("compatible",)
_TALK = (*_NATIVE, *_COMPATIBLE)


@dataclass(frozen=True)
class Marker:
    """A word after '#': the endpoints it works on and the fault it means.

    `once` ones work on the first call only: of a key with that exact prompt, or of a picture.
    """

    word: str
    endpoints: tuple[str, ...]
    fault: Mapping[str, Any]
    once: bool = False


def _status(status: int, code: str, message: str, **more: Any) -> dict[str, Any]:
    return {"kind": "status", "status": status, "code": code, "message": message, **more}


_ARREARAGE = "Access denied, please make sure your account is in good standing."
_INPUT = "Input data may contain inappropriate content."
_OUTPUT = "Output data may contain inappropriate content."
_HIDDEN = {"kind": "partial", "indexes": [1], "code": "DataInspectionFailed", "message": _OUTPUT}

MARKERS = (
    Marker("forbidden", _NATIVE, _status(400, "DataInspectionFailed", _INPUT)),
    Marker("forbidden", _COMPATIBLE, _status(400, "data_inspection_failed", _INPUT)),
    Marker("badkey", _NATIVE, _status(401, "InvalidApiKey", INVALID_KEY)),
    Marker("badkey", _COMPATIBLE, _status(401, "invalid_api_key", INCORRECT_KEY)),
    Marker("arrears", _TALK, _status(400, "Arrearage", _ARREARAGE)),
    Marker("throttle", _NATIVE, _status(429, "Throttling.RateQuota", RATE_EXCEEDED), once=True),
    Marker("throttle", _COMPATIBLE, _status(429, "limit_requests", REQUESTS_EXCEEDED), once=True),
    Marker(
        "busy", _TALK, _status(503, "ModelUnavailable", "Model is unavailable, please try again later."), True
    ),
    Marker("broken", _TALK, {"kind": "status", "status": 500}, once=True),
    Marker("lost", _TALK, {"kind": "drop", "after": True}, once=True),
    Marker("gone", _TALK, {"kind": "drop"}, once=True),
    Marker("delay", _TALK, {"kind": "delay", "seconds": 3.0}),
    Marker("garbage", _TALK, {"kind": "garbage"}),
    Marker("partial", ("submit",), _HIDDEN),
    Marker("lying", ("submit",), {**_HIDDEN, "lying_metrics": True}),
    Marker("fail", ("submit",), {"kind": "fail"}),
    Marker("stuck", ("submit",), {"kind": "stuck"}),
    Marker("slow", ("submit",), {"kind": "slow"}),
    Marker("elsewhere", ("submit",), {"kind": "link_host", "origin": "https://pictures.example.net"}),
    Marker(
        "flaky", ("picture",), _status(503, "ServiceUnavailable", "Please reduce your request rate."), True
    ),
    Marker("nopicture", ("picture",), {"kind": "garbage"}),
    Marker("corrupt", ("picture",), {"kind": "corrupt"}),
    Marker("truncated", ("picture",), {"kind": "truncate"}, once=True),
    Marker("drip", ("picture",), {"kind": "drip", "bytes": 4096, "interval": 0.25}),
)


def markers_in(prompt: str, endpoint: str) -> Iterator[Marker]:
    """The markers of a prompt that work on an endpoint, in the order of the table."""
    words = set(_WORD.findall(prompt))
    return (marker for marker in MARKERS if marker.word in words and endpoint in marker.endpoints)
