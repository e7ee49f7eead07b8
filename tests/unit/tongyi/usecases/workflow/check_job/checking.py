"""A job that is checked, and a script of what DashScope says of it."""

from __future__ import annotations

from typing import Any

from tests.support.fakes.dashscope import FakeDashScope
from tests.support.fakes.gateways import FakeClock, FakeTaskTable
from tests.support.fakes.records import BROKEN, JOB, LINK, NOW, SECOND, TASK_ID, UPSTREAM_ID, a_job, a_task
from tongyi.models.tasks.records import JobRecord, TaskRecord
from tongyi.models.tasks.status import JobStatus, TaskStatus
from tongyi.models.workflow.payloads import JobStep, Next
from tongyi.models.workflow.upstream import UpstreamPicture, UpstreamTask
from tongyi.usecases.workflow.check_job import CheckJob

FIRST = 2
RUNNING = UpstreamTask(TaskStatus.RUNNING)
GOOD, BAD = UpstreamPicture(url=LINK), UpstreamPicture(error=BROKEN)


def made(*pictures: UpstreamPicture) -> UpstreamTask:
    return UpstreamTask(TaskStatus.SUCCEEDED, pictures)


class Case:
    """A job that was sent a minute ago, and a script of what DashScope says of it."""

    def __init__(self, *script: object, task: TaskRecord | None = None, **job: Any) -> None:
        sent = {"status": JobStatus.SUBMITTED, "upstream_task_id": UPSTREAM_ID, "sent_at": NOW - 60 * SECOND}
        self.tasks = FakeTaskTable(task or a_task(a_job(**{**sent, **job})))
        self.dashscope = FakeDashScope(*script)
        self.clock = FakeClock()

    def run(self) -> JobStep:
        return CheckJob(self.tasks, self.dashscope, FIRST, self.clock).run(JOB)

    def follow(self) -> tuple[JobStep, list[int]]:
        """The step that ends the checks, as the state machine would repeat them, and the seconds before each."""
        looks = [0]
        while (step := self.run()).next is Next.CHECK:
            self.clock.sleep(step.wait_seconds)
            looks.append((self.clock.now - NOW) // SECOND)
        return step, looks

    @property
    def task(self) -> TaskRecord:
        return self.tasks.tasks[TASK_ID]

    @property
    def job(self) -> JobRecord:
        return self.task.jobs[0]


def to_store(step: JobStep) -> list[int]:
    assert step.next is Next.STORE
    return [image.image for image in step.images]
