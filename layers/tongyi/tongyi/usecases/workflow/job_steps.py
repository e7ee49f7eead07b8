"""What the workflow's steps have in common: reading their job, and saying where to go next."""

from __future__ import annotations

from typing import Any

from tongyi.errors import TaskNotFound
from tongyi.gateways.dynamodb.task_table import TaskTable
from tongyi.models.images.catalog import image_model
from tongyi.models.tasks.records import JobRecord, TaskRecord
from tongyi.models.workflow.payloads import ImageRef, JobRef, JobStep, Next, RecordRef


def read_record(tasks: TaskTable, ref: RecordRef) -> TaskRecord:
    """The record that the execution is for. Raises TaskNotFound where it is gone, which ends the execution.

    It is also gone where a later order of the same Idempotency-Key has a record of that id by now.
    """
    task = tasks.get(ref.task_id)
    if task is None or ref.created_at not in (None, task.created_at):
        raise TaskNotFound(ref.task_id)
    return task


def read_job(tasks: TaskTable, ref: JobRef) -> tuple[TaskRecord, JobRecord]:
    """The task and its job. Raises TaskNotFound as `read_record` does."""
    task = read_record(tasks, ref)
    if ref.job not in task.jobs:
        raise TaskNotFound(ref.task_id)
    return task, task.jobs[ref.job]


def step_of(ref: JobRef, to: Next, wait_seconds: int = 0, images: tuple[ImageRef, ...] = ()) -> JobStep:
    """The job's next step."""
    return JobStep(
        task_id=ref.task_id,
        created_at=ref.created_at,
        job=ref.job,
        next=to,
        wait_seconds=wait_seconds,
        images=list(images),
    )


def parameters_of(task: TaskRecord, job: JobRecord) -> dict[str, Any]:
    """The order's parameters for this call: its number, and its share of the seeds (seed, seed+1 … for n pictures)."""
    parameters = {**task.parameters, "n": job.n}
    if "seed" in parameters:
        seeds = image_model(task.model).max_seed + 1
        parameters["seed"] = (parameters["seed"] + job.first_image - 1) % seeds
    return parameters
