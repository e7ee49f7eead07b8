"""Deliveries of webhooks are shown to, and sent again for, the owner of their task alone."""

from __future__ import annotations

import pytest

from tests.support.fakes.gateways import FakeClock
from tests.support.fakes.records import NOW, TASK_ID
from tests.support.fakes.webhook_world import Deliveries, Queue, Turns
from tongyi.errors import DeliveryNotFound
from tongyi.models.webhooks.delivery import DeliveryRecord, DeliveryStatus
from tongyi.models.webhooks.payload import webhook_id
from tongyi.usecases.webhooks.list_deliveries import ListDeliveries
from tongyi.usecases.webhooks.resend_delivery import ResendDelivery

IDENTITY = webhook_id(TASK_ID)
RECORD = DeliveryRecord(
    task_id=TASK_ID,
    owner="alice",
    url="https://hooks.example/done",
    type="image.task.succeeded",
    status=DeliveryStatus.FAILED,
    created_at=NOW,
    expires_at=NOW // 1000 + 3600,
)


class Vanishing(Deliveries):
    """What is read is gone a moment later."""

    def restart(self, task_id: str, at: int) -> DeliveryRecord | None:
        return None


def _deliveries() -> Deliveries:
    made = Vanishing()
    made.kept[TASK_ID] = RECORD
    return made


def test_delivery_is_shown_to_its_owner() -> None:
    assert ListDeliveries(_deliveries()).one(IDENTITY, "alice") == RECORD


@pytest.mark.parametrize(
    ("identity", "owner"),
    [(IDENTITY, "bob"), (webhook_id("6f1f2f3e-0000-4000-8000-000000000002"), "alice"), ("msg_x", "alice")],
)
def test_delivery_of_another_is_like_one_that_is_not_there(identity: str, owner: str) -> None:
    with pytest.raises(DeliveryNotFound):
        ListDeliveries(_deliveries()).one(identity, owner)


def test_delivery_that_is_gone_by_now_is_not_sent_again() -> None:
    queue = Queue(Turns())
    with pytest.raises(DeliveryNotFound):
        ResendDelivery(_deliveries(), queue, FakeClock()).run(IDENTITY, "alice")
    assert queue.seen_from == {}
