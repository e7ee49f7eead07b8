"""What DashScope refuses until the gateway's operator mends it: its key, its leave to use something, its bills.

Source: DashScope's page of error codes. Nothing is made, and nothing billed, for what is refused so. Where a code is
said of one API or one model it suspends that model alone: each other one finds out for itself.
"""

from __future__ import annotations

from enum import StrEnum


class Scope(StrEnum):
    """What is suspended: the whole account, or one model of it."""

    ACCOUNT = "ACCOUNT"
    MODEL = "MODEL"


INVALID_KEY = "InvalidApiKey"
# What is said to be wrong where the gateway itself could not read its key.
NO_KEY = "ConfigurationError"
_OF_THE_ACCOUNT = frozenset(
    {
        INVALID_KEY,
        NO_KEY,
        "AccessDenied.Unpurchased",
        "Arrearage",
        "CommodityNotPurchased",
        "PostpaidBillOverdue",
        "PrepaidBillOverdue",
        "WorkSpaceNotFound",
        "Workspace.AccessDenied",
    }
)
# By their families, the part before a dot: AccessDenied has several kinds, and so has AllocationQuota.
_OF_A_MODEL = frozenset({"AccessDenied", "AllocationQuota", "Model", "ModelNotFound", "access_denied"})
_FREE_QUOTA = "free allocated quota exceeded"
# DashScope says the same of a model that may not be used, which an operator mends in minutes, and of one that was
# retired, which nobody mends.
_MAY_BE_RETIRED = frozenset({"ModelNotFound", "access_denied"})
HOUR_MS = 3600 * 1000
PATIENCE_MS = 24 * HOUR_MS
RETIRED_PATIENCE_MS = HOUR_MS


def suspended(status: int, code: str, message: str) -> Scope | None:
    """What DashScope's refusal suspends; None where it is no such refusal."""
    if code in _OF_THE_ACCOUNT or status == 401:
        return Scope.ACCOUNT
    if code.partition(".")[0] in _OF_A_MODEL or _FREE_QUOTA in message.lower():
        return Scope.MODEL
    return None


def is_operators(code: str) -> bool:
    """Whether a task that failed with this code failed for want of the operator's doing."""
    return suspended(0, code, "") is not None


def patience_ms(code: str) -> int:
    """For how long after its order a job waits for the operator, in milliseconds."""
    return RETIRED_PATIENCE_MS if code in _MAY_BE_RETIRED else PATIENCE_MS
