"""Cancels a task: at once while nothing of it was sent, and at DashScope while it is PENDING there."""

from __future__ import annotations

from tongyi.clock import Clock, Deadline
from tongyi.errors import (
    EventsUnavailable,
    NoTimeLeft,
    TaskNotFound,
    UnsupportedOperation,
    UpstreamRefused,
    WebhooksUnavailable,
)
from tongyi.gateways.dashscope.client import LEAST_SECONDS, QUERY_SECONDS, DashScope
from tongyi.gateways.dynamodb.task_table import TaskTable
from tongyi.models.images.catalog import Dialect, image_model
from tongyi.models.tasks.records import JobRecord, TaskRecord
from tongyi.models.tasks.status import JobStatus, TaskStatus
from tongyi.observability import count, log_fault, logger
from tongyi.usecases.tasks.announce_task import AnnounceTask
from tongyi.usecases.tasks.owned_task import read_owned
from tongyi.usecases.tasks.show_task import task_status

# A submission under way is waited for: a moment later it can be canceled at DashScope.
PATIENCE_MS = 12_000
# All of it, within what API Gateway waits for.
MOST_SECONDS = 24.0
POLL_SECONDS = 0.25
_OVER = (JobStatus.CANCELED, JobStatus.FAILED)


class CancelTask:
    """POST /api/v1/tasks/{task_id}/cancel, without the HTTP."""

    def __init__(self, tasks: TaskTable, dashscope: DashScope, announce: AnnounceTask, clock: Clock) -> None:
        self._tasks = tasks
        self._dashscope = dashscope
        self._announce = announce
        self._clock = clock

    def run(self, task_id: str, owner: str | None, seconds: float = MOST_SECONDS) -> None:
        """Returns once the task is CANCELED, within `seconds`; at once where it is so already.

        Raises TaskNotFound; UnsupportedOperation where it has ended otherwise, or some of it is being made already;
        NoTimeLeft and UpstreamError where DashScope was not asked or does not say. May be repeated.
        """
        task = read_owned(self._tasks, task_id, owner)
        if task.status is TaskStatus.CANCELED:
            # Whoever canceled it may have been cut off before it was told.
            self._tell(task_id)
            return
        if not self._tasks.cancel_unsent(task, self._clock.now_ms()):
            self._cancel_sent(task_id, min(seconds, MOST_SECONDS))
        count("TasksCanceledByOwner")
        self._tell(task_id)

    def _tell(self, task_id: str) -> None:
        """At once where it can be: the workflow tells of it too, once it has waited for the task's slot."""
        try:
            task = self._tasks.get(task_id)
            if task:
                self._announce.run(task)
        except (EventsUnavailable, WebhooksUnavailable) as error:
            logger.warning("a canceled task was not announced yet", reason=error.message)
        except Exception as error:
            # Whatever it was, the task is canceled.
            log_fault(error)

    def _cancel_sent(self, task_id: str, seconds: float) -> None:
        """Call by call. The task is read anew for each: while one is called off, the next may be sent."""
        if seconds < LEAST_SECONDS:
            raise NoTimeLeft
        deadline = Deadline.after(seconds)
        until = self._clock.now_ms() + min(PATIENCE_MS, round(seconds * 1000 / 2))
        canceled = 0
        while True:
            task = self._settled(task_id, until)
            if task.status is TaskStatus.CANCELED:
                return
            if task_status(task) is not TaskStatus.PENDING or not deadline.left:
                raise _refusal(task, canceled)
            calls = _open_calls(task)
            if canceled and not calls:
                self._tasks.close(task_id, TaskStatus.CANCELED, None, self._clock.now_ms())
                return
            if not calls or not self._may_cancel(calls[0][1], deadline):
                raise _refusal(task, canceled)
            number, job = calls[0]
            # A call that was just being sent is READY no more: then the next round sees how it stands.
            canceled += self._tasks.change_job(
                task_id, number, {"status": JobStatus.CANCELED}, when=(job.status, JobStatus.CANCELED)
            )

    def _settled(self, task_id: str, until: int) -> TaskRecord:
        """The task once no submission of it is under way. A synchronous call is not waited for: it makes pictures."""
        while True:
            task = self._tasks.get(task_id)
            if task is None:
                raise TaskNotFound(task_id)
            if task.ended or not _is_submitting(task) or self._clock.now_ms() >= until:
                return task
            self._clock.sleep(POLL_SECONDS)

    def _may_cancel(self, job: JobRecord, deadline: Deadline) -> bool:
        """Whether nothing is made for the call: it was not sent, or DashScope has called it off."""
        if job.status is JobStatus.READY:
            return True
        if job.upstream_task_id is None:
            return False
        return self._cancel_upstream(job.upstream_task_id, deadline)

    def _cancel_upstream(self, upstream_task_id: str, deadline: Deadline) -> bool:
        """Whether the task is CANCELED there now, by this call or by one whose answer was lost."""
        try:
            self._dashscope.cancel(upstream_task_id, min(QUERY_SECONDS, deadline.left))
        except UpstreamRefused as error:
            if error.code != UnsupportedOperation.code:
                raise
            found = self._dashscope.query(upstream_task_id, min(QUERY_SECONDS, deadline.left))
            return found.status is TaskStatus.CANCELED
        return True


def _open_calls(task: TaskRecord) -> list[tuple[int, JobRecord]]:
    """What was sent first: DashScope takes its tasks in order, so that is most likely running, and decides."""
    calls = [(number, job) for number, job in task.jobs.items() if job.status not in _OVER]
    return sorted(calls, key=lambda call: (call[1].status is JobStatus.READY, call[0]))


def _refusal(task: TaskRecord, canceled: int) -> UnsupportedOperation:
    if canceled:
        done = f"{canceled} of its {len(task.jobs)} calls were canceled"
        return UnsupportedOperation(f"The task is being made already, or sent to be made; {done}.")
    if task_status(task) is not TaskStatus.PENDING:
        return UnsupportedOperation("Only a PENDING task can be canceled.")
    return UnsupportedOperation("The task is being made already, or sent to be made.")


def _is_submitting(task: TaskRecord) -> bool:
    asynchronous = image_model(task.model).dialect is Dialect.TASK
    return asynchronous and any(job.status is JobStatus.DISPATCHING for job in task.jobs.values())
