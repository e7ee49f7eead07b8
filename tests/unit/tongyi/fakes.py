"""In-memory stand-ins of the gateways. Each extends the real class, so mypy finds it when the two drift apart."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Literal, TypeVar

from tests.unit.tongyi.builders import NOW
from tongyi.errors import DailyLimitExceeded
from tongyi.gateways.dashscope import DashScope
from tongyi.gateways.key_table import KeyTable
from tongyi.gateways.quota_table import QuotaTable
from tongyi.gateways.slot_table import SlotTable
from tongyi.gateways.submission_table import SubmissionTable
from tongyi.gateways.task_table import TaskTable
from tongyi.gateways.workflow import Workflow
from tongyi.models.records import Failure, ImageRecord, JobRecord, Record, TaskRecord
from tongyi.models.status import JobStatus, TaskStatus
from tongyi.models.upstream import ChatAnswer, Submitted, UpstreamPicture, UpstreamTask
from tongyi.models.workflow import JobRef, WorkflowInput

Answer = TypeVar("Answer")


class FakeClock:
    """Stands still, except when slept on; `at` has something happen when a moment comes."""

    def __init__(self, now_ms: int = NOW) -> None:
        self.now = now_ms
        self.slept: list[float] = []
        self._due: list[tuple[int, Callable[[], object]]] = []

    def now_ms(self) -> int:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += max(0, round(seconds * 1000))
        due = [entry for entry in self._due if entry[0] <= self.now]
        self._due = [entry for entry in self._due if entry not in due]
        for _, action in due:
            action()

    def at(self, moment_ms: int, action: Callable[[], object]) -> None:
        self._due.append((moment_ms, action))


class FakeTaskTable(TaskTable):
    """Tasks in a dictionary."""

    def __init__(self, *tasks: TaskRecord) -> None:
        self.tasks = {task.task_id: task for task in tasks}

    def create(self, task: TaskRecord) -> bool:
        return self.tasks.setdefault(task.task_id, task) is task

    def get(self, task_id: str) -> TaskRecord | None:
        return self.tasks.get(task_id)

    def mark_started(self, task_id: str) -> None:
        if task := self.tasks.get(task_id):
            self.tasks[task_id] = task.model_copy(update={"started": True})

    def delete(self, task_id: str) -> None:
        self.tasks.pop(task_id, None)

    def change_job(
        self, task_id: str, job: int, changes: Mapping[str, Any], *, when: Iterable[JobStatus]
    ) -> bool:
        task = self.tasks.get(task_id)
        if task is None or job not in task.jobs or task.jobs[job].status not in when:
            return False
        jobs = {**task.jobs, job: JobRecord(**_merged(task.jobs[job], changes))}
        self.tasks[task_id] = task.model_copy(update={"jobs": jobs})
        return True

    def change_image(self, task_id: str, image: int, changes: Mapping[str, Any]) -> None:
        task = self.tasks.get(task_id)
        if task is not None and image in task.images:
            images = {**task.images, image: ImageRecord(**_merged(task.images[image], changes))}
            self.tasks[task_id] = task.model_copy(update={"images": images})

    def add_images(self, task_id: str, images: Mapping[int, ImageRecord]) -> None:
        if task := self.tasks.get(task_id):
            self.tasks[task_id] = task.model_copy(update={"images": {**images, **task.images}})

    def close(self, task_id: str, status: TaskStatus, error: Failure | None, ended_at: int) -> bool:
        task = self.tasks.get(task_id)
        if task is None or task.ended:
            return False
        changes = {"status": status, "error": error, "ended_at": ended_at}
        self.tasks[task_id] = task.model_copy(update=changes)
        return True


def _merged(record: Record, changes: Mapping[str, Any]) -> dict[str, Any]:
    """None takes an attribute away, so that its default holds again."""
    return {name: value for name, value in {**dict(record), **changes}.items() if value is not None}


class FakeSlotTable(SlotTable):
    """Slots in a dictionary."""

    def __init__(self, **next_at: int) -> None:
        self.next_at = {name.replace("_", "-"): moment for name, moment in next_at.items()}

    def reserve(self, model: str, *, earliest_ms: int, spacing_ms: int) -> int:
        slot = max(self.next_at.get(model, 0), earliest_ms)
        self.next_at[model] = slot + spacing_ms
        return slot

    def next_free(self, model: str) -> int | None:
        return self.next_at.get(model)


class FakeSubmissionTable(SubmissionTable):
    """Claims and lost entries in dictionaries."""

    def __init__(self) -> None:
        self.claims: dict[str, JobRef] = {}
        self.lost: dict[tuple[str, str, int], tuple[int, int]] = {}

    def claim(self, upstream_task_id: str, job: JobRef, now_ms: int) -> bool:
        return self.claims.setdefault(upstream_task_id, job) == job

    def holder(self, upstream_task_id: str) -> JobRef | None:
        return self.claims.get(upstream_task_id)

    def report_lost(self, model: str, job: JobRef, *, from_ms: int, until_ms: int) -> None:
        self.lost[model, job.task_id, job.job] = (from_ms, until_ms)

    def resolve_lost(self, model: str, job: JobRef) -> None:
        self.lost.pop((model, job.task_id, job.job), None)

    def lost_between(self, model: str, from_ms: int, until_ms: int) -> int:
        spans = [span for (name, _, _), span in self.lost.items() if name == model]
        return sum(begin <= until_ms and end >= from_ms for begin, end in spans)


class FakeQuotaTable(QuotaTable):
    """One day's counts."""

    def __init__(self) -> None:
        self.used = {"images": 0, "chats": 0}

    def take(self, what: Literal["images", "chats"], amount: int, limit: int) -> None:
        if self.used[what] + amount > limit:
            raise DailyLimitExceeded("That was all for today.", retry_after=60)
        self.used[what] += amount


class FakeKeyTable(KeyTable):
    """Keys and their owners."""

    def __init__(self, **owners: str) -> None:
        self.owners = owners

    def owner(self, key: str) -> str | None:
        return self.owners.get(key)


class FakeWorkflow(Workflow):
    """Remembers what was started; raises `error` where there is one."""

    def __init__(self, error: Exception | None = None) -> None:
        self.started: list[WorkflowInput] = []
        self.error = error

    def start(self, start: WorkflowInput) -> None:
        self.started.append(start)
        if self.error:
            raise self.error


class FakeDashScope(DashScope):
    """Answers from a script, one entry for each call; an entry that is an exception is raised.

    `preparing` and `calling` are run at the begin of a preparation, of a call: for what happens meanwhile.
    """

    def __init__(
        self,
        *script: object,
        preparing: Callable[[], object] = lambda: None,
        calling: Callable[[], object] = lambda: None,
    ) -> None:
        self.script = list(script)
        self.calls: list[tuple[Any, ...]] = []
        self._preparing = preparing
        self._calling = calling

    def prepare(self) -> None:
        self._preparing()

    def submit(self, model: str, given: Mapping[str, Any], parameters: Mapping[str, Any]) -> Submitted:
        return self._next(Submitted, "submit", model, given, parameters)

    def generate(
        self, model: str, given: Mapping[str, Any], parameters: Mapping[str, Any]
    ) -> tuple[UpstreamPicture, ...]:
        return self._next(tuple, "generate", model, given, parameters)

    def query(self, task_id: str) -> UpstreamTask:
        return self._next(UpstreamTask, "query", task_id)

    def tasks_between(self, model: str, from_ms: int, until_ms: int) -> list[str]:
        return self._next(list, "list", model, from_ms, until_ms)

    def chat(
        self, model: str, messages: Sequence[Mapping[str, str]], parameters: Mapping[str, Any], seconds: float
    ) -> ChatAnswer:
        return self._next(ChatAnswer, "chat", model, messages, parameters, seconds)

    def _next(self, kind: type[Answer], *call: Any) -> Answer:
        self._calling()
        self.calls.append(call)
        answer = self.script.pop(0)
        if isinstance(answer, Exception):
            raise answer
        assert isinstance(answer, kind)
        return answer
