"""SubmitLines, a step of the state machine image_file: makes tasks of the requests of a chunk."""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from tongyi import wiring
from tongyi.models.batches.run import ChunkRef
from tongyi.observability import observed


@observed
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    return wiring.submit_lines().run(ChunkRef.model_validate(event)).model_dump(mode="json")
