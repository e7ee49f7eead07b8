"""The gateway's event bus."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from tongyi.errors import EventsUnavailable

if TYPE_CHECKING:
    from mypy_boto3_events import EventBridgeClient


class EventBus:
    """Puts events on it."""

    def __init__(self, client: EventBridgeClient, name: str) -> None:
        self._client = client
        self._name = name

    def put(self, source: str, detail_type: str, detail: Mapping[str, Any]) -> None:
        """Hands one event to EventBridge. Raises EventsUnavailable where it does not take it."""
        from botocore.exceptions import BotoCoreError, ClientError

        entry = {
            "EventBusName": self._name,
            "Source": source,
            "DetailType": detail_type,
            "Detail": json.dumps(detail, ensure_ascii=False),
        }
        try:
            taken = self._client.put_events(Entries=[entry])  # type: ignore[list-item]
        except (BotoCoreError, ClientError) as error:
            raise EventsUnavailable("EventBridge cannot be reached.") from error
        # A refusal of a single event comes inside a success.
        if taken["FailedEntryCount"]:
            raise EventsUnavailable(
                f"EventBridge did not take the event: {taken['Entries'][0].get('ErrorCode')}."
            )
