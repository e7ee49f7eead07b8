"""What DashScope's errors mean: refused for good, for now, or until the operator mends something; never carried out;
failed; or nobody knows.

Source: DashScope's page of error codes. The code decides, not the HTTP status; errors also come inside a 200.
"""

from __future__ import annotations

import re
from email.utils import parsedate_to_datetime
from typing import Any

from tongyi.clock import Clock
from tongyi.errors import (
    UpstreamAmbiguous,
    UpstreamError,
    UpstreamFailed,
    UpstreamRefused,
    UpstreamSuspended,
    UpstreamThrottled,
    UpstreamUnreachable,
)
from tongyi.models.workflow.suspension import INVALID_KEY, Scope, suspended

MESSAGE_LIMIT = 500
NAME_LIMIT = 100
# Seconds; what is longer is no wait but a refusal, or nonsense.
LONGEST_RETRY_AFTER = 24 * 3600.0
# The compatible mode's words for what has another name everywhere else.
_NATIVE_CODES = {
    "data_inspection_failed": "DataInspectionFailed",
    "insufficient_quota": "Throttling.AllocationQuota",
    "invalid_api_key": "InvalidApiKey",
    "invalid_parameter_error": "InvalidParameter",
    "limit_burst_rate": "Throttling.BurstRate",
    "limit_requests": "Throttling.RateQuota",
    "model_not_found": "ModelNotFound",
}
_MODEL_DOWN = ("ModelServingError", "ModelUnavailable")
# Said by DashScope itself, of what it has ended: pictures are billed where they are made. A time-out says nothing of
# the model's end.
_FAILED = ("InternalError", "SystemError", "ModelServiceFailed")
_TIMED_OUT = "InternalError.Timeout"
_UNCERTAIN = ("InternalError", "SystemError", "ModelServiceFailed", "RequestTimeOut")
_KEY = re.compile(r"\bsk-[\w-]{4,}")


def upstream_error(status: int, body: Any, *, key: str, retry_after: float | None = None) -> UpstreamError:
    """The error that a reply of DashScope means; `body` is its parsed JSON, or None. The key is cut out of it."""
    said = _error_of(body)
    named = clean(said.get("code"), key)[:NAME_LIMIT]
    code = _NATIVE_CODES.get(named, named)
    message = clean(said.get("message"), key) or f"DashScope answered with HTTP status {status}."
    request_id = clean(said.get("request_id"), key)[:NAME_LIMIT] or None
    if scope := suspended(status, code, message):
        return UpstreamSuspended(
            code or INVALID_KEY,
            model_only=scope is Scope.MODEL,
            detail=message,
            upstream_status=status,
            request_id=request_id,
            retry_after=retry_after,
        )
    kind = _kind(status, code)
    return kind(
        message, code=code or None, upstream_status=status, request_id=request_id, retry_after=retry_after
    )


def _error_of(body: Any) -> dict[str, Any]:
    """What a reply says of its error; the compatible mode puts it one level down."""
    said = body if isinstance(body, dict) else {}
    inner = said.get("error")
    return {**said, **inner} if isinstance(inner, dict) else said


def clean(message: Any, key: str) -> str:
    """Upstream's text, fit to be shown: short, and without anything that looks like a key."""
    text = message if isinstance(message, str) else ""
    if key:
        text = text.replace(key, "***")
    return _KEY.sub("sk-***", text)[:MESSAGE_LIMIT]


def retry_after_seconds(header: str | None, clock: Clock) -> float | None:
    """A Retry-After header, in seconds from now; None where there is none, or it makes no sense."""
    if not header:
        return None
    if header.strip().isascii() and header.strip().isdecimal():
        return min(float(header), LONGEST_RETRY_AFTER)
    try:
        at = parsedate_to_datetime(header).timestamp()
    except (ValueError, OverflowError):
        # Overflows: a year or a zone that no date has.
        return None
    return min(max(0.0, at - clock.now_ms() / 1000), LONGEST_RETRY_AFTER)


def _kind(status: int, code: str) -> type[UpstreamError]:
    if code.startswith("Throttling") or (status == 429 and not code):
        return UpstreamThrottled
    if code in _MODEL_DOWN:
        return UpstreamUnreachable
    if status in (200, 500) and code.startswith(_FAILED) and code != _TIMED_OUT:
        return UpstreamFailed
    if code.startswith(_UNCERTAIN) or status >= 500 or status == 408:
        return UpstreamAmbiguous
    # A 200 that is no success and names no error: something was done, and we do not know what.
    return UpstreamAmbiguous if status < 300 and not code else UpstreamRefused
