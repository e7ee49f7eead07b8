"""The queue of webhooks and the functions that work it, on a clock that jumps from one thing to the next.

Each function is a thread, but only one of them runs at a time: the others sleep until their moment comes, so that all
of it is the same each time, and takes no time.
"""

from __future__ import annotations

import heapq
import json
from collections.abc import Mapping
from random import Random
from threading import Condition, Thread
from typing import Any
from urllib.parse import urlsplit

from tests.support.fakes.gateways import FakeTaskTable
from tests.support.fakes.records import HOUR, NOW, SECOND, a_task
from tongyi.gateways.dynamodb.delivery_table import DeliveryTable
from tongyi.gateways.dynamodb.endpoint_table import EndpointTable
from tongyi.gateways.dynamodb.lease_table import HOST_PLACES, OWNER_PLACES, LeaseTable, Place
from tongyi.gateways.messaging.delivery_queue import DeliveryQueue
from tongyi.gateways.outbound.webhook_sender import Sent, WebhookSender
from tongyi.gateways.secrets import WebhookMaster
from tongyi.models.tasks.status import TaskStatus
from tongyi.models.webhooks.delivery import Attempt, DeliveryRecord, DeliveryStatus, Schedule
from tongyi.usecases.webhooks.send_webhook import SendWebhook

# What a function needs beside the receiver, and from one look at an empty queue to the next.
OVERHEAD_MS = 50
LOOK_MS = 20
CONCURRENCY = 10


class Turns:
    """A clock whose sleepers run one after the other, in the order of their moments."""

    def __init__(self) -> None:
        self.now = NOW
        self._changed = Condition()
        self._asleep: list[tuple[int, int]] = []
        self._running: int | None = None
        self._count = 0

    def now_ms(self) -> int:
        return self.now

    def sleep(self, seconds: float) -> None:
        with self._changed:
            self._count += 1
            me = (self.now + round(seconds * SECOND), self._count)
            heapq.heappush(self._asleep, me)
            self._next()
            self._changed.wait_for(lambda: self._running == me[1])

    def run(self, threads: list[Thread]) -> None:
        """Starts the threads; each begins with a `sleep`, and the first that is due goes first."""
        for thread in threads:
            before = self._count
            thread.start()
            with self._changed:
                self._changed.wait_for(lambda before=before: self._count > before)  # type: ignore[misc]
        with self._changed:
            self._started = True
            self._next()
        for thread in threads:
            thread.join()

    def end(self) -> None:
        """The thread that runs is done."""
        with self._changed:
            self._next()

    _started = False

    def _next(self) -> None:
        if self._started and self._asleep:
            self.now, self._running = heapq.heappop(self._asleep)
        self._changed.notify_all()


class Queue(DeliveryQueue):
    """Messages, and from when on each can be seen."""

    def __init__(self, clock: Turns) -> None:
        self._clock = clock
        self.seen_from: dict[str, int] = {}
        self.looks = 0

    def send(self, task_id: str, round_: int) -> None:
        self.seen_from[task_id] = self._clock.now

    def hold(self, receipt_handle: str, wait_ms: int) -> None:
        self.seen_from[receipt_handle] = self._clock.now + wait_ms

    def receive(self) -> str | None:
        """The message that can be seen for longest, hidden from now on."""
        due = [(at, task_id) for task_id, at in self.seen_from.items() if at <= self._clock.now]
        if not due:
            return None
        self.looks += 1
        self.seen_from[min(due)[1]] = self._clock.now + 180 * SECOND
        return min(due)[1]

    def next_seen(self, until: int) -> int:
        """When somebody may find a message; nobody is told of one before he looks anew."""
        later = [at for at in self.seen_from.values() if at > self._clock.now]
        return max(min([*later, until]), self._clock.now + LOOK_MS)


class Deliveries(DeliveryTable):
    """In a dictionary."""

    def __init__(self) -> None:
        self.kept: dict[str, DeliveryRecord] = {}

    def get(self, task_id: str) -> DeliveryRecord | None:
        return self.kept.get(task_id)

    def claim(self, delivery: DeliveryRecord, at: int, over_at: int) -> bool:
        if self.kept[delivery.task_id] != delivery:
            return False
        changes = {"attempts": (*delivery.attempts, Attempt(at=at)), "next_at": over_at}
        self.kept[delivery.task_id] = delivery.model_copy(update=changes)
        return True

    def finish(
        self, delivery: DeliveryRecord, attempt: Attempt, status: DeliveryStatus, next_at: int | None = None
    ) -> bool:
        changes = {"attempts": (*delivery.attempts[:-1], attempt), "status": status, "next_at": next_at}
        self.kept[delivery.task_id] = delivery.model_copy(update=changes)
        return True


class Leases(LeaseTable):
    """In a dictionary; `bounded` tells whether there is a bound at all."""

    def __init__(self, *, bounded: bool) -> None:
        self._bounded = bounded
        self.lent: dict[tuple[str, int], int] = {}

    def lend(self, owner: str, host: str, now_ms: int, until_ms: int) -> tuple[Place, ...] | None:
        if not self._bounded:
            return ()
        wanted = [
            self._free(f"o {owner}", OWNER_PLACES, now_ms),
            self._free(f"h {host}", HOST_PLACES, now_ms),
        ]
        if None in wanted:
            return None
        places = tuple(Place(name, number, until_ms) for name, number in filter(None, wanted))
        self.lent |= {(place.name, place.number): place.until for place in places}
        return places

    def take_back(self, places: tuple[Place, ...]) -> None:
        for place in places:
            self.lent.pop((place.name, place.number))

    def _free(self, name: str, places: int, now_ms: int) -> tuple[str, int] | None:
        free = [n for n in range(places) if self.lent.get((name, n), 0) <= now_ms]
        return (name, free[0]) if free else None


class Endpoints(EndpointTable):
    """All of them are on."""

    def __init__(self) -> None:
        """Keeps nothing."""

    def is_off(self, owner: str, url: str) -> bool:
        return False


class Master(WebhookMaster):
    """The same for all."""

    def __init__(self) -> None:
        """Keeps nothing."""

    def __call__(self) -> str:
        return "master"


class Sender(WebhookSender):
    """Receivers that take as many seconds as their host's name says: `slow-15.example`."""

    def __init__(self, clock: Turns) -> None:
        self._turns = clock
        self.came: list[tuple[str, int]] = []

    def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> Sent:
        host = urlsplit(url).hostname or ""
        seconds = float(host.partition("-")[2].partition(".")[0] or 0.1)
        began = self._turns.now
        self._turns.sleep(seconds + OVERHEAD_MS / SECOND)
        self.came.append((host, began))
        return Sent(round(seconds * SECOND), None if seconds >= 15 else 204)


class World:
    """Webhooks of owners to hosts; `delays` says how many seconds after it was due each was first tried."""

    def __init__(self, *, bounded: bool = True) -> None:
        self.clock = Turns()
        self.queue, self.deliveries, self.sender = Queue(self.clock), Deliveries(), Sender(self.clock)
        self.leases = Leases(bounded=bounded)
        self.tasks = FakeTaskTable()
        self._chance = Random(1).random

    def tell(self, owner: str, host: str, at: int = NOW) -> str:
        """Queues a webhook; its task's id."""
        number = len(self.deliveries.kept)
        task_id = f"00000000-0000-4000-8000-{number:012d}"
        ended: dict[str, Any] = {"status": TaskStatus.SUCCEEDED, "ended_at": at, "signer": owner}
        self.tasks.tasks[task_id] = a_task(task_id=task_id, owner=owner, **ended)
        self.deliveries.kept[task_id] = DeliveryRecord(
            task_id=task_id,
            owner=owner,
            url=f"https://{host}/hooks",
            type="image.task.succeeded",
            status=DeliveryStatus.PENDING,
            created_at=at,
            next_at=at,
            expires_at=at // SECOND + 30 * 24 * 3600,
        )
        self.queue.seen_from[task_id] = at
        return task_id

    def work(self, until_ms: int = HOUR) -> None:
        """Has the functions work the queue for so long."""
        threads = [Thread(target=self._work, args=(NOW + until_ms,)) for _ in range(CONCURRENCY)]
        self.clock.run(threads)

    def delays(self, owner: str) -> list[float]:
        """Seconds from when each of the owner's was due until it was first tried."""
        own = [delivery for delivery in self.deliveries.kept.values() if delivery.owner == owner]
        return [(delivery.attempts[0].at - delivery.created_at) / SECOND for delivery in own]

    def _work(self, until: int) -> None:
        send = SendWebhook(
            self.tasks,
            self.deliveries,
            Endpoints(),
            self.leases,
            self.queue,
            self.sender,
            Master(),
            Schedule(seconds=(0, 86_400)),
            self.clock,
            jitter=self._chance,
        )
        self.clock.sleep(0)
        while self.clock.now < until:
            message = self.queue.receive()
            if message is None:
                self.clock.sleep((self.queue.next_seen(until) - self.clock.now) / SECOND)
                continue
            self.clock.sleep(OVERHEAD_MS / SECOND)
            text = json.dumps({"task_id": message, "round": 0})
            if send.run(text, message):
                self.queue.seen_from.pop(message)
        self.clock.end()
