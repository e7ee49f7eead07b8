"""Sends a webhook again, whatever became of it before."""

from __future__ import annotations

from tongyi.clock import Clock
from tongyi.errors import DeliveryNotFound
from tongyi.gateways.dynamodb.delivery_table import DeliveryTable
from tongyi.gateways.messaging.delivery_queue import DeliveryQueue
from tongyi.models.webhooks.delivery import DeliveryRecord
from tongyi.observability import count
from tongyi.usecases.webhooks.list_deliveries import read_owned_delivery


class ResendDelivery:
    """POST /v1/webhooks/deliveries/{delivery_id}/resend, without the HTTP."""

    def __init__(self, deliveries: DeliveryTable, queue: DeliveryQueue, clock: Clock) -> None:
        self._deliveries = deliveries
        self._queue = queue
        self._clock = clock

    def run(self, identity: str, owner: str) -> DeliveryRecord:
        """The delivery, begun anew in a round of its own; messages of earlier rounds are then done with.

        Raises DeliveryNotFound, or WebhooksUnavailable, after which the caller should ask again.
        """
        task_id = read_owned_delivery(self._deliveries, identity, owner).task_id
        begun = self._deliveries.restart(task_id, self._clock.now_ms())
        if begun is None:
            raise DeliveryNotFound
        self._queue.send(task_id, begun.round)
        count("WebhooksResent")
        return begun
