"""What the state machine image_task passes between its steps.

Links and prompts stay in the record: payloads stay tiny.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Self

from pydantic import BaseModel, ConfigDict

from tongyi.models.tasks.records import TaskRecord


class Next(StrEnum):
    """Where a state machine goes from here."""

    SUBMIT = "submit"
    WAIT = "wait"
    CHECK = "check"
    STORE = "store"
    END = "end"


class Payload(BaseModel):
    """Base of payloads."""

    model_config = ConfigDict(extra="ignore", frozen=True)


class RecordRef(Payload):
    """The record of a task. `created_at`, in milliseconds since the epoch, tells two of one id apart.

    Whatever record of the id is there is meant where it is None: nothing was said of it in what was begun with an
    earlier version.
    """

    task_id: str
    created_at: int | None = None


class ImageRef(RecordRef):
    """One picture of a task, numbered from 1."""

    image: int


class JobRef(RecordRef):
    """One job of a task, numbered from 0."""

    job: int

    def is_same_job(self, other: JobRef) -> bool:
        """Whether both are the same job, of whichever record: claims do not tell."""
        return (self.task_id, self.job) == (other.task_id, other.job)


class JobStep(JobRef):
    """What a step of a job found: where to go next, after how many whole seconds, and which pictures to store."""

    next: Next
    wait_seconds: int = 0
    images: list[ImageRef] = []


class ImageStep(ImageRef):
    """What an attempt at copying a picture found."""

    next: Next
    wait_seconds: int = 0


class TaskRef(RecordRef):
    """A task to close. `error` is what the state machine caught, if it did."""

    error: dict[str, object] | None = None


class Start(Payload):
    """What an execution starts with."""

    @property
    def name(self) -> str:
        """The execution's name: no two of a name are started."""
        raise NotImplementedError


class WorkflowInput(Start):
    """A task to see through; `created_at` is its record's, in milliseconds since the epoch, and so is `round`."""

    task_id: str
    created_at: int
    jobs: list[JobRef]
    round: int = 0

    @classmethod
    def of(cls, task: TaskRecord) -> Self:
        """What the record's latest execution starts with."""
        jobs = [JobRef(task_id=task.task_id, created_at=task.created_at, job=number) for number in task.jobs]
        return cls(task_id=task.task_id, created_at=task.created_at, jobs=jobs, round=task.round)

    @property
    def name(self) -> str:
        """One for each record and round, at most 80 characters.

        Step Functions keeps a name for 90 days after the execution has closed (StartExecution in its API reference).
        A record may expire before that, and an order with the same Idempotency-Key then makes another of its id.
        """
        first = f"{self.task_id}-{self.created_at}"
        return f"{first}-{self.round}" if self.round else first


class Execution(StrEnum):
    """What there is of an execution. `ENDED` in whatever way."""

    ABSENT = "absent"
    RUNNING = "running"
    ENDED = "ended"


class ReconcileRequest(Payload):
    """A task to look at by hand; without one, all that are due, which is what a schedule asks for."""

    task_id: str | None = None


class Finding(StrEnum):
    """What was found of a task that was not known to be finished."""

    # Nothing is left to do.
    FINISHED = "finished"
    # Somebody is at it.
    RUNNING = "running"
    # Nobody was: an execution was started.
    STARTED = "started"
    # It is gone, or somebody else looked at it just now.
    PASSED = "passed"
    # It could not be looked at this time.
    FAILED = "failed"


class Reconciled(Payload):
    """How many tasks there were of each finding; `more` where time was over before all were looked at."""

    found: dict[Finding, int]
    more: bool = False
