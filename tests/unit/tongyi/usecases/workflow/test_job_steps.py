"""What a step of the workflow reads: the record that its execution was started for."""

from __future__ import annotations

import pytest

from tests.support.fakes.gateways import FakeTaskTable
from tests.support.fakes.records import JOB, NOW, a_task
from tongyi.errors import TaskNotFound
from tongyi.usecases.workflow.job_steps import read_record


@pytest.mark.parametrize("created_at", [NOW, None])
def test_step_reads_the_record_of_its_execution(created_at: int | None) -> None:
    task = a_task(created_at=NOW)
    assert read_record(FakeTaskTable(task), JOB.model_copy(update={"created_at": created_at})) == task


def test_step_leaves_the_record_of_a_later_order_with_the_same_id_alone() -> None:
    tasks = FakeTaskTable(a_task(created_at=NOW))
    with pytest.raises(TaskNotFound):
        read_record(tasks, JOB.model_copy(update={"created_at": NOW - 1}))
