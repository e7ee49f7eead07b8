"""Claims and open entries: no upstream task ever belongs to two jobs, and no call is without its entry."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support.fakes.gateways import FakeClock, FakeSubmissionTable, FakeTaskTable
from tests.support.fakes.records import DAY, JOB, NOW, TASK_ID, UPSTREAM_ID, a_job, a_task
from tests.unit.tongyi.conftest import TABLE
from tongyi.gateways.dynamodb.submission_table import SubmissionTable
from tongyi.gateways.dynamodb.task_table import TaskTable
from tongyi.models.tasks.records import JobRecord
from tongyi.models.tasks.status import JobStatus
from tongyi.models.workflow.lost_submission import OpenSubmission, open_submission
from tongyi.models.workflow.payloads import JobRef

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

WANX = "wanx-v1"
SAME_TASK = JobRef(task_id=TASK_ID, job=1)
OTHER_TASK = JobRef(task_id="another#task", job=0)
JOBS = (JOB, SAME_TASK, OTHER_TASK)
BEGUN = {"status": JobStatus.DISPATCHING, "sent_at": NOW}
LOST = {"status": JobStatus.LOST, "looks": 0}
SENDING = (JobStatus.DISPATCHING,)


class Case:
    """Two tasks, the first of two jobs, and both tables."""

    def __init__(self, tasks: TaskTable, table: SubmissionTable) -> None:
        self.tasks = tasks
        self.table = table
        tasks.create(a_task(a_job(), a_job(first_image=3)))
        tasks.create(a_task(a_job(), task_id=OTHER_TASK.task_id))

    def begin(self, ref: JobRef = JOB, model: str = WANX) -> bool:
        return self.table.begin(model, self.call(ref), BEGUN)

    def call(self, ref: JobRef = JOB) -> OpenSubmission:
        task = self.tasks.get(ref.task_id)
        assert task is not None
        return open_submission(task, ref.job, a_job(sent_at=NOW))

    def job(self, ref: JobRef = JOB) -> JobRecord:
        task = self.tasks.get(ref.task_id)
        assert task is not None
        return task.jobs[ref.job]

    def open(self, model: str = WANX) -> list[tuple[str, int]]:
        return sorted((call.task_id, call.job) for call in self.table.open_calls(model))


@pytest.fixture(params=["dynamodb", "fake"])
def case(request: pytest.FixtureRequest) -> Case:
    if request.param == "fake":
        tasks = FakeTaskTable()
        return Case(tasks, FakeSubmissionTable(tasks))
    client, clock = request.getfixturevalue("dynamodb"), FakeClock()
    return Case(TaskTable(client, TABLE, clock), SubmissionTable(client, TABLE, clock))


def test_begin_marks_the_job_and_opens_its_entry(case: Case) -> None:
    call = case.call()
    assert case.begin()
    assert (case.job(), case.table.open_calls(WANX)) == (a_job(**BEGUN), [call])


def test_begin_writes_nothing_where_the_job_is_not_ready(case: Case) -> None:
    case.tasks.change_job(TASK_ID, 0, {"status": JobStatus.CANCELED}, when=(JobStatus.READY,))
    assert case.begin() is False
    assert (case.job(), case.open()) == (a_job(status=JobStatus.CANCELED), [])


def test_lose_marks_the_job_and_its_entry(case: Case) -> None:
    case.begin()
    assert case.table.lose(WANX, case.call(), LOST)
    assert (case.job().status, [call.lost for call in case.table.open_calls(WANX)]) == (
        JobStatus.LOST,
        [True],
    )


def test_lose_leaves_a_job_whose_answer_came(case: Case) -> None:
    case.begin()
    sent = {"status": JobStatus.SUBMITTED, "upstream_task_id": UPSTREAM_ID}
    case.table.settle(WANX, JOB, sent, when=SENDING, claim=UPSTREAM_ID)
    assert case.table.lose(WANX, case.call(), LOST) is False
    assert (case.job().status, case.open()) == (JobStatus.SUBMITTED, [])


def test_settle_changes_the_job_claims_its_task_and_closes_its_entry(case: Case) -> None:
    case.begin()
    sent = {"status": JobStatus.SUBMITTED, "upstream_task_id": UPSTREAM_ID}
    assert case.table.settle(WANX, JOB, sent, when=SENDING, claim=UPSTREAM_ID)
    assert (case.job().upstream_task_id, case.open()) == (UPSTREAM_ID, [])
    assert case.table.holders([UPSTREAM_ID]) == {UPSTREAM_ID: JOB}


@pytest.mark.parametrize("other", [SAME_TASK, OTHER_TASK])
def test_settle_writes_nothing_where_the_task_is_another_jobs(case: Case, other: JobRef) -> None:
    for ref in (JOB, other):
        case.begin(ref)
    sent = {"status": JobStatus.SUBMITTED, "upstream_task_id": UPSTREAM_ID}
    case.table.settle(WANX, JOB, sent, when=SENDING, claim=UPSTREAM_ID)
    assert case.table.settle(WANX, other, sent, when=SENDING, claim=UPSTREAM_ID) is False
    assert (case.job(other).status, case.open()) == (JobStatus.DISPATCHING, [(other.task_id, other.job)])
    assert case.table.holders([UPSTREAM_ID]) == {UPSTREAM_ID: JOB}


def test_settle_writes_nothing_where_the_job_has_another_status(case: Case) -> None:
    case.begin()
    ready = {"status": JobStatus.READY, "sent_at": None}
    assert case.table.settle(WANX, JOB, ready, when=(JobStatus.LOST,), claim=UPSTREAM_ID) is False
    assert (case.open(), case.table.holders([UPSTREAM_ID])) == ([(TASK_ID, 0)], {})


def test_settle_without_a_task_claims_none(case: Case) -> None:
    case.begin()
    ready = {"status": JobStatus.READY, "sent_at": None}
    assert case.table.settle(WANX, JOB, ready, when=SENDING)
    assert (case.job(), case.open()) == (a_job(), [])


def test_settle_lets_a_job_claim_again(case: Case) -> None:
    sent = {"status": JobStatus.DISPATCHING, "upstream_task_id": UPSTREAM_ID}
    case.begin()
    case.table.settle(WANX, JOB, sent, when=SENDING, claim=UPSTREAM_ID)
    assert case.table.settle(WANX, JOB, sent, when=SENDING, claim=UPSTREAM_ID)


def test_open_calls_are_those_of_the_model(case: Case) -> None:
    for ref in JOBS:
        case.begin(ref)
    assert case.open() == sorted((ref.task_id, ref.job) for ref in JOBS)
    assert case.open("qwen-image-plus") == []


def test_forget_closes_the_one_entry(case: Case) -> None:
    for ref in JOBS:
        case.begin(ref)
    case.table.forget(WANX, JOB)
    case.table.forget("qwen-image-plus", SAME_TASK)
    assert case.open() == sorted((ref.task_id, ref.job) for ref in (SAME_TASK, OTHER_TASK))


def test_holders_names_every_jobs_claim_and_no_other(case: Case) -> None:
    for number, ref in enumerate(JOBS):
        case.begin(ref)
        changes = {"status": JobStatus.SUBMITTED}
        case.table.settle(WANX, ref, changes, when=SENDING, claim=f"up-{number}")
    asked = [f"up-{number}" for number in range(250)]
    assert case.table.holders(asked) == {f"up-{number}": ref for number, ref in enumerate(JOBS)}


def test_items_outlive_dashscopes_memory_and_have_the_keys_that_the_policies_allow(
    dynamodb: DynamoDBClient,
) -> None:
    clock = FakeClock()
    case = Case(TaskTable(dynamodb, TABLE, clock), SubmissionTable(dynamodb, TABLE, clock))
    for ref in (JOB, OTHER_TASK):
        case.begin(ref)
    case.table.settle(WANX, JOB, {"status": JobStatus.SUBMITTED}, when=SENDING, claim=UPSTREAM_ID)
    items = [item for item in dynamodb.scan(TableName=TABLE)["Items"] if item["sk"]["S"] != "TASK"]
    assert {item["pk"]["S"] for item in items} == {f"UPSTREAM#{UPSTREAM_ID}", f"OPEN#{WANX}"}
    assert all(int(item["expires_at"]["N"]) > (NOW + DAY) // 1000 for item in items)


def test_what_has_expired_is_absent(dynamodb: DynamoDBClient) -> None:
    clock = FakeClock()
    case = Case(TaskTable(dynamodb, TABLE, clock), SubmissionTable(dynamodb, TABLE, clock))
    for ref in (JOB, OTHER_TASK):
        case.begin(ref)
    case.table.settle(WANX, JOB, {"status": JobStatus.SUBMITTED}, when=SENDING, claim=UPSTREAM_ID)
    clock.now += 3 * DAY + 1000
    assert (case.open(), case.table.holders([UPSTREAM_ID])) == ([], {})
    assert case.table.settle(WANX, OTHER_TASK, LOST, when=SENDING, claim=UPSTREAM_ID)
