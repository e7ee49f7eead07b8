"""Reads that decide something see what was written last."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.fakes.gateways import FakeClock
from tests.support.fakes.records import TASK_ID
from tests.unit.tongyi.conftest import TABLE
from tongyi.gateways.dynamodb.circuit_table import CircuitTable
from tongyi.gateways.dynamodb.delivery_table import DeliveryTable
from tongyi.gateways.dynamodb.endpoint_table import EndpointTable
from tongyi.gateways.dynamodb.file_table import FileTable
from tongyi.gateways.dynamodb.submission_table import SubmissionTable
from tongyi.gateways.dynamodb.task_table import TaskTable
from tongyi.gateways.dynamodb.upload_table import UploadTable

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

READS: dict[str, Callable[[Any], object]] = {
    "task": lambda client: TaskTable(client, TABLE, FakeClock()).get(TASK_ID),
    "upload": lambda client: UploadTable(client, TABLE, FakeClock()).holds("directory", "alice"),
    "file": lambda client: FileTable(client, TABLE, FakeClock()).get("a run"),
    "open calls": lambda client: SubmissionTable(client, TABLE, FakeClock()).open_calls("wanx-v1"),
    "delivery": lambda client: DeliveryTable(client, TABLE, FakeClock()).get(TASK_ID),
    "endpoint": lambda client: EndpointTable(client, TABLE, 30, FakeClock()).is_off(
        "alice", "https://a.example"
    ),
    "circuit": lambda client: CircuitTable(client, TABLE, FakeClock()).open_for("wanx-v1"),
}


@pytest.mark.parametrize("read", READS.values(), ids=READS)
def test_reads_are_consistent(read: Callable[[Any], object], dynamodb: DynamoDBClient) -> None:
    asked: list[object] = []
    dynamodb.meta.events.register(
        "provide-client-params.dynamodb", lambda params, **_: asked.append(params.get("ConsistentRead"))
    )
    read(dynamodb)
    assert asked == [True]
