"""What is remembered of a webhook: where to, how far it is, and each attempt. Times are milliseconds since the epoch.

One task has one delivery, as it has one end. `round` counts how often it was begun: 0, and one more with each resend.
"""

from __future__ import annotations

from enum import StrEnum

from tongyi.models.tasks.records import Record

DAY_SECONDS = 24 * 3600
# Of a wait, at most so much is added: many webhooks that failed together shall not come back together.
MOST_JITTER = 0.1

SHORTEST_TURN_MS = 1_000
LONGEST_TURN_MS = 1_800_000


def turn_wait_ms(late_ms: int, jitter: float) -> int:
    """Milliseconds until the next look for a free place, `late_ms` after the attempt was due; a jitter of 0 to 1.

    An eighth of the time waited so far, so that a long line is not looked through again and again.
    """
    wait = min(max(late_ms // 8, SHORTEST_TURN_MS), LONGEST_TURN_MS)
    return round(wait * (1 + jitter))


class DeliveryStatus(StrEnum):
    """How far a delivery is."""

    PENDING = "PENDING"
    DELIVERED = "DELIVERED"
    FAILED = "FAILED"
    # The receiver wants no more webhooks there: it said 410.
    SWITCHED_OFF = "SWITCHED_OFF"


class AttemptError(StrEnum):
    """Why no HTTP status came back; in words of our own."""

    TIMEOUT = "timeout"
    HOST_NOT_FOUND = "host_not_found"
    PRIVATE_ADDRESS = "private_address"
    URL_NOT_ALLOWED = "url_not_allowed"
    TLS_FAILED = "tls_failed"
    CONNECTION_FAILED = "connection_failed"
    # It goes on, or was cut off in the middle: whether anything arrived is not known.
    UNFINISHED = "unfinished"


class Attempt(Record):
    """One attempt: when it began, the receiver's HTTP status or why there is none, and how long it took."""

    at: int
    status_code: int | None = None
    error: AttemptError | None = None
    duration_ms: int | None = None

    @property
    def taken(self) -> bool:
        """Whether the receiver took the webhook."""
        return self.status_code is not None and 200 <= self.status_code < 300

    @property
    def gone(self) -> bool:
        """Whether it wants no more of them."""
        return self.status_code == 410


class DeliverySummary(Record):
    """What an index tells of a delivery."""

    task_id: str
    status: DeliveryStatus
    created_at: int
    expires_at: int


class DeliveryRecord(DeliverySummary):
    """A webhook's delivery.

    Attributes:
        type: the webhook's.
        next_at: when the next attempt is due; while one is under way, when it is surely over.
        attempts: those of this round.
        expires_at: when it is forgotten, with its task; in seconds.
    """

    owner: str
    url: str
    type: str
    round: int = 0
    next_at: int | None = None
    attempts: tuple[Attempt, ...] = ()


class Schedule(Record):
    """When attempts are made: each waits so many seconds after the one before, and the first after the task's end."""

    seconds: tuple[float, ...]

    @property
    def attempts(self) -> int:
        """How many there are in a round."""
        return len(self.seconds)

    def wait_ms(self, made: int, asked: float | None, jitter: float) -> int:
        """Milliseconds to wait after so many attempts, with a jitter of 0 to 1.

        `asked` is how many seconds the receiver wants to be left alone: it can only lengthen the wait, up to a day.
        """
        planned = self.seconds[made] * (1 + MOST_JITTER * jitter)
        return round(1000 * max(planned, min(asked or 0, DAY_SECONDS)))
