"""The webhook of a task's end: begun where there is somebody to tell, in whose name it can be signed."""

from __future__ import annotations

import pytest

from tests.support.fakes.gateways import FakeClock
from tests.support.fakes.records import NOW, TASK_ID, a_task
from tests.support.fakes.webhook_world import Deliveries, Queue, Turns
from tongyi.models.tasks.status import TaskStatus
from tongyi.models.webhooks.delivery import DeliveryRecord
from tongyi.usecases.webhooks.start_delivery import StartDelivery

URL = "https://hooks.example/done"


class Written(Deliveries):
    """Takes new ones, too."""

    def create(self, delivery: DeliveryRecord) -> bool:
        return self.kept.setdefault(delivery.task_id, delivery) is delivery


def _begun(url: str | None, owner: str | None) -> tuple[dict[str, DeliveryRecord], dict[str, int]]:
    deliveries, queue = Written(), Queue(Turns())
    task = a_task(status=TaskStatus.SUCCEEDED, ended_at=NOW, callback_url=url, owner=owner)
    StartDelivery(deliveries, queue, FakeClock()).run(task)
    return deliveries.kept, queue.seen_from


def test_end_is_written_down_and_queued_for_its_receiver() -> None:
    kept, queued = _begun(URL, "alice")
    assert (kept[TASK_ID].url, kept[TASK_ID].owner, list(queued)) == (URL, "alice", [TASK_ID])


@pytest.mark.parametrize(("url", "owner"), [(None, "alice"), (URL, None), (None, None)])
def test_end_is_told_to_nobody_without_a_receiver_and_an_owner(url: str | None, owner: str | None) -> None:
    assert _begun(url, owner) == ({}, {})
