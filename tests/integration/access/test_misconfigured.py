"""A gateway that its operator has not set up to the end."""

from __future__ import annotations

import boto3
import pytest

from tests.integration.dialects import CHAT, TEXT, bearer
from tests.integration.messages.messaging import deliver, message
from tests.integration.routes import OPEN, call
from tests.integration.time_lapse import TimeLapse
from tests.integration.workflow.test_suspended import await_ends
from tests.support.gateway import UPSTREAM_KEY, Gateway
from tests.workflow.records import record
from tongyi.errors import ConfigurationError

HELLO = [{"role": "user", "content": "hello"}]
# Routes that ask upstream before they answer.
ASKING = {
    "chat": ("POST", "/v1/tongyi", {"prompt": "hello"}),
    "openai chat": ("POST", CHAT, {"messages": HELLO}),
    "dashscope chat": ("POST", TEXT, {"input": {"messages": HELLO}}),
    "uploads": ("GET", "/api/v1/uploads?action=getPolicy&model=wanx-v1", None),
}


@pytest.fixture(params=["deleted", "blank"])
def keyless(request: pytest.FixtureRequest, running: Gateway) -> Gateway:
    """A gateway whose secret holds no DashScope key."""
    client = boto3.client("secretsmanager")
    arn = running.names["DashScopeSecret"]
    if request.param == "deleted":
        client.delete_secret(SecretId=arn)
    else:
        client.put_secret_value(SecretId=arn, SecretString=" ")
    return running


def restore(keyless: Gateway) -> None:
    """Puts the key where it belongs."""
    client, arn = boto3.client("secretsmanager"), keyless.names["DashScopeSecret"]
    client.restore_secret(SecretId=arn)
    client.put_secret_value(SecretId=arn, SecretString=UPSTREAM_KEY)


@pytest.mark.parametrize(("method", "path", "body"), ASKING.values(), ids=ASKING)
def test_gateway_without_a_dashscope_key_says_that_its_operator_must_mend_it(
    keyless: Gateway, method: str, path: str, body: object
) -> None:
    reply = keyless.request(method, path, body, bearer(keyless, "ann"))

    said = reply.body.get("error", reply.body)
    assert (reply.status, said["code"], reply.headers["retry-after"]) == (503, "UpstreamSuspended", "30")
    assert keyless.standin.ledger() == []


def test_gateway_without_a_dashscope_key_takes_an_order_and_sends_it_once_there_is_one(
    keyless: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DISPATCH_WAIT_SECONDS", "0")
    lapse = TimeLapse(keyless, monkeypatch)

    taken = keyless.submit({"prompt": "a cat"})

    assert (taken.status, taken.body["output"]["task_status"]) == (200, "PENDING")
    lapse.pass_by(60)
    assert keyless.standin.ledger() == []
    restore(keyless)
    task = taken.body["output"]["task_id"]
    await_ends(keyless, lapse, [task])
    assert (record(keyless, task).status, len(keyless.submissions())) == ("SUCCEEDED", 1)


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
