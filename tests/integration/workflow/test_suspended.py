"""What the operator must mend: orders that were taken wait for it, new ones are told, and nothing is lost."""

from __future__ import annotations

from collections.abc import Iterator

import boto3
import pytest
from botocore.exceptions import EndpointConnectionError

from tests.integration.dialects import ASYNC, IMAGES, MESSAGES, SYNTHESIS, bearer, flat, spoken
from tests.integration.images.generating import tasks_taken
from tests.integration.messages.messaging import deliver, message
from tests.integration.time_lapse import TimeLapse
from tests.support.gateway import UPSTREAM_KEY, Gateway, gateway
from tests.workflow.records import record
from tongyi.clock import SystemClock
from tongyi.gateways import aws
from tongyi.gateways.dynamodb.circuit_table import CircuitTable
from tongyi.models.workflow.circuit import ACCOUNT, Circuit

NEW_KEY = "another-key-for-tests"
MANY = 8
MINUTES = 300
MOST_LOOKS = 200
DAY = 24 * 3600 * 1000
WANX = {"model": "wanx-v1", "input": {"prompt": "a cat"}, "parameters": {}}
# Every route that takes an order.
ORDERS = {
    "wanxiang": ("/v1/wanxiang", {"prompt": "a cat"}, {}),
    "images": (IMAGES, WANX, {}),
    "openai": (IMAGES, flat("wanx-v1", "a cat"), {}),
    "dashscope": (SYNTHESIS, WANX, ASYNC),
    "messages": (MESSAGES, spoken("qwen-image-2.0", "a cat"), {}),
}


@pytest.fixture
def running(monkeypatch: pytest.MonkeyPatch) -> Iterator[Gateway]:
    """A gateway whose first look at a task is ten seconds later: where it is at once, time that stands still stays."""
    with gateway(monkeypatch, {"FirstCheckSeconds": "10"}) as made:
        yield made


@pytest.fixture
def lapsing(running: Gateway, monkeypatch: pytest.MonkeyPatch) -> TimeLapse:
    """The running gateway's time, for a test to move. Orders are answered without a wait: it stands still for them."""
    monkeypatch.setenv("DISPATCH_WAIT_SECONDS", "0")
    return TimeLapse(running, monkeypatch)


@pytest.fixture
def suspended(running: Gateway) -> Gateway:
    """A gateway whose account DashScope refuses, with a day to go before a job may try again."""
    now = SystemClock().now_ms()
    circuit = Circuit.opened(ACCOUNT, "Arrearage", now).model_copy(update={"probe_at": now + DAY})
    table = CircuitTable(boto3.client("dynamodb"), running.names["Table"], SystemClock())
    assert table.open(circuit)
    return running


@pytest.fixture
def secretless(running: Gateway) -> Iterator[list[bool]]:
    """Secrets Manager cannot be reached for as long as the list holds something."""
    away: list[bool] = []

    def fail(**_: object) -> None:
        if away:
            raise EndpointConnectionError(endpoint_url="https://secretsmanager.example")

    events = aws.client("secretsmanager").meta.events
    events.register("before-call.secrets-manager.GetSecretValue", fail)
    yield away
    events.unregister("before-call.secrets-manager.GetSecretValue", fail)


def put_key(running: Gateway, key: str) -> None:
    arn = running.names["DashScopeSecret"]
    boto3.client("secretsmanager").put_secret_value(SecretId=arn, SecretString=key)


def order(running: Gateway, number: int = 1) -> list[str]:
    """Orders so many pictures, each by itself; their tasks."""
    return [_ordered(running, f"cat {place} of {number}") for place in range(number)]


def _ordered(running: Gateway, prompt: str) -> str:
    reply = running.submit({"prompt": prompt})
    assert reply.status == 200, reply.text
    return str(reply.body["output"]["task_id"])


def await_ends(running: Gateway, lapse: TimeLapse, tasks: list[str]) -> None:
    """Looks every ten seconds of the gateway's: each look is a read of each task."""
    for _ in range(MOST_LOOKS):
        if all(record(running, task).ended for task in tasks):
            return
        lapse.pass_by(10)
    pytest.fail("they did not end")


def made(running: Gateway) -> list[str]:
    """The prompt of each submission that DashScope took."""
    return sorted(entry["prompt"] for entry in running.submissions() if entry["status"] == 200)


def statuses(running: Gateway, tasks: list[str]) -> set[str]:
    return {record(running, task).status for task in tasks}


def test_tasks_survive_a_rotation_of_the_key(running: Gateway, lapsing: TimeLapse) -> None:
    """The functions remember the old key; whichever is refused with it reads the secret anew."""
    await_ends(running, lapsing, order(running))
    running.standin.configure(keys=[NEW_KEY])
    put_key(running, NEW_KEY)

    ordered = order(running, MANY)
    await_ends(running, lapsing, ordered)

    assert statuses(running, ordered) == {"SUCCEEDED"}
    assert made(running)[1:] == sorted(f"cat {place} of {MANY}" for place in range(MANY))


def test_tasks_survive_a_key_that_is_revoked_minutes_before_the_next_is_put_in(
    running: Gateway, lapsing: TimeLapse
) -> None:
    """One that DashScope is at work on is looked at in vain meanwhile. (The stand-in has an account for each key.)"""
    running.standin.configure(pending_seconds=60)
    at_work = order(running)
    lapsing.until(lambda: record(running, at_work[0]).jobs[0].status == "SUBMITTED", "a submission")
    running.standin.configure(keys=[NEW_KEY], pending_seconds=0)
    waiting = [_ordered(running, f"a waiting cat {place}") for place in range(2)]
    lapsing.pass_by(MINUTES)
    assert statuses(running, at_work + waiting) == {"PENDING"}

    put_key(running, NEW_KEY)
    await_ends(running, lapsing, waiting)

    assert statuses(running, waiting) == {"SUCCEEDED"}
    assert len(made(running)) == 3


def test_tasks_survive_minutes_without_secrets_manager(
    running: Gateway, lapsing: TimeLapse, secretless: list[bool]
) -> None:
    secretless.append(True)
    ordered = order(running)
    lapsing.pass_by(MINUTES)
    assert (statuses(running, ordered), made(running)) == ({"PENDING"}, [])

    secretless.clear()
    await_ends(running, lapsing, ordered)

    assert (statuses(running, ordered), len(made(running))) == ({"SUCCEEDED"}, 1)


def test_tasks_survive_minutes_of_an_unpaid_account(running: Gateway, lapsing: TimeLapse) -> None:
    slow = {"requests": 2, "seconds": 1, "running": 1}
    running.standin.configure(limits={"wanx-v1": slow}, pending_seconds=0)
    running.standin.add_fault("submit", "status", status=400, code="Arrearage", times=None)
    ordered = [_ordered(running, "the first")]
    lapsing.until(lambda: len(running.submissions()) == 5, "tries")
    first, *_, last = [entry["time"] for entry in running.submissions()]

    running.standin.clear_faults()
    await_ends(running, lapsing, ordered)

    assert last - first >= 5 + 10 + 20 + 40
    assert (statuses(running, ordered), made(running)) == ({"SUCCEEDED"}, ["the first"])


@pytest.mark.parametrize(("route", "body", "headers"), ORDERS.values(), ids=ORDERS)
def test_new_orders_are_told_at_once_while_the_account_is_suspended(
    suspended: Gateway, route: str, body: object, headers: dict[str, str]
) -> None:
    before = tasks_taken(suspended)

    reply = suspended.request("POST", route, body, {**bearer(suspended, "ann"), **headers})

    said = reply.body.get("error", reply.body)
    assert (reply.status, said["code"]) == (503, "UpstreamSuspended")
    assert 0 < int(reply.headers["retry-after"]) <= DAY
    assert "管理员" in reply.body["suggestion"]
    assert "Arrearage" not in reply.text
    assert tasks_taken(suspended) == before


def test_messages_come_again_while_the_account_is_suspended(suspended: Gateway) -> None:
    left = deliver(message({"prompt": "a cat", "owner": "ann"}))

    assert left == ["m-1"]
    assert suspended.messages("OrdersAside") == []


def test_rest_of_the_models_goes_on_where_one_is_closed(running: Gateway, lapsing: TimeLapse) -> None:
    running.standin.add_fault("generate", "status", status=403, code="Model.AccessDenied", times=None)
    ann = bearer(running, "ann")
    closed = running.request("POST", MESSAGES, spoken("qwen-image-2.0", "a closed cat"), {**ann, **ASYNC})
    assert closed.status == 200
    lapsing.pass_by(30)

    open_ = order(running)
    await_ends(running, lapsing, open_)

    assert statuses(running, [closed.body["output"]["task_id"]]) == {"PENDING"}
    assert statuses(running, open_) == {"SUCCEEDED"}
    running.standin.clear_faults()
    await_ends(running, lapsing, [closed.body["output"]["task_id"]])
    assert UPSTREAM_KEY not in closed.text
