"""The summary of a file: version 1 of its schema, described in docs/events.md."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any

from pydantic import Field

from tongyi.models.batches.run import Outcome, RequestStatus, results_of
from tongyi.models.tasks.events import moment
from tongyi.models.tasks.records import Failure, Record

VERSION = "1"
FINISHED = "Image File Finished"
Counts = dict[str, int]
# What is counted: the requests of each status, and the pictures that are kept.
COUNTED = (*(status.lower() for status in RequestStatus), "pictures")


class FileProgress(Record):
    """How far a file is.

    Attributes:
        requests: how many it holds.
        started_at: in milliseconds since the epoch; `expires_at` is in seconds.
        sequence: as in the reference to the file.
        superseded: whether a later version of the file was begun: the results are that one's then.
        totals: the counts of all its chunks together, as far as they have reported; without zeros.
    """

    run: str
    key: str
    requests: int
    started_at: int
    expires_at: int
    sequence: str = ""
    superseded: bool = False
    totals: Counts = Field(default_factory=dict)

    @property
    def results(self) -> str:
        """The prefix of what is written of it: of several versions of a file, the last has the file's own."""
        return f"{results_of(self.key)}earlier/{self.run}/" if self.superseded else results_of(self.key)


def counted(outcomes: Iterable[Outcome]) -> Counts:
    """How many requests have which status, and how many pictures are kept."""
    found: Counter[str] = Counter()
    for outcome in outcomes:
        found[outcome.status.lower()] += 1
        found["pictures"] += sum("key" in picture for picture in outcome.pictures)
    return dict(found)


def summary(
    progress: FileProgress, counts: Counts, now_ms: int, *, ended: bool = False, error: Failure | None = None
) -> dict[str, Any]:
    """What is told of a file, while it is worked on and at its end.

    A status word for the file as a whole: RUNNING; SUCCEEDED, where each request was seen to its end, whatever that
    was; FAILED, where the file is none of orders, or was not seen through.
    """
    by_status = {str(status).lower(): counts.get(status.lower(), 0) for status in RequestStatus}
    told: dict[str, Any] = {
        "version": VERSION,
        "file": progress.key,
        "status": ("FAILED" if error else "SUCCEEDED") if ended else "RUNNING",
        "requests": progress.requests,
        "waiting": progress.requests - sum(by_status.values()),
        **by_status,
        "pictures": counts.get("pictures", 0),
        "started_at": moment(progress.started_at),
        ("ended_at" if ended else "updated_at"): moment(now_ms),
    }
    if ended and any(by_status.values()):
        told["manifest"] = progress.results + "manifest.jsonl"
    if error:
        told["error"] = {"code": error.code, "message": error.message}
    return told
