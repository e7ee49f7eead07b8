"""What the workflow's steps have in common: reading their job, and saying where to go next."""

from __future__ import annotations

from tongyi.errors import TaskNotFound
from tongyi.gateways.task_table import TaskTable
from tongyi.models.records import JobRecord, TaskRecord
from tongyi.models.workflow import ImageRef, JobRef, JobStep, Next


def read_job(tasks: TaskTable, ref: JobRef) -> tuple[TaskRecord, JobRecord]:
    """The task and its job. Raises TaskNotFound where the record is gone, which ends the execution."""
    task = tasks.get(ref.task_id)
    if task is None or ref.job not in task.jobs:
        raise TaskNotFound(ref.task_id)
    return task, task.jobs[ref.job]


def step_of(ref: JobRef, to: Next, wait_seconds: int = 0, images: tuple[ImageRef, ...] = ()) -> JobStep:
    """The job's next step."""
    return JobStep(task_id=ref.task_id, job=ref.job, next=to, wait_seconds=wait_seconds, images=list(images))
