"""The queue of messages that can never become tasks."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

# What SQS does not take in a text: the characters that XML does not have. A reason may quote a caller's field.
_UNFIT = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class DeadLetters:
    """Sends messages there, with the reason."""

    def __init__(self, client: SQSClient, queue_url: str) -> None:
        self._client = client
        self._url = queue_url

    def send(self, body: str, code: str, message: str) -> None:
        """Puts the message there as it came; `code` and `message` of the error are its attributes."""
        attributes = {"code": code, "message": message}
        self._client.send_message(
            QueueUrl=self._url,
            MessageBody=body,
            MessageAttributes={
                name: {"DataType": "String", "StringValue": _UNFIT.sub("?", value)}
                for name, value in attributes.items()
            },
        )
