"""Reads a file of orders, and cuts it into chunks."""

from __future__ import annotations

from tongyi.clock import Clock
from tongyi.errors import InvalidRequest
from tongyi.gateways.dynamodb.file_table import FileTable
from tongyi.gateways.storage.batch_bucket import Inbox
from tongyi.models.batches.input_file import read_order_file
from tongyi.models.batches.run import FileRef, FileStep, cut, with_keys
from tongyi.models.batches.summary import FileProgress, summary
from tongyi.models.tasks.records import Failure
from tongyi.models.workflow.payloads import Next
from tongyi.observability import count, logger

DAY = 24 * 3600
# A run may take 30 days, and what it needs must not go from under it, however short records are kept.
LONGEST_RUN_DAYS = 31


class ReadFile:
    """The first step of the state machine image_file."""

    def __init__(self, inbox: Inbox, files: FileTable, retention_days: int, clock: Clock) -> None:
        self._inbox = inbox
        self._files = files
        self._retention_days = retention_days
        self._clock = clock

    def run(self, ref: FileRef) -> FileStep:
        """The chunks to see through; or why there are none. May be repeated."""
        given = ref.model_dump()
        try:
            lines = read_order_file(ref.key, self._inbox.read_file(ref))
            kept, chunks = cut(with_keys(ref.key, lines))
        except InvalidRequest as error:
            count("FilesRefused")
            logger.warning("a file is none of orders", code=error.code, run=ref.run)
            self._begin(ref, 0)
            return FileStep(**given, refusal=Failure(code=error.code, message=error.message))
        self._inbox.keep_requests(ref.run, kept)
        progress = self._begin(ref, len(lines))
        self._inbox.put_summary(progress.results, summary(progress, {}, self._clock.now_ms()))
        return FileStep(**given, next=Next.SUBMIT, chunks=chunks)

    def _begin(self, ref: FileRef, requests: int) -> FileProgress:
        now = self._clock.now_ms()
        progress = FileProgress(
            run=ref.run,
            key=ref.key,
            requests=requests,
            started_at=now,
            expires_at=now // 1000 + max(self._retention_days, LONGEST_RUN_DAYS) * DAY,
            sequence=ref.sequence,
        )
        return self._files.begin(progress)
