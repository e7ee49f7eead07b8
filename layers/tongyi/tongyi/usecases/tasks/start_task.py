"""Starts the execution of a task that was written down."""

from __future__ import annotations

from tongyi.clock import Clock
from tongyi.errors import StartUnanswered, WorkflowUnavailable
from tongyi.gateways.dynamodb.task_table import TaskTable
from tongyi.gateways.workflow import Workflow
from tongyi.models.tasks.records import Failure, TaskRecord
from tongyi.models.tasks.status import TaskStatus
from tongyi.models.workflow.payloads import WorkflowInput
from tongyi.observability import count, log_fault, logger


class StartTask:
    """Follows the record of an order. What fails after the start fails no order: its caller is to know its id."""

    def __init__(self, tasks: TaskTable, workflow: Workflow, clock: Clock) -> None:
        self._tasks = tasks
        self._workflow = workflow
        self._clock = clock

    def run(self, task: TaskRecord, *, may_come_again: bool) -> None:
        """Raises WorkflowUnavailable where the task surely was not started, and that is written down.

        Where nobody can tell, the order is taken: what is on record and was not started is started by `reconcile`.
        """
        try:
            self._workflow.start(WorkflowInput.of(task))
        except StartUnanswered:
            count("StartsUnanswered")
            logger.warning("it is not known whether a task was started", task_id=task.task_id)
        except WorkflowUnavailable as error:
            if self._give_back(task, error, may_come_again=may_come_again):
                raise
        else:
            self._note(task)

    def _give_back(self, task: TaskRecord, error: WorkflowUnavailable, *, may_come_again: bool) -> bool:
        """Whether it is written down that the task was not started; a record of which it is not will be started.

        An order that may come again is left as it is, for its next try to start it, or `reconcile`.
        """
        try:
            if may_come_again:
                self._tasks.mark_released(task.task_id)
            else:
                failure = Failure(code=error.code, message=error.message)
                self._tasks.close(task.task_id, TaskStatus.FAILED, failure, self._clock.now_ms())
        except Exception as fault:
            log_fault(fault)
            return False
        return True

    def _note(self, task: TaskRecord) -> None:
        """Only how soon a repetition is answered depends on it."""
        try:
            self._tasks.mark_started(task.task_id)
        except Exception as fault:
            log_fault(fault)
