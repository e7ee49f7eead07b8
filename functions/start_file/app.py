"""The queue of S3's notifications: each new file of orders starts the state machine image_file."""

from typing import Any

from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from aws_lambda_powertools.utilities.typing import LambdaContext

from tongyi import wiring
from tongyi.observability import observed

processor = BatchProcessor(event_type=EventType.SQS, raise_on_entire_batch_failure=False)


@observed
def handler(event: dict[str, Any], context: LambdaContext) -> Any:
    files = wiring.start_file()

    def start(record: SQSRecord) -> list[str]:
        return files.run(record.body)

    return process_partial_response(event=event, record_handler=start, processor=processor, context=context)
