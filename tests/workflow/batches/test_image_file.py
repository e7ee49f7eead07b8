"""The state machine of files goes each of its ways, and each file is told of, whatever fails."""

from __future__ import annotations

import boto3
import pytest

from tests.support import functions
from tests.support.files import INBOX, lines, look_soon, manifest, started_file, summary, wait_for_run
from tests.support.gateway import Gateway
from tests.workflow.batches.scenarios import WAYS
from tests.workflow.batches.walk import (
    CHECK,
    ORDER,
    SUBMIT,
    WRITE,
    FileWalk,
    interfere_with_files,
    walk_files,
)
from tests.workflow.history import states_of, steps_of
from tests.workflow.interference import Crash, Run
from tongyi.models.batches.run import CHUNK_REQUESTS

KEY = "requests/alice/cats.jsonl"
GO_ON = "put the file once more to go on"


@pytest.fixture(scope="module")
def walked() -> FileWalk:
    """Every way through the state machine, gone once for all tests that look at it."""
    return walk_files(WAYS)


def test_image_file_has_no_state_that_is_never_entered(walked: FileWalk) -> None:
    entered = {state for found in walked.walked.values() for state in found.states}

    assert entered == states_of(walked.definition)


def test_image_file_has_no_branch_that_is_never_taken(walked: FileWalk) -> None:
    taken = {step for found in walked.walked.values() for step in found.steps}

    assert taken == steps_of(walked.definition)


@pytest.mark.parametrize("name", [name for name in WAYS if name != "crashes in write"])
def test_image_file_ends_well_whatever_becomes_of_the_file(walked: FileWalk, name: str) -> None:
    assert walked.walked[name].ended == "SUCCEEDED"


@pytest.mark.parametrize(
    "name",
    [
        "succeeds",
        "waits for the line",
        "is looked at again",
        "takes the rest later",
        "crashes once in read",
        "crashes once in submit",
        "crashes once in check",
        "crashes once in write",
    ],
)
def test_image_file_sees_its_requests_through(walked: FileWalk, name: str) -> None:
    found = walked.walked[name]

    assert found.summary is not None
    assert (found.summary["status"], found.summary["succeeded"]) == ("SUCCEEDED", 1)
    assert found.manifest is not None
    assert [line["status"] for line in found.manifest] == ["SUCCEEDED"]


def test_image_file_goes_straight_to_its_summary_where_there_are_no_orders(walked: FileWalk) -> None:
    found = walked.walked["is none.txt"]

    assert found.states == {"ReadFile", "RouteFile", "WriteManifest"}
    assert found.summary is not None
    assert (found.summary["status"], found.manifest) == ("FAILED", None)


def test_image_file_follows_no_tasks_where_there_are_none(walked: FileWalk) -> None:
    found = walked.walked["holds no order"]

    assert "CheckLines" not in found.states
    assert found.summary is not None
    assert (found.summary["status"], found.summary["refused"]) == ("SUCCEEDED", 1)


@pytest.mark.parametrize("name", ["crashes in submit", "crashes in check"])
def test_image_file_tells_that_a_chunk_was_left(walked: FileWalk, name: str) -> None:
    found = walked.walked[name]

    assert found.manifest is not None
    assert [(line["status"], GO_ON in line["error"]["message"]) for line in found.manifest] == [
        ("UNKNOWN", True)
    ]
    assert found.summary is not None
    assert (found.summary["status"], found.summary["unknown"]) == ("FAILED", 1)
    assert GO_ON in found.summary["error"]["message"]


@pytest.mark.parametrize("name", ["crashes in read", "has no chunks"])
def test_image_file_tells_that_a_file_was_not_seen_through(walked: FileWalk, name: str) -> None:
    found = walked.walked[name]

    assert found.summary is not None
    assert (found.summary["status"], found.summary["error"]["code"]) == ("FAILED", "InternalError")
    assert ("manifest" in found.summary) == (found.manifest is not None)


def test_image_file_that_cannot_be_told_of_shows_as_a_failed_execution(walked: FileWalk) -> None:
    found = walked.walked["crashes in write"]

    assert found.ended == "FAILED"
    assert "FileLeftOpen" in found.states
    assert found.summary is not None
    assert found.summary["status"] == "RUNNING"


@pytest.fixture
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tasks are looked at soon."""
    look_soon(monkeypatch)


@pytest.mark.usefixtures("soon")
def test_chunk_that_is_left_holds_up_no_other(running: Gateway, monkeypatch: pytest.MonkeyPatch) -> None:
    """And what had become of its requests until then is told as it is."""

    def second_fails(run: Run, event: dict[str, dict[str, int]]) -> object:
        if event["chunk"]["number"] == 1:
            raise RuntimeError("the function crashed")
        return run(SUBMIT, event)

    interfere_with_files(monkeypatch, {(SUBMIT, KEY): second_fails})
    run = started_file(running, KEY, lines(ORDER, *["none"] * (CHUNK_REQUESTS - 1), ORDER, "none"))

    assert wait_for_run(running, run) == "SUCCEEDED"
    statuses = [line["status"] for line in manifest(KEY)]
    assert statuses == ["SUCCEEDED", *["REFUSED"] * (CHUNK_REQUESTS - 1), "UNKNOWN", "UNKNOWN"]
    assert summary(KEY)["status"] == "FAILED"


@pytest.mark.usefixtures("soon")
def test_task_of_a_chunk_that_was_left_goes_on_and_is_found_again(
    running: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        interfere_with_files(patch, {(CHECK, KEY): Crash(CHECK)})
        wait_for_run(running, started_file(running, KEY, ORDER))
    [left] = manifest(KEY)

    wait_for_run(running, started_file(running, KEY, ORDER))

    [found] = manifest(KEY)
    assert (left["status"], found["status"]) == ("UNKNOWN", "SUCCEEDED")
    assert found["task_id"] == left["task_id"]
    assert len(running.submissions()) == 1


@pytest.mark.usefixtures("soon")
def test_crash_after_a_round_orders_nothing_twice(running: Gateway, monkeypatch: pytest.MonkeyPatch) -> None:
    """The tasks are made and what became of them is kept, but nobody hears of it."""
    calls: list[object] = []

    def crash_after(run: Run, event: object) -> object:
        answer = run(SUBMIT, event)
        calls.append(event)
        if len(calls) == 1:
            raise RuntimeError("the function crashed")
        return answer

    interfere_with_files(monkeypatch, {(SUBMIT, KEY): crash_after})
    run = started_file(running, KEY, lines(ORDER, ORDER, "none"))

    assert wait_for_run(running, run) == "SUCCEEDED"
    assert [line["status"] for line in manifest(KEY)] == ["SUCCEEDED", "SUCCEEDED", "REFUSED"]
    assert (len(running.submissions()), len(calls)) == (2, 2)


@pytest.mark.usefixtures("soon")
def test_manifest_that_could_not_be_written_can_be_written_later(
    running: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    events: list[object] = []

    def fail(run: Run, event: object) -> object:
        events.append(event)
        raise RuntimeError("the function crashed")

    with monkeypatch.context() as patch:
        interfere_with_files(patch, {(WRITE, KEY): fail})
        assert wait_for_run(running, started_file(running, KEY, ORDER)) == "FAILED"

    functions.invoke(WRITE, events[0])

    assert [line["status"] for line in manifest(KEY)] == ["SUCCEEDED"]
    assert summary(KEY)["status"] == "SUCCEEDED"


@pytest.mark.usefixtures("soon")
def test_file_that_is_gone_before_it_is_read_is_told(
    running: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    def remove(run: Run, event: dict[str, str]) -> object:
        boto3.client("s3").delete_object(Bucket=INBOX, Key=KEY, VersionId=event["version"])
        return run("ReadFileFunction", event)

    interfere_with_files(monkeypatch, {("ReadFileFunction", KEY): remove})
    wait_for_run(running, started_file(running, KEY, ORDER))

    assert "was removed" in summary(KEY)["error"]["message"]
