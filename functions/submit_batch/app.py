"""The queue of orders: each message becomes a task, and only those that failed for now come again."""

from typing import Any

from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from aws_lambda_powertools.utilities.typing import LambdaContext

from tongyi import wiring
from tongyi.observability import observed

# Every message may fail for now: they come again one by one, and that is no fault of the function's.
processor = BatchProcessor(event_type=EventType.SQS, raise_on_entire_batch_failure=False)


@observed
def handler(event: dict[str, Any], context: LambdaContext) -> Any:
    # Made first: a setting that is missing fails the function, for all to see, and not each message in silence.
    orders = wiring.take_order()

    def take(record: SQSRecord) -> str | None:
        return orders.run(record.body, record.message_id)

    return process_partial_response(event=event, record_handler=take, processor=processor, context=context)
