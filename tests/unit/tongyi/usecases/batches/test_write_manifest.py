"""The end of a file: a line for each request, the summary, and the event."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.support.fakes.batches import FILE, RESULTS, RUN, FakeFileTable, FakeInbox, a_progress, an_outcome
from tests.support.fakes.gateways import FakeClock, FakeEventBus
from tests.support.fakes.records import BROKEN, NOW, SECOND
from tongyi.errors import EventsUnavailable
from tongyi.models.batches.run import CHUNK_REQUESTS, FileStep, Outcome, RequestStatus
from tongyi.models.batches.summary import counted
from tongyi.models.workflow.payloads import Next
from tongyi.usecases.batches.write_manifest import WriteManifest

CAT = {"prompt": "a cat"}
CAUGHT = {"Error": "States.TaskFailed", "Cause": "s3cret"}
SUCCEEDED, UNKNOWN, PENDING = RequestStatus.SUCCEEDED, RequestStatus.UNKNOWN, RequestStatus.PENDING


class Case:
    """A file of so many requests, of which each chunk has come as far as it says."""

    def __init__(self, requests: int, *parts: list[Outcome] | None) -> None:
        self.inbox, self.bus, self.clock = FakeInbox(), FakeEventBus(), FakeClock(NOW + SECOND)
        chunks = self.inbox.give(*[CAT] * requests)
        self.files = FakeFileTable(a_progress(requests=requests))
        for chunk, outcomes in zip(chunks, parts, strict=True):
            if outcomes is not None:
                self.inbox.keep_outcomes(RUN, chunk, outcomes)
                self.files.report(RUN, chunk.number, counted(outcomes))
        self.step = FileStep(**FILE.model_dump(), next=Next.SUBMIT, chunks=chunks)

    def write(self, **given: Any) -> str:
        step = self.step.model_copy(update=given)
        return WriteManifest(self.inbox, self.files, self.bus, self.clock).run(step)

    @property
    def manifest(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.inbox.manifests[RESULTS].splitlines()]

    @property
    def statuses(self) -> list[str]:
        return [line["status"] for line in self.manifest]

    @property
    def summary(self) -> dict[str, Any]:
        return self.inbox.summaries[RESULTS]


def _succeeded(*numbers: int) -> list[Outcome]:
    return [an_outcome(number, SUCCEEDED, task_id=f"t-{number}") for number in numbers]


def test_write_has_a_line_for_each_request_in_their_order() -> None:
    count = 4 * CHUNK_REQUESTS + 1
    first = range(1, count + 1, CHUNK_REQUESTS)
    case = Case(
        count, *[_succeeded(*range(start, min(start + CHUNK_REQUESTS, count + 1))) for start in first]
    )
    assert case.write() == "SUCCEEDED"
    assert [line["number"] for line in case.manifest] == list(range(1, count + 1))
    assert [line["task_id"] for line in case.manifest] == [f"t-{number}" for number in range(1, count + 1)]


def test_write_sums_up_what_became_of_them() -> None:
    failed, refused = an_outcome(2, RequestStatus.FAILED, error=BROKEN), an_outcome(3, RequestStatus.REFUSED)
    case = Case(3, [*_succeeded(1), failed, refused])
    assert case.write() == "SUCCEEDED"
    told = case.summary
    assert (told["succeeded"], told["failed"], told["refused"], told["waiting"]) == (1, 1, 1, 0)
    assert (told["status"], told["started_at"], told["ended_at"]) == (
        "SUCCEEDED",
        "2026-01-15T12:00:00.250Z",
        "2026-01-15T12:00:01.250Z",
    )


def test_write_tells_the_summary_on_the_bus() -> None:
    case = Case(1, _succeeded(1))
    case.write()
    assert case.bus.told == [("tongyi-gateway", "Image File Finished", case.summary)]


@pytest.mark.parametrize(
    "found",
    [
        pytest.param(None, id="never begun"),
        pytest.param([], id="nothing taken"),
        pytest.param([an_outcome(1, task_id="t-1")], id="left at work"),
    ],
)
def test_write_tells_what_was_left(found: list[Outcome] | None) -> None:
    case = Case(2, found)
    assert case.write() == "FAILED"
    assert case.statuses == ["UNKNOWN", "UNKNOWN"]
    assert all("put the file once more" in line["error"]["message"] for line in case.manifest)
    assert [line.get("task_id") for line in case.manifest] == ["t-1" if found else None, None]
    assert "put the file once more" in case.summary["error"]["message"]


def test_write_tells_of_other_chunks_what_they_became() -> None:
    count = CHUNK_REQUESTS + 2
    case = Case(count, _succeeded(*range(1, CHUNK_REQUESTS + 1)), None)
    assert case.write() == "FAILED"
    assert case.statuses == ["SUCCEEDED"] * CHUNK_REQUESTS + ["UNKNOWN"] * 2
    assert case.summary["unknown"] == 2


def test_write_tells_why_a_file_was_refused() -> None:
    case = Case(0)
    assert case.write(refusal=BROKEN, next=Next.END) == "FAILED"
    assert case.summary["error"] == {"code": BROKEN.code, "message": BROKEN.message}
    assert (case.inbox.manifests, "manifest" in case.summary) == ({}, False)
    assert len(case.bus.told) == 1


def test_write_tells_of_a_file_that_was_refused_before_it_was_begun() -> None:
    case = Case(0)
    case.files.files.clear()
    case.write(refusal=BROKEN)
    assert (case.summary["requests"], case.summary["started_at"]) == (0, case.summary["ended_at"])


def test_write_tells_of_a_file_whose_progress_is_gone() -> None:
    case = Case(2, _succeeded(1, 2))
    case.files.files.clear()
    case.files.chunks.clear()
    assert case.write() == "FAILED"
    assert (case.summary["requests"], case.summary["unknown"], case.summary["waiting"]) == (2, 2, 0)


def test_write_tells_of_a_file_that_could_not_be_read() -> None:
    """What was caught is told to the operator alone."""
    case = Case(3, None)
    assert case.write(error=CAUGHT, chunks=[], next=Next.END) == "FAILED"
    assert case.summary["error"]["code"] == "InternalError"
    assert (case.summary["requests"], "manifest" in case.summary) == (3, False)
    assert "s3cret" not in json.dumps(case.summary)


def test_write_has_the_outcomes_where_the_machine_caught_something_after_them() -> None:
    case = Case(1, _succeeded(1))
    assert case.write(error=CAUGHT) == "FAILED"
    assert case.statuses == ["SUCCEEDED"]


def test_write_fails_where_the_end_cannot_be_told_with_both_written() -> None:
    case = Case(1, _succeeded(1))
    case.bus.down = True
    with pytest.raises(EventsUnavailable):
        case.write()
    assert (case.statuses, case.summary["status"]) == (["SUCCEEDED"], "SUCCEEDED")


def test_write_may_be_repeated() -> None:
    case = Case(3, [*_succeeded(1), an_outcome(2)])
    case.write()
    before = (dict(case.inbox.manifests), dict(case.inbox.summaries))
    case.write()
    assert (case.inbox.manifests, case.inbox.summaries) == before
    assert UNKNOWN in case.statuses
    assert PENDING not in case.statuses
