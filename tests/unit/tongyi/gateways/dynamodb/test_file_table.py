"""Progress of files in DynamoDB. The fake that the use cases are tested with has to keep the same promises."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support.fakes.batches import RUN, FakeFileTable, a_progress
from tests.support.fakes.gateways import FakeClock
from tests.unit.tongyi.conftest import TABLE
from tongyi.gateways.dynamodb.base.items import encode
from tongyi.gateways.dynamodb.file_table import FileTable

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


@pytest.fixture(params=["dynamodb", "fake"])
def table(request: pytest.FixtureRequest) -> FileTable:
    if request.param == "fake":
        return FakeFileTable()
    return FileTable(request.getfixturevalue("dynamodb"), TABLE, FakeClock())


def test_begin_writes_the_run_down(table: FileTable) -> None:
    table.begin(a_progress())
    assert table.get(RUN) == a_progress()


def test_begin_leaves_a_run_that_was_begun_as_it_is(table: FileTable) -> None:
    table.begin(a_progress())
    table.report(RUN, 0, {"succeeded": 1})
    table.begin(a_progress(started_at=0))
    assert table.get(RUN) == a_progress(totals={"succeeded": 1})


def test_get_knows_of_no_other_run(table: FileTable) -> None:
    table.begin(a_progress())
    assert table.get("another") is None


def test_runs_are_kept_under_the_keys_that_the_policies_allow(dynamodb: DynamoDBClient) -> None:
    FileTable(dynamodb, TABLE, FakeClock()).begin(a_progress())
    items = dynamodb.scan(TableName=TABLE)["Items"]
    assert {item["sk"]["S"]: item["pk"]["S"].partition("#")[0] for item in items} == {
        "FILE": "FILE",
        "LAST": "FILE",
    }
    assert {item["expires_at"]["N"] for item in items} == {str(a_progress().expires_at)}


def test_run_of_a_later_version_takes_the_place_of_an_earlier_one(table: FileTable) -> None:
    earlier, later = a_progress(sequence="01"), a_progress(run="later", sequence="02")
    assert table.begin(earlier) == earlier
    assert table.begin(later) == later
    assert table.get(RUN) == earlier.model_copy(update={"superseded": True})
    assert table.get("later") == later


def test_run_of_an_earlier_version_that_is_begun_later_is_superseded_at_once(table: FileTable) -> None:
    table.begin(a_progress(sequence="02"))
    late = table.begin(a_progress(run="late", sequence="01"))
    assert late.superseded
    assert table.get(RUN) == a_progress(sequence="02")


def test_third_version_supersedes_the_second(table: FileTable) -> None:
    for number in (1, 2, 3):
        table.begin(a_progress(run=f"run {number}", sequence=f"0{number}"))
    found = [table.get(f"run {number}") for number in (1, 2, 3)]
    assert [progress and progress.superseded for progress in found] == [True, True, False]


def test_run_that_is_begun_twice_does_not_supersede_itself(table: FileTable) -> None:
    table.begin(a_progress(sequence="01"))
    assert table.begin(a_progress(sequence="01")) == a_progress(sequence="01")


def test_run_that_was_cut_off_while_it_began_supersedes_the_one_before_all_the_same(
    dynamodb: DynamoDBClient,
) -> None:
    table = FileTable(dynamodb, TABLE, FakeClock())
    table.begin(a_progress(sequence="01"))
    table.begin(a_progress(run="later", sequence="02"))
    _say_that_nothing_was_superseded(dynamodb)
    table.begin(a_progress(run="later", sequence="02"))
    found = table.get(RUN)
    assert found is not None
    assert found.superseded


def test_files_of_other_names_are_left_alone(table: FileTable) -> None:
    table.begin(a_progress(sequence="01"))
    table.begin(a_progress(run="another", key="requests/bob/cats.jsonl", sequence="02"))
    assert table.get(RUN) == a_progress(sequence="01")


def test_earlier_run_that_is_forgotten_is_not_made_anew(dynamodb: DynamoDBClient) -> None:
    table = FileTable(dynamodb, TABLE, FakeClock())
    table.begin(a_progress(sequence="01"))
    dynamodb.delete_item(TableName=TABLE, Key=encode({"pk": f"FILE#{RUN}", "sk": "FILE"}))
    table.begin(a_progress(run="later", sequence="02"))
    assert table.get(RUN) is None


def _say_that_nothing_was_superseded(dynamodb: DynamoDBClient) -> None:
    dynamodb.update_item(
        TableName=TABLE,
        Key=encode({"pk": f"FILE#{RUN}", "sk": "FILE"}),
        UpdateExpression="SET superseded = :no",
        ExpressionAttributeValues=encode({":no": False}),
    )
