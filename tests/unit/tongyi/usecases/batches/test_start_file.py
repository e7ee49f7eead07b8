"""What becomes of a notification of S3's: an execution for each version of a file, and none for anything else."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest

from tests.support.fakes.gateways import FakeWorkflow
from tongyi.errors import WorkflowUnavailable
from tongyi.models.batches.run import FileRef
from tongyi.usecases.batches.start_file import StartFile

TEST_EVENT = {
    "Service": "Amazon S3",
    "Event": "s3:TestEvent",
    "Bucket": "inbox",
    "Time": "2026-01-15T12:00:00Z",
}


def _record(key: str = "requests/alice/cats.jsonl", **given: Any) -> dict[str, Any]:
    """A file in a notification, with its key written as in a URL."""
    stored = {"key": key, "size": 7, "eTag": "e-1", "versionId": "v-1", "sequencer": "0A1B", **given}
    known = {name: value for name, value in stored.items() if value is not None}
    return {"eventSource": "aws:s3", "s3": {"bucket": {"name": "inbox"}, "object": known}}


def _start(workflow: FakeWorkflow, *records: dict[str, Any]) -> list[str]:
    return StartFile(workflow).run(json.dumps({"Records": list(records)}))


def _started(*records: dict[str, Any]) -> list[Any]:
    workflow = FakeWorkflow()
    _start(workflow, *records)
    return workflow.started


def test_start_begins_a_run_of_the_version_that_was_put() -> None:
    workflow = FakeWorkflow()
    [run] = _start(workflow, _record())
    assert workflow.started == [
        FileRef(run=run, key="requests/alice/cats.jsonl", version="v-1", sequence="0A1B".ljust(32, "0"))
    ]
    assert workflow.started[0].name == run


def test_start_begins_a_run_for_each_file() -> None:
    found = _started(_record("requests/a.jsonl"), _record("requests/b.jsonl"))
    assert [start.key for start in found] == ["requests/a.jsonl", "requests/b.jsonl"]
    assert len({start.name for start in found}) == 2


def test_start_gives_a_second_notification_the_name_of_the_first() -> None:
    """Step Functions starts it no second time, wherever the notification comes from."""
    first, second = _started(_record(sequencer="0A1B"), _record(sequencer="0A1C", eTag="other"))
    assert first.name == second.name


@pytest.mark.parametrize(("earlier", "later"), [("0A1B", "0A1C"), ("0A1B", "0A1B01"), ("0A1BF", "0A1C")])
def test_start_tells_which_of_two_versions_was_put_last(earlier: str, later: str) -> None:
    first, second = _started(_record(sequencer=earlier), _record(sequencer=later, versionId="v-2"))
    assert first.sequence < second.sequence


def test_start_tells_versions_and_buckets_apart() -> None:
    elsewhere = _record()
    elsewhere["s3"]["bucket"]["name"] = "other"
    found = _started(_record(), _record(versionId="v-2"), elsewhere)
    assert len({start.name for start in found}) == 3


def test_start_tells_files_without_versions_apart_by_their_time() -> None:
    found = _started(*[_record(versionId=None, sequencer=moment) for moment in ("0A1B", "0A1B", "0A1C")])
    assert [start.version for start in found] == [None] * 3
    assert len({start.name for start in found}) == 2


@pytest.mark.parametrize(
    ("written", "key"),
    [
        ("requests/my+cats.jsonl", "requests/my cats.jsonl"),
        ("requests/a%2Bb%25.jsonl", "requests/a+b%.jsonl"),
        ("requests/%E7%8C%AB.jsonl", "requests/猫.jsonl"),
        ("requests%2Falice%2Fcats.jsonl", "requests/alice/cats.jsonl"),
    ],
)
def test_start_reads_keys_as_s3_writes_them(written: str, key: str) -> None:
    [start] = _started(_record(written))
    assert start.key == key


@pytest.mark.parametrize("key", ["requests/", "requests/alice/", "results/alice/cats.jsonl", "cats.jsonl"])
def test_start_passes_over_what_is_no_file_of_orders(key: str) -> None:
    workflow = FakeWorkflow()
    assert _start(workflow, _record(key)) == []
    assert workflow.started == []


def test_start_passes_over_the_notification_that_a_bucket_begins_with() -> None:
    workflow = FakeWorkflow()
    assert StartFile(workflow).run(json.dumps(TEST_EVENT)) == []
    assert workflow.started == []


@pytest.mark.parametrize(
    "text", ["", "no", "{}", '{"Records": [{}]}', '{"Records": [{"s3": {"object": {}}}]}']
)
def test_start_fails_for_what_is_no_notification(text: str) -> None:
    """It comes again, and ends among the dead letters, where somebody sees it."""
    with pytest.raises((ValueError, KeyError)):
        StartFile(FakeWorkflow()).run(text)


def test_start_lets_a_notification_come_again_that_could_not_be_followed() -> None:
    workflow = FakeWorkflow(WorkflowUnavailable("No."))
    with pytest.raises(WorkflowUnavailable):
        _start(workflow, _record())


def test_start_logs_the_run_and_not_the_name_of_the_file(logged: io.StringIO) -> None:
    workflow = FakeWorkflow()
    [run] = _start(workflow, _record("requests/s3cret.jsonl"))
    [line] = [json.loads(line) for line in logged.getvalue().splitlines()]
    assert line["run"] == run
    assert "s3cret" not in logged.getvalue()
