"""DashScope in a history: it knows whose each task is, answers late or never, forgets, refuses and slips."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import IO, Any, TypeVar

from PIL import Image

from tests.support.fakes.dashscope import FakeDashScope
from tests.support.fakes.gateways import FakeClock
from tests.support.fakes.images import FakePictureBucket, FakePictureSource
from tests.support.fakes.records import BROKEN, DAY, LINK
from tongyi.errors import (
    PictureUnavailable,
    UnsupportedOperation,
    UpstreamAmbiguous,
    UpstreamFailed,
    UpstreamRefused,
    UpstreamSuspended,
    UpstreamThrottled,
)
from tongyi.gateways.dashscope.client import QUERY_SECONDS
from tongyi.gateways.outbound.image_source import Fetched
from tongyi.gateways.storage.image_format import PictureFacts
from tongyi.models.tasks.status import TaskStatus
from tongyi.models.workflow.payloads import JobRef
from tongyi.models.workflow.upstream import ListedTask, Submitted, UpstreamPicture, UpstreamTask

Done = TypeVar("Done")
TIMEOUT_MS = 12_000
PENDING_MS, WORK_MS = 5_000, 30_000


class Crash(Exception):
    """The function is gone, with nothing more written down."""


class Cut:
    """Counts the reads, writes and calls of functions; at those in `at` the function is gone: before, or after."""

    def __init__(self) -> None:
        self.count = 0
        self.at: set[int] = set()

    def __call__(self, act: Callable[[], Done]) -> Done:
        before, after = self.count, self.count + 1
        self.count += 2
        if before in self.at:
            raise Crash
        done = act()
        if after in self.at:
            raise Crash
        return done

    def every(self, thing: object, *names: str) -> None:
        """Has these methods of a thing counted."""
        for name in names:
            real = getattr(thing, name)
            setattr(thing, name, lambda *args, real=real, **named: self(lambda: real(*args, **named)))


@dataclass(frozen=True)
class Fate:
    """What becomes of a call that makes something.

    `late_ms`: when it is worked on (None: never); `answered`: whether the answer comes; `refusal`: what it is instead.
    """

    late_ms: int | None = 100
    answered: bool = True
    refusal: str | None = None
    fails: bool = False


@dataclass
class Made:
    """A task that exists at DashScope, from a moment on."""

    ref: JobRef
    model: str
    n: int
    prompt: str
    at: int
    fails: bool = False
    canceled: bool = False

    def status(self, now: int) -> TaskStatus:
        if self.canceled:
            return TaskStatus.CANCELED
        if now < self.at + PENDING_MS:
            return TaskStatus.PENDING
        if now < self.at + PENDING_MS + WORK_MS:
            return TaskStatus.RUNNING
        return TaskStatus.FAILED if self.fails else TaskStatus.SUCCEEDED


class HistoryUpstream(FakeDashScope):
    """`fates` are of the next calls, `slips` so many wrong replies; the rest is set from outside."""

    def __init__(self, clock: FakeClock) -> None:
        super().__init__()
        self.clock = clock
        self.fates: list[Fate] = []
        self.made: list[Made] = []
        self.unanswered: set[tuple[str, int]] = set()
        self.current: JobRef | None = None
        self.suspended = self.unreadable = False
        self.slips = 0
        self.tells = True

    def prepare(self) -> None:
        self._admit()

    def submit(self, model: str, given: Mapping[str, Any], parameters: Mapping[str, Any]) -> Submitted:
        self._take(model, given, parameters)
        return Submitted(f"up-{len(self.made) - 1}", None)

    def generate(
        self, model: str, given: Mapping[str, Any], parameters: Mapping[str, Any]
    ) -> tuple[UpstreamPicture, ...]:
        made = self._take(model, given, parameters, at_once=True)
        if made.fails:
            raise UpstreamFailed("It failed.", code="InternalError", upstream_status=500)
        made.at -= PENDING_MS + WORK_MS
        return _pictures(made, tells=False)

    def _take(
        self, model: str, given: Mapping[str, Any], parameters: Mapping[str, Any], *, at_once: bool = False
    ) -> Made:
        self._admit()
        fate = self.fates.pop(0) if self.fates else Fate()
        if fate.refusal == "now":
            raise UpstreamThrottled("Not now.")
        if fate.refusal == "good":
            raise UpstreamRefused("Not this.", code="DataInspectionFailed", upstream_status=400)
        assert self.current
        if fate.late_ms is not None:
            at = self.clock.now + fate.late_ms
            made = Made(self.current, model, parameters["n"], given["prompt"], at, fails=fate.fails)
            # What fails at once leaves nothing behind.
            if not (at_once and fate.fails):
                self.made.append(made)
        if fate.late_ms is None or not fate.answered or fate.late_ms > TIMEOUT_MS:
            self.clock.now += TIMEOUT_MS
            self.unanswered.add((self.current.task_id, self.current.job))
            raise UpstreamAmbiguous("Who knows.")
        self.clock.now += fate.late_ms
        return made

    def tasks_between(self, model: str, from_ms: int, until_ms: int) -> list[ListedTask]:
        self._read()
        last = min(until_ms, self.clock.now)
        found = [(number, made) for number, made in enumerate(self.made) if made.model == model]
        return [ListedTask(f"up-{number}", made.at) for number, made in found if from_ms <= made.at <= last]

    def query(self, task_id: str, seconds: float = QUERY_SECONDS) -> UpstreamTask:
        self._read()
        made = self.of(task_id)
        if self.clock.now > made.at + DAY:
            return UpstreamTask(TaskStatus.UNKNOWN)
        status = made.status(self.clock.now)
        if self.slips:
            self.slips -= 1
            return UpstreamTask(status if status is TaskStatus.SUCCEEDED else TaskStatus.UNKNOWN)
        if status is TaskStatus.SUCCEEDED:
            return UpstreamTask(status, _pictures(made, tells=self.tells), total=made.n)
        return UpstreamTask(status, error=BROKEN if status is TaskStatus.FAILED else None)

    def cancel(self, task_id: str, seconds: float) -> None:
        self._read()
        made = self.of(task_id)
        if made.status(self.clock.now) is not TaskStatus.PENDING:
            raise UpstreamRefused("Too late.", code=UnsupportedOperation.code, upstream_status=400)
        made.canceled = True

    def of(self, task_id: str) -> Made:
        return self.made[int(task_id.removeprefix("up-"))]

    def _admit(self) -> None:
        if self.suspended:
            raise UpstreamSuspended("InvalidApiKey")

    def _read(self) -> None:
        self._admit()
        if self.unreadable:
            raise UpstreamAmbiguous("Who knows.")


def _pictures(made: Made, *, tells: bool) -> tuple[UpstreamPicture, ...]:
    prompt = made.prompt if tells else None
    return tuple(UpstreamPicture(url=LINK, orig_prompt=prompt) for _ in range(made.n))


def _png() -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (1, 1)).save(file, "PNG")
    return file.getvalue()


PNG = _png()


class HistorySource(FakePictureSource):
    """The host of pictures, which may be away."""

    def __init__(self) -> None:
        super().__init__(PNG)
        self.away = False

    def fetch(self, url: str, into: IO[bytes]) -> Fetched:
        if self.away:
            raise PictureUnavailable("The host is away.")
        into.write(PNG)
        return Fetched(len(PNG), hashlib.sha256(PNG).hexdigest())


class HistoryBucket(FakePictureBucket):
    """Our storage, which may be away."""

    away = False

    def put(self, task_id: str, image: int, file: IO[bytes], fetched: Fetched, facts: PictureFacts) -> str:
        if self.away:
            raise PictureUnavailable("Storage is away.")
        return super().put(task_id, image, file, fetched, facts)
