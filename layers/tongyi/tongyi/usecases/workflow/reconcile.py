"""Sees to the tasks that nobody is seeing through.

All steps of the workflow may be repeated, and read in the record what is left to do. So there is one thing to do for a
task without an execution, whatever became of it: start the same state machine again, under the name of the next round.
"""

from __future__ import annotations

from collections import Counter

from tongyi.clock import Clock
from tongyi.errors import TaskNotFound
from tongyi.gateways.dynamodb.unfinished_table import DueTask, UnfinishedTable
from tongyi.gateways.workflow import Workflow
from tongyi.models.images.copying import has_pictures_to_copy
from tongyi.models.tasks.records import TaskRecord
from tongyi.models.tasks.schedule import look_wait, round_wait
from tongyi.models.workflow.payloads import Execution, Finding, Reconciled, WorkflowInput
from tongyi.observability import count, log_fault, logger, measure_seconds

# A run ends before its function, and before the next run.
MOST_SECONDS = 180


class Reconcile:
    """What a schedule runs, and an operator for one task."""

    def __init__(self, unfinished: UnfinishedTable, workflow: Workflow, clock: Clock) -> None:
        self._unfinished = unfinished
        self._workflow = workflow
        self._clock = clock
        self._oldest_ms = 0

    def run(self, task_id: str | None = None) -> Reconciled:
        """Looks at all tasks that are due, or at one. May be repeated, and run more than once at a time.

        Raises TaskNotFound and WorkflowUnavailable for one. Of many, each that fails is left for a later run.
        """
        return self._run_due() if task_id is None else self._run_by_hand(task_id)

    def _run_by_hand(self, task_id: str) -> Reconciled:
        task = self._unfinished.take_by_hand(task_id, self._later(look_wait(0)))
        if task is None:
            raise TaskNotFound(task_id)
        return Reconciled(found={self._look(task): 1})

    def _run_due(self) -> Reconciled:
        begun = self._clock.now_ms()
        found: Counter[Finding] = Counter()
        self._oldest_ms, more = begun, False
        for due in self._unfinished.due(begun):
            if self._clock.now_ms() - begun > MOST_SECONDS * 1000:
                more = True
                break
            found[self._look_safely(due)] += 1
        measure_seconds("OldestUnfinishedTask", (begun - self._oldest_ms) / 1000)
        return Reconciled(found=dict(found), more=more)

    def _look_safely(self, due: DueTask) -> Finding:
        """It was moved on before: one that fails time and again keeps nobody else waiting."""
        try:
            age = (self._clock.now_ms() - due.created_at) / 1000
            task = self._unfinished.take(due, self._later(look_wait(age)))
            if task is None:
                return Finding.PASSED
            if not task.told:
                self._oldest_ms = min(self._oldest_ms, task.created_at)
            return self._look(task)
        except Exception as error:
            log_fault(error)
            count("TasksNotReconciled")
            return Finding.FAILED

    def _look(self, task: TaskRecord) -> Finding:
        if task.told and not has_pictures_to_copy(task, self._clock.now_ms()):
            self._unfinished.finish(task.task_id)
            return Finding.FINISHED
        execution = self._workflow.execution(WorkflowInput.of(task))
        if execution is Execution.RUNNING:
            return Finding.RUNNING
        if execution is Execution.ENDED:
            if not self._unfinished.begin_round(task, self._later(round_wait(task.round))):
                return Finding.PASSED
            task = task.model_copy(update={"round": task.round + 1})
        # One that is written down and not there is started as it is: somebody was cut off in between.
        self._workflow.start(WorkflowInput.of(task))
        count("TasksRevived")
        logger.warning("a task had no execution", task_id=task.task_id, round=task.round)
        return Finding.STARTED

    def _later(self, seconds: int) -> int:
        return self._clock.now_ms() + seconds * 1000
