"""Orders: written down, started, and answered after a moment."""

from __future__ import annotations

import uuid
from dataclasses import replace
from math import inf
from typing import Any

import pytest

from tests.support.fakes.circuits import a_circuit
from tests.support.fakes.gateways import (
    FakeClock,
    FakeQuotaTable,
    FakeSlotTable,
    FakeTaskTable,
    FakeUploadTable,
    FakeWorkflow,
)
from tests.support.fakes.records import BROKEN, HOUR, NOW, SECOND, UPSTREAM_ID
from tongyi.config import SubmissionSettings
from tongyi.errors import (
    ConfigurationError,
    DailyLimitExceeded,
    InvalidParameter,
    QueueFull,
    RecordsUnavailable,
    UpstreamRefused,
    WorkflowUnavailable,
)
from tongyi.models.images.bodies import parse_image_request
from tongyi.models.tasks.idempotency import fingerprint
from tongyi.models.tasks.records import Failure, TaskRecord
from tongyi.models.tasks.status import JobStatus, TaskStatus
from tongyi.models.workflow.payloads import JobRef
from tongyi.usecases.tasks.submit_images import POLL_SECONDS, SubmitImages

SETTINGS = SubmissionSettings(
    state_machine_arn="arn",
    retention_days=30,
    daily_open_images=4,
    max_queue_seconds=60,
    dispatch_wait_seconds=3,
)
BODY = {"prompt": "a cat", "n": 2}
WAIT_MS = 3 * SECOND


class Case:
    """A submission; `soon` changes its job after a moment, as the workflow would."""

    def __init__(self, *, slots: FakeSlotTable | None = None, workflow: FakeWorkflow | None = None) -> None:
        self.tasks = FakeTaskTable()
        self.slots = slots or FakeSlotTable()
        self.quotas = FakeQuotaTable()
        self.workflow = workflow or FakeWorkflow()
        self.clock = FakeClock()

    def run(
        self,
        body: Any = BODY,
        owner: str | None = "alice",
        settings: SubmissionSettings = SETTINGS,
        seconds: float = inf,
        signer: str | None = None,
    ) -> TaskRecord:
        submit = SubmitImages(
            self.tasks,
            self.slots,
            self.quotas,
            FakeUploadTable(),
            self.workflow,
            a_circuit(self.clock),
            settings,
            self.clock,
        )
        return submit.run(parse_image_request(body), owner, signer=signer, seconds=seconds).task

    def soon(self, after_ms: int = 1_000, **changes: Any) -> None:
        def change() -> None:
            for task_id in self.tasks.tasks:
                self.tasks.change_job(task_id, 0, changes, when=tuple(JobStatus))

        self.clock.at(NOW + after_ms, change)

    @property
    def task(self) -> TaskRecord:
        [task] = self.tasks.tasks.values()
        return task

    @property
    def waited_ms(self) -> int:
        return self.clock.now - NOW


def test_submit_writes_the_order_down() -> None:
    case = Case()
    case.run({"prompt": "a cat", "n": 2, "style": "<sketch>"})
    assert (case.task.model, case.task.input) == ("wanx-v1", {"prompt": "a cat"})
    assert case.task.parameters == {"n": 2, "style": "<sketch>"}


def test_submit_makes_one_job_of_all_pictures() -> None:
    case = Case()
    case.run()
    assert {number: (job.n, job.first_image) for number, job in case.task.jobs.items()} == {0: (2, 1)}


def test_submit_writes_down_what_tells_the_order_from_others_and_that_it_was_started() -> None:
    case = Case()
    case.run()
    assert (case.task.fingerprint, case.task.started) == (fingerprint(parse_image_request(BODY)), True)


def test_submit_gives_the_task_an_id_of_its_own() -> None:
    case = Case()
    ids = {case.run().task_id for _ in range(3)}
    assert len({uuid.UUID(task_id) for task_id in ids}) == 3


@pytest.mark.parametrize("owner", ["alice", None])
def test_submit_remembers_whose_it_is(owner: str | None) -> None:
    case = Case()
    case.run(owner=owner)
    assert case.task.owner == owner


def test_submit_keeps_the_task_for_the_days_it_is_told() -> None:
    case = Case()
    case.run()
    assert (case.task.created_at, case.task.expires_at) == (NOW, NOW // SECOND + 30 * 24 * 3600)


def test_submit_writes_its_notices_down() -> None:
    case = Case()
    case.run({"prompt": "猫" * 501})
    [notice] = case.task.notices
    assert (notice["code"], notice["parameter"]) == ("PromptTruncated", "prompt")


def test_submit_starts_the_workflow_with_the_job() -> None:
    case = Case()
    task_id = case.run().task_id
    [start] = case.workflow.started
    assert (start.task_id, start.jobs) == (task_id, [JobRef(task_id=task_id, created_at=NOW, job=0)])


def test_submit_counts_the_pictures_ordered_without_a_key() -> None:
    case = Case()
    case.run(owner=None)
    assert case.quotas.used["images"] == 2


def test_submit_does_not_count_the_pictures_ordered_with_a_key() -> None:
    case = Case()
    case.run(owner="alice")
    assert case.quotas.used["images"] == 0


def test_submit_stores_nothing_once_the_day_is_spent() -> None:
    case = Case()
    case.quotas.used["images"] = 3
    with pytest.raises(DailyLimitExceeded):
        case.run(owner=None)
    assert (case.tasks.tasks, case.workflow.started) == ({}, [])


@pytest.mark.parametrize("next_free", [0, NOW - HOUR, NOW, NOW + 60 * SECOND])
def test_submit_joins_a_short_line(next_free: int) -> None:
    case = Case(slots=FakeSlotTable(wanx_v1=next_free))
    assert case.run() == case.task


def test_submit_does_not_join_a_long_line() -> None:
    case = Case(slots=FakeSlotTable(wanx_v1=NOW + 61 * SECOND))
    with pytest.raises(QueueFull) as caught:
        case.run(owner=None)
    assert caught.value.headers == {"Retry-After": "2"}
    assert (case.tasks.tasks, case.quotas.used["images"]) == ({}, 0)


def test_submit_reserves_nothing_itself() -> None:
    case = Case(slots=FakeSlotTable(wanx_v1=NOW))
    case.run()
    assert case.slots.next_at == {"wanx-v1": NOW}


def test_submit_closes_what_it_cannot_start() -> None:
    case = Case(workflow=FakeWorkflow(WorkflowUnavailable("No.")))
    with pytest.raises(WorkflowUnavailable):
        case.run()
    assert (case.task.status, case.task.ended_at) == (TaskStatus.FAILED, NOW)
    assert case.task.error == Failure(code="ServiceUnavailable", message="No.")


def test_submit_answers_at_once_when_the_job_was_sent() -> None:
    case = Case()
    case.soon(1_000, status=JobStatus.SUBMITTED)
    assert case.run().jobs[0].status is JobStatus.SUBMITTED
    assert case.waited_ms <= 1_000 + POLL_SECONDS * 1000


@pytest.mark.parametrize("status", [JobStatus.READY, JobStatus.DISPATCHING])
def test_submit_does_not_wait_for_ever(status: JobStatus) -> None:
    case = Case()
    case.soon(0, status=status)
    assert case.run().jobs[0].status is status
    assert WAIT_MS <= case.waited_ms < WAIT_MS + POLL_SECONDS * 1000


def test_submit_does_not_wait_for_a_slot_further_off() -> None:
    case = Case()
    case.soon(100, slot_at=NOW + WAIT_MS + 1)
    case.run()
    assert case.waited_ms <= 100 + POLL_SECONDS * 1000


def test_submit_waits_for_a_slot_that_is_near() -> None:
    case = Case()
    case.soon(100, slot_at=NOW + WAIT_MS)
    case.run()
    assert case.waited_ms >= WAIT_MS


def test_submit_may_not_wait_at_all() -> None:
    case = Case()
    case.run(settings=replace(SETTINGS, dispatch_wait_seconds=0))
    assert case.clock.slept == []


def test_submit_does_not_wait_for_a_lost_submission() -> None:
    case = Case()
    case.soon(100, status=JobStatus.LOST)
    assert case.run().jobs[0].status is JobStatus.LOST


def test_submit_says_at_once_what_dashscope_refused() -> None:
    case = Case()
    refusal = Failure(code="DataInspectionFailed", message="Not this.", upstream_status=400)
    case.soon(1_000, status=JobStatus.FAILED, error=refusal)
    with pytest.raises(UpstreamRefused) as caught:
        case.run()
    found = caught.value
    assert (found.code, found.message, found.upstream_status) == ("DataInspectionFailed", "Not this.", 400)


def test_submit_shows_the_task_that_failed_after_dashscope_had_taken_it() -> None:
    """The task tells of that, to whoever asks for it."""
    case = Case()
    case.soon(0, status=JobStatus.FAILED, error=BROKEN, upstream_task_id=UPSTREAM_ID)
    assert case.run().jobs[0].error == BROKEN


@pytest.mark.parametrize(("owner", "signer"), [(None, "key:1"), ("alice", None), (None, None)])
def test_submit_promises_no_webhook_without_an_owner_and_a_secret(
    owner: str | None, signer: str | None
) -> None:
    case = Case()
    body = {**BODY, "callback_url": "https://hooks.example/done"}
    with pytest.raises(InvalidParameter, match="callback_url: webhooks are signed"):
        case.run(body, owner, signer=signer)
    assert case.tasks.tasks == {}


def test_submit_says_that_the_gateway_is_not_set_up() -> None:
    case = Case()
    case.soon(0, status=JobStatus.FAILED, error=BROKEN.model_copy(update={"code": "ConfigurationError"}))
    with pytest.raises(ConfigurationError, match="It broke"):
        case.run()


@pytest.mark.parametrize(("seconds", "waited"), [(inf, 3), (3.5, 3), (2, 2), (0.1, 0.1), (0, 0)])
def test_submit_waits_no_longer_than_its_caller_can(seconds: float, waited: float) -> None:
    case = Case()
    case.run(seconds=seconds)
    assert waited * SECOND <= case.clock.now - NOW < (waited + POLL_SECONDS) * SECOND


def test_submit_shows_the_order_that_was_taken_where_it_cannot_be_read(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    case = Case()

    def refuse(task_id: str) -> None:
        raise RecordsUnavailable

    monkeypatch.setattr(case.tasks, "get", refuse)
    assert case.run().task_id == case.task.task_id
    assert case.clock.slept == []
