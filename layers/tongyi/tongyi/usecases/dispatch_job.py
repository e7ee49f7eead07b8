"""Sends one job to DashScope: in its slot, once.

The job is marked DISPATCHING before the call and SUBMITTED after it. Whoever finds it DISPATCHING later knows that a
call was begun whose end nobody wrote down, and never simply repeats it.
"""

from __future__ import annotations

import math
from typing import Any

from tongyi.clock import Clock
from tongyi.errors import (
    ConfigurationError,
    UpstreamAmbiguous,
    UpstreamError,
    UpstreamThrottled,
    UpstreamUnreachable,
)
from tongyi.gateways.dashscope import GENERATE_SECONDS, DashScope
from tongyi.gateways.http_client import CONNECT_SECONDS
from tongyi.gateways.slot_table import SlotTable
from tongyi.gateways.submission_table import SubmissionTable
from tongyi.gateways.task_table import TaskTable
from tongyi.models.catalog import Dialect, image_model
from tongyi.models.records import Failure, JobRecord, TaskRecord
from tongyi.models.schedule import check_wait, refusal_wait
from tongyi.models.status import JobStatus
from tongyi.models.upstream import Submitted
from tongyi.models.workflow import JobRef, JobStep, Next
from tongyi.observability import count, logger
from tongyi.usecases.find_submission import MARK_TO_CALL_MS, SKEW_MS, FindSubmission
from tongyi.usecases.job_steps import read_job, step_of
from tongyi.usecases.record_pictures import record_pictures, to_store

# A slot this near is slept for in the function; for a later one the state machine waits, which costs nothing.
SLEEP_MS = 4_000
# The state machine waits in whole seconds and functions take time to start: come early, and sleep the rest.
LEAD_MS = 3_000
# A slot missed by more is given up for a new one, so that late senders do not bunch up.
LATE_MS = 100
# From the mark of a synchronous call to its end, at the most.
CALL_MS = MARK_TO_CALL_MS + round((CONNECT_SECONDS + GENERATE_SECONDS) * 1000) + SKEW_MS
GIVE_UP_MS = 24 * 3600 * 1000


class DispatchJob:
    """The workflow's first step of a job, and each repetition of it."""

    def __init__(
        self,
        tasks: TaskTable,
        slots: SlotTable,
        submissions: SubmissionTable,
        dashscope: DashScope,
        find: FindSubmission,
        first_check_seconds: int,
        clock: Clock,
    ) -> None:
        self._tasks = tasks
        self._slots = slots
        self._submissions = submissions
        self._dashscope = dashscope
        self._find = find
        self._first_check_seconds = first_check_seconds
        self._clock = clock

    def run(self, ref: JobRef) -> JobStep:
        """Sends the job, or says what to do instead. May be repeated at any time without sending it twice."""
        task, job = read_job(self._tasks, ref)
        if task.ended:
            return step_of(ref, Next.END)
        match job.status:
            case JobStatus.READY:
                return self._in_its_slot(ref, task, job)
            case JobStatus.DISPATCHING:
                return self._begun(ref, task, job)
            case JobStatus.LOST:
                return self._find.look(ref, task.model, job)
            case JobStatus.SUBMITTED:
                return self._to_check(ref)
            case JobStatus.SUCCEEDED:
                return to_store(ref, job, task.images)
        return step_of(ref, Next.END)

    def _in_its_slot(self, ref: JobRef, task: TaskRecord, job: JobRecord) -> JobStep:
        """Everything that takes time comes before the slot, and the mark not long before the call."""
        try:
            self._dashscope.prepare()
        except ConfigurationError as error:
            return self._refused(ref, error)
        marked_at = self._clock.now_ms()
        begun = {"status": JobStatus.DISPATCHING, "sent_at": marked_at}
        if not self._tasks.change_job(ref.task_id, ref.job, begun, when=(JobStatus.READY,)):
            # Somebody else is sending it at this moment.
            return step_of(ref, Next.WAIT, 1)
        slot = self._reach_slot(task, job.slot_at)
        now = self._clock.now_ms()
        if slot > now:
            return self._back_to(ref, slot)
        if now - marked_at > MARK_TO_CALL_MS:
            self._put_back(ref, slot_at=None)
            return step_of(ref, Next.WAIT)
        return self._send(ref, task, job.model_copy(update=begun))

    def _reach_slot(self, task: TaskRecord, slot: int | None) -> int:
        """Sleeps until the job's slot, or returns one that is too far away to be slept for."""
        while True:
            now = self._clock.now_ms()
            if slot is None or now - slot > LATE_MS:
                slot = self._reserve(task, now)
            elif slot <= now or slot - now > SLEEP_MS:
                return slot
            else:
                self._clock.sleep((slot - now) / 1000)

    def _back_to(self, ref: JobRef, slot: int) -> JobStep:
        """Nothing was sent: the job waits for its slot."""
        self._put_back(ref, slot_at=slot)
        wait_ms = slot - LEAD_MS - self._clock.now_ms()
        return step_of(ref, Next.WAIT, max(0, wait_ms // 1000))

    def _put_back(self, ref: JobRef, **changes: int | None) -> None:
        ready = {"status": JobStatus.READY, "sent_at": None, **changes}
        self._tasks.change_job(ref.task_id, ref.job, ready, when=(JobStatus.DISPATCHING,))

    def _send(self, ref: JobRef, task: TaskRecord, job: JobRecord) -> JobStep:
        try:
            if image_model(task.model).dialect is Dialect.TASK:
                return self._sent(ref, self._dashscope.submit(task.model, task.input, _parameters(task, job)))
            pictures = self._dashscope.generate(task.model, task.input, _parameters(task, job))
        except (UpstreamThrottled, UpstreamUnreachable) as error:
            return self._later(ref, task, job, error)
        except UpstreamAmbiguous:
            return self._lost(ref, task, job)
        except (UpstreamError, ConfigurationError) as error:
            return self._refused(ref, error)
        count("JobsSubmitted")
        now, sending = self._clock.now_ms(), (JobStatus.DISPATCHING,)
        return record_pictures(self._tasks, ref, job, pictures, now_ms=now, when=sending)

    def _lost(self, ref: JobRef, task: TaskRecord, job: JobRecord) -> JobStep:
        """A task can be looked for in DashScope's list. A synchronous call leaves no trace there."""
        if image_model(task.model).dialect is Dialect.TASK:
            return self._find.report(ref, task.model, job)
        return self._find.give_up(ref)

    def _begun(self, ref: JobRef, task: TaskRecord, job: JobRecord) -> JobStep:
        """A call was begun whose end nobody wrote down. A synchronous one may still be under way."""
        left_ms = (job.sent_at or 0) + CALL_MS - self._clock.now_ms()
        if image_model(task.model).dialect is Dialect.MESSAGE and left_ms > 0:
            return step_of(ref, Next.WAIT, math.ceil(left_ms / 1000))
        return self._lost(ref, task, job)

    def _sent(self, ref: JobRef, sent: Submitted) -> JobStep:
        """Claims before it writes: a claim that is there tells even after a crash whose the upstream task is."""
        self._submissions.claim(sent.task_id, ref, self._clock.now_ms())
        changes = {
            "status": JobStatus.SUBMITTED,
            "upstream_task_id": sent.task_id,
            "upstream_request_id": sent.request_id,
            "refusals": 0,
        }
        self._tasks.change_job(ref.task_id, ref.job, changes, when=(JobStatus.DISPATCHING, JobStatus.LOST))
        count("JobsSubmitted")
        return self._to_check(ref)

    def _later(self, ref: JobRef, task: TaskRecord, job: JobRecord, error: UpstreamError) -> JobStep:
        """Refused for now: nothing was done upstream. The job stays away for a while, then takes another slot.

        It takes that slot only when it is back: one that is reserved now would keep all others waiting with it.
        """
        if self._clock.now_ms() - task.created_at > GIVE_UP_MS:
            return self._refused(ref, error)
        refusals = job.refusals + 1
        self._put_back(ref, slot_at=None, refusals=refusals)
        count("JobsPostponed")
        logger.warning("upstream refused for now", code=error.code, refusals=refusals)
        return step_of(ref, Next.WAIT, math.ceil(refusal_wait(refusals, error.retry_after)))

    def _refused(self, ref: JobRef, error: UpstreamError | ConfigurationError) -> JobStep:
        status = error.upstream_status if isinstance(error, UpstreamError) else None
        failure = Failure(code=error.code, message=error.message, upstream_status=status)
        changes = {"status": JobStatus.FAILED, "error": failure}
        self._tasks.change_job(ref.task_id, ref.job, changes, when=(JobStatus.READY, JobStatus.DISPATCHING))
        count("JobsRefused")
        logger.error("upstream refused for good", code=error.code, upstream_status=status)
        return step_of(ref, Next.END)

    def _reserve(self, task: TaskRecord, earliest_ms: int) -> int:
        model = image_model(task.model)
        return self._slots.reserve(model.name, earliest_ms=earliest_ms, spacing_ms=model.rate.spacing_ms)

    def _to_check(self, ref: JobRef) -> JobStep:
        return step_of(ref, Next.CHECK, check_wait(0, self._first_check_seconds))


def _parameters(task: TaskRecord, job: JobRecord) -> dict[str, Any]:
    """The order's parameters for this call: its number, and its share of the seeds (seed, seed+1 … for n pictures)."""
    parameters = {**task.parameters, "n": job.n}
    if "seed" in parameters:
        seeds = image_model(task.model).max_seed + 1
        parameters["seed"] = (parameters["seed"] + job.first_image - 1) % seeds
    return parameters
