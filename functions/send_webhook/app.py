"""The queue of webhooks: each message stays on it until its webhook was taken, or is given up."""

from typing import Any

from aws_lambda_powertools.utilities.data_classes import SQSEvent
from aws_lambda_powertools.utilities.typing import LambdaContext

from tongyi import wiring
from tongyi.observability import observed


@observed
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    webhooks = wiring.send_webhook()
    waiting = [
        record.message_id
        for record in SQSEvent(event).records
        if not webhooks.run(record.body, record.receipt_handle)
    ]
    return {"batchItemFailures": [{"itemIdentifier": message_id} for message_id in waiting]}
