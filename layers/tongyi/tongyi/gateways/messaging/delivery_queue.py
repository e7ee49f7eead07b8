"""The queue that webhooks wait on, for their first attempt and for each further one."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING

from tongyi.errors import WebhooksUnavailable

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

# SQS hides a message for 12 hours at most, counted from when it was received; a longer wait is made of several.
LONGEST_WAIT = 43_000


class DeliveryQueue:
    """Sends messages there, and lets those that were received wait on."""

    def __init__(self, client: SQSClient, queue_url: str) -> None:
        self._client = client
        self._url = queue_url

    def send(self, task_id: str, round_: int) -> None:
        """Queues a round of a task's delivery. Raises WebhooksUnavailable where SQS does not take it."""
        from botocore.exceptions import BotoCoreError, ClientError

        body = json.dumps({"task_id": task_id, "round": round_})
        try:
            self._client.send_message(QueueUrl=self._url, MessageBody=body)
        except (BotoCoreError, ClientError) as error:
            raise WebhooksUnavailable("The queue of webhooks cannot be reached.") from error

    def hold(self, receipt_handle: str, wait_ms: int) -> None:
        """Hides a received message for so long, or for as long as SQS can."""
        seconds = min(math.ceil(max(0, wait_ms) / 1000), LONGEST_WAIT)
        self._client.change_message_visibility(
            QueueUrl=self._url, ReceiptHandle=receipt_handle, VisibilityTimeout=seconds
        )
