"""The two dialects of the API host: DashScope's own, and the one of its OpenAI-compatible mode."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from local.standin.errors import INCORRECT_KEY, REQUESTS_EXCEEDED, UpstreamError


@dataclass(frozen=True)
class Dialect:
    """How the replies of an endpoint are worded.

    `accepted` completes the JSON of a 200 with the request id, `refused` makes the JSON of an error.
    `own` puts an error into the dialect's codes and words; a scripted one keeps what it was given.
    """

    accepted: Callable[[dict[str, Any], str], dict[str, Any]]
    refused: Callable[[UpstreamError, str], dict[str, Any]]
    own: Callable[[UpstreamError], UpstreamError]


# By native code; None keeps the message.
_COMPATIBLE_WORDS: MappingProxyType[str, tuple[str, str | None]] = MappingProxyType(
    {
        "InvalidApiKey": ("invalid_api_key", INCORRECT_KEY),
        "InvalidParameter": ("invalid_parameter_error", None),
        "Throttling.RateQuota": ("limit_requests", REQUESTS_EXCEEDED),
    }
)
_CALLERS_FAULT = frozenset(
    {"invalid_api_key", "invalid_parameter_error", "model_not_found", "model_not_supported"}
)


def _with_request_id(payload: dict[str, Any], request_id: str) -> dict[str, Any]:
    return {"request_id": request_id, **payload}


def _native_refusal(error: UpstreamError, request_id: str) -> dict[str, Any]:
    return {"code": error.code, "message": error.message, "request_id": request_id}


def _as_it_is(payload: dict[str, Any], request_id: str) -> dict[str, Any]:
    return payload


def _compatible_refusal(error: UpstreamError, request_id: str) -> dict[str, Any]:
    kind = "invalid_request_error" if error.code in _CALLERS_FAULT else error.code
    told = {"message": error.message, "type": kind, "param": None, "code": error.code}
    return {"error": told, "request_id": request_id}


def _compatible_words(error: UpstreamError) -> UpstreamError:
    code, message = _COMPATIBLE_WORDS.get(error.code, (error.code, None))
    return UpstreamError(error.status, code, message or error.message, error.headers)


NATIVE = Dialect(_with_request_id, _native_refusal, lambda error: error)
COMPATIBLE = Dialect(_as_it_is, _compatible_refusal, _compatible_words)
