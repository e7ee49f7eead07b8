"""The header Idempotency-Key: an order that may be sent again."""

from __future__ import annotations

import uuid
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import boto3
import pytest

from tests.integration.dialects import (
    ASYNC,
    MESSAGES,
    SYNTHESIS,
    bearer,
    flat,
    spoken,
)
from tests.integration.dialects import (
    IMAGES as IMAGES_ROUTE,
)
from tests.integration.images.generating import order
from tests.support.api_gateway import Reply
from tests.support.gateway import Gateway
from tests.workflow.interference import Hold, interfere
from tests.workflow.tasks.scenarios import CHECK

KEY = {"Idempotency-Key": "order-1"}
ORDER = {"prompt": "once and only once"}
IMAGES = {"model": "wanx-v1", "input": {"prompt": "once and only once"}}


def task_id(reply: Reply) -> str:
    found: str = reply.body["output"]["task_id"]
    return found


def table(gateway: Gateway) -> Any:
    return boto3.resource("dynamodb").Table(gateway.names["Table"])


def items(gateway: Gateway, kind: str) -> list[dict[str, Any]]:
    return [item for item in table(gateway).scan()["Items"] if item["pk"].startswith(f"{kind}#")]


def test_submit_task_answers_a_repeated_order_with_the_first_task(running: Gateway) -> None:
    first, second = running.submit(ORDER, KEY), running.submit(ORDER, KEY)

    assert task_id(first) == task_id(second)
    assert "idempotent-replayed" not in first.headers
    assert second.headers["idempotent-replayed"] == "true"
    running.wait_for(task_id(first))
    assert len(running.submissions()) == 1


def test_task_of_a_caller_without_a_key_is_found_by_nobody_who_only_guesses_its_idempotency_key(
    running: Gateway,
) -> None:
    """Whoever knows how ids are made, and has a key."""
    submitted = task_id(running.submit(ORDER, KEY))
    guessed = str(uuid.uuid5(uuid.UUID("6a1f3c52-8f0e-5d0b-9a56-5b2f0c6f7f31"), '[null, "order-1"]'))

    shown = running.request("GET", f"/v1/wanxiang-results?task_id={guessed}", headers=bearer(running, "eve"))

    assert (shown.status, shown.body["code"]) == (404, "TaskNotFound")
    assert submitted != guessed


def test_generate_images_answers_a_repeated_order_with_the_first_pictures(running: Gateway) -> None:
    first, second = (
        running.request("POST", "/v1/images/generations", IMAGES, KEY),
        running.request("POST", "/v1/images/generations", IMAGES, KEY),
    )

    assert [reply.status for reply in (first, second)] == [200, 200]
    assert first.body["output"]["results"][0]["sha256"] == second.body["output"]["results"][0]["sha256"]
    assert second.headers["idempotent-replayed"] == "true"
    assert len(running.submissions()) == 1


def test_submit_task_refuses_another_order_with_the_key(running: Gateway) -> None:
    running.submit(ORDER, KEY)

    reply = running.submit({"prompt": "something else"}, KEY)

    assert (reply.status, reply.body["code"]) == (409, "IdempotencyKeyReused")
    assert len(items(running, "TASK")) == 1


def test_key_of_one_caller_is_not_another_callers(running: Gateway) -> None:
    alice, bob = ({"Authorization": f"Bearer {running.issue_key(name)}"} for name in ("alice", "bob"))

    made = {task_id(running.submit(ORDER, {**KEY, **caller})) for caller in (alice, bob, {})}

    assert len(made) == 3


def test_orders_without_a_key_are_each_their_own(running: Gateway) -> None:
    assert task_id(running.submit(ORDER)) != task_id(running.submit(ORDER))


def test_many_orders_at_once_make_one_task(running: Gateway) -> None:
    with ThreadPoolExecutor(20) as pool:
        replies = list(pool.map(lambda _: running.submit(ORDER, KEY), range(50)))

    assert {reply.status for reply in replies} <= {200, 409}
    assert {reply.body["code"] for reply in replies if reply.status == 409} <= {"OrderInFlight"}
    made = {task_id(reply) for reply in replies if reply.status == 200}
    assert len(made) == 1
    running.wait_for(made.pop())
    assert len(running.submissions()) == 1
    assert len(items(running, "TASK")) == 1


def test_order_in_flight_is_told_to_come_again(running: Gateway) -> None:
    first = task_id(running.submit(ORDER, KEY))
    cut_off(running, first)

    reply = running.submit(ORDER, KEY)

    assert (reply.status, reply.body["code"], reply.headers["retry-after"]) == (409, "OrderInFlight", "1")


def test_order_that_was_cut_off_is_started_by_the_next(running: Gateway, key: str) -> None:
    first = task_id(running.submit(ORDER, KEY))
    running.wait_for(first)
    cut_off(running, first, created_at=0)

    reply = running.submit(ORDER, KEY)

    assert (reply.status, task_id(reply)) == (200, first)
    item = running.item(f"TASK#{first}", "TASK")
    assert item is not None
    assert item["started"] is True


def cut_off(gateway: Gateway, task: str, **changes: int) -> None:
    """Leaves the record as a function does that ends between writing and starting the task."""
    item = table(gateway).get_item(Key={"pk": f"TASK#{task}", "sk": "TASK"})["Item"]
    item.pop("ended_at", None)
    table(gateway).put_item(Item={**item, "started": False, **changes})


def test_replay_costs_nothing_of_the_days_allowance(running: Gateway) -> None:
    for _ in range(3):
        running.submit(ORDER, KEY)

    assert [item["used"] for item in items(running, "QUOTA") if "used" in item] == [1]


@pytest.mark.parametrize("key", ["", '""', "a" * 256, "键"])
def test_submit_task_refuses_a_key_that_is_none(running: Gateway, key: str) -> None:
    reply = running.submit(ORDER, {"Idempotency-Key": key})

    assert reply.status == 400
    assert reply.body["message"].startswith("Idempotency-Key:")


def test_order_is_one_on_every_route(running: Gateway) -> None:
    headers, prompt = {**bearer(running, "alice"), **KEY}, ORDER["prompt"]
    words, wishes = {"prompt": prompt, "negative_prompt": "dogs"}, {"size": "1024*1024", "n": 2}
    nested = {"model": "wanx-v1", "input": words, "parameters": wishes}

    replies = [
        running.submit({**words, **wishes}, headers),
        running.submit(nested, headers),
        running.request("POST", SYNTHESIS, nested, {**headers, **ASYNC}),
        running.request("POST", IMAGES_ROUTE, nested, headers),
        running.request(
            "POST",
            IMAGES_ROUTE,
            flat("wanx-v1", prompt, size="1024x1024", n=2, negative_prompt="dogs"),
            headers,
        ),
    ]

    assert [reply.status for reply in replies] == [200] * 5
    assert {reply.body.get("task_id") or task_id(reply) for reply in replies} == {task_id(replies[0])}
    assert [reply.headers.get("idempotent-replayed") for reply in replies] == [None, *["true"] * 4]
    assert len(running.submissions()) == 1


def test_order_of_a_message_is_one_with_others(running: Gateway) -> None:
    headers, prompt = {**bearer(running, "alice"), **KEY}, ORDER["prompt"]

    replies = [
        running.request("POST", MESSAGES, spoken("qwen-image-2.0", prompt, n=2, seed=3), headers),
        running.request(
            "POST", MESSAGES, spoken("qwen-image-2.0", prompt, n=2, seed=3), {**headers, **ASYNC}
        ),
        running.request("POST", IMAGES_ROUTE, order("qwen-image-2.0", prompt, n=2, seed=3), headers),
        running.request("POST", IMAGES_ROUTE, flat("qwen-image-2.0", prompt, n=2, seed=3), headers),
    ]

    assert [reply.status for reply in replies] == [200] * 4
    assert [reply.headers.get("idempotent-replayed") for reply in replies] == [None, *["true"] * 3]
    assert len(running.standin.ledger("generate")) == 1


@pytest.mark.parametrize("route", [SYNTHESIS, MESSAGES])
def test_dashscope_order_refuses_another_order_with_the_key(running: Gateway, route: str) -> None:
    headers = {**bearer(running, "alice"), **KEY}
    running.submit(ORDER, headers)
    other = order("wanx-v1", "another") if route == SYNTHESIS else spoken("qwen-image-2.0", "another")

    reply = running.request("POST", route, other, {**headers, **ASYNC})

    assert (reply.status, reply.body["code"]) == (409, "IdempotencyKeyReused")
    assert reply.headers["x-should-retry"] == "false"


def test_repeated_order_is_answered_with_its_task_though_that_has_failed(
    running: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    hold, failing = Hold(CHECK), {"prompt": "fails later #fail"}
    interfere(monkeypatch, running, {(CHECK, failing["prompt"]): hold})
    first = running.submit(failing, KEY)
    hold.let_go()
    running.wait_for(task_id(first))

    again = running.submit(failing, KEY)

    assert (again.status, again.headers.get("idempotent-replayed")) == (200, "true")
    assert again.body["output"] == {"task_id": task_id(first), "task_status": "FAILED"}
