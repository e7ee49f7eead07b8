"""The state machine that sees a task through."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tongyi.errors import WorkflowUnavailable
from tongyi.models.workflow import WorkflowInput

if TYPE_CHECKING:
    from mypy_boto3_stepfunctions import SFNClient


class Workflow:
    """Starts executions."""

    def __init__(self, client: SFNClient, state_machine_arn: str) -> None:
        self._client = client
        self._arn = state_machine_arn

    def start(self, start: WorkflowInput) -> None:
        """Starts the task's execution, named after it: a second start of the same task is refused and means nothing.

        Raises WorkflowUnavailable where Step Functions does not take it.
        """
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            self._client.start_execution(
                stateMachineArn=self._arn, name=start.task_id, input=start.model_dump_json()
            )
        except ClientError as error:
            if error.response["Error"]["Code"] != "ExecutionAlreadyExists":
                raise WorkflowUnavailable("The task could not be started.") from error
        except BotoCoreError as error:
            raise WorkflowUnavailable("The task could not be started.") from error
