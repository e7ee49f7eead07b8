"""Sends one job to DashScope: intent first, then the call, then what became of it.

One transaction marks the job DISPATCHING and opens an entry for its call, right before the call; another one writes
what became of it and takes the entry away. Whoever finds a job DISPATCHING later knows that a call may have left, and
never simply repeats it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from tongyi.clock import Clock
from tongyi.errors import (
    UpstreamAmbiguous,
    UpstreamError,
    UpstreamFailed,
    UpstreamSuspended,
    UpstreamThrottled,
    UpstreamUnreachable,
)
from tongyi.gateways.dashscope.client import GENERATE_SECONDS, SUBMIT_SECONDS, DashScope
from tongyi.gateways.dynamodb.submission_table import SubmissionTable
from tongyi.gateways.dynamodb.task_table import TaskTable
from tongyi.gateways.http_client import CONNECT_SECONDS
from tongyi.models.images.catalog import Dialect, image_model
from tongyi.models.tasks.records import Failure, JobRecord, TaskRecord
from tongyi.models.tasks.schedule import SENDING_LIMIT, check_wait, refusal_wait
from tongyi.models.tasks.status import JobStatus
from tongyi.models.workflow.lost_submission import MARK_TO_CALL_MS, SKEW_MS, open_submission
from tongyi.models.workflow.payloads import JobRef, JobStep, Next
from tongyi.models.workflow.suspension import patience_ms
from tongyi.models.workflow.upstream import Submitted, UpstreamPicture
from tongyi.observability import count, logger
from tongyi.usecases.workflow.circuit_breaker import Gate, Hold
from tongyi.usecases.workflow.find_submission import FindSubmission
from tongyi.usecases.workflow.job_steps import parameters_of, step_of
from tongyi.usecases.workflow.record_images import record_pictures

# From the mark of a synchronous call to its end, at the most.
CALL_MS = MARK_TO_CALL_MS + round((CONNECT_SECONDS + GENERATE_SECONDS) * 1000) + SKEW_MS
# And of an asynchronous one.
SUBMISSION_MS = MARK_TO_CALL_MS + round((CONNECT_SECONDS + SUBMIT_SECONDS) * 1000)
# Calls of a synchronous model that DashScope itself ends with an error: those make no picture, and none is billed.
MOST_FAILURES = 3
_READY, _SENDING = (JobStatus.READY,), (JobStatus.DISPATCHING,)


class SendJob:
    """One call, for a READY job whose moment has come."""

    def __init__(
        self,
        tasks: TaskTable,
        submissions: SubmissionTable,
        dashscope: DashScope,
        find: FindSubmission,
        first_check_seconds: int,
        clock: Clock,
    ) -> None:
        self._tasks = tasks
        self._submissions = submissions
        self._dashscope = dashscope
        self._find = find
        self._first_check_seconds = first_check_seconds
        self._clock = clock

    def prepare(self) -> None:
        """Makes the call leave without delay. Raises UpstreamSuspended where there is no key."""
        self._dashscope.prepare()

    def run(self, ref: JobRef, task: TaskRecord, job: JobRecord, gate: Gate) -> JobStep:
        """Sends the job, unless somebody else is sending it at this moment, or is the one that probes."""
        if hold := gate.enter():
            return self.hold(ref, task, hold)
        changes = {"status": JobStatus.DISPATCHING, "sent_at": self._clock.now_ms()}
        marked = job.model_copy(update=changes)
        if not self._submissions.begin(task.model, open_submission(task, ref.job, marked), changes):
            return step_of(ref, Next.WAIT, 1)
        if self._clock.now_ms() - (marked.sent_at or 0) > MARK_TO_CALL_MS:
            # A task of this call would be outside the span that is looked through.
            self._put_back(ref, task)
            return step_of(ref, Next.WAIT)
        return self._call(ref, task, marked, gate)

    def _call(self, ref: JobRef, task: TaskRecord, job: JobRecord, gate: Gate) -> JobStep:
        """Whatever DashScope answers closes the circuit, but for what opens it."""
        try:
            step = self._send(ref, task, job)
        except UpstreamSuspended as error:
            # First of all: whatever fails from here on, nothing was sent.
            self._put_back(ref, task)
            return self.hold(ref, task, gate.refused(error))
        except UpstreamUnreachable as error:
            return self._later(ref, task, job, error)
        except UpstreamFailed as error:
            if _is_asynchronous(task):
                # A task may have been taken all the same.
                return self._lost(ref, task, job, gate)
            step = self._failed(ref, task, job, error)
        except UpstreamAmbiguous:
            return self._lost(ref, task, job, gate)
        except UpstreamThrottled as error:
            step = self._later(ref, task, job, error)
        except UpstreamError as error:
            step = self._refuse(ref, task, error, error.code)
        gate.answered()
        return step

    def _send(self, ref: JobRef, task: TaskRecord, job: JobRecord) -> JobStep:
        parameters = parameters_of(task, job)
        if _is_asynchronous(task):
            return self._submitted(ref, task, self._dashscope.submit(task.model, task.input, parameters))
        return self._made(ref, task, job, self._dashscope.generate(task.model, task.input, parameters))

    def _lost(self, ref: JobRef, task: TaskRecord, job: JobRecord, gate: Gate) -> JobStep:
        """A task can be looked for in DashScope's list. A synchronous call leaves no trace there."""
        gate.lost()
        return self._find.report(ref, task, job) if _is_asynchronous(task) else self.give_up(ref, task)

    def _failed(self, ref: JobRef, task: TaskRecord, job: JobRecord, error: UpstreamFailed) -> JobStep:
        """DashScope says that it failed: the pictures that it would have answered with are not made."""
        failures = job.failures + 1
        if failures == MOST_FAILURES:
            return self._refuse(ref, task, error, error.code)
        self._put_back(ref, task, failures=failures)
        count("JobsPostponed")
        logger.warning("upstream failed", code=error.code, failures=failures)
        return step_of(ref, Next.WAIT, math.ceil(refusal_wait(failures + 2, error.retry_after)))

    def _submitted(self, ref: JobRef, task: TaskRecord, sent: Submitted) -> JobStep:
        """The job may be LOST by now, where this call was slow and another step found it under way."""
        changes = {
            "status": JobStatus.SUBMITTED,
            "upstream_task_id": sent.task_id,
            "upstream_request_id": sent.request_id,
            "refusals": 0,
        }
        self._settle(ref, task, changes, when=(*_SENDING, JobStatus.LOST), claim=sent.task_id)
        count("JobsSubmitted")
        return step_of(ref, Next.CHECK, check_wait(0, self._first_check_seconds))

    def _made(
        self, ref: JobRef, task: TaskRecord, job: JobRecord, pictures: tuple[UpstreamPicture, ...]
    ) -> JobStep:
        count("JobsSubmitted")
        now = self._clock.now_ms()
        step = record_pictures(self._tasks, ref, job, pictures, now_ms=now, when=_SENDING)
        self._submissions.forget(task.model, ref)
        return step

    def give_up(self, ref: JobRef, task: TaskRecord) -> JobStep:
        """Ends a synchronous job whose answer was lost: nobody can look for it, or take what it made for theirs."""
        step = self._find.give_up(ref)
        self._submissions.forget(task.model, ref)
        return step

    def _later(self, ref: JobRef, task: TaskRecord, job: JobRecord, error: UpstreamError) -> JobStep:
        """Refused for now: nothing was done upstream. The job stays away for a while, then takes another slot.

        It takes that slot only when it is back: one that is reserved now would keep all others waiting with it.
        """
        if self._clock.now_ms() - task.created_at > SENDING_LIMIT * 1000:
            return self._refuse(ref, task, error, error.code)
        refusals = job.refusals + 1
        self._put_back(ref, task, refusals=refusals)
        count("JobsPostponed")
        logger.warning("upstream refused for now", code=error.code, refusals=refusals)
        return step_of(ref, Next.WAIT, math.ceil(refusal_wait(refusals, error.retry_after)))

    def _put_back(self, ref: JobRef, task: TaskRecord, **changes: int) -> None:
        ready = {"status": JobStatus.READY, "sent_at": None, "slot_at": None, **changes}
        self._settle(ref, task, ready, when=_SENDING)

    def hold(self, ref: JobRef, task: TaskRecord, hold: Hold) -> JobStep:
        """Nothing was done upstream, and nothing will be before what the circuit waits for: a READY job waits too.

        One that another execution is sending at this moment is left alone.
        """
        error = hold.error
        if self._clock.now_ms() - task.created_at > patience_ms(error.reason):
            return self._refuse(ref, task, error, error.reason, when=_READY)
        # As one that was refused for now; not as many times, or it would be slow to go on.
        self._tasks.change_job(ref.task_id, ref.job, {"slot_at": None, "refusals": 1}, when=_READY)
        return step_of(ref, Next.WAIT, hold.seconds)

    def _refuse(
        self,
        ref: JobRef,
        task: TaskRecord,
        error: UpstreamError,
        code: str,
        *,
        when: tuple[JobStatus, ...] = _SENDING,
    ) -> JobStep:
        """Ends the job: nothing was made of it, and nothing will be."""
        failure = Failure(code=code, message=error.message, upstream_status=error.upstream_status)
        changes = {"status": JobStatus.FAILED, "error": failure}
        self._settle(ref, task, changes, when=when)
        count("JobsRefused")
        logger.error("upstream refused for good", code=code, upstream_status=error.upstream_status)
        return step_of(ref, Next.END)

    def _settle(
        self,
        ref: JobRef,
        task: TaskRecord,
        changes: Mapping[str, Any],
        *,
        when: tuple[JobStatus, ...],
        claim: str | None = None,
    ) -> None:
        if not self._submissions.settle(task.model, ref, changes, when=when, claim=claim):
            logger.warning("a job was changed by another step meanwhile", job=ref.job)


def _is_asynchronous(task: TaskRecord) -> bool:
    return image_model(task.model).dialect is Dialect.TASK
