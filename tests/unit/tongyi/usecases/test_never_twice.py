"""Dispatch and search together, in a world of lost answers and crashes.

Whatever happens, in whatever order: an upstream task is never given to a job that is not its own, and no job has two.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.unit.tongyi.builders import NOW, SECOND, a_job, a_task
from tests.unit.tongyi.dashscope_fakes import FakeDashScope
from tests.unit.tongyi.fakes import (
    FakeClock,
    FakeSlotTable,
    FakeSubmissionTable,
    FakeTaskTable,
)
from tongyi.errors import UpstreamAmbiguous, UpstreamThrottled
from tongyi.models.status import JobStatus
from tongyi.models.upstream import Submitted
from tongyi.models.workflow import JobRef, Next
from tongyi.usecases.dispatch_job import DispatchJob
from tongyi.usecases.find_submission import FindSubmission

Fate = tuple[bool, bool, bool]
JOBS = 3
LOST_WAIT = 45
# What the network does to a call: (arrives upstream, answer comes back, function survives)
FINE, LOST_AFTER, LOST_BEFORE = (True, True, True), (True, False, True), (False, False, True)
CRASH_AFTER, CRASH_BEFORE, REFUSED = (True, False, False), (False, False, False), (False, True, True)
FATES = st.sampled_from([FINE, LOST_AFTER, LOST_BEFORE, CRASH_AFTER, CRASH_BEFORE, REFUSED])


class Crash(Exception):
    """The function is gone, with nothing written down."""


class Upstream(FakeDashScope):
    """Remembers, as nobody in the gateway can, whose each task is: the prompt says it."""

    def __init__(self, fates: list[Fate], call_ms: int, clock: FakeClock, wait: Callable[[], object]) -> None:
        super().__init__(preparing=wait)
        self.fates = fates
        self.call_ms = call_ms
        self.time = clock
        self.made: list[tuple[str, int]] = []

    def submit(self, model: str, given: Mapping[str, Any], parameters: Mapping[str, Any]) -> Submitted:
        arrives, answers, survives = self.fates.pop(0) if self.fates else FINE
        self.time.now += self.call_ms
        if arrives:
            self.made.append((given["prompt"], self.time.now))
        if not survives:
            raise Crash
        if not answers:
            raise UpstreamAmbiguous("Who knows.")
        if not arrives:
            raise UpstreamThrottled("Not now.")
        return Submitted(f"up-{len(self.made) - 1}", None)

    def tasks_between(self, model: str, from_ms: int, until_ms: int) -> list[str]:
        made = enumerate(self.made)
        return [f"up-{number}" for number, (_, at) in made if from_ms <= at <= until_ms]

    def owner(self, upstream_task_id: str) -> str:
        return self.made[int(upstream_task_id.removeprefix("up-"))][0]


class SlowSlots(FakeSlotTable):
    """Slots that take their time to be had."""

    def __init__(self, wait: Callable[[], object]) -> None:
        super().__init__()
        self._wait = wait

    def reserve(self, model: str, *, earliest_ms: int, spacing_ms: int) -> int:
        self._wait()
        return super().reserve(model, earliest_ms=earliest_ms, spacing_ms=spacing_ms)


def _run(
    fates: list[Fate], delays: list[int], call_ms: int, slow: Sequence[int] = ()
) -> tuple[FakeTaskTable, Upstream]:
    """Drives all jobs to their end as the state machine would, each step a little late."""
    clock, submissions = FakeClock(), FakeSubmissionTable()
    names = [f"task-{number}" for number in range(JOBS)]
    tasks = FakeTaskTable(*(a_task(a_job(), task_id=name, input={"prompt": name}) for name in names))
    slowness = iter(slow)

    def wait() -> None:
        clock.now += next(slowness, 0)

    upstream = Upstream(list(fates), call_ms, clock, wait)
    find = FindSubmission(tasks, submissions, upstream, LOST_WAIT, clock)
    dispatch = DispatchJob(tasks, SlowSlots(wait), submissions, upstream, find, 2, clock)
    due = [(NOW, name) for name in names]
    for _ in range(200):
        if not due:
            return tasks, upstream
        due.sort()
        moment, name = due.pop(0)
        clock.now = max(clock.now, moment + (delays.pop(0) if delays else 0))
        try:
            step = dispatch.run(JobRef(task_id=name, job=0))
        except Crash:
            due.append((clock.now + SECOND, name))
            continue
        if step.next is Next.WAIT:
            due.append((clock.now + step.wait_seconds * SECOND, name))
    raise AssertionError("the jobs never came to an end")


# What happens to the calls; how late steps and how slow calls are; how slow Secrets Manager and DynamoDB.
RUNS = (
    st.lists(FATES, max_size=8),
    st.lists(st.integers(0, 2_500), max_size=20),
    st.integers(1, 12_000),
    st.lists(st.integers(0, 21_000), max_size=8),
)


@settings(max_examples=300)
@given(*RUNS)
@example([LOST_AFTER, LOST_BEFORE], [], 100, [])
@example([CRASH_AFTER, CRASH_BEFORE, LOST_AFTER], [], 100, [])
def test_no_job_is_given_anothers_task(
    fates: list[Fate], delays: list[int], call_ms: int, slow: list[int]
) -> None:
    tasks, upstream = _run(fates, list(delays), call_ms, slow)
    for name, task in tasks.tasks.items():
        found = task.jobs[0].upstream_task_id
        assert found is None or upstream.owner(found) == name


@settings(max_examples=300)
@given(*RUNS)
@example([LOST_AFTER], [], 12_000, [])
@example([LOST_AFTER], [], 12_000, [21_000])
@example([LOST_AFTER], [], 12_000, [0, 21_000])
def test_no_job_is_billed_twice(fates: list[Fate], delays: list[int], call_ms: int, slow: list[int]) -> None:
    tasks, upstream = _run(fates, list(delays), call_ms, slow)
    owners = [owner for owner, _ in upstream.made]
    assert all(owners.count(name) <= 1 for name in tasks.tasks)


@settings(max_examples=100)
@given(*RUNS)
def test_every_job_comes_to_an_end(
    fates: list[Fate], delays: list[int], call_ms: int, slow: list[int]
) -> None:
    tasks, _ = _run(fates, list(delays), call_ms, slow)
    ended = (JobStatus.SUBMITTED, JobStatus.FAILED)
    assert all(task.jobs[0].status in ended for task in tasks.tasks.values())


@given(st.sampled_from([LOST_AFTER, CRASH_AFTER, LOST_BEFORE, CRASH_BEFORE]), st.integers(1, 12_000))
def test_a_single_lost_answer_is_always_made_good(fate: Fate, call_ms: int) -> None:
    tasks, _ = _run([fate], [], call_ms)
    assert all(task.jobs[0].status is JobStatus.SUBMITTED for task in tasks.tasks.values())
