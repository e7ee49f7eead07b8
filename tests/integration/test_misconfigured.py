"""A gateway that its operator has not set up to the end."""

from __future__ import annotations

import boto3
import pytest

from tests.integration.routes import OPEN, call
from tests.support.gateway import Gateway


@pytest.fixture(params=["deleted", "blank"])
def keyless(request: pytest.FixtureRequest, running: Gateway) -> Gateway:
    """A gateway whose secret holds no DashScope key."""
    client = boto3.client("secretsmanager")
    arn = running.names["DashScopeSecret"]
    if request.param == "deleted":
        client.delete_secret(SecretId=arn, ForceDeleteWithoutRecovery=True)
    else:
        client.put_secret_value(SecretId=arn, SecretString=" ")
    return running


@pytest.mark.parametrize("target", OPEN)
def test_gateway_without_a_dashscope_key_says_so(keyless: Gateway, target: str) -> None:
    reply = call(keyless, target, None)

    assert (reply.status, reply.body["code"]) == (500, "ConfigurationError")


@pytest.mark.parametrize("target", OPEN)
def test_gateway_without_a_dashscope_key_sends_nothing(keyless: Gateway, target: str) -> None:
    call(keyless, target, None)

    assert keyless.standin.ledger() == []


@pytest.mark.parametrize("target", OPEN)
def test_gateway_without_its_table_fails_in_the_documented_shape(running: Gateway, target: str) -> None:
    boto3.client("dynamodb").delete_table(TableName=running.names["Table"])

    reply = call(running, target, None)

    assert (reply.status, reply.body["code"]) == (500, "InternalError")
    assert set(reply.body) == {"code", "message", "suggestion", "request_id"}
