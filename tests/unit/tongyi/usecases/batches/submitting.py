"""A chunk of a file whose requests are made tasks of, with everything around it in memory."""

from __future__ import annotations

from typing import Any

from tests.support.fakes.batches import KEY, RUN, FakeFileTable, FakeInbox, a_progress
from tests.support.fakes.circuits import a_circuit
from tests.support.fakes.gateways import (
    FakeClock,
    FakeQuotaTable,
    FakeSlotTable,
    FakeTaskTable,
    FakeUploadTable,
    FakeWorkflow,
)
from tongyi.config import SubmissionSettings
from tongyi.models.batches.run import ChunkRef, ChunkStep, Outcome, RequestStatus
from tongyi.models.tasks.records import TaskRecord
from tongyi.models.tasks.status import TaskStatus
from tongyi.models.workflow.circuit import Circuit
from tongyi.usecases.batches.check_lines import CheckLines
from tongyi.usecases.batches.report_chunk import ReportChunk
from tongyi.usecases.batches.submit_lines import SubmitLines
from tongyi.usecases.tasks.submit_images import SubmitImages

MAX_QUEUE_SECONDS = 600
SETTINGS = SubmissionSettings("arn", 30, 0, MAX_QUEUE_SECONDS, 0)
# DashScope makes any number of its tasks at a time, so far as its documents say.
MANY = "qwen-image-2.0"
# Two a minute.
RARE = "qwen-image-max"


class Case:
    """The first chunk of a file, and what its steps leave."""

    def __init__(self, *orders: dict[str, Any] | None, key: str = KEY) -> None:
        self.tasks, self.workflow, self.clock = FakeTaskTable(), FakeWorkflow(), FakeClock()
        self.slots, self.inbox = FakeSlotTable(), FakeInbox()
        self.files = FakeFileTable(a_progress(key=key, requests=len(orders)))
        self.circuits: list[Circuit] = []
        self.key = key
        self.chunk = self.inbox.give(*orders, key=key)[0]
        self.report = ReportChunk(self.inbox, self.files, self.clock)

    def submit(self, step: ChunkRef | None = None) -> ChunkStep:
        """A round; the first, or that which follows a step."""
        gateways = (self.tasks, self.slots, FakeQuotaTable(), FakeUploadTable(), self.workflow)
        submit = SubmitImages(*gateways, a_circuit(self.clock, *self.circuits), SETTINGS, self.clock)
        lines = SubmitLines(submit, self.slots, self.inbox, self.report, self.clock)
        return lines.run(self._handed_on(step))

    def check(self, step: ChunkRef) -> ChunkStep:
        """A look at the tasks."""
        return CheckLines(self.inbox, self.tasks, self.report).run(self._handed_on(step))

    def end(self, task_id: str | None, status: TaskStatus = TaskStatus.SUCCEEDED, **given: Any) -> None:
        """Has a task come to its end."""
        task = self.tasks.tasks[str(task_id)]
        changes = {"status": status, "ended_at": self.clock.now, **given}
        self.tasks.tasks[task.task_id] = task.model_copy(update=changes)

    @property
    def outcomes(self) -> list[Outcome]:
        """What has become of the requests so far."""
        return self.inbox.outcomes(RUN, self.chunk)

    @property
    def statuses(self) -> list[RequestStatus]:
        return [outcome.status for outcome in self.outcomes]

    @property
    def made(self) -> list[TaskRecord]:
        """The tasks, in the order in which they were made."""
        return list(self.tasks.tasks.values())

    def _handed_on(self, step: ChunkRef | None) -> ChunkRef:
        """As Step Functions hands a step's answer on."""
        return ChunkRef(run=RUN, chunk=self.chunk) if step is None else ChunkRef(**step.model_dump())
