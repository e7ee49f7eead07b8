"""Looks how the tasks of a chunk are doing."""

from __future__ import annotations

from typing import Any

from tongyi.gateways.dynamodb.task_table import TaskTable
from tongyi.gateways.storage.batch_bucket import Inbox
from tongyi.models.batches.run import ChunkRef, ChunkStep, Outcome, RequestStatus
from tongyi.models.tasks.events import told_pictures
from tongyi.models.tasks.records import Failure, TaskRecord
from tongyi.models.tasks.schedule import check_wait
from tongyi.models.workflow.payloads import Next
from tongyi.usecases.batches.chunk_steps import FIRST_LOOK, step_of
from tongyi.usecases.batches.report_chunk import ReportChunk

_GONE = Failure(code="TaskNotFound", message="The task's record is gone.")


class CheckLines:
    """The state machine image_file's second step of a chunk, repeated until each of its tasks has ended.

    Where not all of its requests are taken yet, it goes back to that as soon as a task has ended.
    """

    def __init__(self, inbox: Inbox, tasks: TaskTable, report: ReportChunk) -> None:
        self._inbox = inbox
        self._tasks = tasks
        self._report = report

    def run(self, ref: ChunkRef) -> ChunkStep:
        """One look at all of them. May be repeated freely."""
        before = self._inbox.outcomes(ref.run, ref.chunk)
        asked = [found.task_id for found in before if _is_open(found) and found.task_id]
        tasks = self._tasks.get_many(asked)
        outcomes = [_with(tasks, outcome) if _is_open(outcome) else outcome for outcome in before]
        if outcomes != before:
            self._report.run(ref, outcomes)
        all_taken, all_ended = ref.placed >= ref.chunk.count, not any(map(_is_open, outcomes))
        if not all_taken and (all_ended or outcomes != before):
            return step_of(ref, Next.SUBMIT)
        if all_ended:
            return step_of(ref, Next.END)
        wait = check_wait(ref.waited, FIRST_LOOK)
        return step_of(ref.model_copy(update={"waited": ref.waited + wait}), Next.CHECK, wait)


def _is_open(outcome: Outcome) -> bool:
    return outcome.status is RequestStatus.PENDING


def _with(tasks: dict[str, TaskRecord], outcome: Outcome) -> Outcome:
    """What the task's record says of its request."""
    task = tasks.get(outcome.task_id or "")
    if task is None:
        return outcome.model_copy(update={"status": RequestStatus.UNKNOWN, "error": _GONE})
    if not task.ended:
        return outcome
    found: dict[str, Any] = {
        "status": RequestStatus(task.status),
        "pictures": told_pictures(task),
        "error": task.error,
    }
    return outcome.model_copy(update=found)
