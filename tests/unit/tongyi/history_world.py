"""The whole of the gateway's own code over memory: orders, the state machine's steps, `reconcile`; on one clock."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from tests.support.fakes.circuits import a_circuit
from tests.support.fakes.gateways import (
    FakeClock,
    FakeQuotaTable,
    FakeSlotTable,
    FakeSubmissionTable,
    FakeTaskTable,
    FakeUploadTable,
    FakeWorkflow,
)
from tests.unit.tongyi.history_upstream import Crash, Cut, HistoryBucket, HistorySource, HistoryUpstream
from tests.unit.tongyi.usecases.tasks.announcing import announcer
from tongyi.config import SubmissionSettings
from tongyi.errors import GatewayError
from tongyi.gateways.dynamodb.unfinished_table import DueTask, UnfinishedTable
from tongyi.models.images.bodies import parse_lenient_request
from tongyi.models.tasks.records import TaskRecord
from tongyi.models.tasks.schedule import FIRST_LOOK
from tongyi.models.workflow.payloads import Execution, ImageRef, JobRef, Next, Start, TaskRef, WorkflowInput
from tongyi.usecases.tasks.cancel_task import CancelTask
from tongyi.usecases.tasks.submit_images import SubmitImages
from tongyi.usecases.workflow.check_job import CheckJob
from tongyi.usecases.workflow.close_task import CloseTask
from tongyi.usecases.workflow.dispatch_job import DispatchJob
from tongyi.usecases.workflow.find_submission import FindSubmission
from tongyi.usecases.workflow.reconcile import Reconcile
from tongyi.usecases.workflow.send_job import SendJob
from tongyi.usecases.workflow.store_image import StoreImage

SECOND = 1000
# As the state machine's Retry fields have it, in short: so often a step is tried again after a crash.
RETRIES = 3
RETRY_SECONDS = 30
RECONCILE_SECONDS = 300


class MemoryUnfinished(UnfinishedTable):
    """The index of unfinished tasks, over tasks in memory."""

    def __init__(self, tasks: FakeTaskTable) -> None:
        self.tasks = tasks
        self.look_at: dict[str, int] = {}
        self.finished: set[str] = set()

    def open(self) -> list[TaskRecord]:
        return [task for name, task in self.tasks.tasks.items() if name not in self.finished]

    def _look_at(self, task: TaskRecord) -> int:
        return self.look_at.get(task.task_id, task.created_at + FIRST_LOOK * SECOND)

    def due(self, now_ms: int) -> Iterator[DueTask]:
        waiting = sorted((self._look_at(task), task.task_id, task.created_at) for task in self.open())
        for look_at, task_id, created_at in waiting:
            if look_at <= now_ms:
                yield DueTask(task_id, created_at, look_at)

    def take(self, due: DueTask, look_at: int) -> TaskRecord | None:
        task = self.tasks.tasks[due.task_id]
        if self._look_at(task) != due.look_at:
            return None
        self.look_at[due.task_id] = look_at
        return task

    def begin_round(self, task: TaskRecord, look_at: int) -> bool:
        found = self.tasks.tasks[task.task_id]
        if found.round != task.round:
            return False
        self.tasks.tasks[task.task_id] = found.model_copy(update={"round": task.round + 1})
        self.look_at[task.task_id] = look_at
        return True

    def finish(self, task_id: str) -> None:
        self.finished.add(task_id)


@dataclass
class Step:
    """A branch of an execution: what it does next, and when. `images` makes it one of a picture."""

    ref: JobRef | ImageRef
    due: int
    checks: bool = False
    crashes: int = 0


@dataclass
class Run:
    """An execution: its branches, and CloseTask when there are none left."""

    start: WorkflowInput
    steps: list[Step]
    closing: Step | None = None
    over: bool = field(default=False)


class Machine(FakeWorkflow):
    """Step Functions: starts an execution of a name once."""

    def __init__(self, clock: FakeClock) -> None:
        super().__init__()
        self.clock = clock
        self.runs: dict[str, Run] = {}

    def start(self, start: Start) -> None:
        assert isinstance(start, WorkflowInput)
        if start.name not in self.runs:
            self.runs[start.name] = Run(start, [Step(ref, self.clock.now) for ref in start.jobs])

    def execution(self, start: Start) -> Execution:
        run = self.runs.get(start.name)
        if run is None:
            return Execution.ABSENT
        return Execution.ENDED if run.over else Execution.RUNNING

    def going_on(self) -> list[Run]:
        return [run for run in self.runs.values() if not run.over]


class World:
    """Everything together. What crashes is tried again, as the state machine does, and then left to `reconcile`."""

    def __init__(self) -> None:
        self.clock, self.cut = FakeClock(), Cut()
        self.tasks = FakeTaskTable(clock=self.clock)
        self.submissions = FakeSubmissionTable(self.tasks)
        self.upstream = HistoryUpstream(self.clock)
        self.source, self.bucket = HistorySource(), HistoryBucket()
        self.machine, self.unfinished = Machine(self.clock), MemoryUnfinished(self.tasks)
        self.next_reconcile = self.clock.now
        self._count()
        circuit, announce = a_circuit(self.clock), announcer(self.tasks)
        quiet = (FakeQuotaTable(), FakeUploadTable(), self.machine)
        settings = SubmissionSettings("arn", 30, 10_000, 10**6, 0)
        slots = FakeSlotTable()
        self.submit = SubmitImages(self.tasks, slots, *quiet, circuit, settings, self.clock)
        find = FindSubmission(self.tasks, self.submissions, self.upstream, 45, self.clock)
        send = SendJob(self.tasks, self.submissions, self.upstream, find, 2, self.clock)
        self.dispatch = DispatchJob(self.tasks, slots, self.submissions, send, find, circuit, 2, self.clock)
        self.check = CheckJob(self.tasks, self.upstream, 2, self.clock)
        self.store = StoreImage(self.tasks, self.source, self.bucket, self.upstream, self.clock)
        self.close = CloseTask(self.tasks, announce, self.clock)
        self.cancel = CancelTask(self.tasks, self.upstream, announce, self.clock)
        self.reconcile = Reconcile(self.unfinished, self.machine, self.clock)

    def _count(self) -> None:
        self.cut.every(self.tasks, "get", "create", "change_job", "change_image", "add_images", "close")
        self.cut.every(self.tasks, "mark_started", "mark_announced")
        self.cut.every(self.submissions, "begin", "lose", "settle", "forget", "open_calls", "holders")
        self.cut.every(self.upstream, "submit", "generate", "query", "tasks_between", "cancel")
        self.cut.every(self.source, "fetch")
        self.cut.every(self.bucket, "put")
        self.cut.every(self.machine, "start")

    def order(self, owner: str, model: str, prompt: str, n: int) -> None:
        """An order whose caller may not hear of it."""
        order = parse_lenient_request({"model": model, "input": {"prompt": prompt}, "parameters": {"n": n}})
        try:
            self.submit.place(order, owner)
        except (Crash, GatewayError):
            return

    def call_off(self, task: TaskRecord) -> None:
        """The owner cancels it, perhaps in vain."""
        try:
            self.cancel.run(task.task_id, task.owner)
        except (Crash, GatewayError):
            return

    def look_after(self) -> None:
        """The schedule's function runs."""
        self.next_reconcile = self.clock.now + RECONCILE_SECONDS * SECOND
        try:
            self.reconcile.run()
        except Crash:
            return

    def live(self, seconds: int) -> None:
        """So much time goes by, in which everything happens that is due."""
        end = self.clock.now + seconds * SECOND
        while (moment := self._next()) <= end:
            self.clock.now = max(self.clock.now, moment)
            if self.next_reconcile <= self.clock.now:
                self.look_after()
            else:
                self._work()
        self.clock.now = max(self.clock.now, end)

    def _next(self) -> int:
        return min(
            [self.next_reconcile, *(step.due for run in self.machine.going_on() for step in _open(run))]
        )

    def _work(self) -> None:
        """The step that is due first: steps come one after the other, of whatever execution."""
        waiting = [
            (step.due, name, run, step) for name, run in self.machine.runs.items() for step in _open(run)
        ]
        _, _, run, step = min(waiting, key=lambda entry: entry[:2])
        try:
            after = self._run(run, step)
        except (Crash, GatewayError) as error:
            after = self._crashed(run, step, isinstance(error, Crash))
        if step in run.steps:
            place = run.steps.index(step)
            run.steps[place : place + 1] = after
        else:
            run.closing = after[0] if after else None
            run.over = not after
        if not run.steps and run.closing is None and not run.over:
            run.closing = Step(run.start.jobs[0], self.clock.now)

    def _crashed(self, run: Run, step: Step, repeats: bool) -> list[Step]:
        if isinstance(step.ref, JobRef):
            self.upstream.unanswered.add((step.ref.task_id, step.ref.job))
        if not repeats or step.crashes == RETRIES:
            return []
        step.crashes += 1
        step.due = self.clock.now + RETRY_SECONDS * SECOND
        return [step]

    def _run(self, run: Run, step: Step) -> list[Step]:
        if step is run.closing:
            self.close.run(TaskRef(task_id=run.start.task_id, created_at=run.start.created_at))
            return []
        if isinstance(step.ref, ImageRef):
            stored = self.store.run(step.ref)
            return [] if stored.next is Next.END else [Step(step.ref, self._in(stored.wait_seconds))]
        self.upstream.current = step.ref
        done: Any = (self.check if step.checks else self.dispatch).run(step.ref)
        later = self._in(done.wait_seconds)
        follow = {
            Next.WAIT: [Step(step.ref, later)],
            Next.CHECK: [Step(step.ref, later, checks=True)],
            Next.STORE: [Step(image, later) for image in done.images],
        }
        return follow.get(done.next, [])

    def _in(self, seconds: int) -> int:
        return self.clock.now + seconds * SECOND


def _open(run: Run) -> list[Step]:
    if run.over:
        return []
    return run.steps or ([run.closing] if run.closing else [])
