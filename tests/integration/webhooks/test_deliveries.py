"""Deliveries as their owners see them, receivers that want no more, and webhooks that are sent again."""

from __future__ import annotations

from typing import Any

import pytest

from tests.integration.webhooks import webhooks
from tests.integration.webhooks.webhooks import DELIVERIES, Lapse, delivery, request, resend, work
from tests.support.gateway import Gateway
from tests.support.receiver import Answer, Receiver
from tongyi.errors import WebhooksUnavailable
from tongyi.gateways.messaging.delivery_queue import DeliveryQueue
from tongyi.gateways.outbound.webhook_sender import Sent, WebhookSender

DAY = 24 * 3600


def status(running: Gateway, task_id: str, key: str) -> str:
    found: str = delivery(running, task_id, key)["status"]
    return found


def test_receiver_that_is_gone_gets_no_more_of_its_owner(running: Gateway, hooks: Receiver, key: str) -> None:
    hooks.expect(410)
    first = webhooks.ordered(running, key, hooks.url)
    assert work(running) == [True]

    second = webhooks.ordered(running, key, hooks.url)
    assert work(running) == [True]

    assert len(hooks.came) == 1
    assert [status(running, task_id, key) for task_id in (first, second)] == ["SWITCHED_OFF"] * 2
    assert delivery(running, second, key)["attempts"] == []


def test_receiver_that_is_gone_gets_other_owners_and_links(
    running: Gateway, hooks: Receiver, key: str
) -> None:
    hooks.expect(410)
    webhooks.ordered(running, key, hooks.url)
    work(running)

    webhooks.ordered(running, running.issue_key("bob"), hooks.url)
    webhooks.ordered(running, key, hooks.url + "/other")
    work(running)

    assert [webhook.path for webhook in hooks.came] == ["/hooks", "/hooks", "/hooks/other"]


def test_receiver_that_is_gone_is_forgotten_after_the_days_that_tasks_are_kept(
    running: Gateway, hooks: Receiver, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """DynamoDB removes what has expired days later."""
    hooks.expect(410)
    webhooks.ordered(running, key, hooks.url)
    work(running)
    lapse = Lapse(monkeypatch)
    lapse.pass_by(int(running.names["RetentionDays"]) * DAY + 1)

    webhooks.ordered(running, key, hooks.url)
    work(running)

    assert len(hooks.came) == 2


def test_resent_webhook_is_tried_where_it_was_switched_off_and_switches_it_on(
    running: Gateway, hooks: Receiver, key: str
) -> None:
    hooks.expect(410, 410, 200)
    first = webhooks.ordered(running, key, hooks.url)
    work(running)

    assert resend(running, first, key).status == 202
    work(running)
    assert (len(hooks.came), status(running, first, key)) == (2, "SWITCHED_OFF")

    resend(running, first, key)
    work(running)
    assert status(running, first, key) == "DELIVERED"

    webhooks.ordered(running, key, hooks.url)
    work(running)
    assert len(hooks.came) == 4


@pytest.mark.parametrize("before", [204, 500, 410])
def test_resent_webhook_begins_anew_with_the_same_id(
    running: Gateway, hooks: Receiver, key: str, before: int
) -> None:
    """Whatever became of it, also while it is still tried: the first round's message is then done with."""
    hooks.expect(before)
    task_id = webhooks.ordered(running, key, hooks.url)
    [old] = webhooks.messages(running)
    done = webhooks.hand_over(old)
    assert done is (before != 500)

    reply = resend(running, task_id, key)

    assert reply.status == 202
    assert (reply.body["data"]["status"], reply.body["data"]["attempts"]) == ("PENDING", [])
    assert reply.headers["location"] == f"../{webhooks.webhook_of(task_id)}"
    assert webhooks.hand_over(old) is True
    assert len(hooks.came) == 1
    assert work(running) == [True]
    assert [webhook.id for webhook in hooks.came] == [webhooks.webhook_of(task_id)] * 2
    assert hooks.came[0].body == hooks.came[1].body
    assert len(delivery(running, task_id, key)["attempts"]) == 1


def test_attempt_that_ends_after_a_resend_changes_nothing(
    running: Gateway, hooks: Receiver, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    task_id = webhooks.ordered(running, key, hooks.url)
    real = WebhookSender.post

    def post(sender: WebhookSender, *args: Any) -> Sent:
        monkeypatch.setattr(WebhookSender, "post", real)
        assert resend(running, task_id, key).status == 202
        return real(sender, *args)

    monkeypatch.setattr(WebhookSender, "post", post)
    [old] = webhooks.messages(running)
    webhooks.hand_over(old)

    shown = delivery(running, task_id, key)
    assert (shown["status"], shown["attempts"]) == ("PENDING", [])
    assert webhooks.hand_over(old) is True
    assert True in work(running)
    assert status(running, task_id, key) == "DELIVERED"


def test_resend_that_could_not_be_queued_is_refused_for_now(
    running: Gateway, hooks: Receiver, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    task_id = webhooks.ordered(running, key, hooks.url)
    work(running)
    with monkeypatch.context() as patch:
        patch.setattr(DeliveryQueue, "send", _down)
        reply = resend(running, task_id, key)
    assert (reply.status, reply.headers["x-should-retry"]) == (503, "true")

    assert resend(running, task_id, key).status == 202
    assert work(running) == [True]
    assert len(hooks.came) == 2


def _down(*_: Any) -> None:
    raise WebhooksUnavailable("The queue of webhooks cannot be reached.")


@pytest.mark.parametrize(("method", "target"), [("GET", "{id}"), ("POST", "{id}/resend")])
def test_others_see_no_delivery_and_resend_none(
    running: Gateway, hooks: Receiver, key: str, method: str, target: str
) -> None:
    task_id = webhooks.ordered(running, key, hooks.url)
    work(running)
    bob = running.issue_key("bob")
    ids = [webhooks.webhook_of(task_id), "msg_" + "0" * 32, "msg_../..", task_id, "x" * 5000]

    replies = [
        request(running, method, f"{DELIVERIES}/{target.format(id=one)}", bob)
        for one in ids
        if "/" not in one
    ]

    said = {(reply.status, reply.body["code"], reply.body["message"]) for reply in replies}
    assert [status for status, _, _ in said] == [404]
    assert work(running) == []
    assert request(running, "GET", DELIVERIES, bob).body["data"] == []


@pytest.mark.parametrize(("method", "target"), [("GET", ""), ("GET", "/msg_0"), ("POST", "/msg_0/resend")])
def test_deliveries_need_a_key(running: Gateway, method: str, target: str) -> None:
    assert running.request(method, DELIVERIES + target).status == 401


def test_list_shows_what_became_of_each_newest_first(running: Gateway, hooks: Receiver, key: str) -> None:
    hooks.expect(204, 500, 410)
    made = []
    for number in range(3):
        made.append(webhooks.ordered(running, key, f"{hooks.url}/{number}"))
        work(running)

    page = request(running, "GET", DELIVERIES, key).body

    assert [shown["task_id"] for shown in page["data"]] == made[::-1]
    assert [shown["status"] for shown in page["data"]] == ["SWITCHED_OFF", "PENDING", "DELIVERED"]
    assert [shown["url"] for shown in page["data"]] == [f"{hooks.url}/{number}" for number in (2, 1, 0)]
    assert (page["total"], page["total_page"], page["page_no"], page["page_size"]) == (3, 1, 1, 10)
    assert page["data"] == [delivery(running, task_id, key) for task_id in made[::-1]]


def test_list_is_cut_into_pages_and_filtered_by_status(running: Gateway, hooks: Receiver, key: str) -> None:
    hooks.expect(204, 410, 204)
    made = []
    for number in range(3):
        made.append(webhooks.ordered(running, key, f"{hooks.url}/{number}"))
        work(running)

    pages = [
        request(running, "GET", f"{DELIVERIES}?page_size=2&page_no={number}", key).body
        for number in (1, 2, 3)
    ]
    taken = request(running, "GET", f"{DELIVERIES}?status=DELIVERED", key).body

    assert [[shown["task_id"] for shown in page["data"]] for page in pages] == [made[:0:-1], made[:1], []]
    assert {page["total_page"] for page in pages} == {2}
    assert ([shown["task_id"] for shown in taken["data"]], taken["total"]) == ([made[2], made[0]], 2)


@pytest.mark.parametrize("query", ["status=DONE", "page_no=0", "page_size=101", "page_size=x"])
def test_list_refuses_what_it_does_not_know(running: Gateway, key: str, query: str) -> None:
    reply = request(running, "GET", f"{DELIVERIES}?{query}", key)

    assert (reply.status, reply.body["code"]) == (400, "InvalidParameter")


def test_deliveries_are_not_among_tasks(running: Gateway, hooks: Receiver, key: str) -> None:
    webhooks.ordered(running, key, hooks.url)

    assert request(running, "GET", "/api/v1/tasks", key).body["total"] == 1


def test_deliveries_are_gone_with_their_tasks(
    running: Gateway, hooks: Receiver, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    hooks.otherwise = Answer(500)
    task_id = webhooks.ordered(running, key, hooks.url)
    work(running)
    Lapse(monkeypatch).pass_by(int(running.names["RetentionDays"]) * DAY + 1)

    assert request(running, "GET", DELIVERIES, key).body["total"] == 0
    assert request(running, "GET", f"{DELIVERIES}/{webhooks.webhook_of(task_id)}", key).status == 404
    assert resend(running, task_id, key).status == 404
