"""A job that is dispatched, and a script of what DashScope says to it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from tests.support.fakes.circuits import FakeCircuitTable
from tests.support.fakes.dashscope import FakeDashScope
from tests.support.fakes.gateways import FakeClock, FakeSlotTable, FakeSubmissionTable, FakeTaskTable
from tests.support.fakes.records import JOB, TASK_ID, UPSTREAM_ID, a_job, a_task
from tongyi.models.images.catalog import image_model
from tongyi.models.tasks.records import JobRecord, TaskRecord
from tongyi.models.workflow.circuit import Circuit
from tongyi.models.workflow.payloads import JobStep, Next
from tongyi.models.workflow.upstream import Submitted
from tongyi.usecases.workflow.circuit_breaker import CircuitBreaker
from tongyi.usecases.workflow.dispatch_job import DispatchJob
from tongyi.usecases.workflow.find_submission import FindSubmission
from tongyi.usecases.workflow.send_job import SendJob

SENT = Submitted(UPSTREAM_ID, "r-1")
SPACING = image_model("wanx-v1").rate.spacing_ms
FIRST_CHECK = 2
LOST_WAIT = 45


class Case:
    """A job, and a script of what DashScope says to it."""

    def __init__(
        self,
        *script: object,
        job: JobRecord | None = None,
        task: TaskRecord | None = None,
        next_free: int | None = None,
        circuits: Sequence[Circuit] = (),
        preparing: Callable[[], object] = lambda: None,
    ) -> None:
        self.clock = FakeClock()
        self.sent_at: list[int] = []
        self.tasks = FakeTaskTable(task or a_task(job or a_job()))
        self.slots = FakeSlotTable(**({"wanx_v1": next_free} if next_free else {}))
        self.submissions = FakeSubmissionTable(self.tasks)
        self.circuits = FakeCircuitTable(*circuits)
        self.dashscope = FakeDashScope(
            *script, preparing=preparing, calling=lambda: self.sent_at.append(self.clock.now)
        )

    def run(self) -> JobStep:
        self.submissions.tasks = self.tasks
        find = FindSubmission(self.tasks, self.submissions, self.dashscope, LOST_WAIT, self.clock)
        send = SendJob(self.tasks, self.submissions, self.dashscope, find, FIRST_CHECK, self.clock)
        circuit = CircuitBreaker(self.circuits, self.clock, lambda: 0.0)
        dispatch = DispatchJob(
            self.tasks, self.slots, self.submissions, send, find, circuit, FIRST_CHECK, self.clock
        )
        return dispatch.run(JOB)

    @property
    def job(self) -> JobRecord:
        return self.tasks.tasks[TASK_ID].jobs[0]

    @property
    def calls(self) -> list[Any]:
        return self.dashscope.calls


def where(step: JobStep) -> tuple[Next, int]:
    return step.next, step.wait_seconds
