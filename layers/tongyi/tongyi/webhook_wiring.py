"""Puts the parts of webhooks together, for `tongyi.wiring`, in the same way."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from tongyi import config
from tongyi.clock import SystemClock
from tongyi.gateways import aws

if TYPE_CHECKING:
    from tongyi.gateways.delivery_queue import DeliveryQueue
    from tongyi.gateways.delivery_table import DeliveryTable
    from tongyi.usecases.list_deliveries import ListDeliveries
    from tongyi.usecases.resend_delivery import ResendDelivery
    from tongyi.usecases.send_webhook import SendWebhook
    from tongyi.usecases.start_delivery import StartDelivery

_CLOCK = SystemClock()


@lru_cache(maxsize=1)
def start_delivery() -> StartDelivery:
    """For whoever tells the ends of tasks."""
    from tongyi.usecases.start_delivery import StartDelivery

    return StartDelivery(_deliveries(), _queue(), _CLOCK)


@lru_cache(maxsize=1)
def send_webhook() -> SendWebhook:
    """For the queue of webhooks."""
    from tongyi.gateways.endpoint_table import EndpointTable
    from tongyi.gateways.secrets import WebhookMaster
    from tongyi.gateways.task_table import TaskTable
    from tongyi.gateways.webhook_sender import WebhookSender
    from tongyi.models.callback_url import CallbackRules
    from tongyi.models.delivery import Schedule
    from tongyi.usecases.send_webhook import SendWebhook

    settings = config.WebhookSettings.from_env()
    client, table = aws.client("dynamodb"), config.TableSettings.from_env().table_name
    return SendWebhook(
        TaskTable(client, table),
        _deliveries(),
        EndpointTable(client, table, settings.retention_days, _CLOCK),
        _queue(),
        WebhookSender(CallbackRules(settings.origins), _CLOCK),
        WebhookMaster(aws.client("secretsmanager"), settings.secret_arn),
        Schedule(seconds=settings.retry_seconds),
        _CLOCK,
    )


@lru_cache(maxsize=1)
def list_deliveries() -> ListDeliveries:
    """For the routes that show deliveries."""
    from tongyi.usecases.list_deliveries import ListDeliveries

    return ListDeliveries(_deliveries(), _CLOCK)


@lru_cache(maxsize=1)
def resend_delivery() -> ResendDelivery:
    """For POST /v1/webhooks/deliveries/{delivery_id}/resend."""
    from tongyi.usecases.resend_delivery import ResendDelivery

    return ResendDelivery(_deliveries(), _queue(), _CLOCK)


def _deliveries() -> DeliveryTable:
    from tongyi.gateways.delivery_table import DeliveryTable

    return DeliveryTable(aws.client("dynamodb"), config.TableSettings.from_env().table_name)


def _queue() -> DeliveryQueue:
    from tongyi.gateways.delivery_queue import DeliveryQueue

    return DeliveryQueue(aws.client("sqs"), config.DeliverySettings.from_env().queue_url)
