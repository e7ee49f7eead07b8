"""Every error the gateway raises on purpose.

GatewayError
├── InvalidRequest            400  Raised when the caller sent something that cannot be used.
│   ├── InvalidParameter      400  Raised when one parameter is missing, of a wrong type or out of range.
│   └── RequestTooLarge       400  Raised when the body is longer than the gateway takes.
├── InvalidApiKey             401  Raised when a route needs a gateway key and got none, or a bad one.
├── TaskNotFound              404  Raised when no such task exists, or it is not the caller's.
├── IdempotencyError          409  Raised when an Idempotency-Key was used before.
│   ├── IdempotencyConflict   409  Raised when it was used with another order.
│   └── OrderInFlight         409  Raised when the first order with it is just being taken. Send it again in a second.
├── LimitExceeded             429  Raised when the gateway itself limits the caller.
│   ├── DailyLimitExceeded    429  Raised when the open routes have spent what they may in a day.
│   └── QueueFull             429  Raised when a model's waiting line is too long to join.
├── UpstreamError                  Raised when DashScope did not do what was asked.
│   ├── UpstreamRefused       400  Raised when DashScope refused for good. Never repeat.
│   ├── UpstreamThrottled     400  Raised when DashScope refused for now. Safe to repeat after a wait.
│   ├── UpstreamUnreachable   503  Raised when the request surely was not carried out. Safe to repeat.
│   └── UpstreamAmbiguous     504  Raised when nobody can tell whether it was carried out. Never repeat blindly.
├── PictureError                   Raised when a picture could not be copied. Never becomes HTTP.
│   ├── PictureRefused             Raised when it must not be copied (host, size, type). Final.
│   └── PictureUnavailable         Raised when it could not be had this time. Safe to repeat.
├── WorkflowUnavailable       503  Raised when the workflow could not be started. The caller may repeat.
└── ConfigurationError        500  Raised when the operator left out or mistyped a setting.

They become HTTP in one place, `tongyi.http.api`.
"""

from __future__ import annotations


class GatewayError(Exception):
    """Base of all errors raised on purpose.

    Attributes:
        code: what went wrong, in DashScope's vocabulary where it has a word for it.
        status: the HTTP status of the reply.
        message: what went wrong, in English, fit for the caller's eyes.
        headers: further headers of the reply, such as Retry-After.
    """

    code = "InternalError"
    status = 500

    def __init__(self, message: str, *, headers: dict[str, str] | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.headers = headers or {}


class InvalidRequest(GatewayError):
    """Raised when the caller sent something that cannot be used."""

    code = "InvalidParameter"
    status = 400


class InvalidParameter(InvalidRequest):
    """Raised when one parameter is missing, of a wrong type or out of range."""


class RequestTooLarge(InvalidRequest):
    """Raised when the body is longer than the gateway takes."""

    code = "RequestTooLarge"


class InvalidApiKey(GatewayError):
    """Raised when a route needs a gateway key and got none, or a bad one."""

    code = "InvalidApiKey"
    status = 401


class TaskNotFound(GatewayError):
    """Raised when no such task exists, or it is not the caller's: the two look the same from outside."""

    code = "TaskNotFound"
    status = 404

    def __init__(self, task_id: str) -> None:
        super().__init__("The task does not exist, has expired, or belongs to another key.")
        self.task_id = task_id


class IdempotencyError(GatewayError):
    """Raised when an Idempotency-Key was used before."""

    status = 409


class IdempotencyConflict(IdempotencyError):
    """Raised when the key was used with another order."""

    code = "IdempotencyKeyReused"

    def __init__(self) -> None:
        super().__init__("This Idempotency-Key was used with another order.")


class OrderInFlight(IdempotencyError):
    """Raised when the first order with the key is just being taken."""

    code = "OrderInFlight"

    def __init__(self) -> None:
        super().__init__(
            "The first order with this Idempotency-Key is just being taken.", headers={"Retry-After": "1"}
        )


class LimitExceeded(GatewayError):
    """Raised when the gateway itself limits the caller; `retry_after` is in seconds."""

    status = 429

    def __init__(self, message: str, *, retry_after: int) -> None:
        super().__init__(message, headers={"Retry-After": str(retry_after)})


class DailyLimitExceeded(LimitExceeded):
    """Raised when the open routes have spent what they may in a day."""

    code = "Throttling.DailyLimit"


class QueueFull(LimitExceeded):
    """Raised when a model's waiting line is too long to join."""

    code = "Throttling.QueueFull"


class UpstreamError(GatewayError):
    """Raised when DashScope did not do what was asked.

    `upstream_status` is the HTTP status DashScope answered with, `request_id` its own id of the call;
    both are None where no answer came.
    """

    code = "UpstreamError"
    status = 502

    def __init__(
        self,
        message: str,
        *,
        code: str | None = None,
        upstream_status: int | None = None,
        request_id: str | None = None,
        retry_after: float | None = None,
    ) -> None:
        headers = {"X-DashScope-Status": str(upstream_status)} if upstream_status else {}
        if retry_after is not None:
            headers["Retry-After"] = str(max(1, round(retry_after)))
        super().__init__(message, headers=headers)
        self.code = code or type(self).code
        self.upstream_status = upstream_status
        self.request_id = request_id
        self.retry_after = retry_after


class UpstreamRefused(UpstreamError):
    """Raised when DashScope refused for good. Never repeat."""

    status = 400


class UpstreamThrottled(UpstreamError):
    """Raised when DashScope refused for now: nothing was done, so it is safe to repeat after a wait."""

    code = "Throttling"
    status = 400


class UpstreamUnreachable(UpstreamError):
    """Raised when the request surely was not carried out: no connection, or the model was down."""

    code = "UpstreamUnreachable"
    status = 503


class UpstreamAmbiguous(UpstreamError):
    """Raised when nobody can tell whether the request was carried out: time-out, reset, 5xx."""

    code = "UpstreamAmbiguous"
    status = 504


class PictureError(GatewayError):
    """Raised when a picture could not be copied."""

    code = "PictureError"


class PictureRefused(PictureError):
    """Raised when a picture must not be copied: its host, its size or its type. Final."""

    code = "PictureRefused"


class PictureUnavailable(PictureError):
    """Raised when a picture could not be had this time. Safe to repeat: reading costs nothing."""

    code = "PictureUnavailable"


class WorkflowUnavailable(GatewayError):
    """Raised when the workflow could not be started; the task was closed, and the caller may send it again."""

    code = "ServiceUnavailable"
    status = 503


class ConfigurationError(GatewayError):
    """Raised when the operator left out or mistyped a setting; the message names it, never its value."""

    code = "ConfigurationError"
