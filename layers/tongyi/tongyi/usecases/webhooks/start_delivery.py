"""Begins the delivery of the webhook that tells a task's end."""

from __future__ import annotations

from tongyi.clock import Clock
from tongyi.gateways.dynamodb.delivery_table import DeliveryTable
from tongyi.gateways.messaging.delivery_queue import DeliveryQueue
from tongyi.models.tasks.records import TaskRecord
from tongyi.models.webhooks.delivery import DeliveryRecord, DeliveryStatus
from tongyi.models.webhooks.payload import TYPES


class StartDelivery:
    """Follows the event of a task's end."""

    def __init__(self, deliveries: DeliveryTable, queue: DeliveryQueue, clock: Clock) -> None:
        self._deliveries = deliveries
        self._queue = queue
        self._clock = clock

    def run(self, task: TaskRecord) -> None:
        """Writes the delivery down and queues it, where the ended task is to be told by a webhook.

        Raises WebhooksUnavailable. May be repeated: there is one delivery, and a second message finds it under way.
        """
        if task.callback_url is None or task.owner is None:
            return
        now = self._clock.now_ms()
        delivery = DeliveryRecord(
            task_id=task.task_id,
            owner=task.owner,
            url=task.callback_url,
            type=TYPES[task.status],
            status=DeliveryStatus.PENDING,
            created_at=now,
            next_at=now,
            expires_at=task.expires_at,
        )
        self._deliveries.create(delivery)
        self._queue.send(task.task_id, delivery.round)
