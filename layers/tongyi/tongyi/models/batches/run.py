"""What the state machine image_file passes between its steps, and what is kept of a file's requests.

Requests and what became of them are in S3: payloads stay tiny, and prompts are in no history of an execution.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Iterator
from enum import StrEnum
from pathlib import PurePosixPath
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from tongyi.errors import InvalidParameter
from tongyi.models.batches.input_file import Line
from tongyi.models.tasks.message import OrderMessage, checked_owner, parse_named_order
from tongyi.models.tasks.records import Failure, Record
from tongyi.models.workflow.payloads import Next, Payload, Start

REQUESTS = "requests/"
RESULTS = "results/"
# Requests that one child execution sees through. With the Map's concurrency it bounds what is under way of a file.
CHUNK_REQUESTS = 25


class RequestStatus(StrEnum):
    """What became of a request. REFUSED: it is no order, and made no task. UNKNOWN: it was not seen through."""

    PENDING = "PENDING"
    SUCCEEDED = "SUCCEEDED"
    FAILED = "FAILED"
    CANCELED = "CANCELED"
    REFUSED = "REFUSED"
    UNKNOWN = "UNKNOWN"


class FileRef(Start):
    """A version of a file in the inbox, and the run that sees it through.

    `sequence` tells in which order the versions of one file were put: the later one's is greater, as text.
    """

    run: str
    key: str
    version: str | None = None
    sequence: str = ""

    @property
    def name(self) -> str:
        return self.run


class Chunk(Payload):
    """Some requests that follow each other: which, and where they lie in the run's own file, in bytes."""

    number: int
    first: int
    count: int
    start: int
    end: int


class FileStep(FileRef):
    """What reading a file found: its chunks, or why it is none of orders. `error` is what the state machine caught."""

    next: Next = Next.END
    chunks: list[Chunk] = Field(default_factory=list)
    refusal: Failure | None = None
    error: dict[str, Any] | None = None


class ChunkRef(Payload):
    """A chunk, how many of its requests were taken, and for how many seconds its tasks were waited for."""

    run: str
    chunk: Chunk
    placed: int = 0
    waited: int = 0


class ChunkStep(ChunkRef):
    """What a step of a chunk found: where to go next, after how many whole seconds."""

    next: Next
    wait_seconds: int = 0


class FileRequest(BaseModel):
    """A request as it is kept while its file is worked on: an order and its key, or what is wrong with it.

    `owner` is whoever's folder the file is in, if it is in one.
    """

    model_config = ConfigDict(frozen=True)

    number: int
    line: int
    owner: str | None = None
    order: dict[str, Any] | None = None
    key: str = ""
    fault: str | None = None

    def checked(self) -> OrderMessage:
        """The order, in the name of the folder's owner, or else of whom it names. Raises InvalidParameter."""
        if self.order is None:
            raise InvalidParameter(self.fault or "The line holds no order.")
        if self.owner is None:
            return parse_named_order(self.order, self.key)
        if self.order.get("owner", self.owner) != self.owner:
            raise InvalidParameter(f"owner: the file is in the folder of {self.owner}, leave it out.")
        return parse_named_order({**self.order, "owner": self.owner}, self.key)

    def outcome(
        self, status: RequestStatus, *, task_id: str | None = None, error: Failure | None = None
    ) -> Outcome:
        """What became of it."""
        return Outcome(number=self.number, line=self.line, task_id=task_id, status=status, error=error)


class Outcome(Record):
    """What became of a request: a line of the manifest. `pictures` are those of the event of a task's end."""

    number: int
    line: int
    task_id: str | None = None
    status: RequestStatus
    pictures: list[dict[str, Any]] = Field(default_factory=list)
    error: Failure | None = None

    def written(self) -> bytes:
        """The line, ended."""
        return self.model_dump_json(exclude_none=True).encode() + b"\n"


def run_name(bucket: str, key: str, version: str) -> str:
    """The name of the execution for a version of a file: the same for each notification of it."""
    return hashlib.sha256(json.dumps([bucket, key, version]).encode()).hexdigest()[:40]


def folder_owner(key: str) -> str | None:
    """Whose the orders in `requests/alice/cats.csv` are; None for a file in no folder. Raises InvalidParameter."""
    folders = PurePosixPath(key.removeprefix(REQUESTS)).parts[:-1]
    return checked_owner(folders[0]) if folders else None


def results_of(key: str) -> str:
    """Under which prefix the results of a file are written."""
    return f"{RESULTS}{key.removeprefix(REQUESTS)}/"


def with_keys(file: str, lines: Iterable[Line]) -> Iterator[FileRequest]:
    """The lines, each with the key by which its task is found again. Raises InvalidParameter for a bad folder.

    The key follows from the file's name, what the line says, and how many before it said the same: a file that is put
    once more makes tasks of new and changed lines alone.
    """
    owner = folder_owner(file)
    seen: Counter[str] = Counter()
    for line in lines:
        said = json.dumps([file, line.order], sort_keys=True)
        digest = hashlib.sha256(said.encode()).hexdigest()[:40]
        seen[digest] += 1
        yield FileRequest(
            number=line.number,
            line=line.line,
            owner=owner,
            order=line.order,
            key=f"file-{digest}-{seen[digest]}",
            fault=line.fault,
        )


def cut(requests: Iterable[FileRequest]) -> tuple[bytes, list[Chunk]]:
    """The requests as JSON Lines, and its chunks."""
    lines = [request.model_dump_json(exclude_none=True).encode() + b"\n" for request in requests]
    chunks, start = [], 0
    for number, first in enumerate(range(0, len(lines), CHUNK_REQUESTS)):
        part = lines[first : first + CHUNK_REQUESTS]
        end = start + sum(map(len, part))
        chunks.append(Chunk(number=number, first=first + 1, count=len(part), start=start, end=end))
        start = end
    return b"".join(lines), chunks
