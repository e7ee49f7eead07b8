"""For requests for images, and for their tasks."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from tongyi import config
from tongyi.gateways import aws
from tongyi.wiring import parts

if TYPE_CHECKING:
    from tongyi.usecases.tasks.allow_upload import AllowUpload
    from tongyi.usecases.tasks.cancel_task import CancelTask
    from tongyi.usecases.tasks.generate_images import GenerateImages
    from tongyi.usecases.tasks.hand_out_images import HandOutPictures
    from tongyi.usecases.tasks.list_tasks import ListTasks
    from tongyi.usecases.tasks.show_task import ShowTask
    from tongyi.usecases.tasks.submit_images import SubmitImages
    from tongyi.usecases.tasks.submit_message import TakeOrder


@lru_cache(maxsize=1)
def submit_images() -> SubmitImages:
    """For the routes that take an order for pictures."""
    from tongyi.gateways.workflow import Workflow
    from tongyi.usecases.tasks.submit_images import SubmitImages

    settings = config.SubmissionSettings.from_env()
    workflow = Workflow(aws.client("stepfunctions"), settings.state_machine_arn)
    return SubmitImages(
        parts.tasks(),
        parts.slots(),
        parts.quotas(),
        parts.uploads(),
        workflow,
        parts.circuit(),
        settings,
        parts.CLOCK,
    )


@lru_cache(maxsize=1)
def generate_images() -> GenerateImages:
    """For those of them that wait for the pictures."""
    from tongyi.usecases.tasks.generate_images import GenerateImages

    return GenerateImages(submit_images(), show_task(), parts.CLOCK)


@lru_cache(maxsize=1)
def show_task() -> ShowTask:
    """For the routes that show a task."""
    from tongyi.usecases.tasks.show_task import ShowTask

    settings = config.LinkSettings.from_env()
    return ShowTask(parts.tasks(), parts.bucket(settings.bucket_name), settings.link_seconds, parts.CLOCK)


@lru_cache(maxsize=1)
def hand_out_pictures() -> HandOutPictures:
    """For the routes that hand out single pictures."""
    from tongyi.usecases.tasks.hand_out_images import HandOutPictures

    settings = config.LinkSettings.from_env()
    return HandOutPictures(
        parts.tasks(), parts.bucket(settings.bucket_name), settings.link_seconds, parts.CLOCK
    )


@lru_cache(maxsize=1)
def list_tasks() -> ListTasks:
    """For GET /api/v1/tasks/."""
    from tongyi.usecases.tasks.list_tasks import ListTasks

    return ListTasks(parts.tasks(), parts.CLOCK)


@lru_cache(maxsize=1)
def cancel_task() -> CancelTask:
    """For POST /api/v1/tasks/{task_id}/cancel."""
    from tongyi.usecases.tasks.cancel_task import CancelTask

    return CancelTask(parts.tasks(), parts.dashscope(), parts.announce(), parts.CLOCK)


@lru_cache(maxsize=1)
def allow_upload() -> AllowUpload:
    """For GET /api/v1/uploads."""
    from tongyi.usecases.tasks.allow_upload import AllowUpload

    return AllowUpload(parts.dashscope(), parts.uploads())


@lru_cache(maxsize=1)
def take_order() -> TakeOrder:
    """For orders."""
    from tongyi.gateways.messaging.dead_letter_queue import DeadLetters
    from tongyi.usecases.tasks.submit_message import TakeOrder

    url = config.IntakeSettings.from_env().dead_letters_url
    return TakeOrder(submit_images(), DeadLetters(aws.client("sqs"), url))
