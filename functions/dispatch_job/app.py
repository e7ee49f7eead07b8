"""DispatchJob, a step of the state machine image_task: sends a job to DashScope in its slot."""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from tongyi import wiring
from tongyi.models.workflow.payloads import JobRef
from tongyi.observability import observed


@observed
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    return wiring.dispatch_job().run(JobRef.model_validate(event)).model_dump(mode="json")
