"""Replies that would end a billed task, and may be a slip of upstream's that its next reply does not repeat.

Such a doubt is written into the job, and DashScope is asked again, spread over time (`models.tasks.schedule`), before
it counts. What upstream says with a reason is no doubt.
"""

from __future__ import annotations

from tongyi.models.tasks.records import JobRecord
from tongyi.models.tasks.schedule import PARTIAL_WAITS, RESULT_WAITS, UNKNOWN_WAITS, UPSTREAM_MEMORY
from tongyi.models.tasks.status import TaskStatus
from tongyi.models.workflow.upstream import UpstreamTask

UNKNOWN = "unknown"
NO_REASON = "failed without a reason"
NO_PICTURES = "no pictures"
SOME_PICTURES = "pictures "
_WAITS = {UNKNOWN: UNKNOWN_WAITS, NO_REASON: RESULT_WAITS, NO_PICTURES: RESULT_WAITS}


def doubt_of(found: UpstreamTask, ordered: int) -> str | None:
    """What is doubtful in a reply about a job of that many pictures; equal replies raise equal doubts."""
    if found.status is TaskStatus.UNKNOWN:
        return UNKNOWN
    if found.status is TaskStatus.FAILED and found.error is None:
        return NO_REASON
    if found.status is not TaskStatus.SUCCEEDED:
        return None
    told = [place for place, picture in enumerate(found.pictures[:ordered], start=1) if picture.explained]
    if len(told) == ordered:
        return None
    usable = [place for place in told if found.pictures[place - 1].url]
    return f"{SOME_PICTURES}{','.join(map(str, usable))}" if usable else NO_PICTURES


def waits_of(doubt: str) -> tuple[int, ...]:
    """Seconds between the looks that a doubt is given; the last of them is kept to after more of other doubts."""
    return _WAITS.get(doubt, PARTIAL_WAITS)


def doubted(job: JobRecord, doubt: str, now_ms: int) -> JobRecord:
    """The job with one more doubtful look. Another doubt than the last begins anew, but for the length of its waits."""
    since = job.doubted_at if doubt == job.doubt else now_ms
    return job.model_copy(update={"doubt": doubt, "doubts": job.doubts + 1, "doubted_at": since})


def doubt_wait(job: JobRecord) -> int:
    """Whole seconds until the next look at a doubted job."""
    waits = waits_of(job.doubt or UNKNOWN)
    return waits[min(job.doubts, len(waits)) - 1]


def is_beyond_doubt(job: JobRecord, now_ms: int) -> bool:
    """Whether the doubt has stood for all its looks, or upstream's memory is over: then what it said counts."""
    waits = waits_of(job.doubt or UNKNOWN)
    stood = (now_ms - (job.doubted_at or now_ms)) / 1000
    late = (now_ms - (job.sent_at or 0)) / 1000 > UPSTREAM_MEMORY
    return late or (job.doubts > len(waits) and stood >= sum(waits))
