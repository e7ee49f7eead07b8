"""The one attempt that is due: made, put off, or not made any more."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest

from tests.support.fakes.gateways import FakeClock, FakeTaskTable
from tests.support.fakes.records import NOW, SECOND, TASK_ID, a_task
from tests.support.fakes.webhook_world import Deliveries, Endpoints, Leases, Master, Queue, Turns
from tongyi.gateways.outbound.webhook_sender import Sent, WebhookSender
from tongyi.models.tasks.status import TaskStatus
from tongyi.models.webhooks.delivery import Attempt, DeliveryRecord, DeliveryStatus, Schedule
from tongyi.usecases.webhooks.send_webhook import LEASE_MS, SendWebhook

TAKEN, REFUSED, GONE = (Sent(1, status) for status in (204, 500, 410))
ATTEMPTS = (Attempt(at=NOW - SECOND), Attempt(at=NOW - SECOND))


class Closing(Deliveries):
    """Ends deliveries, too; `claimed` says that somebody else is at it."""

    claimed = False

    def claim(self, delivery: DeliveryRecord, at: int, over_at: int) -> bool:
        return not self.claimed and super().claim(delivery, at, over_at)

    def close(self, delivery: DeliveryRecord, status: DeliveryStatus) -> bool:
        self.kept[delivery.task_id] = delivery.model_copy(update={"status": status})
        return True


class Switches(Endpoints):
    """Remembers what was switched."""

    def __init__(self, *, off: bool) -> None:
        self.off = off
        self.switched: list[str] = []

    def is_off(self, owner: str, url: str) -> bool:
        return self.off

    def switch_on(self, owner: str, url: str) -> None:
        self.switched.append("on")

    def switch_off(self, owner: str, url: str) -> None:
        self.switched.append("off")


class Answering(WebhookSender):
    """Gives one answer."""

    def __init__(self, answer: Sent) -> None:
        self.answer = answer
        self.came = 0

    def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> Sent:
        self.came += 1
        return self.answer


class Case:
    """A delivery that is due, and what its receiver answers."""

    def __init__(self, answer: Sent = TAKEN, *, off: bool = False, **given: Any) -> None:
        made: dict[str, Any] = {
            "task_id": TASK_ID,
            "owner": "ann",
            "url": "https://shop.example/hooks",
            "type": "image.task.succeeded",
            "status": DeliveryStatus.PENDING,
            "created_at": NOW,
            "next_at": NOW,
            "expires_at": NOW // SECOND + 3600,
        }
        self.deliveries, self.endpoints = Closing(), Switches(off=off)
        self.deliveries.kept[TASK_ID] = DeliveryRecord(**{**made, **given})
        self.queue, self.sender = Queue(Turns()), Answering(answer)

    def run(self, round_: int = 0) -> bool:
        """Whether the message is done with."""
        ended = a_task(status=TaskStatus.SUCCEEDED, ended_at=NOW, owner="ann", signer="key:1")
        leases = Leases(bounded=True)
        schedule, clock = Schedule(seconds=(0, 60)), FakeClock()
        send = SendWebhook(
            FakeTaskTable(ended),
            self.deliveries,
            self.endpoints,
            leases,
            self.queue,
            self.sender,
            Master(),
            schedule,
            clock,
            jitter=lambda: 0.0,
        )
        return send.run(json.dumps({"task_id": TASK_ID, "round": round_}), "handle")

    @property
    def status(self) -> DeliveryStatus:
        return self.deliveries.kept[TASK_ID].status

    @property
    def held_ms(self) -> int:
        return self.queue.seen_from["handle"] - NOW


@pytest.mark.parametrize(
    ("answer", "status"), [(TAKEN, DeliveryStatus.DELIVERED), (GONE, DeliveryStatus.SWITCHED_OFF)]
)
def test_delivery_ends_with_an_answer_that_is_final(answer: Sent, status: DeliveryStatus) -> None:
    case = Case(answer)
    assert (case.run(), case.status, case.queue.seen_from) == (True, status, {})


def test_delivery_that_was_refused_is_put_off() -> None:
    case = Case(REFUSED)
    assert (case.run(), case.status) == (False, DeliveryStatus.PENDING)
    assert case.held_ms >= 50 * SECOND


def test_delivery_that_is_not_due_yet_is_put_off() -> None:
    case = Case(next_at=NOW + 7 * SECOND)
    assert (case.run(), case.held_ms, case.sender.came) == (False, 7 * SECOND, 0)


def test_delivery_that_somebody_else_is_at_is_put_off_until_that_is_over() -> None:
    case = Case()
    case.deliveries.claimed = True
    assert (case.run(), case.held_ms, case.sender.came) == (False, LEASE_MS, 0)


def test_delivery_without_an_attempt_left_fails() -> None:
    case = Case(attempts=ATTEMPTS)
    assert (case.run(), case.status, case.sender.came) == (True, DeliveryStatus.FAILED, 0)


def test_delivery_to_a_receiver_that_is_off_is_not_tried() -> None:
    case = Case(off=True)
    assert (case.run(), case.status, case.sender.came) == (True, DeliveryStatus.SWITCHED_OFF, 0)


def test_delivery_that_was_sent_again_is_tried_though_its_receiver_is_off_and_switches_it_on() -> None:
    case = Case(off=True, round=1)
    assert (case.run(round_=1), case.sender.came, case.endpoints.switched) == (True, 1, ["on"])


def test_receiver_that_is_off_stays_so_until_it_takes_a_webhook() -> None:
    case = Case(REFUSED, off=True, round=1)
    assert (case.run(round_=1), case.sender.came, case.endpoints.switched) == (False, 1, [])


@pytest.mark.parametrize(("answer", "switched"), [(TAKEN, []), (REFUSED, []), (GONE, ["off"])])
def test_receiver_is_switched_off_by_its_own_word_only(answer: Sent, switched: list[str]) -> None:
    case = Case(answer)
    case.run()
    assert case.endpoints.switched == switched


@pytest.mark.parametrize(
    ("given", "round_"),
    [({}, 1), ({"round": 1}, 0), ({"status": DeliveryStatus.DELIVERED}, 0)],
    ids=["of another round", "of an earlier round", "about what has ended"],
)
def test_message_that_is_over_is_done_with(given: dict[str, Any], round_: int) -> None:
    case = Case(**given)
    assert (case.run(round_), case.sender.came) == (True, 0)


def test_message_about_what_is_gone_is_done_with() -> None:
    case = Case()
    case.deliveries.kept.clear()
    assert (case.run(), case.sender.came) == (True, 0)
