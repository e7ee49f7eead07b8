"""Writes that DynamoDB refuses because others write the same items at that moment.

Source: DynamoDB developer guide, "Transaction conflict handling", and TransactWriteItems in its API reference.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from botocore.exceptions import ClientError

# Why an item's part of a transaction was refused: its condition does not hold, or others write just now.
CONDITION = "ConditionalCheckFailed"
_FOR_NOW = frozenset({CONDITION, "TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"})


class Contended(Exception):
    """Raised when somebody else was quicker, or is at work: what was read is to be read again."""


@contextmanager
def contention() -> Iterator[None]:
    """Turns DynamoDB's refusals of that kind into Contended, also those of a write that is in no transaction."""
    from botocore.exceptions import ClientError

    try:
        yield
    except ClientError as error:
        if _is_for_now(error):
            raise Contended from error
        raise


def refusals(error: ClientError) -> set[str]:
    """Why a transaction was refused, where a later look at its items may tell otherwise; nothing in any other case.

    No other error has reasons.
    """
    reasons = {str(reason.get("Code")) for reason in error.response.get("CancellationReasons", [])} - {"None"}
    return reasons if reasons <= _FOR_NOW else set()


def _is_for_now(error: ClientError) -> bool:
    return bool(refusals(error)) or error.response["Error"]["Code"] == "TransactionConflictException"
