"""Statuses of tasks, jobs and pictures."""

from __future__ import annotations

from enum import StrEnum


class TaskStatus(StrEnum):
    """What callers see; DashScope's own words."""

    PENDING = "PENDING"
    RUNNING = "RUNNING"
    SUSPENDED = "SUSPENDED"
    SUCCEEDED = "SUCCEEDED"
    FAILED = "FAILED"
    CANCELED = "CANCELED"
    UNKNOWN = "UNKNOWN"


class JobStatus(StrEnum):
    """Where one upstream call stands. Only the arrows drawn here exist.

    READY → DISPATCHING → SUBMITTED → SUCCEEDED | FAILED | CANCELED
              ↓   ↑ refused for now: back to READY
             LOST → SUBMITTED (found in the task list) | READY (surely never arrived) | FAILED (cannot be told)
    """

    READY = "READY"
    DISPATCHING = "DISPATCHING"
    LOST = "LOST"
    SUBMITTED = "SUBMITTED"
    SUCCEEDED = "SUCCEEDED"
    FAILED = "FAILED"
    CANCELED = "CANCELED"


# What may yet become of something: upstream may be at it, or be asked for it.
OPEN_JOBS = frozenset({JobStatus.READY, JobStatus.DISPATCHING, JobStatus.LOST, JobStatus.SUBMITTED})


class ImageStatus(StrEnum):
    """Where one picture stands.

    MADE: DashScope has it. STORED: our copy is in S3. UNCOPIED: it could not be copied within some minutes, the
    upstream link serves; it becomes STORED if a later attempt succeeds. FAILED: DashScope did not make it.
    """

    MADE = "MADE"
    STORED = "STORED"
    UNCOPIED = "UNCOPIED"
    FAILED = "FAILED"
