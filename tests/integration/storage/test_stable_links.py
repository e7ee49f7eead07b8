"""GET /v1/images/{task_id}/{n}: a link that never changes leads to one that is good now."""

from __future__ import annotations

import hashlib
import time

import boto3
import pytest
import requests

from tests.integration.dialects import flat
from tests.integration.images.generating import RESPOND_ASYNC, generate, new_prompt
from tests.support.api_gateway import Reply
from tests.support.gateway import Gateway
from tests.workflow.records import record, tasks

QUICK = "qwen-image-2.0"


@pytest.fixture(scope="module")
def made(prompt_gateway: Gateway, ann: dict[str, str]) -> str:
    """A task of ann's with two pictures."""
    task: str = generate(prompt_gateway, flat(QUICK, new_prompt(), n=2), ann).body["task_id"]
    return task


def link(running: Gateway, task: str, number: object, headers: dict[str, str]) -> Reply:
    return running.request("GET", f"/v1/images/{task}/{number}", headers=headers)


def opened(url: str) -> bytes:
    """What anyone gets who opens the link."""
    answer = requests.get(url, timeout=300)
    assert answer.status_code == 200
    return answer.content


@pytest.mark.parametrize("number", [1, 2])
def test_stable_link_leads_to_the_very_picture(
    prompt_gateway: Gateway, ann: dict[str, str], made: str, number: int
) -> None:
    reply = link(prompt_gateway, made, number, ann)

    assert (reply.status, reply.text) == (302, "")
    copy = opened(reply.headers["location"])
    assert copy == prompt_gateway.objects()[f"images/{made}/{number}.png"]
    assert hashlib.sha256(copy).hexdigest() == record(prompt_gateway, made).images[number].sha256


def test_stable_link_is_remembered_by_nobody(prompt_gateway: Gateway, ann: dict[str, str], made: str) -> None:
    assert link(prompt_gateway, made, 1, ann).headers["cache-control"] == "no-store"


def test_stable_link_leads_to_a_fresh_link_each_time(
    prompt_gateway: Gateway, ann: dict[str, str], made: str
) -> None:
    first = link(prompt_gateway, made, 1, ann).headers["location"]
    # Links are signed to the second.
    time.sleep(1.1)
    second = link(prompt_gateway, made, 1, ann).headers["location"]

    assert (first != second, opened(first)) == (True, opened(second))


@pytest.mark.parametrize("number", ["0", "3", "-1", "01", "1.0", "one", "１", "1.png"])
def test_stable_link_has_no_other_numbers(
    prompt_gateway: Gateway, ann: dict[str, str], made: str, number: str
) -> None:
    reply = link(prompt_gateway, made, number, ann)

    assert (reply.status, reply.body["code"]) == (404, "PictureNotFound")
    assert set(reply.body) == {"code", "message", "suggestion", "request_id"}


def test_stable_link_is_the_owners_alone(
    prompt_gateway: Gateway, ann: dict[str, str], bob: dict[str, str], made: str
) -> None:
    replies = [link(prompt_gateway, made, 1, bob), link(prompt_gateway, "no-such-task", 1, ann)]

    assert [(reply.status, reply.body["code"]) for reply in replies] == [(404, "TaskNotFound")] * 2
    assert link(prompt_gateway, made, 1, {}).status == 401


def test_stable_link_leads_nowhere_yet(slow: Gateway, ann: dict[str, str]) -> None:
    reply = generate(slow, flat("qwen-image-plus", new_prompt()), {**ann, **RESPOND_ASYNC})

    shown = link(slow, reply.body["task_id"], 1, ann)

    assert (shown.status, shown.body["code"]) == (404, "PictureNotFound")


def test_stable_link_leads_nowhere_where_the_picture_failed(
    prompt_gateway: Gateway, ann: dict[str, str]
) -> None:
    body = flat("wanx-v1", f"{new_prompt()} #partial", n=2)
    task = generate(prompt_gateway, body, ann).body["task_id"]

    replies = [link(prompt_gateway, task, number, ann) for number in (1, 2)]

    assert [reply.status for reply in replies] == [302, 404]
    assert replies[1].body["code"] == "PictureNotFound"


def test_stable_link_leads_upstream_where_there_is_no_copy(
    prompt_gateway: Gateway, ann: dict[str, str]
) -> None:
    made = generate(prompt_gateway, flat("wanx-v1", f"{new_prompt()} #elsewhere"), ann)

    reply = link(prompt_gateway, made.body["task_id"], 1, ann)

    assert (reply.status, reply.headers["location"]) == (302, made.body["data"][0]["url"])
    assert reply.headers["location"].startswith("https://pictures.example.net/")


def test_stable_link_leads_upstream_no_longer_than_the_picture_is_there(
    prompt_gateway: Gateway, ann: dict[str, str]
) -> None:
    made = generate(prompt_gateway, flat("wanx-v1", f"{new_prompt()} #elsewhere"), ann)
    task = made.body["task_id"]
    tasks(prompt_gateway).change_image(task, 1, {"url_expires_at": time.time_ns() // 1_000_000 - 1})

    reply = link(prompt_gateway, task, 1, ann)

    assert (reply.status, reply.body["code"]) == (404, "PictureNotFound")


def test_stable_link_ends_with_the_task(prompt_gateway: Gateway, ann: dict[str, str]) -> None:
    task = generate(prompt_gateway, flat(QUICK, new_prompt()), ann).body["task_id"]
    expire(prompt_gateway, task)

    reply = link(prompt_gateway, task, 1, ann)

    assert (reply.status, reply.body["code"]) == (404, "TaskNotFound")


def expire(running: Gateway, task: str) -> None:
    """Lets the task's days be over, before DynamoDB has removed it."""
    boto3.resource("dynamodb").Table(running.names["Table"]).update_item(
        Key={"pk": f"TASK#{task}", "sk": "TASK"},
        UpdateExpression="SET expires_at = :past",
        ExpressionAttributeValues={":past": int(time.time()) - 1},
    )
