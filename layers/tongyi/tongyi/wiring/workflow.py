"""For the steps of the state machine image_task, and `reconcile`."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from tongyi import config
from tongyi.wiring import parts

if TYPE_CHECKING:
    from tongyi.usecases.workflow.check_job import CheckJob
    from tongyi.usecases.workflow.close_task import CloseTask
    from tongyi.usecases.workflow.dispatch_job import DispatchJob
    from tongyi.usecases.workflow.reconcile import Reconcile
    from tongyi.usecases.workflow.store_image import StoreImage


@lru_cache(maxsize=1)
def dispatch_job() -> DispatchJob:
    """For the workflow's DispatchJob."""
    from tongyi.usecases.workflow.dispatch_job import DispatchJob
    from tongyi.usecases.workflow.find_submission import FindSubmission
    from tongyi.usecases.workflow.send_job import SendJob

    waits = config.WorkflowSettings.from_env()
    tasks, submissions, dashscope = parts.tasks(), parts.submissions(), parts.dashscope()
    find = FindSubmission(tasks, submissions, dashscope, waits.lost_submission_seconds, parts.CLOCK)
    send = SendJob(tasks, submissions, dashscope, find, waits.first_check_seconds, parts.CLOCK)
    return DispatchJob(
        tasks,
        parts.slots(),
        submissions,
        send,
        find,
        parts.circuit(),
        waits.first_check_seconds,
        parts.CLOCK,
    )


@lru_cache(maxsize=1)
def check_job() -> CheckJob:
    """For the workflow's CheckJob."""
    from tongyi.usecases.workflow.check_job import CheckJob

    first = config.WorkflowSettings.from_env().first_check_seconds
    return CheckJob(parts.tasks(), parts.dashscope(), first, parts.CLOCK)


@lru_cache(maxsize=1)
def store_image() -> StoreImage:
    """For the workflow's StoreImage."""
    from tongyi.gateways.outbound.image_source import PictureSource
    from tongyi.models.images.hosts import PictureHosts
    from tongyi.usecases.workflow.store_image import StoreImage

    settings = config.PictureSettings.from_env()
    source = PictureSource(PictureHosts(settings.result_hosts))
    bucket = parts.bucket(settings.bucket_name)
    return StoreImage(parts.tasks(), source, bucket, parts.dashscope(), parts.CLOCK)


@lru_cache(maxsize=1)
def close_task() -> CloseTask:
    """For the workflow's CloseTask."""
    from tongyi.usecases.workflow.close_task import CloseTask

    return CloseTask(parts.tasks(), parts.announce(), parts.CLOCK)


@lru_cache(maxsize=1)
def reconcile() -> Reconcile:
    """For what sees to tasks that the workflow left behind."""
    from tongyi.gateways import aws
    from tongyi.gateways.dynamodb.unfinished_table import UnfinishedTable
    from tongyi.gateways.workflow import Workflow
    from tongyi.usecases.workflow.reconcile import Reconcile

    arn = config.ReconcileSettings.from_env().state_machine_arn
    table = config.TableSettings.from_env().table_name
    unfinished = UnfinishedTable(aws.client("dynamodb"), table, parts.CLOCK)
    return Reconcile(unfinished, Workflow(aws.client("stepfunctions"), arn), parts.CLOCK)
