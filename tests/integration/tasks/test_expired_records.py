"""Records that have expired, deleted by DynamoDB or not yet: the same order then makes one more task."""

from __future__ import annotations

from collections.abc import Callable

import boto3
import pytest

from tests.integration.messages.messaging import deliver, executions, message, task_of_message
from tests.integration.webhooks.webhooks import Lapse
from tests.support.files import finished_file, lines, look_soon, manifest
from tests.support.gateway import Gateway
from tests.workflow.records import open_task_id, record
from tongyi.models.tasks.status import TaskStatus

RETENTION_SECONDS = 30 * 24 * 3600
ORDER = {"prompt": "a cat"}
FILE = "requests/alice/cats.jsonl"


def _over_http(running: Gateway) -> str:
    reply = running.submit(ORDER, {"Idempotency-Key": "order-1"})
    assert reply.status == 200, reply.text
    assert reply.body["output"]["task_id"] == open_task_id(running, "order-1")
    return str(reply.body["output"]["task_id"])


def _as_a_message(_: Gateway) -> str:
    assert deliver(message(ORDER)) == []
    return task_of_message()


def _as_a_line(running: Gateway) -> str:
    told = finished_file(running, FILE, lines(ORDER))
    assert told["succeeded"] == 1, told
    [line] = manifest(FILE)
    return str(line["task_id"])


@pytest.fixture(params=[True, False], ids=["deleted", "not deleted yet"])
def expire(request: pytest.FixtureRequest, running: Gateway, lapse: Lapse) -> Callable[[str], None]:
    """Lets a task's record expire; DynamoDB deletes what has expired up to two days late."""

    def run(task_id: str) -> None:
        lapse.pass_by(RETENTION_SECONDS)
        if request.param:
            table = boto3.resource("dynamodb").Table(running.names["Table"])
            table.delete_item(Key={"pk": f"TASK#{task_id}", "sk": "TASK"})

    return run


@pytest.mark.parametrize("way", [_over_http, _as_a_message, _as_a_line])
def test_order_that_comes_again_after_its_record_has_expired_is_carried_out_once_more(
    running: Gateway,
    expire: Callable[[str], None],
    way: Callable[[Gateway], str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    look_soon(monkeypatch)
    task_id = way(running)
    assert running.wait_for(task_id) == "SUCCEEDED"

    expire(task_id)
    assert [way(running), way(running)] == [task_id, task_id]

    assert running.wait_for(task_id) == "SUCCEEDED"
    assert record(running, task_id).status is TaskStatus.SUCCEEDED
    assert (len(executions(running)), len(running.submissions())) == (2, 2)
