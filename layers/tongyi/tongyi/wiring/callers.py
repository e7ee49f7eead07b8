"""For the routes of the API."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from tongyi import config
from tongyi.gateways import aws
from tongyi.wiring import parts

if TYPE_CHECKING:
    from tongyi.usecases.allow_upload import AllowUpload
    from tongyi.usecases.authorize import Authorize
    from tongyi.usecases.cancel_task import CancelTask
    from tongyi.usecases.chat import Chat
    from tongyi.usecases.generate_images import GenerateImages
    from tongyi.usecases.hand_out_pictures import HandOutPictures
    from tongyi.usecases.list_models import ListModels
    from tongyi.usecases.list_tasks import ListTasks
    from tongyi.usecases.show_task import ShowTask
    from tongyi.usecases.submit_images import SubmitImages


@lru_cache(maxsize=1)
def chat() -> Chat:
    """For the chat routes."""
    from tongyi.usecases.chat import Chat

    return Chat(parts.dashscope(), parts.quotas(), config.ChatSettings.from_env(), parts.CLOCK)


@lru_cache(maxsize=1)
def submit_images() -> SubmitImages:
    """For the routes that take an order for pictures."""
    from tongyi.gateways.workflow import Workflow
    from tongyi.usecases.submit_images import SubmitImages

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
    from tongyi.usecases.generate_images import GenerateImages

    return GenerateImages(submit_images(), show_task(), parts.CLOCK)


@lru_cache(maxsize=1)
def show_task() -> ShowTask:
    """For the routes that show a task."""
    from tongyi.usecases.show_task import ShowTask

    settings = config.LinkSettings.from_env()
    return ShowTask(parts.tasks(), parts.bucket(settings.bucket_name), settings.link_seconds, parts.CLOCK)


@lru_cache(maxsize=1)
def hand_out_pictures() -> HandOutPictures:
    """For the routes that hand out single pictures."""
    from tongyi.usecases.hand_out_pictures import HandOutPictures

    settings = config.LinkSettings.from_env()
    return HandOutPictures(
        parts.tasks(), parts.bucket(settings.bucket_name), settings.link_seconds, parts.CLOCK
    )


@lru_cache(maxsize=1)
def list_tasks() -> ListTasks:
    """For GET /api/v1/tasks/."""
    from tongyi.usecases.list_tasks import ListTasks

    return ListTasks(parts.tasks(), parts.CLOCK)


@lru_cache(maxsize=1)
def cancel_task() -> CancelTask:
    """For POST /api/v1/tasks/{task_id}/cancel."""
    from tongyi.usecases.cancel_task import CancelTask

    return CancelTask(parts.tasks(), parts.dashscope(), parts.announce(), parts.CLOCK)


@lru_cache(maxsize=1)
def allow_upload() -> AllowUpload:
    """For GET /api/v1/uploads."""
    from tongyi.usecases.allow_upload import AllowUpload

    return AllowUpload(parts.dashscope(), parts.uploads())


@lru_cache(maxsize=1)
def list_models() -> ListModels:
    """For GET /v1/models."""
    from tongyi.usecases.list_models import ListModels

    return ListModels(config.ModelSettings.from_env().chat_models)


@lru_cache(maxsize=1)
def authorize() -> Authorize:
    """For the authorizer."""
    from tongyi.gateways.key_table import KeyTable
    from tongyi.usecases.authorize import Authorize

    keys = KeyTable(aws.client("dynamodb"), config.TableSettings.from_env().table_name)
    return Authorize(keys, open_routes=config.AuthSettings.from_env().open_routes)
