"""A state machine: image_task sees a task through, image_file a file of orders."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tongyi.errors import WorkflowUnavailable
from tongyi.models.workflow import Start

if TYPE_CHECKING:
    from mypy_boto3_stepfunctions import SFNClient


class Workflow:
    """Starts executions."""

    def __init__(self, client: SFNClient, state_machine_arn: str) -> None:
        self._client = client
        self._arn = state_machine_arn

    def start(self, start: Start) -> None:
        """Starts an execution: a second start of the same name is refused and means nothing.

        Raises WorkflowUnavailable where Step Functions does not take it.
        """
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            self._client.start_execution(
                stateMachineArn=self._arn, name=start.name, input=start.model_dump_json()
            )
        except ClientError as error:
            if error.response["Error"]["Code"] != "ExecutionAlreadyExists":
                raise WorkflowUnavailable("The task could not be started.") from error
        except BotoCoreError as error:
            raise WorkflowUnavailable("The task could not be started.") from error
