"""What DashScope, or a host of its pictures, did not do."""

from __future__ import annotations

from tongyi.errors.base import GatewayError

# When a caller may ask again where nothing better is known.
SUSPENDED_SECONDS = 30.0


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
    repeatable = True


class UpstreamSuspended(UpstreamError):
    """Raised when DashScope refuses what only the gateway's operator can mend: the key, access, bills.

    Nothing was done and nothing billed. Callers are not told more than that: `reason` is DashScope's code and `detail`
    what it said, for the log; `model_only` tells that it says nothing of other models.
    """

    code = "UpstreamSuspended"
    status = 503
    repeatable = True

    def __init__(
        self,
        reason: str,
        *,
        model_only: bool = False,
        detail: str = "",
        upstream_status: int | None = None,
        request_id: str | None = None,
        retry_after: float | None = None,
    ) -> None:
        what = "this model" if model_only else "DashScope"
        message = (
            f"The gateway's access to {what} is suspended until its operator mends it; nothing was done."
        )
        super().__init__(message, request_id=request_id, retry_after=retry_after or SUSPENDED_SECONDS)
        # Not in a header, as others have it: it tells what is wrong with the account.
        self.upstream_status = upstream_status
        self.reason = reason
        self.model_only = model_only
        self.detail = detail


class UpstreamUnreachable(UpstreamError):
    """Raised when the request surely was not carried out: no connection, or the model was down."""

    code = "UpstreamUnreachable"
    status = 503
    repeatable = True


class UpstreamAmbiguous(UpstreamError):
    """Raised when nobody can tell whether the request was carried out: time-out, reset, 5xx."""

    code = "UpstreamAmbiguous"
    status = 504


class UpstreamFailed(UpstreamAmbiguous):
    """Raised when DashScope itself answers that it failed.

    What it would have made in this answer was not made, and is not billed. A task may have been taken all the same.
    """


class PictureError(GatewayError):
    """Raised when a picture could not be copied."""

    code = "PictureError"


class PictureRefused(PictureError):
    """Raised when a picture must not be copied: its host, its size or its type. Final."""

    code = "PictureRefused"


class PictureUnavailable(PictureError):
    """Raised when a picture could not be had, or kept, this time. Safe to repeat: reading costs nothing."""

    code = "PictureUnavailable"


class PictureGone(PictureUnavailable):
    """Raised when a picture's link no longer leads to it. A fresh one may."""


class StorageUnavailable(PictureUnavailable):
    """Raised when S3 did not take a copy. Safe to repeat. `fault` names what it said, for the operator."""

    def __init__(self, fault: str) -> None:
        super().__init__("The copy could not be stored.")
        self.fault = fault
