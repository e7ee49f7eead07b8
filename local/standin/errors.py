"""Errors raised on purpose.

StandInError
├── UpstreamError   what upstream refuses, as it would say it
├── StorageError    what the picture host refuses, as object storage would say it
└── ControlError    a mistake in what a test or a person asked of the stand-in itself
"""

from __future__ import annotations

from collections.abc import Mapping

INVALID_KEY = "Invalid API-key provided."
INCORRECT_KEY = "Incorrect API key provided."
RATE_EXCEEDED = "Requests rate limit exceeded, please try again later."
REQUESTS_EXCEEDED = "You exceeded your current requests list."
NO_SYNCHRONOUS_CALLS = "current user api does not support synchronous calls."
NO_ASYNCHRONOUS_CALLS = "current user api does not support asynchronous calls."
ONE_IMAGE_ONLY = "num_images_per_prompt must be 1"
BAD_BODY = "Required body invalid, please check the request body format."
BAD_URL = "url error, please check url!"
JSON_WORD_MISSING = (
    "'messages' must contain the word 'json' in some form, to use 'response_format' of type 'json_object'."
)
TOOL_CHOICES = 'is one of the strings that should be ["none", "auto"]'
NOT_PENDING = "Failed to cancel the task, please confirm if the task is in PENDING status."


class StandInError(Exception):
    """Raised when the stand-in refuses something."""


class UpstreamError(StandInError):
    """Raised when upstream would refuse the call; carries HTTP status, code, message and headers."""

    def __init__(
        self, status: int, code: str, message: str, headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.headers = dict(headers or {})


class StorageError(UpstreamError):
    """Raised when object storage would refuse a download or an upload; `details` become further XML elements."""

    def __init__(self, status: int, code: str, message: str, **details: str) -> None:
        super().__init__(status, code, message)
        self.details = details


class ControlError(StandInError):
    """Raised when a control request or an argument of the Python API cannot be used."""


def invalid_key() -> UpstreamError:
    """The refusal of a missing or unknown key."""
    return UpstreamError(401, "InvalidApiKey", INVALID_KEY)


def rate_exceeded() -> UpstreamError:
    """The refusal of one request too many."""
    return UpstreamError(429, "Throttling.RateQuota", RATE_EXCEEDED)


def invalid_parameter(message: str) -> UpstreamError:
    """The refusal of a bad or missing field; the message names it."""
    return UpstreamError(400, "InvalidParameter", message)


def model_not_found() -> UpstreamError:
    """The refusal of a model nobody knows."""
    return UpstreamError(404, "ModelNotFound", "Model not exist.")
