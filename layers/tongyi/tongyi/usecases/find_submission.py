"""Finds out what became of a submission whose answer was lost. A second one could be billed a second time.

DashScope has no idempotency key, but it lists the account's tasks by model and time. A task in the span of the lost
call that no job has claimed is ours, if it is the only one, and no other job lost a call in that span. If there is
none, twice, the call never arrived and is repeated, once. In every other case it cannot be told, and the job fails:
pictures are never guessed to be somebody's.
"""

from __future__ import annotations

from collections.abc import Mapping

from tongyi.clock import Clock
from tongyi.errors import ConfigurationError, UpstreamError
from tongyi.gateways.dashscope import SUBMIT_SECONDS, DashScope
from tongyi.gateways.http_client import CONNECT_SECONDS
from tongyi.gateways.submission_table import SubmissionTable
from tongyi.gateways.task_table import TaskTable
from tongyi.models.records import Failure, JobRecord
from tongyi.models.status import JobStatus
from tongyi.models.workflow import JobRef, JobStep, Next
from tongyi.observability import count, logger
from tongyi.usecases.job_steps import step_of

LOOKS = 2
# How far DashScope's clock may be from ours.
SKEW_MS = 2_000
# A call leaves at most this long after its job was marked, so its task is in the span that begins with the mark.
MARK_TO_CALL_MS = 6_000
SPAN_MS = MARK_TO_CALL_MS + round((CONNECT_SECONDS + SUBMIT_SECONDS) * 1000) + SKEW_MS
GIVE_UP_MS = 900 * 1000


class FindSubmission:
    """Handles jobs in DISPATCHING or LOST."""

    def __init__(
        self,
        tasks: TaskTable,
        submissions: SubmissionTable,
        dashscope: DashScope,
        wait_seconds: int,
        clock: Clock,
    ) -> None:
        self._tasks = tasks
        self._submissions = submissions
        self._dashscope = dashscope
        self._wait_seconds = wait_seconds
        self._clock = clock

    def report(self, ref: JobRef, model: str, job: JobRecord) -> JobStep:
        """Marks the job LOST, and lets some time pass: other calls of that moment must be accounted for first."""
        from_ms, until_ms = _span(job)
        self._submissions.report_lost(model, ref, from_ms=from_ms, until_ms=until_ms)
        self._tasks.change_job(
            ref.task_id, ref.job, {"status": JobStatus.LOST, "looks": 0}, when=(JobStatus.DISPATCHING,)
        )
        count("SubmissionsLost")
        logger.warning("the answer to a submission was lost", job=ref.job)
        return self._again(ref)

    def look(self, ref: JobRef, model: str, job: JobRecord) -> JobStep:
        """Looks once, and decides if it can."""
        try:
            listed = self._dashscope.tasks_between(model, *_span(job))
        except (UpstreamError, ConfigurationError) as error:
            logger.warning("the task list cannot be read", code=error.code)
            return self.give_up(ref) if self._is_late(job) else self._again(ref)
        holders = {task_id: self._submissions.holder(task_id) for task_id in listed}
        own = [task_id for task_id, holder in holders.items() if holder and holder.is_same_job(ref)]
        free = [task_id for task_id, holder in holders.items() if holder is None]
        if own:
            return self._adopt(ref, model, own[0])
        if not free:
            return self._not_there(ref, model, job)
        alone = self._submissions.lost_between(model, *_span(job)) == 1
        if alone and len(free) == 1 and self._submissions.claim(free[0], ref, self._clock.now_ms()):
            return self._adopt(ref, model, free[0])
        return self.give_up(ref)

    def _adopt(self, ref: JobRef, model: str, upstream_task_id: str) -> JobStep:
        changes = {"status": JobStatus.SUBMITTED, "upstream_task_id": upstream_task_id}
        self._settle(ref, model, changes)
        logger.info("a lost submission was found")
        return step_of(ref, Next.CHECK)

    def _not_there(self, ref: JobRef, model: str, job: JobRecord) -> JobStep:
        if job.looks + 1 < LOOKS:
            looked = {"looks": job.looks + 1}
            self._tasks.change_job(ref.task_id, ref.job, looked, when=(JobStatus.LOST,))
            return self._again(ref)
        if job.resubmitted:
            return self.give_up(ref)
        changes = {"status": JobStatus.READY, "slot_at": None, "sent_at": None, "resubmitted": True}
        self._settle(ref, model, changes)
        logger.info("a lost submission never arrived, it is sent again")
        return step_of(ref, Next.WAIT)

    def give_up(self, ref: JobRef) -> JobStep:
        """Ends the job: it cannot be told what became of it. A lost entry of it stays.

        Whose task that was is still open, and nobody else may take it for theirs.
        """
        message = "DashScope's answer was lost, and what became of it cannot be told; it was not sent again."
        changes = {"status": JobStatus.FAILED, "error": Failure(code="SubmissionLost", message=message)}
        undecided = (JobStatus.DISPATCHING, JobStatus.LOST)
        self._tasks.change_job(ref.task_id, ref.job, changes, when=undecided)
        count("SubmissionsUndecided")
        return step_of(ref, Next.END)

    def _settle(self, ref: JobRef, model: str, changes: Mapping[str, object]) -> None:
        self._tasks.change_job(ref.task_id, ref.job, changes, when=(JobStatus.LOST,))
        self._submissions.resolve_lost(model, ref)

    def _again(self, ref: JobRef) -> JobStep:
        return step_of(ref, Next.WAIT, self._wait_seconds)

    def _is_late(self, job: JobRecord) -> bool:
        return self._clock.now_ms() - (job.sent_at or 0) > GIVE_UP_MS


def _span(job: JobRecord) -> tuple[int, int]:
    sent_at = job.sent_at or 0
    return sent_at - SKEW_MS, sent_at + SPAN_MS
