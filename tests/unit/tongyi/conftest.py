"""The unit tests of the package run with sockets closed; AWS is moto, in the same process."""

from __future__ import annotations

import io
import logging
import os
from collections.abc import Iterator
from typing import TYPE_CHECKING

import boto3
import pytest
from moto import mock_aws

from local.tools import template
from tests.support.fakes.gateways import FakeClock
from tongyi.observability import SERVICE, logger

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

TABLE = "table"


def make_table() -> DynamoDBClient:
    """Makes the template's table in the account at hand."""
    client = boto3.client("dynamodb")
    properties = template.resources("AWS::DynamoDB::Table")["Table"]
    taken = ("BillingMode", "AttributeDefinitions", "KeySchema", "GlobalSecondaryIndexes")
    client.create_table(TableName=TABLE, **{name: properties[name] for name in taken})
    return client


@pytest.fixture(autouse=True)
def closed_sockets(socket_disabled: None) -> None:
    """Whatever opens a socket fails."""


@pytest.fixture(autouse=True)
def _no_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing the machine is set up with reaches a test; moto itself makes up credentials."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")


@pytest.fixture
def aws(_no_settings: None) -> Iterator[None]:
    """An empty AWS account."""
    with mock_aws():
        yield


@pytest.fixture
def dynamodb(aws: None) -> DynamoDBClient:
    """A client of an account with the template's table, empty, under the name `TABLE`."""
    return make_table()


@pytest.fixture
def logged() -> Iterator[io.StringIO]:
    """The log, line by line, as the functions write it."""
    written = io.StringIO()
    handler = logging.StreamHandler(written)
    handler.setFormatter(logger.registered_formatter)
    kept = logging.getLogger(SERVICE)
    kept.addHandler(handler)
    yield written
    kept.removeHandler(handler)


@pytest.fixture
def clock() -> FakeClock:
    """A clock that moves only when it is told to, or slept on."""
    return FakeClock()
