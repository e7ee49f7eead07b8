"""A gateway that its operator has not set up to the end."""

from __future__ import annotations

import boto3
import pytest

from tests.integration.dialects import CHAT, IMAGES, TEXT, bearer, flat
from tests.integration.messaging import deliver, message
from tests.integration.routes import OPEN, call
from tests.support.gateway import Gateway
from tongyi.errors import ConfigurationError

HELLO = [{"role": "user", "content": "hello"}]
# Routes of OpenAI's and DashScope's that ask upstream.
DIALECTS = {
    "openai chat": ("POST", CHAT, {"messages": HELLO}),
    "dashscope chat": ("POST", TEXT, {"input": {"messages": HELLO}}),
    "openai images": ("POST", IMAGES, flat("qwen-image-2.0", "a cat")),
    "uploads": ("GET", "/api/v1/uploads?action=getPolicy&model=wanx-v1", None),
}


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


@pytest.mark.parametrize(("method", "path", "body"), DIALECTS.values(), ids=DIALECTS)
def test_gateway_without_a_dashscope_key_says_so_in_every_dialect(
    keyless: Gateway, method: str, path: str, body: object
) -> None:
    reply = keyless.request(method, path, body, bearer(keyless, "ann"))

    said = reply.body.get("error", reply.body)
    # What was found out only when the task was sent is how the task ended, not how the request did.
    assert (reply.status, said["code"]) == (502 if path == IMAGES else 500, "ConfigurationError")
    assert keyless.standin.ledger() == []


@pytest.mark.parametrize("target", OPEN)
def test_gateway_without_its_table_fails_in_the_documented_shape(running: Gateway, target: str) -> None:
    boto3.client("dynamodb").delete_table(TableName=running.names["Table"])

    reply = call(running, target, None)

    assert (reply.status, reply.body["code"]) == (500, "InternalError")
    assert set(reply.body) == {"code", "message", "suggestion", "request_id"}


def test_queue_of_a_gateway_that_lacks_a_setting_fails_for_all_to_see(
    running: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("DEAD_LETTERS_URL")

    with pytest.raises(ConfigurationError, match="DEAD_LETTERS_URL"):
        deliver(message({"prompt": "a cat"}))
