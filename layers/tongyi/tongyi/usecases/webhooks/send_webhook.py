"""Sends a webhook: the one attempt that is due, if one is."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

from tongyi.clock import Clock
from tongyi.gateways.dynamodb.delivery_table import DeliveryTable
from tongyi.gateways.dynamodb.endpoint_table import EndpointTable
from tongyi.gateways.dynamodb.lease_table import LeaseTable
from tongyi.gateways.dynamodb.task_table import TaskTable
from tongyi.gateways.messaging.delivery_queue import DeliveryQueue
from tongyi.gateways.outbound.webhook_sender import Sent, WebhookSender
from tongyi.gateways.secrets import WebhookMaster
from tongyi.models.tasks.records import TaskRecord
from tongyi.models.webhooks.delivery import Attempt, DeliveryRecord, DeliveryStatus, Schedule, turn_wait_ms
from tongyi.models.webhooks.payload import payload, webhook_id
from tongyi.models.webhooks.signing import sign, webhook_secret
from tongyi.observability import count, log_fault, logger

# An attempt takes less, and what began it is cut off by then: what was claimed before that is nobody's any more.
LEASE_MS = 60_000
USER_AGENT = "tongyi-gateway"


@dataclass(frozen=True, slots=True)
class _Open:
    """A delivery that its message is about, and that goes on."""

    delivery: DeliveryRecord
    task: TaskRecord


class SendWebhook:
    """What becomes of a message on the queue of webhooks. `jitter` gives numbers from 0 to 1."""

    def __init__(
        self,
        tasks: TaskTable,
        deliveries: DeliveryTable,
        endpoints: EndpointTable,
        leases: LeaseTable,
        queue: DeliveryQueue,
        sender: WebhookSender,
        master: WebhookMaster,
        schedule: Schedule,
        clock: Clock,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        self._tasks = tasks
        self._deliveries = deliveries
        self._endpoints = endpoints
        self._leases = leases
        self._queue = queue
        self._sender = sender
        self._master = master
        self._schedule = schedule
        self._clock = clock
        self._jitter = jitter

    def run(self, text: str, receipt_handle: str) -> bool:
        """Whether the message is done with. If not, it stays on the queue, and comes again when it is time."""
        try:
            wait_ms = self._wait_after(text)
            if wait_ms is not None:
                self._queue.hold(receipt_handle, wait_ms)
        except Exception as error:
            # It comes again after the queue's own time: what it is about is written down.
            log_fault(error)
            return False
        return wait_ms is None

    def _wait_after(self, text: str) -> int | None:
        """Makes the attempt that is due; milliseconds until the next, or None where there is none to come."""
        found = self._open(text)
        if found is None:
            return None
        delivery, now = found.delivery, self._clock.now_ms()
        due = self._due(delivery)
        if now < due:
            return due - now
        if len(delivery.attempts) >= self._schedule.attempts:
            # Only the last attempt's end is missing: it was cut off.
            self._end(delivery, DeliveryStatus.FAILED)
            return None
        if delivery.round == 0 and self._endpoints.is_off(delivery.owner, delivery.url):
            self._end(delivery, DeliveryStatus.SWITCHED_OFF)
            return None
        # Before the claim: where it cannot be had, no attempt is spent.
        secret = webhook_secret(self._master(), found.task.signer or "")
        host = urlsplit(delivery.url).hostname or ""
        places = self._leases.lend(delivery.owner, host, now, now + LEASE_MS)
        if places is None:
            # Others of the owner's, or to the host, are under way: it is not their turn that waits for this one.
            count("WebhooksHeldBack")
            return turn_wait_ms(now - due, self._jitter())
        try:
            return self._claimed(found, secret, now)
        finally:
            self._leases.take_back(places)

    def _claimed(self, found: _Open, secret: str, now: int) -> int | None:
        delivery = found.delivery
        if not self._deliveries.claim(delivery, now, now + LEASE_MS):
            # Somebody else has it: a look once that is surely over.
            return LEASE_MS
        claimed = (*delivery.attempts, Attempt(at=now))
        return self._attempt(found.task, delivery.model_copy(update={"attempts": claimed}), secret)

    def _open(self, text: str) -> _Open | None:
        """None for a message of an earlier round, or about what has ended or is gone."""
        said = json.loads(text)
        delivery = self._deliveries.get(said["task_id"])
        if (
            delivery is None
            or delivery.round != said["round"]
            or delivery.status is not DeliveryStatus.PENDING
        ):
            return None
        task = self._tasks.get(delivery.task_id)
        return _Open(delivery, task) if task else None

    def _due(self, delivery: DeliveryRecord) -> int:
        first = 0 if delivery.attempts else self._schedule.wait_ms(0, None, 0)
        return (delivery.next_at or 0) + first

    def _end(self, delivery: DeliveryRecord, status: DeliveryStatus) -> None:
        if self._deliveries.close(delivery, status):
            _tell(delivery, status)

    def _attempt(self, task: TaskRecord, delivery: DeliveryRecord, secret: str) -> int | None:
        """Makes the claimed attempt, and writes down how it ended."""
        sent = self._send(task, delivery, secret)
        attempt = Attempt(
            at=delivery.attempts[-1].at,
            status_code=sent.status_code,
            error=sent.error,
            duration_ms=sent.duration_ms,
        )
        count("WebhookAttempts")
        if attempt.taken and delivery.round > 0:
            self._endpoints.switch_on(delivery.owner, delivery.url)
        if attempt.gone:
            self._endpoints.switch_off(delivery.owner, delivery.url)
        status = self._status_after(attempt, len(delivery.attempts))
        if status is not DeliveryStatus.PENDING:
            if self._deliveries.finish(delivery, attempt, status):
                _tell(delivery, status, attempt)
            return None
        wait_ms = self._schedule.wait_ms(len(delivery.attempts), sent.retry_after, self._jitter())
        if self._deliveries.finish(delivery, attempt, status, self._clock.now_ms() + wait_ms):
            _tell(delivery, status, attempt)
        return wait_ms

    def _status_after(self, attempt: Attempt, made: int) -> DeliveryStatus:
        if attempt.taken:
            return DeliveryStatus.DELIVERED
        if attempt.gone:
            return DeliveryStatus.SWITCHED_OFF
        return DeliveryStatus.PENDING if made < self._schedule.attempts else DeliveryStatus.FAILED

    def _send(self, task: TaskRecord, delivery: DeliveryRecord, secret: str) -> Sent:
        identity, body = webhook_id(task.task_id), payload(task)
        seconds = self._clock.now_ms() // 1000
        headers = {
            "Content-Type": "application/json",
            "User-Agent": USER_AGENT,
            "Accept-Encoding": "identity",
            "webhook-id": identity,
            "webhook-timestamp": str(seconds),
            "webhook-signature": sign(secret, identity, seconds, body),
        }
        return self._sender.post(delivery.url, body, headers)


def _tell(delivery: DeliveryRecord, status: DeliveryStatus, attempt: Attempt | None = None) -> None:
    """Counts what became of it, and logs what went wrong; never the link, which may hold a secret."""
    if status is not DeliveryStatus.PENDING:
        count(f"Webhooks{''.join(word.capitalize() for word in status.split('_'))}")
    if status is not DeliveryStatus.DELIVERED:
        logger.warning(
            "a webhook was not delivered",
            task_id=delivery.task_id,
            status=str(status),
            attempts=len(delivery.attempts),
            status_code=attempt.status_code if attempt else None,
            error=attempt.error if attempt else None,
        )
