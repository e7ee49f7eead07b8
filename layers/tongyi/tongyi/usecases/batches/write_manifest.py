"""Writes what became of a file: a line for each of its requests, in order, and the summary."""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor

from tongyi.clock import Clock
from tongyi.gateways.dynamodb.file_table import FileTable
from tongyi.gateways.messaging.event_bus import EventBus
from tongyi.gateways.storage.batch_bucket import Inbox
from tongyi.models.batches.run import Chunk, FileStep, Outcome, RequestStatus
from tongyi.models.batches.summary import FINISHED, FileProgress, counted, summary
from tongyi.models.tasks.events import SOURCE
from tongyi.models.tasks.records import Failure
from tongyi.observability import count, logger

# Reads of S3 that go on at once; each mostly waits.
READERS = 8
_NOT_SEEN_THROUGH = Failure(
    code="InternalError", message="Not all requests were seen through; put the file once more to go on."
)


class WriteManifest:
    """The last step of the state machine image_file."""

    def __init__(self, inbox: Inbox, files: FileTable, bus: EventBus, clock: Clock) -> None:
        self._inbox = inbox
        self._files = files
        self._bus = bus
        self._clock = clock

    def run(self, file: FileStep) -> str:
        """The file's status at its end. May be repeated; raises EventsUnavailable with both written."""
        now = self._clock.now_ms()
        progress = self._files.get(file.run) or FileProgress(
            run=file.run,
            key=file.key,
            requests=sum(chunk.count for chunk in file.chunks),
            started_at=now,
            expires_at=0,
        )
        reported = self._files.reported(file.run)
        with ThreadPoolExecutor(READERS) as readers:
            parts = list(
                readers.map(
                    lambda chunk: self._part(file.run, chunk, reported=chunk.number in reported), file.chunks
                )
            )
        outcomes = [outcome for part in parts for outcome in part]
        if outcomes:
            self._inbox.put_manifest(progress.results, b"".join(outcome.written() for outcome in outcomes))
        told = summary(progress, counted(outcomes), now, ended=True, error=_error(file, outcomes))
        self._inbox.put_summary(progress.results, told)
        self._bus.put(SOURCE, FINISHED, told)
        count(f"Files{told['status'].capitalize()}")
        return str(told["status"])

    def _part(self, run: str, chunk: Chunk, *, reported: bool) -> list[Outcome]:
        """What became of a chunk's requests; of those that its execution left behind, that nobody knows."""
        found = [
            outcome.model_copy(update={"status": RequestStatus.UNKNOWN, "error": _NOT_SEEN_THROUGH})
            if outcome.status is RequestStatus.PENDING
            else outcome
            for outcome in (self._inbox.outcomes(run, chunk) if reported else [])
        ]
        if len(found) < chunk.count:
            left = self._inbox.requests(run, chunk)[len(found) :]
            found += [request.outcome(RequestStatus.UNKNOWN, error=_NOT_SEEN_THROUGH) for request in left]
        return found


def _error(file: FileStep, outcomes: Iterable[Outcome]) -> Failure | None:
    """Why the file as a whole failed, if it did."""
    if file.error:
        logger.error("the workflow caught an error", error=file.error.get("Error"))
    left_behind = any(outcome.status is RequestStatus.UNKNOWN for outcome in outcomes)
    return file.refusal or (_NOT_SEEN_THROUGH if file.error or left_behind else None)
