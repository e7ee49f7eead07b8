"""POST /v1/images/generations in OpenAI's shape where the pictures take longer than a reply may."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from tests.integration.dialects import IMAGES, bearer, flat, follow, follow_all, target
from tests.integration.images.generating import RESPOND_ASYNC, calls, generate, new_prompt, order, task_id
from tests.support.api_gateway import Reply
from tests.support.gateway import Gateway
from tests.workflow.records import await_true, job_of, record, task_of
from tongyi.models.tasks.status import JobStatus

PENDING = "qwen-image-plus"
ROUNDS = 9


def finish(slow: Gateway, task: str) -> None:
    """Lets upstream make the pictures, once it was sent the order."""
    await_true(lambda: job_of(slow, task).status is JobStatus.SUBMITTED, "a submission")
    slow.standin.advance(2000)
    slow.wait_for(task)


def pending(reply: Reply, task: str) -> bool:
    """Whether a reply says of a task that it has no pictures yet."""
    body: dict[str, Any] = reply.body
    return (body["data"], body["task_id"], body["task_status"]) == ([], task, "PENDING")


@pytest.mark.parametrize(
    ("prefer", "applied"), [("respond-async", "respond-async"), ("wait=1", "wait=1"), ("wait=0", "wait=0")]
)
def test_openai_images_keeps_nobody_longer_than_asked(
    slow: Gateway, ann: dict[str, str], prefer: str, applied: str
) -> None:
    prompt = new_prompt()

    reply = generate(slow, flat(PENDING, prompt), {**ann, "Prefer": prefer})

    task = task_of(slow, prompt)
    assert (reply.status, reply.headers["preference-applied"]) == (202, applied)
    assert target(IMAGES, reply) == f"{IMAGES}?task_id={task}"
    assert int(reply.headers["retry-after"]) >= 1
    assert set(reply.body) == {"created", "data", "task_id", "task_status"}
    assert pending(reply, task)


def test_openai_images_shows_later_what_was_answered_at_once(slow: Gateway, ann: dict[str, str]) -> None:
    reply = generate(slow, flat(PENDING, new_prompt(), size="1024x1024"), {**ann, **RESPOND_ASYNC})
    finish(slow, reply.body["task_id"])

    shown = follow(slow, IMAGES, reply, ann)

    assert (shown.status, len(shown.body["data"])) == (200, 1)
    assert shown.body["warnings"] == reply.body["warnings"]
    assert "preference-applied" not in shown.headers


@pytest.mark.usefixtures("impatient")
def test_openai_images_sends_a_patient_client_to_wait_on(slow: Gateway, ann: dict[str, str]) -> None:
    prompt = new_prompt()

    reply = generate(slow, flat(PENDING, prompt), ann)

    assert (reply.status, reply.text) == (303, "")
    assert target(IMAGES, reply) == f"{IMAGES}?task_id={task_of(slow, prompt)}&round=1"
    assert reply.headers["cache-control"] == "no-store"


@pytest.mark.usefixtures("impatient")
def test_openai_images_tells_a_client_without_a_key_where_to_look(slow: Gateway) -> None:
    prompt = new_prompt()

    reply = generate(slow, flat(PENDING, prompt))

    assert reply.status == 202
    assert target(IMAGES, reply) == f"{IMAGES}?task_id={task_of(slow, prompt)}"
    assert pending(reply, task_of(slow, prompt))


@pytest.mark.usefixtures("impatient")
def test_openai_images_answers_the_client_that_waits_once_they_are_made(
    slow: Gateway, ann: dict[str, str]
) -> None:
    prompt = new_prompt()
    first = generate(slow, flat(PENDING, prompt), ann)
    second = follow(slow, IMAGES, first, ann)
    finish(slow, task_of(slow, prompt))

    last = follow(slow, IMAGES, second, ann)

    assert [first.status, second.status, last.status] == [303, 303, 200]
    assert target(IMAGES, second).endswith("&round=2")
    assert (last.body["task_id"], len(last.body["data"])) == (task_of(slow, prompt), 1)
    assert len(calls(slow, prompt)) == 1


@pytest.mark.usefixtures("impatient")
def test_openai_images_remembers_the_format_while_a_client_waits(slow: Gateway, ann: dict[str, str]) -> None:
    prompt = new_prompt()
    first = generate(slow, flat(PENDING, prompt, response_format="b64_json"), ann)
    second = follow(slow, IMAGES, first, ann)
    finish(slow, task_of(slow, prompt))

    (picture,) = follow(slow, IMAGES, second, ann).body["data"]

    copy = slow.objects()[f"images/{task_of(slow, prompt)}/1.png"]
    assert base64.b64decode(picture["b64_json"]) == copy


@pytest.mark.usefixtures("impatient")
def test_openai_images_tells_a_waiting_client_why_there_are_none(slow: Gateway, ann: dict[str, str]) -> None:
    prompt = f"{new_prompt()} #fail"
    first = generate(slow, flat(PENDING, prompt), ann)
    finish(slow, task_of(slow, prompt))

    last = follow(slow, IMAGES, first, ann)

    assert (first.status, last.status, last.headers["x-should-retry"]) == (303, 502, "false")
    assert last.body["error"]["code"] == "InternalError"


@pytest.mark.usefixtures("impatient")
def test_openai_images_gives_up_on_waiting_before_any_client_does(slow: Gateway, ann: dict[str, str]) -> None:
    prompt = new_prompt()

    replies = follow_all(slow, IMAGES, generate(slow, flat(PENDING, prompt), ann), ann)

    assert [reply.status for reply in replies] == [303] * ROUNDS + [504]
    error = replies[-1].body["error"]
    assert (error["type"], error["code"], error["param"]) == ("api_error", "TaskUnfinished", None)
    assert task_of(slow, prompt) in error["message"]


@pytest.mark.usefixtures("impatient")
def test_openai_images_lets_no_sdk_order_again_what_takes_too_long(
    slow: Gateway, ann: dict[str, str]
) -> None:
    """An SDK that follows redirects repeats the POST that it began with: the pictures would be billed again."""
    last = follow_all(slow, IMAGES, generate(slow, flat(PENDING, new_prompt()), ann), ann)[-1]

    assert (last.status, last.headers["x-should-retry"]) == (504, "false")


@pytest.mark.usefixtures("impatient")
def test_openai_images_goes_on_with_what_nobody_waits_for_any_more(
    slow: Gateway, ann: dict[str, str]
) -> None:
    prompt = new_prompt()
    follow_all(slow, IMAGES, generate(slow, flat(PENDING, prompt), ann), ann)
    task = task_of(slow, prompt)
    assert not record(slow, task).ended

    finish(slow, task)

    shown = slow.request("GET", f"{IMAGES}?task_id={task}", headers=ann)
    assert (shown.status, len(shown.body["data"])) == (200, 1)
    assert len(calls(slow, prompt)) == 1


def test_wait_for_images_shows_a_task_to_its_owner_alone(
    prompt_gateway: Gateway, ann: dict[str, str], bob: dict[str, str]
) -> None:
    task = generate(prompt_gateway, flat("qwen-image-2.0", new_prompt()), ann).body["task_id"]

    replies = [
        prompt_gateway.request("GET", f"{IMAGES}?task_id={task}", headers=headers)
        for headers in (ann, bob, {})
    ]

    assert [reply.status for reply in replies] == [200, 404, 401]
    assert replies[1].body["error"]["code"] == "TaskNotFound"


@pytest.mark.parametrize("query", ["", "?task_id=", "?task_id=x&round=10", "?task_id=x&round=-1"])
def test_wait_for_images_refuses_what_no_redirect_says(
    prompt_gateway: Gateway, ann: dict[str, str], query: str
) -> None:
    reply = prompt_gateway.request("GET", f"{IMAGES}{query}", headers=ann)

    assert reply.status in (400, 404)
    assert reply.body["error"]["type"] == "invalid_request_error"


def test_order_in_either_shape_is_one_order(prompt_gateway: Gateway) -> None:
    prompt, key = new_prompt(), {**bearer(prompt_gateway, "carl"), "Idempotency-Key": "one"}
    nested = order("qwen-image-2.0", prompt, n=2, size="1024*1024")

    first = generate(prompt_gateway, nested, key)
    again = generate(prompt_gateway, flat("qwen-image-2.0", prompt, n=2, size="1024x1024"), key)

    assert (first.status, again.status) == (200, 200)
    assert again.body["task_id"] == task_id(first)
    assert ("idempotent-replayed" in first.headers, again.headers["idempotent-replayed"]) == (False, "true")
    assert len(calls(prompt_gateway, prompt)) == 1


def test_openai_images_refuses_another_order_with_the_key(prompt_gateway: Gateway) -> None:
    key = {**bearer(prompt_gateway, "dora"), "Idempotency-Key": "one"}
    generate(prompt_gateway, order("qwen-image-2.0", new_prompt()), key)

    reply = generate(prompt_gateway, flat("qwen-image-2.0", new_prompt()), key)

    assert (reply.status, reply.headers["x-should-retry"]) == (409, "false")
    assert reply.body["error"]["code"] == "IdempotencyKeyReused"
