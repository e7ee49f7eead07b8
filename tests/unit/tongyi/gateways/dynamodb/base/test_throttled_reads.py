"""Reads that DynamoDB refuses for now: told apart from faults, so that whoever waits can stop waiting."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from botocore.exceptions import ClientError
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
