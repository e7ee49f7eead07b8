"""A state machine: image_task sees a task through, image_file a file of orders."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tongyi.errors import StartUnanswered, WorkflowUnavailable
from tongyi.models.workflow.payloads import Execution, Start

if TYPE_CHECKING:
    from botocore.exceptions import ClientError
    from mypy_boto3_stepfunctions import SFNClient

# Of an execution that Step Functions is at, or will be.
_GOING_ON = ("RUNNING", "PENDING_REDRIVE")
_SAID = "The task could not be started."


class Workflow:
    """Starts executions, and looks at them."""

    def __init__(self, client: SFNClient, state_machine_arn: str) -> None:
        self._client = client
        self._arn = state_machine_arn

    def start(self, start: Start) -> None:
        """Starts an execution: a second start of the same name is refused and means nothing.

        Raises WorkflowUnavailable where it surely was not started: Step Functions refused the only request there was,
        or none was sent. Raises StartUnanswered where it may have been: there was no answer, or one of a fault; or a
        refusal, but of a repetition, and nobody knows what became of the request before it.
        """
        from botocore.exceptions import (
            BotoCoreError,
            ClientError,
            NoCredentialsError,
            ParamValidationError,
        )

        try:
            self._client.start_execution(
                stateMachineArn=self._arn, name=start.name, input=start.model_dump_json()
            )
        except ClientError as error:
            if error.response["Error"]["Code"] == "ExecutionAlreadyExists":
                return
            raise (WorkflowUnavailable if _is_refusal(error) else StartUnanswered)(_SAID) from error
        except (NoCredentialsError, ParamValidationError) as error:
            raise WorkflowUnavailable(_SAID) from error
        except BotoCoreError as error:
            raise StartUnanswered(_SAID) from error

    def execution(self, start: Start) -> Execution:
        """What there is of the execution that starts like this. Raises WorkflowUnavailable where nobody says."""
        from botocore.exceptions import BotoCoreError, ClientError

        executions = self._arn.replace(":stateMachine:", ":execution:")
        try:
            found = self._client.describe_execution(executionArn=f"{executions}:{start.name}")
        except ClientError as error:
            if error.response["Error"]["Code"] == "ExecutionDoesNotExist":
                return Execution.ABSENT
            raise WorkflowUnavailable("The execution could not be looked at.") from error
        except BotoCoreError as error:
            raise WorkflowUnavailable("The execution could not be looked at.") from error
        return Execution.RUNNING if found["status"] in _GOING_ON else Execution.ENDED


def _is_refusal(error: ClientError) -> bool:
    """Whether this was the answer to all that was sent: 4xx says that nothing was done."""
    said = error.response.get("ResponseMetadata", {})
    return 400 <= said.get("HTTPStatusCode", 0) < 500 and said.get("RetryAttempts", 0) == 0
