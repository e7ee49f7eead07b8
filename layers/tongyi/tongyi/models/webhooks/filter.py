"""Which deliveries a list is to show."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from tongyi.errors import InvalidParameter
from tongyi.models.tasks.filter import MOST_PAGES, MOST_PER_PAGE, whole
from tongyi.models.webhooks.delivery import DeliveryStatus


@dataclass(frozen=True, slots=True)
class DeliveryFilter:
    """The status, if only one is wanted; and the page."""

    status: DeliveryStatus | None
    page_no: int
    page_size: int


def parse_delivery_filter(query: Mapping[str, str]) -> DeliveryFilter:
    """Checks the query parameters of a list of deliveries. Raises InvalidParameter."""
    return DeliveryFilter(
        status=_status(query.get("status")),
        page_no=whole(query, "page_no", 1, MOST_PAGES),
        page_size=whole(query, "page_size", 10, MOST_PER_PAGE),
    )


def _status(text: str | None) -> DeliveryStatus | None:
    try:
        return DeliveryStatus(text) if text else None
    except ValueError:
        raise InvalidParameter(f"status: is not one of: {', '.join(DeliveryStatus)}.") from None
