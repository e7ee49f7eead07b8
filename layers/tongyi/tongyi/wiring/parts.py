"""The gateways that use cases are put together with."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tongyi import config
from tongyi.clock import SystemClock
from tongyi.gateways import aws

if TYPE_CHECKING:
    from tongyi.gateways.dashscope.client import DashScope
    from tongyi.gateways.dynamodb.delivery_table import DeliveryTable
    from tongyi.gateways.dynamodb.quota_table import QuotaTable
    from tongyi.gateways.dynamodb.slot_table import SlotTable
    from tongyi.gateways.dynamodb.submission_table import SubmissionTable
    from tongyi.gateways.dynamodb.task_table import TaskTable
    from tongyi.gateways.dynamodb.upload_table import UploadTable
    from tongyi.gateways.messaging.delivery_queue import DeliveryQueue
    from tongyi.gateways.storage.image_bucket import PictureBucket
    from tongyi.usecases.tasks.announce_task import AnnounceTask
    from tongyi.usecases.workflow.circuit_breaker import CircuitBreaker

CLOCK = SystemClock()


def tasks() -> TaskTable:
    """Tasks."""
    from tongyi.gateways.dynamodb.task_table import TaskTable

    return TaskTable(aws.client("dynamodb"), config.TableSettings.from_env().table_name, CLOCK)


def slots() -> SlotTable:
    """Send times of models."""
    from tongyi.gateways.dynamodb.slot_table import SlotTable

    return SlotTable(aws.client("dynamodb"), config.TableSettings.from_env().table_name)


def submissions() -> SubmissionTable:
    """Submissions whose answers were lost, and upstream tasks that are claimed."""
    from tongyi.gateways.dynamodb.submission_table import SubmissionTable

    return SubmissionTable(aws.client("dynamodb"), config.TableSettings.from_env().table_name, CLOCK)


def uploads() -> UploadTable:
    """Who may use which upload."""
    from tongyi.gateways.dynamodb.upload_table import UploadTable

    return UploadTable(aws.client("dynamodb"), config.TableSettings.from_env().table_name, CLOCK)


def quotas() -> QuotaTable:
    """What the open routes have used up."""
    from tongyi.gateways.dynamodb.quota_table import QuotaTable

    return QuotaTable(aws.client("dynamodb"), config.TableSettings.from_env().table_name, CLOCK)


def dashscope() -> DashScope:
    """DashScope."""
    from tongyi.gateways.dashscope.client import DashScope
    from tongyi.gateways.dashscope.connection import DashScopeConnection
    from tongyi.gateways.secrets import DashScopeKey

    settings = config.DashScopeSettings.from_env()
    key = DashScopeKey(lambda: aws.client("secretsmanager"), settings.secret_arn)
    return DashScope(DashScopeConnection(settings, key, CLOCK))


def circuit() -> CircuitBreaker:
    """What DashScope refuses until the operator mends it."""
    from tongyi.gateways.dynamodb.circuit_table import CircuitTable
    from tongyi.usecases.workflow.circuit_breaker import CircuitBreaker

    table = config.TableSettings.from_env().table_name
    return CircuitBreaker(CircuitTable(aws.client("dynamodb"), table, CLOCK), CLOCK)


def bucket(name: str) -> PictureBucket:
    """The bucket with the copies."""
    from tongyi.gateways.storage.image_bucket import PictureBucket

    return PictureBucket(aws.client("s3"), name)


def announce() -> AnnounceTask:
    """Tells the ends of tasks."""
    from tongyi.gateways.messaging.event_bus import EventBus
    from tongyi.usecases.tasks.announce_task import AnnounceTask
    from tongyi.usecases.webhooks.start_delivery import StartDelivery

    settings = config.EventSettings.from_env()
    bus = EventBus(aws.client("events"), settings.bus_name)
    webhooks = StartDelivery(deliveries(), delivery_queue(), CLOCK)
    return AnnounceTask(tasks(), bus, webhooks, settings.bucket_name, with_prompts=settings.with_prompts)


def deliveries() -> DeliveryTable:
    """How far webhooks are."""
    from tongyi.gateways.dynamodb.delivery_table import DeliveryTable

    return DeliveryTable(aws.client("dynamodb"), config.TableSettings.from_env().table_name, CLOCK)


def delivery_queue() -> DeliveryQueue:
    """The queue that webhooks wait on."""
    from tongyi.gateways.messaging.delivery_queue import DeliveryQueue

    return DeliveryQueue(aws.client("sqs"), config.DeliverySettings.from_env().queue_url)
