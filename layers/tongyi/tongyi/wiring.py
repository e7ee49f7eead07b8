"""Puts the parts together: each use case with its gateways and settings, made when first asked for.

Imports stand inside the makers, so that a function loads what it uses and nothing else: its cold start pays for each.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from tongyi import config
from tongyi.clock import SystemClock
from tongyi.gateways import aws
from tongyi.webhook_wiring import list_deliveries, resend_delivery, send_webhook, start_delivery

if TYPE_CHECKING:
    from tongyi.gateways.dashscope import DashScope
    from tongyi.gateways.picture_bucket import PictureBucket
    from tongyi.gateways.quota_table import QuotaTable
    from tongyi.gateways.slot_table import SlotTable
    from tongyi.gateways.submission_table import SubmissionTable
    from tongyi.gateways.task_table import TaskTable
    from tongyi.gateways.upload_table import UploadTable
    from tongyi.usecases.allow_upload import AllowUpload
    from tongyi.usecases.announce_task import AnnounceTask
    from tongyi.usecases.authorize import Authorize
    from tongyi.usecases.cancel_task import CancelTask
    from tongyi.usecases.chat import Chat
    from tongyi.usecases.check_job import CheckJob
    from tongyi.usecases.close_task import CloseTask
    from tongyi.usecases.dispatch_job import DispatchJob
    from tongyi.usecases.generate_images import GenerateImages
    from tongyi.usecases.hand_out_pictures import HandOutPictures
    from tongyi.usecases.list_models import ListModels
    from tongyi.usecases.list_tasks import ListTasks
    from tongyi.usecases.show_task import ShowTask
    from tongyi.usecases.store_image import StoreImage
    from tongyi.usecases.submit_images import SubmitImages
    from tongyi.usecases.take_order import TakeOrder

__all__ = ["list_deliveries", "resend_delivery", "send_webhook"]

CLOCK = SystemClock()


@lru_cache(maxsize=1)
def chat() -> Chat:
    """For the chat routes."""
    from tongyi.usecases.chat import Chat

    return Chat(_dashscope(), _quotas(), config.ChatSettings.from_env(), CLOCK)


@lru_cache(maxsize=1)
def submit_images() -> SubmitImages:
    """For the routes that take an order for pictures."""
    from tongyi.gateways.workflow import Workflow
    from tongyi.usecases.submit_images import SubmitImages

    settings = config.SubmissionSettings.from_env()
    workflow = Workflow(aws.client("stepfunctions"), settings.state_machine_arn)
    return SubmitImages(_tasks(), _slots(), _quotas(), _uploads(), workflow, settings, CLOCK)


@lru_cache(maxsize=1)
def take_order() -> TakeOrder:
    """For orders that come as messages."""
    from tongyi.gateways.dead_letters import DeadLetters
    from tongyi.usecases.take_order import TakeOrder

    url = config.IntakeSettings.from_env().dead_letters_url
    return TakeOrder(submit_images(), DeadLetters(aws.client("sqs"), url))


@lru_cache(maxsize=1)
def generate_images() -> GenerateImages:
    """For those of them that wait for the pictures."""
    from tongyi.usecases.generate_images import GenerateImages

    return GenerateImages(submit_images(), show_task(), CLOCK)


@lru_cache(maxsize=1)
def show_task() -> ShowTask:
    """For the routes that show a task."""
    from tongyi.usecases.show_task import ShowTask

    settings = config.LinkSettings.from_env()
    return ShowTask(_tasks(), _bucket(settings.bucket_name), settings.link_seconds, CLOCK)


@lru_cache(maxsize=1)
def hand_out_pictures() -> HandOutPictures:
    """For the routes that hand out single pictures."""
    from tongyi.usecases.hand_out_pictures import HandOutPictures

    settings = config.LinkSettings.from_env()
    return HandOutPictures(_tasks(), _bucket(settings.bucket_name), settings.link_seconds, CLOCK)


@lru_cache(maxsize=1)
def list_tasks() -> ListTasks:
    """For GET /api/v1/tasks/."""
    from tongyi.usecases.list_tasks import ListTasks

    return ListTasks(_tasks(), CLOCK)


@lru_cache(maxsize=1)
def cancel_task() -> CancelTask:
    """For POST /api/v1/tasks/{task_id}/cancel."""
    from tongyi.usecases.cancel_task import CancelTask

    return CancelTask(_tasks(), _dashscope(), _announce(), CLOCK)


@lru_cache(maxsize=1)
def allow_upload() -> AllowUpload:
    """For GET /api/v1/uploads."""
    from tongyi.usecases.allow_upload import AllowUpload

    return AllowUpload(_dashscope(), _uploads())


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


@lru_cache(maxsize=1)
def dispatch_job() -> DispatchJob:
    """For the workflow's DispatchJob."""
    from tongyi.usecases.dispatch_job import DispatchJob
    from tongyi.usecases.find_submission import FindSubmission

    waits = config.WorkflowSettings.from_env()
    tasks, submissions, dashscope = _tasks(), _submissions(), _dashscope()
    find = FindSubmission(tasks, submissions, dashscope, waits.lost_submission_seconds, CLOCK)
    return DispatchJob(tasks, _slots(), submissions, dashscope, find, waits.first_check_seconds, CLOCK)


@lru_cache(maxsize=1)
def check_job() -> CheckJob:
    """For the workflow's CheckJob."""
    from tongyi.usecases.check_job import CheckJob

    first = config.WorkflowSettings.from_env().first_check_seconds
    return CheckJob(_tasks(), _dashscope(), first, CLOCK)


@lru_cache(maxsize=1)
def store_image() -> StoreImage:
    """For the workflow's StoreImage."""
    from tongyi.gateways.picture_source import PictureSource
    from tongyi.models.picture_hosts import PictureHosts
    from tongyi.usecases.store_image import StoreImage

    settings = config.PictureSettings.from_env()
    source = PictureSource(PictureHosts(settings.result_hosts))
    return StoreImage(_tasks(), source, _bucket(settings.bucket_name))


@lru_cache(maxsize=1)
def close_task() -> CloseTask:
    """For the workflow's CloseTask."""
    from tongyi.usecases.close_task import CloseTask

    return CloseTask(_tasks(), _announce(), CLOCK)


def reset() -> None:
    """Forgets everything that was made, for tests that change the settings under it."""
    for maker in list(globals().values()):
        if hasattr(maker, "cache_clear"):
            maker.cache_clear()
    aws.reset()


def _announce() -> AnnounceTask:
    from tongyi.gateways.event_bus import EventBus
    from tongyi.usecases.announce_task import AnnounceTask

    settings = config.EventSettings.from_env()
    bus = EventBus(aws.client("events"), settings.bus_name)
    webhooks = start_delivery()
    return AnnounceTask(_tasks(), bus, webhooks, settings.bucket_name, with_prompts=settings.with_prompts)


def _tasks() -> TaskTable:
    from tongyi.gateways.task_table import TaskTable

    return TaskTable(aws.client("dynamodb"), config.TableSettings.from_env().table_name)


def _slots() -> SlotTable:
    from tongyi.gateways.slot_table import SlotTable

    return SlotTable(aws.client("dynamodb"), config.TableSettings.from_env().table_name)


def _submissions() -> SubmissionTable:
    from tongyi.gateways.submission_table import SubmissionTable

    return SubmissionTable(aws.client("dynamodb"), config.TableSettings.from_env().table_name)


def _uploads() -> UploadTable:
    from tongyi.gateways.upload_table import UploadTable

    return UploadTable(aws.client("dynamodb"), config.TableSettings.from_env().table_name, CLOCK)


def _quotas() -> QuotaTable:
    from tongyi.gateways.quota_table import QuotaTable

    return QuotaTable(aws.client("dynamodb"), config.TableSettings.from_env().table_name, CLOCK)


def _dashscope() -> DashScope:
    from tongyi.gateways.dashscope import DashScope
    from tongyi.gateways.dashscope_connection import DashScopeConnection
    from tongyi.gateways.secrets import DashScopeKey

    settings = config.DashScopeSettings.from_env()
    key = DashScopeKey(aws.client("secretsmanager"), settings.secret_arn)
    return DashScope(DashScopeConnection(settings, key, CLOCK))


def _bucket(name: str) -> PictureBucket:
    from tongyi.gateways.picture_bucket import PictureBucket

    return PictureBucket(aws.client("s3"), name)
