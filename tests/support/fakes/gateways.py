"""In-memory stand-ins of the gateways. Each extends the real class, so mypy finds it when the two drift apart."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any, Literal

from tests.support.fakes.records import NOW
from tongyi.errors import DailyLimitExceeded, EventsUnavailable, WebhooksUnavailable
from tongyi.gateways.dynamodb.api_key_table import KeyTable
from tongyi.gateways.dynamodb.line_table import LineTable
from tongyi.gateways.dynamodb.quota_table import QuotaTable
from tongyi.gateways.dynamodb.slot_table import SlotTable
from tongyi.gateways.dynamodb.submission_table import SubmissionTable
from tongyi.gateways.dynamodb.task_table import TaskTable
from tongyi.gateways.dynamodb.upload_table import UploadTable
from tongyi.gateways.messaging.dead_letter_queue import DeadLetters
from tongyi.gateways.messaging.event_bus import EventBus
from tongyi.gateways.workflow import Workflow
from tongyi.models.images.catalog import IMAGE_MODELS
from tongyi.models.tasks.records import Failure, ImageRecord, JobRecord, Record, TaskRecord, TaskSummary
from tongyi.models.tasks.status import ImageStatus, JobStatus, TaskStatus
from tongyi.models.workflow.line import Line, share, worked
from tongyi.models.workflow.lost_submission import OpenSubmission
from tongyi.models.workflow.payloads import Execution, JobRef, Start
from tongyi.usecases.webhooks.start_delivery import StartDelivery


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


class FakeLineTable(LineTable):
    """Lines in a dictionary; nothing in it is forgotten."""

    def __init__(self) -> None:
        self.lines: dict[str, Line] = {}

    def read(self, model: str) -> Line:
        return self.lines.get(model, Line())

    def join(self, task: TaskRecord, most_before: int) -> bool:
        line = self.read(task.model)
        if line.pieces > most_before:
            return False
        self.lines[task.model] = replace(line, pieces=line.pieces + _pieces(task))
        return True

    def leave(self, task: TaskRecord) -> None:
        line, (made, worked_ms) = self.read(task.model), worked(task)
        if line.pieces >= _pieces(task):
            self.lines[task.model] = Line(
                line.pieces - _pieces(task), line.made + made, line.worked_ms + worked_ms
            )


def _pieces(task: TaskRecord) -> int:
    return share(IMAGE_MODELS[task.model], task.total, len(task.jobs))


class FakeTaskTable(TaskTable):
    """Tasks in a dictionary, on a clock that stands still unless there is one."""

    lines: FakeLineTable

    def __init__(self, *tasks: TaskRecord, clock: FakeClock | None = None) -> None:
        self.tasks = {task.task_id: task for task in tasks}
        self.clock = clock or FakeClock()
        self.lines = FakeLineTable()

    def _present(self, task_id: str) -> TaskRecord | None:
        found = self.tasks.get(task_id)
        return found if found and found.expires_at > self.clock.now // 1000 else None

    def salt(self) -> str:
        return "salt"

    def create(self, task: TaskRecord) -> bool:
        if self._present(task.task_id):
            return False
        self.tasks[task.task_id] = task
        return True

    def get(self, task_id: str) -> TaskRecord | None:
        return self._present(task_id)

    def get_many(self, task_ids: Iterable[str]) -> dict[str, TaskRecord]:
        return {task_id: task for task_id in task_ids if (task := self._present(task_id))}

    def of_owner(self, owner: str, from_ms: int, until_ms: int) -> list[TaskSummary]:
        owned = [task for task in map(self._present, self.tasks) if task and task.owner == owner]
        found = [task for task in owned if from_ms <= task.created_at <= until_ms]
        summaries = [TaskSummary.model_validate(task.model_dump()) for task in found]
        return sorted(summaries, key=lambda task: -task.created_at)

    def mark_started(self, task_id: str) -> None:
        if task := self._present(task_id):
            self.tasks[task_id] = task.model_copy(update={"started": True})

    def mark_released(self, task_id: str) -> None:
        if task := self._present(task_id):
            self.tasks[task_id] = task.model_copy(update={"released": True})

    def mark_announced(self, task_id: str) -> None:
        if task := self._present(task_id):
            self.tasks[task_id] = task.model_copy(update={"announced": True})

    def mark_finished(self, task_id: str) -> None:
        self.mark_announced(task_id)

    def delete(self, task_id: str) -> None:
        self.tasks.pop(task_id, None)

    def change_job(
        self, task_id: str, job: int, changes: Mapping[str, Any], *, when: Iterable[JobStatus]
    ) -> bool:
        task = self._present(task_id)
        if task is None or job not in task.jobs or task.jobs[job].status not in when:
            return False
        jobs = {**task.jobs, job: JobRecord(**_merged(task.jobs[job], changes))}
        self.tasks[task_id] = task.model_copy(update={"jobs": jobs})
        return True

    def change_image(
        self, task_id: str, image: int, changes: Mapping[str, Any], *, when: Iterable[ImageStatus] = ()
    ) -> bool:
        task, wanted = self._present(task_id), set(when)
        if task is None or image not in task.images:
            return False
        if wanted and task.images[image].status not in wanted:
            return False
        images = {**task.images, image: ImageRecord(**_merged(task.images[image], changes))}
        self.tasks[task_id] = task.model_copy(update={"images": images})
        return True

    def add_images(self, task_id: str, images: Mapping[int, ImageRecord]) -> None:
        if task := self._present(task_id):
            self.tasks[task_id] = task.model_copy(update={"images": {**images, **task.images}})

    def close(self, task_id: str, status: TaskStatus, error: Failure | None, ended_at: int) -> bool:
        task = self._present(task_id)
        if task is None or task.ended:
            return False
        changes = {"status": status, "error": error, "ended_at": ended_at}
        self.tasks[task_id] = task.model_copy(update=changes)
        self.lines.leave(task)
        return True

    def cancel_unsent(self, task: TaskRecord, ended_at: int) -> bool:
        found = self._present(task.task_id)
        if found is None or any(job.status is not JobStatus.READY for job in found.jobs.values()):
            return False
        if not self.close(task.task_id, TaskStatus.CANCELED, None, ended_at):
            return False
        for number in task.jobs:
            self.change_job(task.task_id, number, {"status": JobStatus.CANCELED}, when=(JobStatus.READY,))
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
    """Claims and open entries in dictionaries, and the jobs in their table."""

    def __init__(self, tasks: FakeTaskTable) -> None:
        self.tasks = tasks
        self.claims: dict[str, JobRef] = {}
        self.open: dict[tuple[str, str, int], OpenSubmission] = {}

    def begin(self, model: str, call: OpenSubmission, changes: Mapping[str, Any]) -> bool:
        return self._mark(model, call, changes, JobStatus.READY)

    def lose(self, model: str, call: OpenSubmission, changes: Mapping[str, Any]) -> bool:
        lost = call.model_copy(update={"lost": True})
        return self._mark(model, lost, changes, JobStatus.DISPATCHING)

    def _mark(self, model: str, call: OpenSubmission, changes: Mapping[str, Any], when: JobStatus) -> bool:
        if not self.tasks.change_job(call.task_id, call.job, changes, when=(when,)):
            return False
        self.open[model, call.task_id, call.job] = call
        return True

    def settle(
        self,
        model: str,
        job: JobRef,
        changes: Mapping[str, Any],
        *,
        when: Iterable[JobStatus],
        claim: str | None = None,
    ) -> bool:
        if claim and not self.claims.get(claim, job).is_same_job(job):
            return False
        if not self.tasks.change_job(job.task_id, job.job, changes, when=when):
            return False
        self.forget(model, job)
        if claim:
            self.claims[claim] = job
        return True

    def forget(self, model: str, job: JobRef) -> None:
        self.open.pop((model, job.task_id, job.job), None)

    def open_calls(self, model: str) -> list[OpenSubmission]:
        return [call for (name, _, _), call in self.open.items() if name == model]

    def holders(self, upstream_task_ids: Iterable[str]) -> dict[str, JobRef]:
        return {task_id: self.claims[task_id] for task_id in upstream_task_ids if task_id in self.claims}


class FakeUploadTable(UploadTable):
    """Directories and their owners; nothing in it expires."""

    def __init__(self, **owners: str) -> None:
        self.held = {(directory, owner) for directory, owner in owners.items()}

    def add(self, directory: str, owner: str) -> None:
        self.held.add((directory, owner))

    def holds(self, directory: str, owner: str) -> bool:
        return (directory, owner) in self.held


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
    """Remembers what was started; raises `error` where there is one. `executions` are what there is, by names."""

    def __init__(self, error: Exception | None = None) -> None:
        self.started: list[Any] = []
        self.error = error
        self.executions: dict[str, Execution] = {}

    def start(self, start: Start) -> None:
        self.started.append(start)
        if self.error:
            raise self.error
        self.executions.setdefault(start.name, Execution.RUNNING)

    def execution(self, start: Start) -> Execution:
        if self.error:
            raise self.error
        return self.executions.get(start.name, Execution.ABSENT)


class FakeEventBus(EventBus):
    """Remembers what was put on it; takes nothing for as long as it is `down`."""

    def __init__(self, *, down: bool = False) -> None:
        self.told: list[tuple[str, str, Mapping[str, Any]]] = []
        self.down = down

    def put(self, source: str, detail_type: str, detail: Mapping[str, Any]) -> None:
        if self.down:
            raise EventsUnavailable("EventBridge cannot be reached.")
        self.told.append((source, detail_type, detail))


class FakeStartDelivery(StartDelivery):
    """Remembers which tasks are to be told by webhooks; takes none for as long as it is `down`."""

    def __init__(self, *, down: bool = False) -> None:
        self.begun: list[str] = []
        self.down = down

    def run(self, task: TaskRecord) -> None:
        if self.down:
            raise WebhooksUnavailable("The queue of webhooks cannot be reached.")
        self.begun.append(task.task_id)


class FakeDeadLetters(DeadLetters):
    """Remembers what was put aside, and why."""

    def __init__(self) -> None:
        self.aside: list[tuple[str, str, str]] = []

    def send(self, body: str, code: str, message: str) -> None:
        self.aside.append((body, code, message))
