"""Submissions that nobody knows the outcome of, and which task of DashScope's could be whose.

DashScope has no idempotency key, and nothing that is sent with a submission comes back in the list of tasks: that
shows model and time. The query of a task also tells its number of pictures and, of some models, the prompts.
"""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from tongyi.models.tasks.records import JobRecord, Record, TaskRecord
from tongyi.models.tasks.status import TaskStatus
from tongyi.models.workflow.upstream import UpstreamTask

# How far DashScope's clock may be from ours, in milliseconds.
SKEW_MS = 2_000
# A call leaves at most this long after its job was marked.
MARK_TO_CALL_MS = 6_000
# How long a call may be on its way before DashScope makes its task.
ARRIVAL_MS = 600_000
# So long after the mark a task that is not in the list will never be there.
ABSENT_AFTER_MS = MARK_TO_CALL_MS + ARRIVAL_MS + 30_000
_ENDED = (TaskStatus.SUCCEEDED, TaskStatus.FAILED, TaskStatus.CANCELED)


class OpenSubmission(Record):
    """A call that was, or is about to be, sent, and whose outcome was not written down.

    Attributes:
        sent_at: when its job was marked, in milliseconds since the epoch; the call left after that, if it did.
        n: how many pictures it asked for.
        prompt: the digest of its prompt.
        lost: whether the answer is known to be lost; the call may be under way otherwise.
    """

    task_id: str
    job: int
    sent_at: int
    n: int
    prompt: str
    lost: bool = False

    @property
    def span(self) -> tuple[int, int]:
        """The first and the last moment at which DashScope may have made a task of it."""
        return self.sent_at - SKEW_MS, self.sent_at + ABSENT_AFTER_MS


@dataclass(frozen=True, slots=True)
class FoundTask:
    """An unclaimed task of DashScope's list, and what its query told; `created_at` is None where it is not said."""

    task_id: str
    created_at: int | None
    told: UpstreamTask

    @property
    def has_ended(self) -> bool:
        """Whether its query tells all it ever will."""
        return self.told.status in _ENDED


def open_submission(task: TaskRecord, number: int, job: JobRecord) -> OpenSubmission:
    """What is written down of a job's call; `job.sent_at` is its mark."""
    return OpenSubmission(
        task_id=task.task_id,
        job=number,
        sent_at=job.sent_at or task.created_at,
        n=job.n,
        prompt=prompt_digest(str(task.input.get("prompt", ""))),
    )


def prompt_digest(prompt: str) -> str:
    """Equal for texts that differ in nothing but white space and the form of their characters."""
    plain = " ".join(unicodedata.normalize("NFKC", prompt).split())
    return hashlib.sha256(plain.encode()).hexdigest()[:32]


def could_be(call: OpenSubmission, found: FoundTask) -> bool:
    """Whether the task may have been made of the call: by the time, and by what the query told."""
    begin, end = call.span
    in_time = found.created_at is None or begin <= found.created_at <= end
    return in_time and _agrees(call, found.told)


def _agrees(call: OpenSubmission, told: UpstreamTask) -> bool:
    prompts = {prompt_digest(picture.orig_prompt) for picture in told.pictures if picture.orig_prompt}
    return told.total in (None, call.n) and prompts <= {call.prompt}


def surely_of(
    call: OpenSubmission, found: Sequence[FoundTask], others: Collection[OpenSubmission]
) -> FoundTask | None:
    """The task that was made of the call and of no other, or None where that cannot be told (yet).

    `found` are all unclaimed tasks of the call's span, `others` all other calls of the model without an outcome. One
    that is still at work has not told all, and is nobody's yet. Equal calls of one task may change places: their
    pictures go to the same owner, for the same request.
    """
    possible = [task for task in found if could_be(call, task)]
    equals = [other for other in others if other.task_id == call.task_id and other.n == call.n]
    rivals = [other for other in others if other not in equals]
    if len(possible) > 1 + len(equals):
        return None
    sure = (
        task for task in possible if task.has_ended and not any(could_be(rival, task) for rival in rivals)
    )
    return next(sure, None)
