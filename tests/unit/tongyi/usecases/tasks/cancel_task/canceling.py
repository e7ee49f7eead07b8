"""A task that is to be canceled, and a script of what DashScope says to it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from tests.support.fakes.dashscope import FakeDashScope
from tests.support.fakes.gateways import FakeClock, FakeEventBus, FakeStartDelivery, FakeTaskTable
from tests.support.fakes.records import NOW, TASK_ID, a_job, a_task
from tests.unit.tongyi.usecases.tasks.announcing import announcer
from tongyi.errors import UpstreamRefused
from tongyi.models.tasks.records import JobRecord, TaskRecord
from tongyi.models.tasks.status import JobStatus, TaskStatus
from tongyi.models.workflow.upstream import UpstreamTask
from tongyi.usecases.tasks.cancel_task import MOST_SECONDS, CancelTask

# What DashScope answers: that it was done, and that it is too late.
DONE = None
TOO_LATE = UpstreamRefused(
    "Failed to cancel the task, please confirm if the task is in PENDING status.", code="UnsupportedOperation"
)
# What it says when it is asked about such a task then.
RUNNING, GONE = UpstreamTask(TaskStatus.RUNNING), UpstreamTask(TaskStatus.CANCELED)


class RacingTaskTable(FakeTaskTable):
    """Lets something happen between the first read of the task and the first change to it."""

    def __init__(self, task: TaskRecord, meanwhile: Callable[[FakeTaskTable], object]) -> None:
        super().__init__(task)
        self._meanwhile = meanwhile

    def cancel_unsent(self, task: TaskRecord, ended_at: int) -> bool:
        self._meanwhile(self)
        return super().cancel_unsent(task, ended_at)


class Case:
    """A task of some jobs; `changes` happen to its jobs a while later, as the workflow would have it."""

    def __init__(self, *script: object, jobs: tuple[JobRecord, ...] = (), **task: Any) -> None:
        self.clock = FakeClock()
        self.tasks = FakeTaskTable(a_task(*jobs, **{"owner": "alice", **task}))
        self.dashscope = FakeDashScope(*script)
        self.bus = FakeEventBus()
        self.webhooks = FakeStartDelivery()

    def run(self, owner: str | None = "alice", seconds: float = MOST_SECONDS) -> None:
        announce = announcer(self.tasks, self.bus, self.webhooks)
        CancelTask(self.tasks, self.dashscope, announce, self.clock).run(TASK_ID, owner, seconds)

    def soon(self, after_ms: int, changes: Mapping[str, Any], job: int = 0) -> None:
        def change() -> None:
            self.tasks.change_job(TASK_ID, job, changes, when=tuple(JobStatus))

        self.clock.at(NOW + after_ms, change)

    @property
    def task(self) -> TaskRecord:
        return self.tasks.tasks[TASK_ID]

    @property
    def statuses(self) -> list[JobStatus]:
        return [job.status for job in self.task.jobs.values()]

    @property
    def asked(self) -> list[str]:
        """The ids of the tasks that DashScope was asked to cancel, in order."""
        return [call[1] for call in self.dashscope.calls if call[0] == "cancel"]

    @property
    def waited_ms(self) -> int:
        return self.clock.now - NOW


def sent(upstream_id: str, **given: Any) -> JobRecord:
    """A job that DashScope has taken."""
    return a_job(**{"n": 1, "status": JobStatus.SUBMITTED, "upstream_task_id": upstream_id, **given})
