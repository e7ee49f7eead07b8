"""CloseTask, the last step of the state machine image_task: writes the terminal status."""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from tongyi import wiring
from tongyi.models.workflow.payloads import TaskRef
from tongyi.observability import observed


@observed
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    ref = TaskRef.model_validate(event)
    return {"task_id": ref.task_id, "task_status": wiring.close_task().run(ref)}
