"""What is remembered of a task. Times are milliseconds since the epoch, UTC.

A task is one item: its jobs (one upstream call each) and its pictures are maps inside it, so it is created whole or
not at all, and one read shows all of it.
"""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict

from tongyi.models.tasks.status import ImageStatus, JobStatus, TaskStatus


class Record(BaseModel):
    """Base of records: read-only in memory; an attribute written by a newer version is passed over."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class Failure(Record):
    """Why something failed, in DashScope's words or ours; `upstream_status` is DashScope's HTTP status, if any."""

    code: str
    message: str
    upstream_status: int | None = None


class JobRecord(Record):
    """One upstream call, for `n` pictures that are numbered from `first_image` on.

    Attributes:
        slot_at: when it may be sent.
        sent_at: when the call that is or was under way began.
        refusals: how often DashScope said "not now".
        failures: how often it said that it failed while we waited for its pictures.
        looks: how often the task list was searched for its last call without a result.
        losses: how many of its calls surely never arrived.
        made, failed: DashScope's own count while it works.
        worked_ms: how long DashScope was at it, once it is over; None where that is not known.
        running_since: when a check first found it running.
        doubt: what upstream last said that would end it and may be a slip (`models.workflow.doubt`).
        doubts: how many looks in a row found something of that kind; doubted_at: when the first of those was that
            found this very doubt.
    """

    status: JobStatus = JobStatus.READY
    n: int
    first_image: int = 1
    slot_at: int | None = None
    sent_at: int | None = None
    refusals: int = 0
    failures: int = 0
    looks: int = 0
    losses: int = 0
    upstream_task_id: str | None = None
    upstream_request_id: str | None = None
    upstream_status: TaskStatus = TaskStatus.PENDING
    running_since: int | None = None
    worked_ms: int | None = None
    doubt: str | None = None
    doubts: int = 0
    doubted_at: int | None = None
    made: int = 0
    failed: int = 0
    error: Failure | None = None


class ImageRecord(Record):
    """One picture. `url` is DashScope's link, good until `url_expires_at`; the rest describes our copy.

    `refused` where copying it is refused for good, and not worth another attempt.
    """

    status: ImageStatus
    url: str | None = None
    url_expires_at: int | None = None
    actual_prompt: str | None = None
    attempts: int = 0
    refused: bool = False
    key: str | None = None
    sha256: str | None = None
    content_type: str | None = None
    bytes: int | None = None
    width: int | None = None
    height: int | None = None
    error: Failure | None = None


class TaskSummary(Record):
    """What can be told of an order without reading all of it; `fingerprint` tells two orders apart."""

    task_id: str
    model: str
    status: TaskStatus = TaskStatus.PENDING
    created_at: int
    ended_at: int | None = None
    expires_at: int
    fingerprint: str | None = None
    jobs: dict[int, JobRecord]

    @property
    def ended(self) -> bool:
        """Whether the terminal status was written."""
        return self.ended_at is not None

    @property
    def first_sent_at(self) -> int | None:
        """When its first call was sent, if one was."""
        sent = [
            job.sent_at for job in self.jobs.values() if job.sent_at and job.status is not JobStatus.READY
        ]
        return min(sent, default=None)


class TaskRecord(TaskSummary):
    """One order.

    Attributes:
        owner: None for a task submitted without a key.
        requested_size: the size asked for, where another is made.
        started: whether its execution was started; it may have been all the same.
        released: whether whoever took it could not start it, so that the next who sends it may.
        announced: whether the event of its end is on the bus; it may be all the same.
        round: how often an execution was begun for it because the one before had ended too soon.
        callback_url: where a webhook tells its end, if it is to.
        signer: whose secret signs that (`models.webhooks.payload`).
    """

    owner: str | None = None
    input: dict[str, Any]
    parameters: dict[str, Any]
    requested_size: str | None = None
    notices: list[dict[str, str]] = []
    started: bool = False
    released: bool = False
    announced: bool = False
    round: int = 0
    callback_url: str | None = None
    signer: str | None = None
    error: Failure | None = None
    images: dict[int, ImageRecord] = {}

    @property
    def total(self) -> int:
        """How many pictures were ordered."""
        return sum(job.n for job in self.jobs.values())

    @property
    def told(self) -> bool:
        """Whether it has ended, and that was told."""
        return self.ended and self.announced
