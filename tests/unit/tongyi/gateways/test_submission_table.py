"""Claims and lost entries: no upstream task ever belongs to two jobs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.unit.tongyi.builders import DAY, JOB, NOW, TASK_ID, UPSTREAM_ID
from tests.unit.tongyi.conftest import TABLE
from tests.unit.tongyi.fakes import FakeClock, FakeSubmissionTable
from tongyi.gateways.submission_table import SubmissionTable
from tongyi.models.workflow import JobRef

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

WANX = "wanx-v1"
SAME_TASK = JobRef(task_id=TASK_ID, job=1)
OTHER_TASK = JobRef(task_id="another#task", job=0)


@pytest.fixture(params=["dynamodb", "fake"])
def table(request: pytest.FixtureRequest) -> SubmissionTable:
    if request.param == "fake":
        return FakeSubmissionTable()
    return SubmissionTable(request.getfixturevalue("dynamodb"), TABLE, FakeClock())


def test_claim_takes_a_free_task(table: SubmissionTable) -> None:
    assert table.claim(UPSTREAM_ID, JOB, NOW) is True


def test_claim_may_be_repeated(table: SubmissionTable) -> None:
    table.claim(UPSTREAM_ID, JOB, NOW)
    assert table.claim(UPSTREAM_ID, JOB, NOW) is True


@pytest.mark.parametrize("other", [SAME_TASK, OTHER_TASK])
def test_claim_refuses_every_other_job(table: SubmissionTable, other: JobRef) -> None:
    table.claim(UPSTREAM_ID, JOB, NOW)
    assert table.claim(UPSTREAM_ID, other, NOW) is False


def test_claim_stays_the_first_jobs(table: SubmissionTable) -> None:
    table.claim(UPSTREAM_ID, JOB, NOW)
    table.claim(UPSTREAM_ID, OTHER_TASK, NOW)
    assert table.holder(UPSTREAM_ID) == JOB


@pytest.mark.parametrize("job", [JOB, SAME_TASK, OTHER_TASK])
def test_holder_is_who_claimed(table: SubmissionTable, job: JobRef) -> None:
    table.claim(UPSTREAM_ID, job, NOW)
    assert table.holder(UPSTREAM_ID) == job


def test_holder_of_a_free_task_is_nobody(table: SubmissionTable) -> None:
    table.claim(UPSTREAM_ID, JOB, NOW)
    assert table.holder("another") is None


@pytest.mark.parametrize(
    ("from_ms", "until_ms", "count"),
    [
        (NOW - 10, NOW - 1, 0),
        (NOW - 10, NOW, 1),
        (NOW + 1, NOW + 2, 1),
        (NOW - 10, NOW + 110, 1),
        (NOW + 100, NOW + 110, 1),
        (NOW + 101, NOW + 110, 0),
    ],
)
def test_lost_between_counts_the_spans_that_overlap(
    table: SubmissionTable, from_ms: int, until_ms: int, count: int
) -> None:
    table.report_lost(WANX, JOB, from_ms=NOW, until_ms=NOW + 100)
    assert table.lost_between(WANX, from_ms, until_ms) == count


def test_lost_between_counts_every_job(table: SubmissionTable) -> None:
    for job in (JOB, SAME_TASK, OTHER_TASK):
        table.report_lost(WANX, job, from_ms=NOW, until_ms=NOW)
    assert table.lost_between(WANX, NOW, NOW) == 3


def test_lost_between_counts_a_job_once(table: SubmissionTable) -> None:
    table.report_lost(WANX, JOB, from_ms=NOW, until_ms=NOW)
    table.report_lost(WANX, JOB, from_ms=NOW, until_ms=NOW + 1)
    assert table.lost_between(WANX, NOW, NOW) == 1


def test_lost_between_keeps_models_apart(table: SubmissionTable) -> None:
    table.report_lost("qwen-image", JOB, from_ms=NOW, until_ms=NOW)
    assert table.lost_between(WANX, NOW, NOW) == 0


def test_resolve_lost_forgets_the_one_entry(table: SubmissionTable) -> None:
    for job in (JOB, OTHER_TASK):
        table.report_lost(WANX, job, from_ms=NOW, until_ms=NOW)
    table.resolve_lost(WANX, JOB)
    assert table.lost_between(WANX, NOW, NOW) == 1


def test_resolve_lost_may_find_nothing(table: SubmissionTable) -> None:
    table.resolve_lost(WANX, JOB)
    assert table.lost_between(WANX, NOW, NOW) == 0


def test_items_outlive_dashscopes_memory(dynamodb: DynamoDBClient) -> None:
    table = SubmissionTable(dynamodb, TABLE, FakeClock())
    table.claim(UPSTREAM_ID, JOB, NOW)
    table.report_lost(WANX, JOB, from_ms=NOW, until_ms=NOW)
    expiries = [int(item["expires_at"]["N"]) for item in dynamodb.scan(TableName=TABLE)["Items"]]
    assert [expiry > (NOW + DAY) // 1000 for expiry in expiries] == [True, True]


def test_items_are_kept_under_the_keys_that_the_policies_allow(dynamodb: DynamoDBClient) -> None:
    table = SubmissionTable(dynamodb, TABLE, FakeClock())
    table.claim(UPSTREAM_ID, JOB, NOW)
    table.report_lost(WANX, JOB, from_ms=NOW, until_ms=NOW)
    keys = {item["pk"]["S"] for item in dynamodb.scan(TableName=TABLE)["Items"]}
    assert keys == {f"UPSTREAM#{UPSTREAM_ID}", f"LOST#{WANX}"}
