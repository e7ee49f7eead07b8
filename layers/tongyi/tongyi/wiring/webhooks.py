"""For webhooks."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from tongyi import config
from tongyi.gateways import aws
from tongyi.wiring import parts

if TYPE_CHECKING:
    from tongyi.usecases.webhooks.list_deliveries import ListDeliveries
    from tongyi.usecases.webhooks.resend_delivery import ResendDelivery
    from tongyi.usecases.webhooks.send_webhook import SendWebhook


@lru_cache(maxsize=1)
def send_webhook() -> SendWebhook:
    """For the queue of webhooks."""
    from tongyi.gateways.dynamodb.endpoint_table import EndpointTable
    from tongyi.gateways.dynamodb.lease_table import LeaseTable
    from tongyi.gateways.outbound.webhook_sender import WebhookSender
    from tongyi.gateways.secrets import WebhookMaster
    from tongyi.models.webhooks.callback_url import CallbackRules
    from tongyi.models.webhooks.delivery import Schedule
    from tongyi.usecases.webhooks.send_webhook import SendWebhook

    settings = config.WebhookSettings.from_env()
    client, table = aws.client("dynamodb"), config.TableSettings.from_env().table_name
    return SendWebhook(
        parts.tasks(),
        parts.deliveries(),
        EndpointTable(client, table, settings.retention_days, parts.CLOCK),
        LeaseTable(client, table),
        parts.delivery_queue(),
        WebhookSender(CallbackRules(settings.origins), parts.CLOCK),
        WebhookMaster(lambda: aws.client("secretsmanager"), settings.secret_arn),
        Schedule(seconds=settings.retry_seconds),
        parts.CLOCK,
    )


@lru_cache(maxsize=1)
def list_deliveries() -> ListDeliveries:
    """For the routes that show deliveries."""
    from tongyi.usecases.webhooks.list_deliveries import ListDeliveries

    return ListDeliveries(parts.deliveries())


@lru_cache(maxsize=1)
def resend_delivery() -> ResendDelivery:
    """For POST /v1/webhooks/deliveries/{delivery_id}/resend."""
    from tongyi.usecases.webhooks.resend_delivery import ResendDelivery

    return ResendDelivery(parts.deliveries(), parts.delivery_queue(), parts.CLOCK)
