"""A call that is sent in the very moment in which it is canceled: it is canceled at DashScope, not on paper only."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from tests.support.fakes.gateways import FakeTaskTable
from tests.support.fakes.records import NOW, SECOND, TASK_ID, a_job, a_task
from tests.unit.tongyi.usecases.tasks.cancel_task.canceling import DONE, Case, sent
from tongyi.models.tasks.status import JobStatus, TaskStatus

BEGUN = {"status": JobStatus.DISPATCHING, "sent_at": NOW}
TAKEN = {"status": JobStatus.SUBMITTED, "upstream_task_id": "two"}


class Overtaken(FakeTaskTable):
    """Just before the second job is written as CANCELED, the workflow has begun to send it."""

    begun = False

    def change_job(
        self, task_id: str, job: int, changes: Mapping[str, Any], *, when: Iterable[JobStatus]
    ) -> bool:
        if job == 1 and changes == {"status": JobStatus.CANCELED} and not self.begun:
            self.begun = True
            super().change_job(task_id, 1, BEGUN, when=(JobStatus.READY,))
        return super().change_job(task_id, job, changes, when=when)


def test_call_that_was_begun_after_it_was_seen_is_canceled_at_dashscope_too() -> None:
    case = Case(DONE, DONE, model="qwen-image-plus")
    case.tasks = Overtaken(a_task(sent("one"), a_job(n=1), owner="alice", model="qwen-image-plus"))
    case.soon(SECOND, TAKEN, job=1)
    case.run()
    assert case.asked == ["one", "two"]
    assert (case.statuses, case.tasks.tasks[TASK_ID].status) == (
        [JobStatus.CANCELED] * 2,
        TaskStatus.CANCELED,
    )
