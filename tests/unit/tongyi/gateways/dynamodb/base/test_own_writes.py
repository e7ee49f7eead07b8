"""Writes whose reply is lost once they took effect: botocore sends them again, and nothing may come of that."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.fakes.batches import RUN, a_progress
from tests.support.fakes.gateways import FakeClock
from tests.support.fakes.records import (
    DAY,
    HOUR,
    NOW,
    SECOND,
    TASK_ID,
    UPSTREAM_ID,
    a_job,
    a_stored_image,
    a_task,
    an_image,
)
from tests.unit.tongyi.conftest import TABLE
from tests.unit.tongyi.gateways.dynamodb.test_delivery_table import REFUSED, TAKEN, a_delivery
from tongyi.gateways.dynamodb.base.items import decode
from tongyi.gateways.dynamodb.delivery_table import DeliveryTable
from tongyi.gateways.dynamodb.endpoint_table import EndpointTable
from tongyi.gateways.dynamodb.file_table import FileTable
from tongyi.gateways.dynamodb.quota_table import QuotaTable
from tongyi.gateways.dynamodb.slot_table import SlotTable
from tongyi.gateways.dynamodb.submission_table import SubmissionTable
from tongyi.gateways.dynamodb.task_table import TaskTable
from tongyi.gateways.dynamodb.unfinished_table import DueTask, UnfinishedTable
from tongyi.gateways.dynamodb.upload_table import UploadTable
from tongyi.models.tasks.schedule import FIRST_LOOK
from tongyi.models.tasks.status import ImageStatus, JobStatus, TaskStatus
from tongyi.models.webhooks.delivery import DeliveryStatus
from tongyi.models.workflow.lost_submission import open_submission
from tongyi.models.workflow.payloads import JobRef

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

WRITES = ("put_item", "update_item", "delete_item", "transact_write_items")
# Those that only read; a salt is made where there is none, whoever repeats it.
READS = {
    "TaskTable": {"get", "get_many", "of_owner", "salt"},
    "DeliveryTable": {"get", "get_many", "of_owner"},
    "EndpointTable": {"is_off"},
    "FileTable": {"get", "reported"},
    "SlotTable": {"next_free"},
    "SubmissionTable": {"holders", "open_calls"},
    "UploadTable": {"holds"},
    "UnfinishedTable": {"due"},
}
# A slot, or a round of a delivery, that nobody has: see the methods.
WASTEFUL = {"SlotTable.reserve", "DeliveryTable.restart"}


class Repeating:
    """A client whose every write is sent twice; `between` has something happen before the second."""

    def __init__(self, client: DynamoDBClient, between: Callable[[], object] = lambda: None) -> None:
        self._client = client
        self._between = between

    def __getattr__(self, name: str) -> Any:
        call = getattr(self._client, name)
        if name not in WRITES:
            return call

        def twice(**given: Any) -> Any:
            said = call(**given)
            self._between()
            # DynamoDB knows a transaction again by the token that botocore gives each call; moto does not.
            return said if name.startswith("transact") else call(**given)

        return twice


class Tables:
    """One of each, over a client."""

    def __init__(self, client: Any) -> None:
        clock = FakeClock()
        self.tasks = TaskTable(client, TABLE, clock)
        self.deliveries = DeliveryTable(client, TABLE, clock)
        self.endpoints = EndpointTable(client, TABLE, 30, clock)
        self.files = FileTable(client, TABLE, clock)
        self.quotas = QuotaTable(client, TABLE, clock)
        self.slots = SlotTable(client, TABLE)
        self.submissions = SubmissionTable(client, TABLE, clock)
        self.uploads = UploadTable(client, TABLE, clock)
        self.unfinished = UnfinishedTable(client, TABLE, clock)


WANX = "wanx-v1"
TWO_JOBS, SENT_TASK = a_task(a_job(), a_job(first_image=3)), a_task(task_id="sent")
SENT_JOB = JobRef(task_id="sent", job=0)
CALL, SENT_CALL = (open_submission(task, 0, a_job(sent_at=NOW)) for task in (TWO_JOBS, SENT_TASK))
CLAIMED = a_delivery(attempts=(REFUSED,))
DUE = DueTask(TASK_ID, NOW, NOW + FIRST_LOOK * SECOND)
BEGUN = {"status": JobStatus.DISPATCHING, "sent_at": NOW}


def _prepare(tables: Tables) -> None:
    tables.tasks.create(TWO_JOBS)
    tables.tasks.add_images(TASK_ID, {1: an_image()})
    tables.deliveries.create(a_delivery())
    tables.deliveries.create(a_delivery(2, attempts=(REFUSED,)))
    tables.files.begin(a_progress())
    tables.tasks.create(SENT_TASK)
    tables.submissions.begin(WANX, SENT_CALL, BEGUN)


CASES: dict[str, Callable[[Tables], object]] = {
    "TaskTable.create": lambda t: t.tasks.create(a_task(task_id="another")),
    "TaskTable.mark_started": lambda t: t.tasks.mark_started(TASK_ID),
    "TaskTable.mark_released": lambda t: t.tasks.mark_released(TASK_ID),
    "TaskTable.mark_announced": lambda t: t.tasks.mark_announced(TASK_ID),
    "TaskTable.mark_finished": lambda t: t.tasks.mark_finished(TASK_ID),
    "TaskTable.delete": lambda t: t.tasks.delete(TASK_ID),
    "TaskTable.change_job": lambda t: t.tasks.change_job(TASK_ID, 1, BEGUN, when=(JobStatus.READY,)),
    "TaskTable.change_image": lambda t: t.tasks.change_image(TASK_ID, 1, {"status": ImageStatus.STORED}),
    "TaskTable.add_images": lambda t: t.tasks.add_images(TASK_ID, {2: a_stored_image()}),
    "TaskTable.close": lambda t: t.tasks.close(TASK_ID, TaskStatus.SUCCEEDED, None, NOW + DAY),
    "TaskTable.cancel_unsent": lambda t: t.tasks.cancel_unsent(TWO_JOBS, NOW + DAY),
    "DeliveryTable.create": lambda t: t.deliveries.create(a_delivery(3)),
    "DeliveryTable.claim": lambda t: t.deliveries.claim(a_delivery(), NOW, NOW + HOUR),
    "DeliveryTable.finish": lambda t: t.deliveries.finish(
        a_delivery(2, attempts=(REFUSED,)), TAKEN, DeliveryStatus.DELIVERED
    ),
    "DeliveryTable.close": lambda t: t.deliveries.close(a_delivery(), DeliveryStatus.SWITCHED_OFF),
    "DeliveryTable.restart": lambda t: t.deliveries.restart(a_delivery().task_id, NOW),
    "EndpointTable.switch_off": lambda t: t.endpoints.switch_off("ann", "https://a.example"),
    "EndpointTable.switch_on": lambda t: t.endpoints.switch_on("ann", "https://a.example"),
    "FileTable.begin": lambda t: t.files.begin(a_progress(run="later", sequence="99")),
    "FileTable.report": lambda t: t.files.report(RUN, 0, {"succeeded": 1}),
    "QuotaTable.take": lambda t: t.quotas.take("images", 3, 5),
    "SlotTable.reserve": lambda t: t.slots.reserve("wanx-v1", earliest_ms=NOW, spacing_ms=SECOND),
    "SubmissionTable.begin": lambda t: t.submissions.begin(WANX, CALL, BEGUN),
    "SubmissionTable.lose": lambda t: t.submissions.lose(WANX, SENT_CALL, {"status": JobStatus.LOST}),
    "SubmissionTable.settle": lambda t: t.submissions.settle(
        WANX,
        SENT_JOB,
        {"status": JobStatus.SUBMITTED},
        when=(JobStatus.DISPATCHING,),
        claim=UPSTREAM_ID,
    ),
    "SubmissionTable.forget": lambda t: t.submissions.forget(WANX, SENT_JOB),
    "UnfinishedTable.take": lambda t: t.unfinished.take(DUE, NOW + HOUR),
    "UnfinishedTable.take_by_hand": lambda t: t.unfinished.take_by_hand(TASK_ID, NOW + HOUR),
    "UnfinishedTable.begin_round": lambda t: t.unfinished.begin_round(TWO_JOBS, NOW + HOUR),
    "UnfinishedTable.finish": lambda t: t.unfinished.finish(TASK_ID),
    "UploadTable.add": lambda t: t.uploads.add("directory", "alice"),
}


def _outcome(
    dynamodb: DynamoDBClient, write: Callable[[Tables], object], *, repeated: bool
) -> tuple[object, list[Any]]:
    """What the write says, and what the table holds afterwards, but for stamps. The table is empty then."""
    _prepare(Tables(dynamodb))
    try:
        said = write(Tables(Repeating(dynamodb) if repeated else dynamodb))
    except Exception as error:
        said = repr(error)
    items = dynamodb.scan(TableName=TABLE)["Items"]
    for item in items:
        dynamodb.delete_item(TableName=TABLE, Key={"pk": item["pk"], "sk": item["sk"]})
    return said, sorted((_without_stamps(decode(item)) for item in items), key=repr)


def _without_stamps(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    return {name: _without_stamps(part) for name, part in value.items() if not name.endswith("stamp")}


def test_writes_take_their_own_repetition_for_the_success_it_was(dynamodb: DynamoDBClient) -> None:
    wrong = {
        name
        for name, write in CASES.items()
        if _outcome(dynamodb, write, repeated=True) != _outcome(dynamodb, write, repeated=False)
    }

    assert wrong == WASTEFUL


def test_every_method_of_a_table_is_looked_at() -> None:
    tables = {type(table) for table in vars(Tables(None)).values()}
    methods = {
        f"{table.__name__}.{name}"
        for table in tables
        for name, _ in inspect.getmembers(table, inspect.isfunction)
        if not name.startswith("_")
    }

    assert methods == CASES.keys() | {f"{table}.{name}" for table, names in READS.items() for name in names}


# What a neighbour writes between a write and its repetition, and does not hide it.
BETWEEN: dict[str, tuple[Callable[[Tables], object], Callable[[Tables], object]]] = {
    "create": (CASES["TaskTable.create"], lambda t: t.tasks.mark_started("another")),
    "change_job": (
        CASES["TaskTable.change_job"],
        lambda t: t.tasks.change_job(TASK_ID, 0, BEGUN, when=(JobStatus.READY,)),
    ),
    "close": (CASES["TaskTable.close"], lambda t: t.tasks.mark_announced(TASK_ID)),
    "cancel": (CASES["TaskTable.cancel_unsent"], lambda t: t.tasks.mark_announced(TASK_ID)),
}


@pytest.mark.parametrize("name", BETWEEN)
def test_neighbour_does_not_hide_that_a_write_succeeded(dynamodb: DynamoDBClient, name: str) -> None:
    write, neighbour = BETWEEN[name]
    _prepare(Tables(dynamodb))

    assert write(Tables(Repeating(dynamodb, lambda: neighbour(Tables(dynamodb))))) is True


def test_write_that_another_has_made_is_refused_all_the_same(dynamodb: DynamoDBClient) -> None:
    tables = Tables(dynamodb)
    _prepare(tables)
    refused = [name for name, (write, _) in BETWEEN.items() if (write(tables), write(tables))[1] is False]

    # A canceled task is closed already.
    assert refused == list(BETWEEN)
