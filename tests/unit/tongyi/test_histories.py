"""Histories of orders, faults and repairs, made up by Hypothesis and lived by the package's own code.

What holds in each: an upstream task belongs to the request it was made from; no task has more than it has jobs; a
terminal status never changes, and agrees with DashScope's in the end; every finished picture is kept or reported;
nothing stays open. `make test-long` lives 2,000 of them, other ones each time, and prints the line that repeats one
that failed.
"""

from __future__ import annotations

import os
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from tests.unit.tongyi.history_upstream import Fate
from tests.unit.tongyi.history_world import World
from tongyi.models.tasks.records import TaskRecord
from tongyi.models.tasks.status import ImageStatus, JobStatus, TaskStatus
from tongyi.models.workflow.lost_submission import ARRIVAL_MS

# A few, always the same; or as many as are asked for, never the same.
HISTORIES = int(os.environ.get("HISTORIES", "60"))
# Long enough for everything that waits a day, and for what is looked for a day after that.
AFTERWARDS = 3 * 24 * 3600
MODELS = ("wanx-v1", "qwen-image-plus", "qwen-image-max")
LATENESS = st.none() | st.integers(0, 11_000) | st.integers(0, ARRIVAL_MS)
FATES = st.one_of(
    st.builds(Fate, late_ms=LATENESS, answered=st.booleans(), fails=st.booleans()),
    st.sampled_from([Fate(refusal="now"), Fate(refusal="good"), Fate(fails=True)]),
)


class Histories(RuleBasedStateMachine):
    """The rules are what users, operators and fate do; time goes by between them."""

    def __init__(self) -> None:
        super().__init__()
        self.world = World()
        self.ended: dict[str, TaskStatus] = {}
        self.slips_left = 2

    @initialize(tells=st.booleans())
    def begin(self, tells: bool) -> None:
        self.world.upstream.tells = tells

    @rule(
        owner=st.sampled_from(["alice", "bob"]),
        model=st.sampled_from(MODELS),
        prompt=st.sampled_from(["a cat", "a dog"]),
        n=st.integers(1, 2),
    )
    def order(self, owner: str, model: str, prompt: str, n: int) -> None:
        self.world.order(owner, model, prompt, n)

    @rule(seconds=st.integers(0, 30) | st.integers(0, 1_800))
    def wait(self, seconds: int) -> None:
        self.world.live(seconds)

    @rule(fates=st.lists(FATES, min_size=1, max_size=4))
    def plan_calls(self, fates: list[Fate]) -> None:
        self.world.upstream.fates = fates

    @rule(ahead=st.lists(st.integers(0, 40), min_size=1, max_size=3))
    def plan_crashes(self, ahead: list[int]) -> None:
        self.world.cut.at = {self.world.cut.count + steps for steps in ahead}

    @rule(which=st.sampled_from(["suspended", "unreadable"]))
    def trouble_dashscope(self, which: str) -> None:
        setattr(self.world.upstream, which, not getattr(self.world.upstream, which))

    @rule(store=st.booleans())
    def trouble_copies(self, store: bool) -> None:
        thing: Any = self.world.bucket if store else self.world.source
        thing.away = not thing.away

    @rule()
    def slip(self) -> None:
        if self.slips_left:
            self.slips_left -= 1
            self.world.upstream.slips += 1

    @rule(place=st.integers(0, 5))
    def stop_an_execution(self, place: int) -> None:
        going_on = self.world.machine.going_on()
        if place < len(going_on):
            going_on[place].over = True

    @rule(place=st.integers(0, 5))
    def cancel(self, place: int) -> None:
        tasks = list(self.world.tasks.tasks.values())
        if place < len(tasks):
            self.world.call_off(tasks[place])

    @rule()
    def reconcile(self) -> None:
        self.world.look_after()

    @invariant()
    def images_are_of_the_request_they_were_made_from(self) -> None:
        upstream = self.world.upstream
        for task in self.world.tasks.tasks.values():
            for job in task.jobs.values():
                if job.upstream_task_id:
                    assert upstream.of(job.upstream_task_id).ref.task_id == task.task_id

    @invariant()
    def nothing_is_made_twice(self) -> None:
        made = [made.ref.task_id for made in self.world.upstream.made]
        tasks = self.world.tasks.tasks
        assert {name for name in set(made) if made.count(name) > len(tasks[name].jobs)} == set()

    @invariant()
    def an_end_is_an_end(self) -> None:
        for task in self.world.tasks.tasks.values():
            if task.ended:
                assert self.ended.setdefault(task.task_id, task.status) is task.status

    def teardown(self) -> None:
        """All is well again, for three days."""
        world = self.world
        world.upstream.suspended = world.upstream.unreadable = False
        world.bucket.away = world.source.away = False
        world.cut.at, world.upstream.fates = set(), []
        world.live(AFTERWARDS)
        for check in (self.images_are_of_the_request_they_were_made_from, self.nothing_is_made_twice):
            check()
        self.an_end_is_an_end()
        assert [task.task_id for task in world.unfinished.open()] == []
        assert [run.start.name for run in world.machine.going_on()] == []
        assert [wrong for task in world.tasks.tasks.values() if (wrong := self._wrong(task))] == []

    def _wrong(self, task: TaskRecord) -> str | None:
        """What does not agree with DashScope's side of it."""
        upstream = self.world.upstream
        made = [made for made in upstream.made if made.ref.task_id == task.task_id]
        kept = [image for image in task.images.values() if image.status is ImageStatus.STORED]
        reported = [image for image in task.images.values() if image.status is ImageStatus.UNCOPIED]
        lost = [
            number
            for number, job in task.jobs.items()
            if job.status is JobStatus.FAILED and job.error and job.error.code == "SubmissionLost"
        ]
        if not task.ended or not task.announced:
            return f"{task.task_id} is open"
        if any((task.task_id, number) not in upstream.unanswered for number in lost):
            return f"{task.task_id} is given up without a reason"
        if lost:
            return None
        good = [one for one in made if not one.canceled and not one.fails]
        if sum(one.n for one in good) != len(kept) + len(reported):
            return f"{task.task_id} has {len(kept)} and {len(reported)} of {good}"
        if (task.status is TaskStatus.SUCCEEDED) != bool(good):
            return f"{task.task_id} is {task.status} with {good}"
        return None


TestHistories = Histories.TestCase
TestHistories.settings = settings(
    max_examples=HISTORIES,
    derandomize="HISTORIES" not in os.environ,
    stateful_step_count=25,
    deadline=None,
    print_blob=True,
    suppress_health_check=list(HealthCheck),
)
