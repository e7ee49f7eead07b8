"""Reading a file: cut into chunks, or refused with the reason."""

from __future__ import annotations

import io

import pytest

from tests.support.fakes.batches import FILE, KEY, RESULTS, RUN, FakeFileTable, FakeInbox, a_progress
from tests.support.fakes.gateways import FakeClock
from tests.support.fakes.records import HOUR, NOW
from tongyi.errors import InvalidRequest
from tongyi.models.batches.run import CHUNK_REQUESTS, FileRef, FileStep
from tongyi.models.workflow.payloads import Next
from tongyi.usecases.batches import read_file
from tongyi.usecases.batches.read_file import DAY, ReadFile

DAYS = 30
CAT = b'{"prompt": "a cat"}\n'


class Case:
    """An inbox with one file, and what reading it leaves."""

    def __init__(self, content: bytes = CAT, key: str = KEY, *, days: int = DAYS) -> None:
        self.inbox, self.files, self.clock = FakeInbox(), FakeFileTable(), FakeClock()
        self.ref = FileRef(run=RUN, key=key, version="v-1")
        self.inbox.files[key] = content
        self._days = days

    def read(self) -> FileStep:
        return ReadFile(self.inbox, self.files, self._days, self.clock).run(self.ref)


def test_read_says_which_chunks_there_are() -> None:
    case = Case(CAT * (CHUNK_REQUESTS + 1))
    step = case.read()
    assert (step.next, step.refusal) == (Next.SUBMIT, None)
    assert [(chunk.first, chunk.count) for chunk in step.chunks] == [
        (1, CHUNK_REQUESTS),
        (CHUNK_REQUESTS + 1, 1),
    ]


def test_read_hands_on_which_file_it_is() -> None:
    step = Case().read()
    assert FileRef(**step.model_dump()) == FILE


def test_read_keeps_the_requests_for_the_chunks() -> None:
    case = Case(CAT + b"none\n" + CAT)
    [chunk] = case.read().chunks
    found = case.inbox.requests(RUN, chunk)
    assert [(request.number, request.owner, request.order) for request in found] == [
        (1, "alice", {"prompt": "a cat"}),
        (2, "alice", None),
        (3, "alice", {"prompt": "a cat"}),
    ]


def test_read_begins_the_progress_of_the_file() -> None:
    case = Case(CAT * 3)
    case.read()
    assert case.files.get(RUN) == a_progress(expires_at=NOW // 1000 + read_file.LONGEST_RUN_DAYS * DAY)


def test_progress_is_kept_as_long_as_records_where_that_is_longer() -> None:
    case = Case(CAT, days=90)
    case.read()
    assert case.files.files[RUN].expires_at == NOW // 1000 + 90 * DAY


def test_read_tells_that_the_file_is_at_work() -> None:
    case = Case(CAT * 3)
    case.read()
    told = case.inbox.summaries[RESULTS]
    assert (told["status"], told["requests"], told["waiting"]) == ("RUNNING", 3, 3)


def test_read_may_be_repeated() -> None:
    case = Case(CAT * 3)
    first, kept = case.read(), dict(case.inbox.kept)
    case.files.report(RUN, 0, {"pending": 1})
    case.clock.now += HOUR
    assert case.read() == first
    assert case.inbox.kept == kept
    assert case.files.get(RUN) == a_progress(
        expires_at=NOW // 1000 + read_file.LONGEST_RUN_DAYS * DAY, totals={"pending": 1}
    )


@pytest.mark.parametrize(
    ("content", "key", "reason"),
    [
        (CAT, "requests/alice/cats.txt", "must end in one of"),
        (b"\xff", KEY, "not in UTF-8"),
        (b"", KEY, "holds no requests"),
        (b"text\na", "requests/alice/cats.csv", "one of them must be prompt"),
        (CAT, "requests/al ice/cats.jsonl", "owner: takes 1 to 64"),
    ],
    ids=["name", "encoding", "empty", "header", "folder"],
)
def test_read_refuses_what_is_no_file_of_orders(content: bytes, key: str, reason: str) -> None:
    case = Case(content, key)
    step = case.read()
    assert (step.next, step.chunks, step.key) == (Next.END, [], key)
    assert step.refusal is not None
    assert reason in step.refusal.message
    assert (case.inbox.kept, case.files.files[RUN].requests) == ({}, 0)


def test_read_refuses_a_file_that_is_gone() -> None:
    case = Case()
    case.inbox.files.clear()
    refusal = case.read().refusal
    assert refusal is not None
    assert (refusal.code, "was removed" in refusal.message) == (InvalidRequest.code, True)


def test_read_logs_no_words_of_a_file_that_it_refuses(logged: io.StringIO) -> None:
    Case(b"s3cret\ns3cret", "requests/s3cret.csv").read()
    assert RUN in logged.getvalue()
    assert "s3cret" not in logged.getvalue()
