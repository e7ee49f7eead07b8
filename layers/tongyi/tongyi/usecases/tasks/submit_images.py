"""Takes an order for pictures: checked, written down, started, and only then answered."""

from __future__ import annotations

import uuid
from dataclasses import asdict, dataclass
from math import inf

from tongyi.clock import Clock
from tongyi.config import SubmissionSettings
from tongyi.errors import (
    ConfigurationError,
    DailyLimitExceeded,
    GatewayError,
    IdempotencyConflict,
    InvalidParameter,
    OrderInFlight,
    RecordsUnavailable,
    UpstreamRefused,
)
from tongyi.gateways.dynamodb.quota_table import QuotaTable
from tongyi.gateways.dynamodb.slot_table import SlotTable
from tongyi.gateways.dynamodb.task_table import TaskTable
from tongyi.gateways.dynamodb.upload_table import UploadTable
from tongyi.gateways.workflow import Workflow
from tongyi.models.images.reference_image import upload_directory
from tongyi.models.images.request import ImageRequest
from tongyi.models.tasks.idempotency import fingerprint, open_task_id_for, task_id_for
from tongyi.models.tasks.records import Failure, JobRecord, TaskRecord
from tongyi.models.tasks.status import JobStatus, TaskStatus
from tongyi.models.webhooks.callback_url import CallbackRules
from tongyi.observability import log_fault
from tongyi.usecases.tasks.join_line import check_slots, join_line
from tongyi.usecases.tasks.start_task import StartTask
from tongyi.usecases.workflow.circuit_breaker import CircuitBreaker

DAY = 24 * 3600
# Taking an order takes less: what is not started by then was cut off.
IN_FLIGHT_MS = 30_000
# A client that waits for its pictures sends an order again within this time, or not at all; and it would have had the
# reply by now if they were made long ago.
RESENT_MS = 300_000
RESENT_AFTER_END_MS = 30_000
POLL_SECONDS = 0.15
_UNDECIDED = (JobStatus.READY, JobStatus.DISPATCHING)


@dataclass(frozen=True, slots=True)
class Placed:
    """A task, and whether it is that of an earlier order, of which this is a repetition."""

    task: TaskRecord
    replayed: bool


class SubmitImages:
    """The routes that take an order and answer at once, without the HTTP."""

    def __init__(
        self,
        tasks: TaskTable,
        slots: SlotTable,
        quotas: QuotaTable,
        uploads: UploadTable,
        workflow: Workflow,
        circuit: CircuitBreaker,
        settings: SubmissionSettings,
        clock: Clock,
    ) -> None:
        self._tasks = tasks
        self._slots = slots
        self._quotas = quotas
        self._uploads = uploads
        self._circuit = circuit
        self._start = StartTask(tasks, workflow, clock)
        self._settings = settings
        self._clock = clock

    def run(
        self,
        order: ImageRequest,
        owner: str | None,
        key: str | None = None,
        *,
        signer: str | None = None,
        seconds: float = inf,
    ) -> Placed:
        """The new task, as it stands after a moment's wait for what DashScope says to it.

        That wait is over `seconds` after the call at the latest. Raises what `place` raises; and UpstreamRefused where
        DashScope refused the order within that moment (the task is then FAILED).
        """
        begun = self._clock.now_ms()
        placed = self.place(order, owner, key, signer=signer)
        now = self._clock.now_ms()
        left = min(self._settings.dispatch_wait_seconds, seconds - (now - begun) / 1000)
        return Placed(self._after_dispatch(placed.task, now + round(left * 1000)), placed.replayed)

    def place(
        self,
        request: ImageRequest,
        owner: str | None,
        key: str | None = None,
        *,
        resent: bool = False,
        signer: str | None = None,
    ) -> Placed:
        """The new task, written down and started; or that of an earlier order, where this is the same once more.

        It is with the same Idempotency-Key `key`; or without one, where the client says that it has `resent` it, and
        the owner did order the same a moment ago. `signer` is whose secret signs its webhook
        (`models.webhooks.signing`). Raises InvalidParameter, UpstreamSuspended, LimitExceeded, WorkflowUnavailable or
        IdempotencyError.
        """
        self._check_callback(request, owner, signer)
        earlier = self._earlier(request, owner, key, resent=resent)
        if earlier:
            return self._replayed(earlier, request)
        self._check_upload(request, owner)
        self._circuit.check(request.model.name)
        longest = self._settings.max_queue_seconds
        check_slots(self._slots, request.model, self._clock.now_ms(), longest)
        task = self._new_task(request, owner, key, signer)
        join_line(self._tasks.lines, request.model, task, longest)
        if not self._tasks.create(task):
            self._tasks.lines.leave(task)
            raise OrderInFlight
        self._take_quota(task)
        self._start.run(task, may_come_again=key is not None)
        return Placed(task, replayed=False)

    def _earlier(
        self, request: ImageRequest, owner: str | None, key: str | None, *, resent: bool
    ) -> TaskRecord | None:
        if key:
            return self._tasks.get(self._id_for(key, owner))
        if not resent or owner is None:
            return None
        now, wanted = self._clock.now_ms(), fingerprint(request)
        for task in self._tasks.of_owner(owner, now - RESENT_MS, now):
            waited_for = task.ended_at is None or now - task.ended_at < RESENT_AFTER_END_MS
            if task.fingerprint == wanted and waited_for and task.status is not TaskStatus.FAILED:
                return self._tasks.get(task.task_id)
        return None

    def _id_for(self, key: str, owner: str | None) -> str:
        return open_task_id_for(key, self._tasks.salt()) if owner is None else task_id_for(key, owner)

    def _replayed(self, earlier: TaskRecord, request: ImageRequest) -> Placed:
        if earlier.fingerprint != fingerprint(request):
            raise IdempotencyConflict
        if not earlier.started and not earlier.ended:
            if not earlier.released and self._clock.now_ms() - earlier.created_at < IN_FLIGHT_MS:
                raise OrderInFlight
            # Whoever took it was cut off in between. The execution has the record's name: it cannot start twice.
            self._start.run(earlier, may_come_again=True)
        return Placed(earlier, replayed=True)

    def _take_quota(self, task: TaskRecord) -> None:
        """Counted only once the order is the first of its key; taken back where there is nothing left for it."""
        if task.owner is not None:
            return
        try:
            self._quotas.take("images", task.total, self._settings.daily_open_images)
        except DailyLimitExceeded:
            self._tasks.delete(task.task_id)
            self._tasks.lines.leave(task)
            raise

    def _check_callback(self, request: ImageRequest, owner: str | None, signer: str | None) -> None:
        if request.callback_url is None:
            return
        if owner is None or signer is None:
            raise InvalidParameter("callback_url: webhooks are signed with the key's secret, so send a key.")
        CallbackRules(self._settings.webhook_origins).check(request.callback_url)

    def _check_upload(self, request: ImageRequest, owner: str | None) -> None:
        directory = upload_directory(request.input.get("ref_img", ""))
        if directory and not (owner and self._uploads.holds(directory, owner)):
            raise InvalidParameter("ref_img: was not uploaded with your key, or is gone; upload it again.")

    def _new_task(
        self, request: ImageRequest, owner: str | None, key: str | None, signer: str | None
    ) -> TaskRecord:
        now = self._clock.now_ms()
        return TaskRecord(
            task_id=self._id_for(key, owner) if key else str(uuid.uuid4()),
            fingerprint=fingerprint(request),
            owner=owner,
            model=request.model.name,
            input=request.input,
            parameters=request.parameters,
            requested_size=request.requested_size,
            notices=[asdict(notice) for notice in request.notices],
            created_at=now,
            expires_at=now // 1000 + self._settings.retention_days * DAY,
            jobs=_jobs(request),
            callback_url=request.callback_url,
            signer=signer if request.callback_url is not None else None,
        )

    def _after_dispatch(self, task: TaskRecord, until: int) -> TaskRecord:
        """Waits until the first job was sent or refused, or is known to be sent later than we can wait."""
        while True:
            try:
                task = self._tasks.get(task.task_id) or task
            except RecordsUnavailable:
                return task
            except Exception as fault:
                # The task is accepted, and the caller is to know its id.
                log_fault(fault)
                return task
            first = task.jobs[0]
            # One that was taken, and failed later, is told of by its task.
            if first.error and first.upstream_task_id is None:
                raise _refusal(first.error)
            waits_longer = first.slot_at is not None and first.slot_at > until
            if first.status not in _UNDECIDED or waits_longer or self._clock.now_ms() >= until:
                return task
            self._clock.sleep(POLL_SECONDS)


def _jobs(request: ImageRequest) -> dict[int, JobRecord]:
    """One job for each upstream call: as many pictures in each as the model makes in one."""
    most = request.model.images_per_call
    firsts = range(1, request.n + 1, most)
    return {
        number: JobRecord(n=min(most, request.n + 1 - first), first_image=first)
        for number, first in enumerate(firsts)
    }


def _refusal(error: Failure) -> GatewayError:
    if error.code == ConfigurationError.code:
        return ConfigurationError(error.message)
    return UpstreamRefused(error.message, code=error.code, upstream_status=error.upstream_status)
