"""WriteManifest, the last step of the state machine image_file: writes what became of each request."""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from tongyi import wiring
from tongyi.models.batches.run import FileStep
from tongyi.observability import observed


@observed
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    file = FileStep.model_validate(event)
    return {"run": file.run, "status": wiring.write_manifest().run(file)}
