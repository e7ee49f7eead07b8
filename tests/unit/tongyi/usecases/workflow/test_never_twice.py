"""Dispatch and search together, in a world of late, lost and cut-off calls.

Whatever happens, in whatever order: an upstream task is never given to a job that is not its own, and no job has two.
The world is as bad as the code says it may be: a call is worked on up to ten minutes after it was sent
(`models.workflow.lost_submission.ARRIVAL_MS`), functions are gone before or after any of their writes and calls, and
come again after any time, or only when they are revived.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.support.fakes.circuits import a_circuit
from tests.support.fakes.dashscope import FakeDashScope
from tests.support.fakes.gateways import FakeClock, FakeSlotTable, FakeSubmissionTable, FakeTaskTable
from tests.support.fakes.records import LINK, NOW, SECOND, a_job, a_task
from tests.unit.tongyi.history_upstream import Crash, Cut
from tongyi.errors import UpstreamAmbiguous, UpstreamThrottled
from tongyi.gateways.dashscope.client import QUERY_SECONDS
from tongyi.models.tasks.records import JobRecord
from tongyi.models.tasks.status import JobStatus, TaskStatus
from tongyi.models.workflow.lost_submission import ARRIVAL_MS
from tongyi.models.workflow.payloads import JobRef, Next
from tongyi.models.workflow.upstream import ListedTask, Submitted, UpstreamPicture, UpstreamTask
from tongyi.usecases.workflow.dispatch_job import DispatchJob
from tongyi.usecases.workflow.find_submission import FindSubmission
from tongyi.usecases.workflow.send_job import SendJob

LOST_WAIT = 45
TIMEOUT_MS = 12_000
REVIVAL_MS = 300_000
# Of a task upstream, from its begin.
WORK_MS = 20_000


@dataclass(frozen=True)
class Fate:
    """What becomes of a call: when it is worked on (None: never), whether the answer comes, and its refusal.

    `reset` says that the connection breaks off at once where no answer comes.
    """

    late_ms: int | None = 100
    answered: bool = True
    refused: bool = False
    reset: bool = False

    @property
    def is_refusal(self) -> bool:
        return self.refused or (self.answered and self.late_ms is None)


@dataclass(frozen=True)
class World:
    """Everything that happens to some jobs, each list used up from its begin and then harmless.

    `starts` are moments after the beginning at which jobs are dispatched first; `comes_again` how long after a crash a
    function is called again (None: only when it is revived); `crashes` at which of the steps' reads, writes and calls,
    counted through, the function is gone (`history_upstream.Cut`). `tells` says whether a query tells the
    prompt, `alike` whether all jobs have the same one.
    """

    starts: tuple[int, ...] = (0, 0, 0)
    fates: tuple[Fate, ...] = ()
    comes_again: tuple[int | None, ...] = ()
    delays: tuple[int, ...] = ()
    crashes: frozenset[int] = frozenset()
    tells: bool = True
    alike: bool = False


class Upstream(FakeDashScope):
    """Remembers, as nobody in the gateway can, whose each task is."""

    def __init__(self, world: World, clock: FakeClock) -> None:
        super().__init__()
        self.fates: Iterator[Fate] = iter(world.fates)
        self.world = world
        self.time = clock
        self.made: list[tuple[str, int]] = []

    def submit(self, model: str, given: Mapping[str, Any], parameters: Mapping[str, Any]) -> Submitted:
        owner, fate = given["negative_prompt"], next(self.fates, Fate())
        if fate.is_refusal:
            self.time.now += 100
            raise UpstreamThrottled("Not now.")
        if fate.late_ms is not None:
            self.made.append((owner, self.time.now + fate.late_ms))
        if fate.late_ms is None or not fate.answered or fate.late_ms > TIMEOUT_MS:
            self.time.now += 100 if fate.reset else TIMEOUT_MS
            raise UpstreamAmbiguous("Who knows.")
        self.time.now += fate.late_ms
        return Submitted(f"up-{len(self.made) - 1}", None)

    def tasks_between(self, model: str, from_ms: int, until_ms: int) -> list[ListedTask]:
        last = min(until_ms, self.time.now)
        return [
            ListedTask(f"up-{number}", at)
            for number, (_, at) in enumerate(self.made)
            if from_ms <= at <= last
        ]

    def query(self, task_id: str, seconds: float = QUERY_SECONDS) -> UpstreamTask:
        owner, at = self.made[int(task_id.removeprefix("up-"))]
        if self.time.now < at + WORK_MS:
            return UpstreamTask(TaskStatus.RUNNING)
        prompt = _prompt(owner, self.world) if self.world.tells else None
        return UpstreamTask(TaskStatus.SUCCEEDED, (UpstreamPicture(url=LINK, orig_prompt=prompt),), total=2)

    def owner(self, upstream_task_id: str) -> str:
        return self.made[int(upstream_task_id.removeprefix("up-"))][0]


def _prompt(owner: str, world: World) -> str:
    return "a cat" if world.alike else f"a cat for {owner}"


def _run(world: World) -> tuple[FakeTaskTable, Upstream]:
    """Drives all jobs until each was sent or has ended, as the state machine and `reconcile` would."""
    clock, cut = FakeClock(), Cut()
    names = [f"task-{number}" for number in range(len(world.starts))]
    orders = {name: {"prompt": _prompt(name, world), "negative_prompt": name} for name in names}
    tasks = FakeTaskTable(*(a_task(a_job(), task_id=name, input=orders[name]) for name in names))
    upstream, submissions = Upstream(world, clock), FakeSubmissionTable(tasks)
    cut.at = set(world.crashes)
    cut.every(tasks, "get")
    cut.every(submissions, "begin", "lose", "settle")
    cut.every(upstream, "submit", "tasks_between")
    find = FindSubmission(tasks, submissions, upstream, LOST_WAIT, clock)
    send = SendJob(tasks, submissions, upstream, find, 2, clock)
    dispatch = DispatchJob(tasks, FakeSlotTable(), submissions, send, find, a_circuit(clock), 2, clock)
    delays, comes_again = iter(world.delays), iter(world.comes_again)
    due = [(NOW + start, name) for start, name in zip(world.starts, names, strict=True)]
    heapq.heapify(due)
    for _ in range(5_000):
        if not due:
            return tasks, upstream
        moment, name = heapq.heappop(due)
        clock.now = max(clock.now, moment + next(delays, 0))
        try:
            step = dispatch.run(JobRef(task_id=name, job=0))
        except Crash:
            later = next(comes_again, SECOND)
            heapq.heappush(due, (clock.now + (REVIVAL_MS if later is None else later), name))
            continue
        if step.next is Next.WAIT:
            heapq.heappush(due, (clock.now + step.wait_seconds * SECOND, name))
    raise AssertionError("the jobs never came to an end")


def _jobs(tasks: FakeTaskTable) -> dict[str, JobRecord]:
    return {name: task.jobs[0] for name, task in tasks.tasks.items()}


MINUTES_10 = st.integers(0, ARRIVAL_MS)
FATES = st.one_of(
    st.builds(
        Fate,
        late_ms=st.none() | st.integers(0, TIMEOUT_MS) | MINUTES_10,
        answered=st.booleans(),
        reset=st.booleans(),
    ),
    st.just(Fate(refused=True)),
)
WORLDS = st.builds(
    World,
    starts=st.lists(st.integers(0, 900_000) | st.integers(0, 5_000), min_size=1, max_size=5).map(tuple),
    fates=st.lists(FATES, max_size=10).map(tuple),
    comes_again=st.lists(st.none() | MINUTES_10, max_size=6).map(tuple),
    delays=st.lists(st.integers(0, 3_000) | MINUTES_10, max_size=20).map(tuple),
    crashes=st.frozensets(st.integers(0, 58), max_size=6),
    tells=st.booleans(),
    alike=st.booleans(),
)
LATE = Fate(late_ms=34_000)
NEVER = Fate(late_ms=None, answered=False)
LOST = Fate(answered=False)


@settings(max_examples=500)
@given(WORLDS)
@example(World(starts=(0, 30_000), fates=(LATE, NEVER)))
@example(World(starts=(0, 30_000), fates=(LATE, NEVER), tells=False))
@example(World(starts=(0, 30_000), fates=(LATE, NEVER), alike=True))
@example(World(starts=(0, 1_000), fates=(Fate(), NEVER), crashes=frozenset({7}), comes_again=(45_000,)))
@example(World(starts=(0,), fates=(Fate(late_ms=40_000),)))
@example(World(starts=(0,), fates=(Fate(late_ms=ARRIVAL_MS),)))
def test_no_task_is_given_to_another_and_none_is_made_twice(world: World) -> None:
    tasks, upstream = _run(world)
    jobs, made = _jobs(tasks), [owner for owner, _ in upstream.made]
    claimed = {name: job.upstream_task_id for name, job in jobs.items() if job.upstream_task_id}
    foreign = {name: found for name, found in claimed.items() if upstream.owner(found) != name}
    assert (foreign, [name for name in jobs if made.count(name) > 1]) == ({}, [])


@settings(max_examples=200)
@given(WORLDS)
def test_every_job_is_sent_or_fails_because_it_cannot_be_told(world: World) -> None:
    tasks, _ = _run(world)
    ends = {(job.status, job.error and job.error.code) for job in _jobs(tasks).values()}
    assert ends <= {(JobStatus.SUBMITTED, None), (JobStatus.FAILED, "SubmissionLost")}


@settings(max_examples=100)
@given(FATES, st.lists(st.integers(0, 900_000), min_size=1, max_size=5), st.booleans())
def test_a_single_lost_answer_is_always_made_good(fate: Fate, starts: list[int], tells: bool) -> None:
    tasks, _ = _run(World(starts=tuple(starts), fates=(fate,), tells=tells))
    assert {job.status for job in _jobs(tasks).values()} == {JobStatus.SUBMITTED}


def test_of_twelve_in_a_blip_those_that_never_arrived_are_sent_again() -> None:
    """One arrived and its answer was lost; what its query tells says whose it is."""
    starts = tuple(range(0, 12_000, 1_000))
    tasks, upstream = _run(World(starts=starts, fates=(*[NEVER] * 5, LOST, *[NEVER] * 6)))
    assert {job.status for job in _jobs(tasks).values()} == {JobStatus.SUBMITTED}
    assert sorted(owner for owner, _ in upstream.made) == sorted(_jobs(tasks))


@pytest.mark.parametrize("reset", [False, True], ids=["silence", "resets"])
def test_a_blip_loses_two_and_not_twelve(reset: bool) -> None:
    """While DashScope owes an answer, nobody else sends to that model; and then one at a time, until one comes."""
    starts = tuple(range(0, 9_000, 750))
    lost = Fate(late_ms=None, answered=False, reset=reset)
    tasks, _ = _run(World(starts=starts, fates=(lost,) * 2))
    assert sum(job.losses for job in _jobs(tasks).values()) == 2


def test_a_single_loss_keeps_nobody_else_waiting_for_long() -> None:
    tasks, upstream = _run(
        World(starts=(0, 1_000, 2_000), fates=(Fate(late_ms=100, answered=False, reset=True),))
    )
    last = max(at for _, at in upstream.made)
    assert last - NOW < 15_000
    assert {job.status for job in _jobs(tasks).values()} == {JobStatus.SUBMITTED}
