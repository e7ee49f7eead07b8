"""Reconcile, run by a schedule, or by hand for one task: sees to tasks that nobody is seeing through."""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from tongyi import wiring
from tongyi.models.workflow.payloads import ReconcileRequest
from tongyi.observability import observed


@observed
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    asked = ReconcileRequest.model_validate(event)
    return wiring.reconcile().run(asked.task_id).model_dump(mode="json")
