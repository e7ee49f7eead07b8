"""The base of all errors, and those that are the gateway's own affair."""

from __future__ import annotations


class GatewayError(Exception):
    """Base of all errors raised on purpose.

    Attributes:
        code: what went wrong, in DashScope's vocabulary where it has a word for it.
        status: the HTTP status of the reply.
        message: what went wrong, in English, fit for the caller's eyes.
        headers: further headers of the reply, such as Retry-After.
        repeatable: whether the same request may simply be sent again, because nothing was done.
    """

    code = "InternalError"
    status = 500
    repeatable = False

    def __init__(self, message: str, *, headers: dict[str, str] | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.headers = headers or {}


class WorkflowUnavailable(GatewayError):
    """Raised when the workflow surely was not started; the task was closed, and the caller may send it again."""

    code = "ServiceUnavailable"
    status = 503
    repeatable = True


class StartUnanswered(WorkflowUnavailable):
    """Raised when nobody can tell whether the workflow was started. What is on record is started by reconcile."""


class JobsUnfinished(GatewayError):
    """Raised when a task is to be closed while a job of it may yet end by itself. Never becomes HTTP."""

    def __init__(self) -> None:
        super().__init__("A job of the task may yet end by itself; an execution sees it through later.")


class NoTimeLeft(GatewayError):
    """Raised when a request came so long ago that a call upstream could not end in its time: nothing was sent."""

    code = "ServiceUnavailable"
    status = 503
    repeatable = True

    def __init__(self) -> None:
        super().__init__(
            "The gateway took too long to start, and nothing was sent upstream. Send the request again.",
            headers={"Retry-After": "1"},
        )


class RecordsUnavailable(GatewayError):
    """Raised when DynamoDB puts off what was asked of it, or does not answer a read. Safe to repeat."""

    code = "ServiceUnavailable"
    status = 503
    repeatable = True

    def __init__(self) -> None:
        super().__init__("The gateway's records are busy. Try again.", headers={"Retry-After": "2"})


class ConfigurationError(GatewayError):
    """Raised when the operator left out or mistyped a setting; the message names it, never its value."""

    code = "ConfigurationError"


class EventsUnavailable(GatewayError):
    """Raised when EventBridge did not take an event. Safe to repeat: whoever listens knows events by their task."""

    code = "ServiceUnavailable"
    status = 503
    repeatable = True


class WebhooksUnavailable(GatewayError):
    """Raised when a webhook could not be put on its queue. Safe to repeat: receivers know webhooks by their id."""

    code = "ServiceUnavailable"
    status = 503
    repeatable = True
