"""First come, first served: when each task of one key and model gets to run."""

from __future__ import annotations

import heapq
from typing import Generic, Protocol, TypeVar


class Runner(Protocol):
    """What a lane plans; moments are epoch seconds, and `starts` is infinite until it is planned."""

    starts: float

    @property
    def ready(self) -> float:
        """The earliest moment it may start."""

    @property
    def busy_until(self) -> float:
        """When it gives its place back, once `starts` is set."""


R = TypeVar("R", bound=Runner)


class Lane(Generic[R]):
    """A queue in front of a number of places (0: as many as there are runners)."""

    def __init__(self) -> None:
        self._queue: list[R] = []
        self._freed: list[float] = []
        self._places = 0

    def add(self, runner: R, places: int, now: float) -> None:
        """Put a runner at the end of the queue and plan its start."""
        self._queue.append(runner)
        if places == self._places:
            self._start(runner, runner.ready)
        else:
            self._places = places
            self._plan(now)

    def remove(self, runner: R, now: float) -> None:
        """Take a waiting runner out; those behind it move up, though not into the past."""
        self._queue.remove(runner)
        self._plan(now)

    def _plan(self, now: float) -> None:
        self._freed = []
        self._queue = [runner for runner in self._queue if runner.starts > now or runner.busy_until > now]
        for runner in self._queue:
            if runner.starts <= now:
                self._occupy(runner)
            else:
                self._start(runner, max(runner.ready, now))

    def _start(self, runner: R, earliest: float) -> None:
        while self._places and len(self._freed) >= self._places:
            earliest = max(earliest, heapq.heappop(self._freed))
        runner.starts = earliest
        self._occupy(runner)

    def _occupy(self, runner: R) -> None:
        if self._places:
            heapq.heappush(self._freed, runner.busy_until)
