"""Asks DashScope how a job is doing, and writes down what it made."""

from __future__ import annotations

from tongyi.clock import Clock
from tongyi.errors import UpstreamError, UpstreamSuspended
from tongyi.gateways.dashscope.client import DashScope
from tongyi.gateways.dynamodb.task_table import TaskTable
from tongyi.models.tasks.records import Failure, JobRecord
from tongyi.models.tasks.schedule import UPSTREAM_MEMORY, check_wait, is_overdue
from tongyi.models.tasks.status import JobStatus, TaskStatus
from tongyi.models.workflow.doubt import UNKNOWN, doubt_of, doubt_wait, doubted, is_beyond_doubt
from tongyi.models.workflow.line import USUAL_MS
from tongyi.models.workflow.payloads import JobRef, JobStep, Next
from tongyi.models.workflow.upstream import UpstreamTask
from tongyi.observability import count, logger
from tongyi.usecases.workflow.job_steps import read_job, step_of
from tongyi.usecases.workflow.record_images import record_pictures, to_store

# A task that was just submitted may not be known everywhere yet.
SETTLING_SECONDS = 120
_NO_REASON = Failure(code="InternalError", message="DashScope gave no reason.")
_EXPIRED = Failure(code="TaskExpired", message="DashScope no longer knows the task.")
_UNKNOWN = Failure(
    code="TaskUnknown", message="DashScope said again and again that it does not know the task."
)
_NO_DOUBT = {"doubt": None, "doubts": 0, "doubted_at": None}


class CheckJob:
    """The workflow's step that is repeated until a job is done."""

    def __init__(
        self, tasks: TaskTable, dashscope: DashScope, first_check_seconds: int, clock: Clock
    ) -> None:
        self._tasks = tasks
        self._dashscope = dashscope
        self._first_check_seconds = first_check_seconds
        self._clock = clock

    def run(self, ref: JobRef) -> JobStep:
        """One check. May be repeated freely: a check that fails only means "still waiting", within the deadline."""
        task, job = read_job(self._tasks, ref)
        if job.status is JobStatus.SUCCEEDED:
            return to_store(ref, job, task.images, now_ms=self._clock.now_ms())
        if task.ended or job.status is not JobStatus.SUBMITTED or job.upstream_task_id is None:
            return step_of(ref, Next.END)
        try:
            found = self._dashscope.query(job.upstream_task_id)
        except UpstreamError as error:
            return self._unread(ref, job, error)
        doubt = doubt_of(found, job.n)
        if doubt:
            return self._doubt(ref, job, found, doubt)
        return self._judge(ref, job, found)

    def _unread(self, ref: JobRef, job: JobRecord, error: UpstreamError) -> JobStep:
        """A check that failed says nothing of the task, however long it runs: it may be done. Nothing is lost by it.

        It is read on for as long as DashScope remembers the task.
        """
        reason = error.code
        if isinstance(error, UpstreamSuspended):
            count("AccountRefusals")
            reason = error.reason
        logger.warning("a check failed, the task goes on", code=reason)
        elapsed = self._seconds_since(job.sent_at)
        if not is_overdue(elapsed, None):
            return step_of(ref, Next.CHECK, check_wait(elapsed, self._first_check_seconds))
        gone = Failure(code="TaskExpired", message="DashScope could not be asked before it forgot the task.")
        return self._end(ref, JobStatus.FAILED, gone)

    def _doubt(self, ref: JobRef, job: JobRecord, found: UpstreamTask, doubt: str) -> JobStep:
        """Written down and asked again; it counts once it has stood for all its looks."""
        if doubt == UNKNOWN and self._seconds_since(job.sent_at) < SETTLING_SECONDS:
            return self._still_waiting(ref, job)
        now = self._clock.now_ms()
        after = doubted(job, doubt, now)
        if is_beyond_doubt(after, now):
            logger.error("a doubtful reply counts", doubt=doubt, looks=after.doubts)
            return self._judge(ref, after, found)
        count("JobsDoubted")
        logger.warning("a doubtful reply is asked for again", doubt=doubt, looks=after.doubts)
        self._write_doubt(ref, after, found)
        return step_of(ref, Next.CHECK, doubt_wait(after))

    def _write_doubt(self, ref: JobRef, job: JobRecord, found: UpstreamTask) -> None:
        changes: dict[str, object] = {
            "doubt": job.doubt,
            "doubts": job.doubts,
            "doubted_at": job.doubted_at,
        }
        if found.status is TaskStatus.SUCCEEDED:
            # It was made, or at least begun.
            changes["upstream_status"] = TaskStatus.RUNNING
        self._tasks.change_job(ref.task_id, ref.job, changes, when=(JobStatus.SUBMITTED,))

    def _judge(self, ref: JobRef, job: JobRecord, found: UpstreamTask) -> JobStep:
        if found.status is TaskStatus.SUCCEEDED:
            now, at_work = self._clock.now_ms(), (JobStatus.SUBMITTED,)
            return record_pictures(
                self._tasks,
                ref,
                job,
                found.pictures,
                now_ms=now,
                when=at_work,
                worked_ms=self._worked_ms(job, found),
            )
        if found.status is TaskStatus.CANCELED:
            return self._end(ref, JobStatus.CANCELED, found.error)
        if found.status is TaskStatus.FAILED:
            return self._end(ref, JobStatus.FAILED, found.error or _NO_REASON, self._worked_ms(job, found))
        if found.status is TaskStatus.UNKNOWN:
            forgotten = self._seconds_since(job.sent_at) > UPSTREAM_MEMORY
            return self._end(ref, JobStatus.FAILED, _EXPIRED if forgotten else _UNKNOWN)
        return self._still_waiting(ref, self._progress(ref, job, found))

    def _worked_ms(self, job: JobRecord, found: UpstreamTask) -> int | None:
        """As DashScope says itself. Checks are far apart: what they saw tells only of work that takes long."""
        if found.worked_ms is not None or job.running_since is None:
            return found.worked_ms
        return max(job.n * USUAL_MS, self._clock.now_ms() - job.running_since)

    def _end(
        self, ref: JobRef, status: JobStatus, error: Failure | None, worked_ms: int | None = None
    ) -> JobStep:
        changes = {"status": status, "error": error, "worked_ms": worked_ms}
        self._tasks.change_job(ref.task_id, ref.job, changes, when=(JobStatus.SUBMITTED,))
        return step_of(ref, Next.END)

    def _progress(self, ref: JobRef, job: JobRecord, found: UpstreamTask) -> JobRecord:
        """Writes down what has changed; a job that once ran is never shown as PENDING again. It ends a doubt."""
        changes: dict[str, object] = {
            "made": max(job.made, found.made),
            "failed": max(job.failed, found.failed),
            **(_NO_DOUBT if job.doubts else {}),
        }
        if found.status is not TaskStatus.PENDING:
            changes["upstream_status"] = found.status
        if found.status is TaskStatus.RUNNING and job.running_since is None:
            changes["running_since"] = self._clock.now_ms()
        after = job.model_copy(update=changes)
        if after != job:
            self._tasks.change_job(ref.task_id, ref.job, changes, when=(JobStatus.SUBMITTED,))
        return after

    def _still_waiting(self, ref: JobRef, job: JobRecord) -> JobStep:
        elapsed = self._seconds_since(job.sent_at)
        running = None if job.running_since is None else self._seconds_since(job.running_since)
        if is_overdue(elapsed, running):
            late = Failure(code="InternalError.Timeout", message="DashScope did not finish the task in time.")
            return self._end(ref, JobStatus.FAILED, late)
        return step_of(ref, Next.CHECK, check_wait(elapsed, self._first_check_seconds))

    def _seconds_since(self, at_ms: int | None) -> float:
        return (self._clock.now_ms() - (at_ms or 0)) / 1000
