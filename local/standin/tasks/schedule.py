"""Tasks and their schedule, computed from the clock whenever somebody asks."""

from __future__ import annotations

import threading
import uuid
from dataclasses import dataclass, field

from local.standin.catalog import Limit
from local.standin.clock import DAY
from local.standin.tasks.outcome import Fate
from local.standin.tasks.queues import Lane


@dataclass(frozen=True)
class Order:
    """What a submission asked for, checked and completed with defaults.

    `actual_prompt` is what is painted where the model says so, None where it keeps that to itself.
    """

    model: str
    prompt: str
    n: int
    size: str
    style: str
    seed: int
    actual_prompt: str | None = None


@dataclass
class Task:
    """One task; moments are epoch seconds. `starts` and `ends` are planned by its lane."""

    key: str
    order: Order
    fate: Fate
    request_id: str
    submitted: float
    pending_seconds: float
    seconds_per_image: float
    id: str = field(default_factory=lambda: str(uuid.uuid4()))
    starts: float = float("inf")
    canceled: float | None = None

    @property
    def per_image(self) -> float:
        """Seconds from one finished picture to the next."""
        return self.seconds_per_image * self.fate.slowness

    @property
    def duration(self) -> float:
        """Seconds of running."""
        return 0.0 if self.fate.at_once else self.per_image * self.order.n

    @property
    def ready(self) -> float:
        """The earliest moment it may start."""
        return self.submitted + self.pending_seconds

    @property
    def busy_until(self) -> float:
        """When it gives its running slot back; never, for a stuck one that holds it."""
        if self.fate.stuck is None:
            return self.starts + self.duration
        return float("inf") if self.fate.holds_slot and self.fate.stuck == "RUNNING" else self.starts

    @property
    def ends(self) -> float | None:
        """When it is over: canceled, succeeded or failed; None when it never will be."""
        if self.canceled is not None:
            return self.canceled
        if self.fate.stuck is not None or self.starts == float("inf"):
            return None
        return self.starts + self.duration

    @property
    def expires(self) -> float:
        """When upstream forgets it: 24 h after its end."""
        return (self.submitted if self.ends is None else self.ends) + DAY

    def status(self, now: float) -> str:
        """The task status at a moment."""
        if now >= self.expires:
            return "UNKNOWN"
        if self.canceled is not None:
            return "CANCELED"
        if now < self.starts:
            return "PENDING"
        if self.fate.stuck is not None:
            return self.fate.stuck
        if now < self.starts + self.duration:
            return "RUNNING"
        return "FAILED" if self.fate.failure else "SUCCEEDED"

    def images_over(self, now: float) -> int:
        """How many pictures are finished or have failed while it runs."""
        if now < self.starts or self.fate.stuck is not None or self.canceled is not None:
            return 0
        if self.per_image == 0:
            return self.order.n
        return min(self.order.n, int((now - self.starts) / self.per_image + 1e-9))


class TaskStore:
    """Every task, by id and by lane."""

    def __init__(self, lock: threading.RLock) -> None:
        self._lock = lock
        self._tasks: dict[str, Task] = {}
        self._answered: dict[str, Task] = {}
        self._lanes: dict[tuple[str, str], Lane[Task]] = {}

    def add(self, task: Task, limit: Limit) -> None:
        """Take a task in and plan when it runs."""
        with self._lock:
            self._tasks[task.id] = task
            lane = self._lanes.setdefault((task.key, task.order.model), Lane())
            lane.add(task, limit.running, task.submitted)

    def add_answered(self, work: Task) -> None:
        """Remember, for its pictures only, work that was answered at once: nobody can ask for it."""
        with self._lock:
            self._answered[work.id] = work

    def painter(self, picture_id: str) -> Task | None:
        """Whose pictures a link with that id means: a task's, or those of work answered at once."""
        with self._lock:
            return self._tasks.get(picture_id) or self._answered.get(picture_id)

    def find(self, task_id: str) -> Task | None:
        """The task of that id, expired or not."""
        with self._lock:
            return self._tasks.get(task_id)

    def of_key(self, key: str) -> list[Task]:
        """A key's tasks, newest first."""
        with self._lock:
            return [task for task in reversed(self._tasks.values()) if task.key == key]

    def cancel(self, task: Task, now: float) -> bool:
        """Cancel a PENDING task, so that those behind it move up; False when it is not PENDING."""
        with self._lock:
            if task.status(now) != "PENDING":
                return False
            task.canceled = now
            self._lanes[task.key, task.order.model].remove(task, now)
            return True

    def clear(self) -> None:
        """Forget every task."""
        with self._lock:
            self._tasks.clear()
            self._answered.clear()
            self._lanes.clear()
