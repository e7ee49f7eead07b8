"""Webhooks of the deployed gateway, at a real receiver that checks them with the public library."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import Any

import pytest
from standardwebhooks.webhooks import Webhook as Verifier

from local.tools.webhook_secret import secret_of_key, secret_of_owner
from tests.embedded.conftest import Deployed
from tests.support.patience import PATIENCE
from tests.support.receiver import Answer, Receiver, Webhook, drip, hang_up, receiver

DELIVERIES = "/v1/webhooks/deliveries"


@pytest.fixture
def hooks() -> Iterator[Receiver]:
    with receiver() as made:
        yield made


def ordered(deployed: Deployed, hooks: Receiver, key: str, **more: Any) -> str:
    """Orders a picture with a webhook; the task's id."""
    return deployed.submit({"prompt": "a fox with a bell", "callback_url": hooks.url, **more}, key)


def verified(deployed: Deployed, webhook: Webhook, key: str) -> Any:
    """What a webhook says, once its signature is found good with the secret that `make key` shows."""
    arn = deployed.stack.outputs["WebhookSecretArn"]
    secret = secret_of_key(deployed.stack.client("secretsmanager"), arn, key)
    return Verifier(secret).verify(webhook.body, dict(webhook.headers))


def verified_for(deployed: Deployed, webhook: Webhook, owner: str) -> Any:
    """The same, with the secret of what is ordered in an owner's name without a key."""
    arn = deployed.stack.outputs["WebhookSecretArn"]
    secret = secret_of_owner(deployed.stack.client("secretsmanager"), arn, owner)
    return Verifier(secret).verify(webhook.body, dict(webhook.headers))


def settled(deployed: Deployed, task_id: str, key: str) -> Any:
    """The delivery once no further attempt is to come."""
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        identity = f"msg_{task_id.replace('-', '')}"
        reply = deployed.request("GET", f"{DELIVERIES}/{identity}", key=key)
        if reply.status_code == 200 and reply.json()["data"]["status"] != "PENDING":
            return reply.json()["data"]
        time.sleep(0.2)
    pytest.fail(f"the webhook of {task_id} came to no end")


def test_an_order_is_called_back_with_a_signature_of_its_key(deployed: Deployed, hooks: Receiver) -> None:
    key = deployed.stack.issue_key("called")
    task_id = ordered(deployed, hooks, key, n=2)

    [webhook] = hooks.await_webhooks("/hooks", 1, PATIENCE)

    said = verified(deployed, webhook, key)
    assert (said["type"], said["data"]["task_id"]) == ("image.task.succeeded", task_id)
    shown = deployed.finished(task_id, key).json()["output"]["results"]
    told = [(picture["number"], picture["sha256"]) for picture in said["data"]["pictures"]]
    assert told == [(number, picture["sha256"]) for number, picture in enumerate(shown, start=1)]
    found = deployed.request("GET", said["data"]["pictures"][0]["path"], key=key, allow_redirects=False)
    assert found.status_code == 302
    assert settled(deployed, task_id, key)["status"] == "DELIVERED"
    assert len(hooks.came) == 1


def test_an_order_by_message_is_called_back_with_a_signature_of_its_owner(
    deployed: Deployed, hooks: Receiver
) -> None:
    body = {"prompt": "a fox with a letter", "owner": "postman", "callback_url": hooks.url}
    queue = deployed.stack.outputs["OrdersUrl"]
    deployed.stack.client("sqs").send_message(QueueUrl=queue, MessageBody=json.dumps(body))

    [webhook] = hooks.await_webhooks("/hooks", 1, PATIENCE)

    assert verified_for(deployed, webhook, "postman")["data"]["owner"] == "postman"


def test_each_line_of_a_file_is_called_back(deployed: Deployed, hooks: Receiver) -> None:
    lines = [["prompt", "callback_url"], ["a fox in a table", hooks.url], ["another fox in it", hooks.url]]
    content = "\n".join(",".join(line) for line in lines).encode()
    inbox = deployed.stack.outputs["InboxName"]
    deployed.stack.client("s3").put_object(Bucket=inbox, Key="requests/librarian/foxes.csv", Body=content)

    webhooks = hooks.await_webhooks("/hooks", 2, PATIENCE)

    told = [verified_for(deployed, webhook, "librarian")["data"] for webhook in webhooks]
    assert [(data["owner"], data["status"]) for data in told] == [("librarian", "SUCCEEDED")] * 2
    assert len({data["task_id"] for data in told}) == 2


def test_a_receiver_that_fails_is_tried_again_with_the_same_webhook(
    deployed: Deployed, hooks: Receiver
) -> None:
    key = deployed.stack.issue_key("failing")
    hooks.expect(500, Answer(act=hang_up), 204)
    task_id = ordered(deployed, hooks, key)

    webhooks = hooks.await_webhooks("/hooks", 3, PATIENCE)

    assert len({(webhook.id, webhook.body) for webhook in webhooks}) == 1
    for webhook in webhooks:
        verified(deployed, webhook, key)
    shown = settled(deployed, task_id, key)
    outcomes = [attempt.get("status_code") or attempt["error"] for attempt in shown["attempts"]]
    assert (shown["status"], outcomes) == ("DELIVERED", [500, "connection_failed", 204])


def test_a_receiver_that_never_takes_it_is_given_up_and_can_have_it_later(
    deployed: Deployed, hooks: Receiver
) -> None:
    key = deployed.stack.issue_key("later")
    hooks.otherwise = Answer(302, {"Location": hooks.url + "/elsewhere"})
    task_id = ordered(deployed, hooks, key)
    shown = settled(deployed, task_id, key)
    assert shown["status"] == "FAILED"
    assert {attempt["status_code"] for attempt in shown["attempts"]} == {302}
    assert hooks.to("/hooks/elsewhere") == []

    hooks.otherwise = Answer(200)
    reply = deployed.request("POST", f"{DELIVERIES}/{shown['id']}/resend", key=key)

    assert reply.status_code == 202, reply.text
    assert settled(deployed, task_id, key)["status"] == "DELIVERED"
    assert len({webhook.id for webhook in hooks.came}) == 1
    verified(deployed, hooks.came[-1], key)


def test_a_receiver_that_is_too_slow_is_cut_off(deployed: Deployed, hooks: Receiver) -> None:
    key = deployed.stack.issue_key("slow")
    hooks.expect(Answer(act=drip(hooks.over)))
    task_id = ordered(deployed, hooks, key)

    hooks.await_webhooks("/hooks", 2, PATIENCE)

    shown = settled(deployed, task_id, key)
    assert shown["attempts"][0]["error"] == "timeout"
    assert shown["status"] == "DELIVERED"


def test_a_receiver_that_is_gone_is_called_no_more(deployed: Deployed, hooks: Receiver) -> None:
    key = deployed.stack.issue_key("gone")
    hooks.expect(410)
    assert settled(deployed, ordered(deployed, hooks, key), key)["status"] == "SWITCHED_OFF"

    assert settled(deployed, ordered(deployed, hooks, key), key)["status"] == "SWITCHED_OFF"

    assert len(hooks.came) == 1
    listed = deployed.request("GET", f"{DELIVERIES}?status=SWITCHED_OFF", key=key).json()
    assert (listed["total"], {shown["url"] for shown in listed["data"]}) == (2, {hooks.url})


def test_another_owner_sees_nothing_of_it(deployed: Deployed, hooks: Receiver) -> None:
    key, other = deployed.stack.issue_key("mine"), deployed.stack.issue_key("theirs")
    shown = settled(deployed, ordered(deployed, hooks, key), key)

    replies = [
        deployed.request("GET", f"{DELIVERIES}/{shown['id']}", key=other),
        deployed.request("POST", f"{DELIVERIES}/{shown['id']}/resend", key=other),
    ]

    assert [reply.status_code for reply in replies] == [404, 404]
    assert deployed.request("GET", DELIVERIES, key=other).json()["data"] == []
