"""Lists the deliveries of a caller's webhooks, and shows one."""

from __future__ import annotations

from collections.abc import Mapping

from tongyi.errors import DeliveryNotFound
from tongyi.gateways.dynamodb.delivery_table import DeliveryTable
from tongyi.models.webhooks.delivery import DeliveryRecord
from tongyi.models.webhooks.filter import parse_delivery_filter
from tongyi.models.webhooks.payload import task_of_webhook
from tongyi.usecases.page import Page

DeliveryPage = Page[DeliveryRecord]


class ListDeliveries:
    """GET /v1/webhooks/deliveries, without the HTTP."""

    def __init__(self, deliveries: DeliveryTable) -> None:
        self._deliveries = deliveries

    def run(self, query: Mapping[str, str], owner: str) -> DeliveryPage:
        """A page of the owner's deliveries. Raises InvalidParameter."""
        wanted = parse_delivery_filter(query)
        found = [
            entry.task_id
            for entry in self._deliveries.of_owner(owner)
            if wanted.status in (None, entry.status)
        ]
        first = (wanted.page_no - 1) * wanted.page_size
        page = found[first : first + wanted.page_size]
        read = self._deliveries.get_many(page) if page else {}
        shown = [read[task_id] for task_id in page if task_id in read]
        return DeliveryPage(shown, len(found), wanted.page_no, wanted.page_size)

    def one(self, identity: str, owner: str) -> DeliveryRecord:
        """The owner's delivery of that id. Raises DeliveryNotFound, also for another's."""
        return read_owned_delivery(self._deliveries, identity, owner)


def read_owned_delivery(deliveries: DeliveryTable, identity: str, owner: str) -> DeliveryRecord:
    """The delivery of a webhook's id, for its owner alone. Raises DeliveryNotFound."""
    task_id = task_of_webhook(identity)
    found = deliveries.get(task_id) if task_id else None
    if found is None or found.owner != owner:
        raise DeliveryNotFound
    return found
