"""The line of what is made, from the route to the table and back."""

from __future__ import annotations

from typing import Any

import boto3
import pytest

from tests.integration.dialects import ASYNC, IMAGES, SYNTHESIS, bearer
from tests.integration.images.generating import new_prompt, order
from tests.support.gateway import Gateway
from tests.workflow.records import await_true, tasks
from tongyi.models.workflow.line import Line

MODEL = "wanx-v1"
LINE = {"pk": f"SLOT#{MODEL}", "sk": "LINE"}


@pytest.fixture
def full(running: Gateway) -> Any:
    """The table, with a line that is full."""
    table = boto3.resource("dynamodb").Table(running.names["Table"])
    table.put_item(Item={**LINE, "pieces": 10_000})
    return table


def test_task_is_counted_out_at_its_end_and_tells_how_long_dashscope_was_at_it(running: Gateway) -> None:
    running.standin.configure(seconds_per_image=0.01)
    task_id = running.submit({"prompt": new_prompt(), "n": 2}).body["output"]["task_id"]
    running.wait_for(task_id)

    # The line is written once the status is.
    await_true(lambda: tasks(running).lines.read(MODEL).pieces == 0, "the end of the line")
    assert tasks(running).lines.read(MODEL) == Line(pieces=0, made=2, worked_ms=20)


def test_full_line_is_told_with_the_time_of_return_in_each_api(running: Gateway, full: Any) -> None:
    headers = bearer(running, "alice")
    body = order(MODEL, new_prompt())
    replies = [
        running.submit({"prompt": new_prompt()}, headers),
        running.request("POST", SYNTHESIS, body, {**headers, **ASYNC}),
        running.request("POST", IMAGES, {"model": MODEL, "prompt": new_prompt()}, headers),
    ]

    assert [reply.status for reply in replies] == [429] * 3
    said = [reply.body.get("error", reply.body) for reply in replies]
    assert {told["code"] for told in said} == {"Throttling.QueueFull"}
    # 8,560 pictures too many, of 30 s each.
    assert [int(reply.headers["retry-after"]) // 3600 for reply in replies] == [71] * 3
    assert running.submissions() == []

    full.delete_item(Key=LINE)
    assert running.submit({"prompt": new_prompt()}, headers).status == 200
    assert tasks(running).lines.read(MODEL) != Line()
