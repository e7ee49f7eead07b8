"""Who may use what was uploaded. The fake that the use cases are tested with has to keep the same promises."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support.fakes.gateways import FakeClock, FakeUploadTable
from tests.support.fakes.records import HOUR, NOW
from tests.unit.tongyi.conftest import TABLE
from tongyi.gateways.dynamodb.upload_table import UploadTable

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

DIRECTORY = "dashscope-instant/ab12/2026-01-15/f00d"


@pytest.fixture(params=["dynamodb", "fake"])
def uploads(request: pytest.FixtureRequest, clock: FakeClock) -> UploadTable:
    if request.param == "fake":
        return FakeUploadTable()
    return UploadTable(request.getfixturevalue("dynamodb"), TABLE, clock)


def test_directory_is_held_by_whom_it_was_given(uploads: UploadTable) -> None:
    uploads.add(DIRECTORY, "alice")
    assert uploads.holds(DIRECTORY, "alice")


@pytest.mark.parametrize(
    ("directory", "owner"),
    [
        (DIRECTORY, "bob"),
        (DIRECTORY, "Alice"),
        (DIRECTORY + "/deeper", "alice"),
        ("dashscope-instant/ab12", "alice"),
    ],
)
def test_directory_is_held_by_nobody_else_and_no_other_by_whom_it_was_given(
    uploads: UploadTable, directory: str, owner: str
) -> None:
    uploads.add(DIRECTORY, "alice")
    assert not uploads.holds(directory, owner)


def test_directory_that_dashscope_gives_to_two_is_both_of_theirs(uploads: UploadTable) -> None:
    uploads.add(DIRECTORY, "alice")
    uploads.add(DIRECTORY, "bob")
    assert (uploads.holds(DIRECTORY, "alice"), uploads.holds(DIRECTORY, "bob")) == (True, True)


def test_directory_is_held_for_48_hours(dynamodb: DynamoDBClient, clock: FakeClock) -> None:
    uploads = UploadTable(dynamodb, TABLE, clock)
    uploads.add(DIRECTORY, "alice")
    end = (NOW + 48 * HOUR) // 1000 * 1000
    held = []
    for clock.now in (end - 1, end):
        held.append(uploads.holds(DIRECTORY, "alice"))
    assert held == [True, False]


def test_directory_is_held_anew_by_a_new_leave(dynamodb: DynamoDBClient, clock: FakeClock) -> None:
    uploads = UploadTable(dynamodb, TABLE, clock)
    uploads.add(DIRECTORY, "alice")
    clock.now = NOW + 49 * HOUR
    uploads.add(DIRECTORY, "alice")
    assert uploads.holds(DIRECTORY, "alice")


def test_uploads_are_kept_under_the_keys_that_the_policies_allow(
    dynamodb: DynamoDBClient, clock: FakeClock
) -> None:
    UploadTable(dynamodb, TABLE, clock).add(DIRECTORY, "alice")
    assert dynamodb.scan(TableName=TABLE)["Items"] == [
        {
            "pk": {"S": f"UPLOAD#{DIRECTORY}"},
            "sk": {"S": "alice"},
            "expires_at": {"N": str(NOW // 1000 + 48 * 3600)},
        }
    ]
