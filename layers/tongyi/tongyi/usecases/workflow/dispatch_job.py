"""Brings one job to DashScope, in its slot, and finds out how it stands whenever it is called again."""

from __future__ import annotations

import math

from tongyi.clock import Clock
from tongyi.errors import UpstreamSuspended
from tongyi.gateways.dynamodb.slot_table import SlotTable
from tongyi.gateways.dynamodb.submission_table import SubmissionTable
from tongyi.gateways.dynamodb.task_table import TaskTable
from tongyi.models.images.catalog import Dialect, image_model
from tongyi.models.tasks.records import JobRecord, TaskRecord
from tongyi.models.tasks.schedule import check_wait
from tongyi.models.tasks.status import JobStatus
from tongyi.models.workflow.payloads import JobRef, JobStep, Next
from tongyi.usecases.workflow.circuit_breaker import CircuitBreaker
from tongyi.usecases.workflow.find_submission import FindSubmission
from tongyi.usecases.workflow.job_steps import read_job, step_of
from tongyi.usecases.workflow.record_images import to_store
from tongyi.usecases.workflow.send_job import CALL_MS, SUBMISSION_MS, SendJob

# A slot this near is slept for in the function; for a later one the state machine waits, which costs nothing.
SLEEP_MS = 4_000
# The state machine waits in whole seconds and functions take time to start: come early, and sleep the rest.
LEAD_MS = 3_000
# A slot missed by more is given up for a new one, so that late senders do not bunch up.
LATE_MS = 100
# A submission that was not answered by then may never be. The next one waits for it: what is lost together is few.
UNANSWERED_MS = 1_500
UNANSWERED_WAIT = 2


class DispatchJob:
    """The workflow's first step of a job, and each repetition of it."""

    def __init__(
        self,
        tasks: TaskTable,
        slots: SlotTable,
        submissions: SubmissionTable,
        send: SendJob,
        find: FindSubmission,
        circuit: CircuitBreaker,
        first_check_seconds: int,
        clock: Clock,
    ) -> None:
        self._tasks = tasks
        self._slots = slots
        self._submissions = submissions
        self._send = send
        self._find = find
        self._circuit = circuit
        self._first_check_seconds = first_check_seconds
        self._clock = clock

    def run(self, ref: JobRef) -> JobStep:
        """Sends the job, or says what to do instead. May be repeated at any time without sending it twice."""
        task, job = read_job(self._tasks, ref)
        if job.status is JobStatus.SUCCEEDED:
            # Also of a task that has ended: its pictures are copied for as long as their links live.
            return to_store(ref, job, task.images, now_ms=self._clock.now_ms())
        if task.ended:
            return step_of(ref, Next.END)
        match job.status:
            case JobStatus.READY:
                return self._in_its_slot(ref, task, job)
            case JobStatus.DISPATCHING:
                return self._begun(ref, task, job)
            case JobStatus.LOST:
                return self._find.look(ref, task, job)
            case JobStatus.SUBMITTED:
                return step_of(ref, Next.CHECK, check_wait(0, self._first_check_seconds))
        return step_of(ref, Next.END)

    def _in_its_slot(self, ref: JobRef, task: TaskRecord, job: JobRecord) -> JobStep:
        """Everything that takes time comes before the slot, and the job is marked in it."""
        gate = self._circuit.approach(task.model)
        if hold := gate.hold():
            return self._send.hold(ref, task, hold)
        try:
            self._send.prepare()
        except UpstreamSuspended as error:
            return self._send.hold(ref, task, gate.refused(error))
        if self._is_another_unanswered(task.model):
            return step_of(ref, Next.WAIT, UNANSWERED_WAIT)
        slot = self._reach_slot(task, job.slot_at)
        if slot > self._clock.now_ms():
            return self._back_to(ref, slot)
        return self._send.run(ref, task, job, gate)

    def _is_another_unanswered(self, model: str) -> bool:
        """Whether DashScope owes the answer to a call of that model. A synchronous one takes its time."""
        if image_model(model).dialect is Dialect.MESSAGE:
            return False
        now = self._clock.now_ms()
        under_way = [call for call in self._submissions.open_calls(model) if not call.lost]
        return any(now - SUBMISSION_MS < call.sent_at <= now - UNANSWERED_MS for call in under_way)

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
        self._tasks.change_job(ref.task_id, ref.job, {"slot_at": slot}, when=(JobStatus.READY,))
        wait_ms = slot - LEAD_MS - self._clock.now_ms()
        return step_of(ref, Next.WAIT, max(0, wait_ms // 1000))

    def _begun(self, ref: JobRef, task: TaskRecord, job: JobRecord) -> JobStep:
        """A call was begun whose end nobody wrote down. A synchronous one may still be under way."""
        if image_model(task.model).dialect is Dialect.TASK:
            return self._find.report(ref, task, job)
        left_ms = (job.sent_at or 0) + CALL_MS - self._clock.now_ms()
        if left_ms > 0:
            return step_of(ref, Next.WAIT, math.ceil(left_ms / 1000))
        return self._send.give_up(ref, task)

    def _reserve(self, task: TaskRecord, earliest_ms: int) -> int:
        model = image_model(task.model)
        return self._slots.reserve(model.name, earliest_ms=earliest_ms, spacing_ms=model.rate.spacing_ms)
