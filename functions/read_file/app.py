"""ReadFile, the first step of the state machine image_file: reads a file of orders, and cuts it into chunks."""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from tongyi import wiring
from tongyi.models.batches.run import FileRef
from tongyi.observability import observed


@observed
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    return wiring.read_file().run(FileRef.model_validate(event)).model_dump(mode="json")
