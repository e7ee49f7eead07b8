"""Which refusals of DynamoDB's are for the moment only."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from tongyi.gateways.dynamodb.base.contention import CONDITION, Contended, contention


def _error(code: str, *reasons: str) -> ClientError:
    told: Any = {"Error": {"Code": code, "Message": "No."}}
    if reasons:
        told["CancellationReasons"] = [{"Code": reason} for reason in reasons]
    return ClientError(told, "TransactWriteItems")


@pytest.mark.parametrize(
    "error",
    [
        _error("TransactionConflictException"),
        _error("TransactionCanceledException", "None", CONDITION),
        _error("TransactionCanceledException", "TransactionConflict", "ThrottlingError"),
    ],
)
def test_write_that_others_were_quicker_at_is_to_be_read_anew(error: ClientError) -> None:
    with pytest.raises(Contended), contention():
        raise error


@pytest.mark.parametrize(
    "error",
    [
        _error("AccessDeniedException"),
        _error("TransactionCanceledException"),
        _error("TransactionCanceledException", "None", "None"),
        _error("TransactionCanceledException", CONDITION, "ValidationError"),
    ],
)
def test_write_that_is_refused_for_good_is_told_as_it_is(error: ClientError) -> None:
    with pytest.raises(ClientError), contention():
        raise error
