"""StoreImage, a step of the state machine image_task: copies one picture into S3."""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from tongyi import wiring
from tongyi.models.workflow.payloads import ImageRef
from tongyi.observability import observed


@observed
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    return wiring.store_image().run(ImageRef.model_validate(event)).model_dump(mode="json")
