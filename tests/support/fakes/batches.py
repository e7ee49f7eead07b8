"""A file of orders, and in-memory stand-ins of what its use cases keep it in."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any

from tests.support.fakes.records import NOW
from tongyi.errors import InvalidRequest
from tongyi.gateways.dynamodb.file_table import FileTable
from tongyi.gateways.storage.batch_bucket import Inbox
from tongyi.models.batches.input_file import Line
from tongyi.models.batches.run import (
    Chunk,
    ChunkRef,
    FileRef,
    FileRequest,
    Outcome,
    RequestStatus,
    cut,
    with_keys,
)
from tongyi.models.batches.summary import Counts, FileProgress

RUN = "5f948ba1b7a8b2743b8d6f881ec83aec6e8170e2"
KEY = "requests/alice/cats.jsonl"
RESULTS = "results/alice/cats.jsonl/"
FILE = FileRef(run=RUN, key=KEY, version="v-1")


def some_lines(*orders: dict[str, Any] | None) -> list[Line]:
    """Lines of a file; None is one that holds no order."""
    return [
        Line(number, number, order, None if order is not None else "The line is no valid JSON.")
        for number, order in enumerate(orders, start=1)
    ]


def a_progress(**given: Any) -> FileProgress:
    """A file of three requests that was just begun."""
    made = {"run": RUN, "key": KEY, "requests": 3, "started_at": NOW, "expires_at": NOW // 1000 + 60}
    return FileProgress(**{**made, **given})


def a_chunk(**given: Any) -> Chunk:
    """The only chunk of a file of three requests."""
    return Chunk(**{"number": 0, "first": 1, "count": 3, "start": 0, "end": 9, **given})


def a_ref(**given: Any) -> ChunkRef:
    """The chunk as its state machine hands it on."""
    return ChunkRef(**{"run": RUN, "chunk": a_chunk(), **given})


def an_outcome(number: int = 1, status: RequestStatus = RequestStatus.PENDING, **given: Any) -> Outcome:
    """What became of a request."""
    return Outcome(**{"number": number, "line": number, "status": status, **given})


class FakeInbox(Inbox):
    """Files, and what is written about them, in dictionaries."""

    def __init__(self, **files: bytes) -> None:
        self.files = {f"requests/{name}": content for name, content in files.items()}
        self.kept: dict[str, bytes] = {}
        self.parts: dict[tuple[str, int], list[Outcome]] = {}
        self.manifests: dict[str, bytes] = {}
        self.summaries: dict[str, dict[str, Any]] = {}

    def give(self, *orders: dict[str, Any] | None, key: str = KEY) -> list[Chunk]:
        """Lets the run's requests be these; their chunks."""
        self.kept[RUN], chunks = cut(with_keys(key, some_lines(*orders)))
        return chunks

    def read_file(self, ref: FileRef) -> bytes:
        if ref.key not in self.files:
            raise InvalidRequest("The file was removed before it was read.")
        return self.files[ref.key]

    def keep_requests(self, run: str, requests: bytes) -> None:
        self.kept[run] = requests

    def requests(self, run: str, chunk: Chunk) -> list[FileRequest]:
        part = self.kept[run][chunk.start : chunk.end]
        return [FileRequest.model_validate_json(line) for line in part.split(b"\n") if line]

    def keep_outcomes(self, run: str, chunk: Chunk, outcomes: Iterable[Outcome]) -> None:
        self.parts[run, chunk.number] = list(outcomes)

    def outcomes(self, run: str, chunk: Chunk) -> list[Outcome]:
        return list(self.parts[run, chunk.number])

    def put_manifest(self, results: str, manifest: bytes) -> None:
        self.manifests[results] = manifest

    def put_summary(self, results: str, summary: dict[str, Any]) -> None:
        self.summaries[results] = summary


class FakeFileTable(FileTable):
    """Runs in a dictionary."""

    def __init__(self, *files: FileProgress) -> None:
        self.files = {progress.run: progress for progress in files}
        self.chunks: dict[tuple[str, int], Counts] = {}

    def begin(self, progress: FileProgress) -> FileProgress:
        self.files.setdefault(progress.run, progress)
        of_file = [found for found in self.files.values() if found.key == progress.key]
        # Of two that were put at one time, the one that was begun last.
        last = max(enumerate(of_file), key=lambda found: (found[1].sequence, found[0]))[1]
        for found in of_file:
            if found is not last:
                self.files[found.run] = found.model_copy(update={"superseded": True})
        return self.files[progress.run]

    def get(self, run: str) -> FileProgress | None:
        return self.files.get(run)

    def report(self, run: str, chunk: int, counts: Counts) -> FileProgress:
        found = self.files[run]
        self.chunks[run, chunk] = counts
        totals: Counter[str] = Counter()
        for (of_run, _), kept in self.chunks.items():
            totals.update(kept if of_run == run else {})
        kept = {name: count for name, count in totals.items() if count}
        self.files[run] = found.model_copy(update={"totals": kept})
        return self.files[run]

    def reported(self, run: str) -> set[int]:
        return {chunk for of_run, chunk in self.chunks if of_run == run}
