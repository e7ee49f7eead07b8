"""What has expired is absent, for each kind of item that may: DynamoDB deletes it up to two days late."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.fakes.batches import RUN, a_progress
from tests.support.fakes.gateways import FakeClock
from tests.support.fakes.records import (
    BROKEN,
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
from tongyi.gateways.dynamodb.base.items import encode
from tongyi.gateways.dynamodb.delivery_table import DeliveryTable
from tongyi.gateways.dynamodb.file_table import FileTable
from tongyi.gateways.dynamodb.submission_table import SubmissionTable
from tongyi.gateways.dynamodb.task_table import TaskTable
from tongyi.gateways.dynamodb.upload_table import UploadTable
from tongyi.models.tasks.status import ImageStatus, JobStatus, TaskStatus
from tongyi.models.webhooks.delivery import Attempt, DeliveryRecord, DeliveryStatus

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

WANX = "wanx-v1"
EXPIRES_AT = NOW // SECOND + 60
A_DELIVERY = DeliveryRecord(
    task_id=TASK_ID,
    owner="ann",
    url="https://shop.example/hooks",
    type="image.task.succeeded",
    status=DeliveryStatus.PENDING,
    created_at=NOW,
    next_at=NOW,
    expires_at=EXPIRES_AT,
)
A_LATER_BEGIN = a_progress(started_at=NOW + 1, sequence="02")


class Tables:
    """All tables, on one clock."""

    def __init__(self, client: DynamoDBClient) -> None:
        self.client, self.clock = client, FakeClock()
        self.tasks = TaskTable(client, TABLE, self.clock)
        self.deliveries = DeliveryTable(client, TABLE, self.clock)
        self.submissions = SubmissionTable(client, TABLE, self.clock)
        self.uploads = UploadTable(client, TABLE, self.clock)
        self.files = FileTable(client, TABLE, self.clock)

    def fill(self) -> None:
        """Writes one item of each kind, all of which expire in the same second."""
        assert self.tasks.create(a_task(owner="ann", expires_at=EXPIRES_AT))
        assert self.deliveries.create(A_DELIVERY)
        for key in ({"pk": f"UPSTREAM#{UPSTREAM_ID}", "sk": "CLAIM"}, {"pk": f"OPEN#{WANX}", "sk": "a#0"}):
            call = {"task_id": "a", "job": 0, "sent_at": NOW, "n": 1, "prompt": "", "holder": "a#0"}
            self.client.put_item(TableName=TABLE, Item=encode({**key, **call, "expires_at": EXPIRES_AT}))
        self.files.begin(a_progress(expires_at=EXPIRES_AT, sequence="02"))
        self.uploads.add("directory", "ann")
        self.client.update_item(
            TableName=TABLE,
            Key=encode({"pk": "UPLOAD#directory", "sk": "ann"}),
            UpdateExpression="SET expires_at = :at",
            ExpressionAttributeValues=encode({":at": EXPIRES_AT}),
        )

    def items(self) -> list[dict[str, Any]]:
        """All items, as they are."""
        return sorted(self.client.scan(TableName=TABLE)["Items"], key=str)


@pytest.fixture
def tables(dynamodb: DynamoDBClient) -> Tables:
    made = Tables(dynamodb)
    made.fill()
    return made


READS: dict[str, Callable[[Tables], object]] = {
    "task": lambda all_: all_.tasks.get(TASK_ID),
    "many tasks": lambda all_: all_.tasks.get_many([TASK_ID]),
    "tasks of an owner": lambda all_: all_.tasks.of_owner("ann", 0, NOW),
    "delivery": lambda all_: all_.deliveries.get(TASK_ID),
    "many deliveries": lambda all_: all_.deliveries.get_many([TASK_ID]),
    "deliveries of an owner": lambda all_: all_.deliveries.of_owner("ann"),
    "claim": lambda all_: all_.submissions.holders([UPSTREAM_ID]),
    "open call": lambda all_: all_.submissions.open_calls(WANX),
    "upload": lambda all_: all_.uploads.holds("directory", "ann"),
    "run": lambda all_: all_.files.get(RUN),
}
# Each says whether it wrote, in place of what is there.
CREATES: dict[str, Callable[[Tables], object]] = {
    "task": lambda all_: all_.tasks.create(a_task(owner="ann")),
    "delivery": lambda all_: all_.deliveries.create(
        A_DELIVERY.model_copy(update={"expires_at": EXPIRES_AT + 60})
    ),
    "run": lambda all_: all_.files.begin(A_LATER_BEGIN) == A_LATER_BEGIN,
    # An earlier version is the file's last where the later one's run is forgotten.
    "last run": lambda all_: not all_.files.begin(a_progress(run="earlier", sequence="01")).superseded,
}
# None of them may change what has expired: what was deleted cannot be changed either.
CHANGES: dict[str, Callable[[Tables], object]] = {
    "job": lambda all_: all_.tasks.change_job(TASK_ID, 0, {"refusals": 1}, when=(JobStatus.READY,)),
    "image": lambda all_: all_.tasks.change_image(TASK_ID, 1, {"status": ImageStatus.STORED}),
    "images": lambda all_: all_.tasks.add_images(TASK_ID, {2: an_image()}),
    "started": lambda all_: all_.tasks.mark_started(TASK_ID),
    "close": lambda all_: all_.tasks.close(TASK_ID, TaskStatus.FAILED, BROKEN, NOW),
    "cancel": lambda all_: all_.tasks.cancel_unsent(a_task(), NOW),
    "claim of an attempt": lambda all_: all_.deliveries.claim(A_DELIVERY, NOW, NOW + HOUR),
    "end of an attempt": lambda all_: all_.deliveries.finish(
        A_DELIVERY.model_copy(update={"attempts": (Attempt(at=NOW),)}),
        Attempt(at=NOW),
        DeliveryStatus.DELIVERED,
    ),
    "end of a delivery": lambda all_: all_.deliveries.close(A_DELIVERY, DeliveryStatus.FAILED),
    "resend": lambda all_: all_.deliveries.restart(TASK_ID, NOW),
    "superseded": lambda all_: all_.files._supersede(RUN),
}


def test_reads_find_an_item_to_its_last_second_and_no_longer(tables: Tables) -> None:
    tables.clock.now = EXPIRES_AT * SECOND - 1
    assert {name for name, read in READS.items() if not read(tables)} == set()
    tables.clock.now += 1
    assert {name for name, read in READS.items() if read(tables)} == set()


def test_creates_replace_an_item_from_the_second_on_in_which_it_has_expired(tables: Tables) -> None:
    tables.clock.now = EXPIRES_AT * SECOND - 1
    assert {name for name, create in CREATES.items() if create(tables)} == set()
    tables.clock.now += 1
    assert {name for name, create in CREATES.items() if not create(tables)} == set()


def test_changes_leave_what_has_expired_as_it_is(tables: Tables) -> None:
    tables.tasks.add_images(TASK_ID, {1: an_image()})
    tables.clock.now = EXPIRES_AT * SECOND
    before = tables.items()
    changing = {name for name, change in CHANGES.items() if change(tables) or tables.items() != before}
    assert changing == set()


def test_task_takes_nothing_over_from_one_that_has_expired(tables: Tables) -> None:
    """Neither its pictures nor its place in its owner's list, nor the delivery that stands beside it."""
    tables.tasks.add_images(TASK_ID, {1: a_stored_image(), 2: a_stored_image()})
    tables.tasks.close(TASK_ID, TaskStatus.SUCCEEDED, None, NOW)
    tables.clock.now = EXPIRES_AT * SECOND
    task = a_task(a_job(n=1), owner="ann", created_at=tables.clock.now)

    assert tables.tasks.create(task)

    assert tables.tasks.get(TASK_ID) == task
    assert [found.created_at for found in tables.tasks.of_owner("ann", 0, tables.clock.now)] == [
        tables.clock.now
    ]
    assert tables.deliveries.get(TASK_ID) is None
    assert tables.deliveries.of_owner("ann") == []
