"""Reads that DynamoDB refuses for now, or does not answer: told apart from faults of the gateway's own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import (
    ClientError,
    ConnectionClosedError,
    ConnectTimeoutError,
    EndpointConnectionError,
    ReadTimeoutError,
)
from botocore.stub import Stubber

from tests.support.fakes.gateways import FakeClock
from tests.support.fakes.records import TASK_ID
from tests.unit.tongyi.conftest import TABLE
from tongyi.errors import RecordsUnavailable
from tongyi.gateways.dynamodb.task_table import TaskTable

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

REFUSALS: dict[str, type[Exception]] = {
    "ProvisionedThroughputExceededException": RecordsUnavailable,
    "RequestLimitExceeded": RecordsUnavailable,
    "ThrottlingException": RecordsUnavailable,
    "AccessDeniedException": ClientError,
}


@pytest.mark.parametrize(("code", "kind"), REFUSALS.items())
def test_get_tells_when_no_more_reads_are_taken(
    dynamodb: DynamoDBClient, code: str, kind: type[Exception]
) -> None:
    with Stubber(dynamodb) as stubber:
        stubber.add_client_error("get_item", code)
        with pytest.raises(kind):
            TaskTable(dynamodb, TABLE, FakeClock()).get(TASK_ID)


@pytest.mark.parametrize(
    "kind", [EndpointConnectionError, ConnectTimeoutError, ReadTimeoutError, ConnectionClosedError]
)
def test_get_tells_when_no_answer_comes(dynamodb: DynamoDBClient, kind: Any) -> None:
    def fail(**_: Any) -> None:
        raise kind(endpoint_url="https://dynamodb.example")

    dynamodb.meta.events.register("before-call.dynamodb.GetItem", fail)
    try:
        with pytest.raises(RecordsUnavailable):
            TaskTable(dynamodb, TABLE, FakeClock()).get(TASK_ID)
    finally:
        dynamodb.meta.events.unregister("before-call.dynamodb.GetItem", fail)
