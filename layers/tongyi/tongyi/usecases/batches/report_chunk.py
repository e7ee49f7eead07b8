"""Keeps what has become of a chunk's requests, for its next step, and for whoever asks how far the file is."""

from __future__ import annotations

from tongyi.clock import Clock
from tongyi.gateways.dynamodb.file_table import FileTable
from tongyi.gateways.storage.batch_bucket import Inbox
from tongyi.models.batches.run import ChunkRef, Outcome
from tongyi.models.batches.summary import counted, summary


class ReportChunk:
    """Follows each step of a chunk that has found something new."""

    def __init__(self, inbox: Inbox, files: FileTable, clock: Clock) -> None:
        self._inbox = inbox
        self._files = files
        self._clock = clock

    def run(self, ref: ChunkRef, outcomes: list[Outcome]) -> None:
        """Writes the outcomes, the chunk's counts, and the file's summary. May be repeated."""
        self._inbox.keep_outcomes(ref.run, ref.chunk, outcomes)
        progress = self._files.report(ref.run, ref.chunk.number, counted(outcomes))
        told = summary(progress, progress.totals, self._clock.now_ms())
        self._inbox.put_summary(progress.results, told)
