"""Webhooks from the order to the receiver, who takes them, or does not."""

from __future__ import annotations

import itertools
import json
from typing import Any

import pytest

from tests.integration.webhooks import webhooks
from tests.integration.webhooks.webhooks import (
    WAITS,
    Lapse,
    delivery,
    messages,
    outcomes,
    secret_of,
    verified,
    work,
)
from tests.support.gateway import Gateway
from tests.support.receiver import Answer, Receiver, hang_up
from tongyi.gateways.messaging.delivery_queue import LONGEST_WAIT

DAY = 24 * 3600
# The most that is added to a wait.
MOST_ADDED = 1.1


def longest(wait: float) -> float:
    """Seconds that a wait may take: the queue counts whole ones."""
    return wait * MOST_ADDED + 1


def test_end_of_a_task_is_told_to_its_receiver(running: Gateway, hooks: Receiver, key: str) -> None:
    task_id = webhooks.ordered(running, key, hooks.url, n=2)

    assert work(running) == [True]

    [webhook] = hooks.came
    said = verified(webhook, secret_of(key))
    [event] = running.told(task_id)
    assert (webhook.method, webhook.id) == ("POST", webhooks.webhook_of(task_id))
    assert (said["type"], said["timestamp"]) == ("image.task.succeeded", event["detail"]["ended_at"])
    assert said["data"] == _public(event["detail"])
    assert webhook.headers["content-type"] == "application/json"
    assert webhook.headers["user-agent"] == "tongyi-gateway"


def _public(detail: dict[str, Any]) -> dict[str, Any]:
    """An event's detail as a webhook has it."""
    told = {name: value for name, value in detail.items() if name != "bucket"}
    pictures = json.loads(json.dumps(told["pictures"]))
    for picture in pictures:
        if picture.pop("key", None):
            picture["path"] = f"/v1/images/{detail['task_id']}/{picture['number']}"
    return {**told, "pictures": pictures}


def test_path_in_a_webhook_leads_to_the_picture(running: Gateway, hooks: Receiver, key: str) -> None:
    webhooks.ordered(running, key, hooks.url)
    work(running)
    [picture] = hooks.came[0].told["data"]["pictures"]

    assert webhooks.request(running, "GET", picture["path"], key).status == 302


@pytest.mark.parametrize(("marker", "kind"), [("#fail", "failed"), ("#forbidden", "failed")])
def test_failure_is_told_to_its_receiver(
    running: Gateway, hooks: Receiver, key: str, marker: str, kind: str
) -> None:
    prompt = f"{webhooks.new_prompt()} {marker}"
    body = {"prompt": prompt, "callback_url": hooks.url}
    running.submit(body, {"Authorization": f"Bearer {key}"})
    running.wait_for(webhooks.task_of(running, prompt))

    assert work(running) == [True]

    said = verified(hooks.came[0], secret_of(key))
    assert said["type"] == f"image.task.{kind}"
    assert said["data"]["error"]["code"]


def test_task_without_a_callback_is_told_to_nobody(running: Gateway, key: str) -> None:
    task_id = webhooks.ordered(running, key, None)

    assert messages(running) == []
    assert running.item(f"TASK#{task_id}", "DELIVERY") is None


def test_receiver_that_fails_is_tried_again_with_the_same_webhook(
    running: Gateway, hooks: Receiver, key: str, lapse: Lapse
) -> None:
    hooks.expect(500, Answer(act=hang_up), 404, 204)
    task_id = webhooks.ordered(running, key, hooks.url)

    for wait in (*WAITS[:3], 0):
        assert work(running) == [wait == 0]
        lapse.pass_by(longest(wait))

    assert len({(webhook.id, webhook.body) for webhook in hooks.came}) == 1
    stamps = [int(webhook.headers["webhook-timestamp"]) for webhook in hooks.came]
    assert stamps == sorted(set(stamps))
    assert len({webhook.headers["webhook-signature"] for webhook in hooks.came}) == 4
    shown = delivery(running, task_id, key)
    assert (shown["status"], shown["next_attempt_at"]) == ("DELIVERED", None)
    assert outcomes(running, task_id, key) == [
        (500, None),
        (None, "connection_failed"),
        (404, None),
        (204, None),
    ]
    assert webhooks.left(running) == 0


def test_receiver_that_never_takes_it_is_given_up_after_the_schedule(
    running: Gateway, hooks: Receiver, key: str, lapse: Lapse
) -> None:
    hooks.otherwise = Answer(500)
    task_id = webhooks.ordered(running, key, hooks.url)
    lapse.stop()
    began = lapse.moved_ms
    made_at: list[float] = []
    while webhooks.left(running):
        calls = len(hooks.came)
        work(running)
        if len(hooks.came) > calls:
            made_at.append((lapse.moved_ms - began) / 1000)
        if webhooks.left(running):
            lapse.until_seen()

    assert len(hooks.came) == len(WAITS) + 1
    gaps = [later - earlier for earlier, later in itertools.pairwise(made_at)]
    for gap, wait in zip(gaps, WAITS, strict=True):
        # Long waits are made of several, each of whole seconds.
        assert wait <= gap <= longest(wait) + 3
    assert delivery(running, task_id, key)["status"] == "FAILED"


def test_wait_that_is_longer_than_the_queue_can_hide_is_made_in_steps(
    running: Gateway, hooks: Receiver, key: str, lapse: Lapse
) -> None:
    hooks.expect(Answer(503, {"Retry-After": str(DAY)}))
    webhooks.ordered(running, key, hooks.url)

    assert work(running) == [False]
    for _ in range(2):
        lapse.pass_by(LONGEST_WAIT / 2)
        assert work(running) == []
        lapse.pass_by(LONGEST_WAIT / 2 + 1)
        assert work(running) == [False]
        assert len(hooks.came) == 1
    lapse.pass_by(DAY - 2 * LONGEST_WAIT)
    assert work(running) == [True]
    assert len(hooks.came) == 2


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_redirect_is_not_followed(running: Gateway, hooks: Receiver, key: str, status: int) -> None:
    hooks.expect(Answer(status, {"Location": hooks.url + "/elsewhere"}))
    task_id = webhooks.ordered(running, key, hooks.url)

    assert work(running) == [False]

    assert hooks.to("/hooks/elsewhere") == []
    assert outcomes(running, task_id, key) == [(status, None)]


@pytest.mark.parametrize(
    ("status", "asked", "least", "most"),
    [
        (429, "1000", 1000, 1001),
        (503, "1000", 1000, 1001),
        (429, "1", 5, 6),
        (429, str(30 * DAY), DAY, DAY + 1),
        (429, "soon", 5, 6),
        (429, "-5", 5, 6),
        (429, "Fri, 01 Jan 2100 00:00:00 GMT", DAY, DAY + 1),
        (429, "Mon, 01 Jan 0001 00:00:00 GMT", 5, 6),
        (500, "1000", 5, 6),
        (404, "1000", 5, 6),
    ],
)
def test_receiver_may_ask_to_be_left_alone_for_longer(
    running: Gateway, hooks: Receiver, key: str, lapse: Lapse, status: int, asked: str, least: int, most: int
) -> None:
    hooks.expect(Answer(status, {"Retry-After": asked}))
    webhooks.ordered(running, key, hooks.url)
    now_ms = lapse.stop()

    assert work(running) == [False]

    [item] = [item for item in webhooks.items(running) if item["sk"] == "DELIVERY"]
    wait = (item["next_at"] - now_ms) / 1000
    assert least <= wait <= most
