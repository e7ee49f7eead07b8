"""The event of a task's end, as whoever listens on the bus hears it."""

from __future__ import annotations

import json
import time
from typing import Any

import boto3
import pytest

from tests.integration.dialects import cancel, flat
from tests.integration.images.generating import RESPOND_ASYNC, generate, new_prompt
from tests.integration.tasks.canceling import await_jobs, await_slots, ordered
from tests.support import functions
from tests.support.gateway import UPSTREAM_KEY, Gateway
from tests.workflow import event_schema
from tests.workflow.interference import Hold, interfere
from tests.workflow.records import record
from tongyi.models.tasks.status import JobStatus

CHECK, CLOSE = "CheckJobFunction", "CloseTaskFunction"
HOUR_MS = 3600 * 1000
SAID = f"Incorrect key {UPSTREAM_KEY}, header was Bearer {UPSTREAM_KEY}."


def _told(running: Gateway, task_id: str) -> dict[str, Any]:
    """What was told of a task in all: one event, as documented. Its detail."""
    [event] = running.told(task_id)
    event_schema.check(event)
    assert record(running, task_id).announced is True
    detail: dict[str, Any] = event["detail"]
    return detail


def _ended(running: Gateway, headers: dict[str, str], prompt: str, n: int = 1, model: str = "wanx-v1") -> str:
    task_id = ordered(running, headers, model, prompt, n)
    assert running.wait_for(task_id) == "SUCCEEDED"
    return task_id


@pytest.mark.parametrize("model", ["wanx-v1", "qwen-image-plus", "qwen-image-2.0"])
def test_success_is_told_once_with_the_copies(
    prompt_gateway: Gateway, ann: dict[str, str], model: str
) -> None:
    task_id = _ended(prompt_gateway, ann, new_prompt(), 2, model)

    detail = _told(prompt_gateway, task_id)

    assert (detail["status"], detail["model"], detail["owner"]) == ("SUCCEEDED", model, "ann")
    assert detail["metrics"] == {"total": 2, "succeeded": 2, "failed": 0}
    assert [picture["number"] for picture in detail["pictures"]] == [1, 2]
    copies = prompt_gateway.objects()
    assert detail["bucket"] == prompt_gateway.names["Bucket"]
    assert [len(copies[picture["key"]]) for picture in detail["pictures"]] == [
        picture["bytes"] for picture in detail["pictures"]
    ]


def test_success_in_part_is_told_with_what_failed(prompt_gateway: Gateway, ann: dict[str, str]) -> None:
    detail = _told(prompt_gateway, _ended(prompt_gateway, ann, f"{new_prompt()} #partial", 2))

    assert (detail["status"], detail["metrics"]) == ("SUCCEEDED", {"total": 2, "succeeded": 1, "failed": 1})
    assert sorted("error" in picture for picture in detail["pictures"]) == [False, True]


def test_picture_without_a_copy_is_told_with_the_link_of_upstream(
    prompt_gateway: Gateway, ann: dict[str, str]
) -> None:
    task_id = _ended(prompt_gateway, ann, f"{new_prompt()} #elsewhere")

    [picture] = _told(prompt_gateway, task_id)["pictures"]

    assert picture["url"] == record(prompt_gateway, task_id).images[1].url


@pytest.mark.parametrize(
    ("marker", "code"), [("#fail", "InternalError"), ("#forbidden", "DataInspectionFailed")]
)
def test_failure_is_told_once_with_its_reason(
    prompt_gateway: Gateway, ann: dict[str, str], marker: str, code: str
) -> None:
    """Where upstream refuses the order, and where it fails later."""
    detail = _told(prompt_gateway, _ended(prompt_gateway, ann, f"{new_prompt()} {marker}", 2))

    assert (detail["status"], detail["pictures"]) == ("FAILED", [])
    assert detail["error"]["code"].startswith(code)
    assert detail["metrics"] == {"total": 2, "succeeded": 0, "failed": 2}


def test_cancelation_of_what_was_not_sent_is_told_at_once(
    prompt_gateway: Gateway, ann: dict[str, str]
) -> None:
    """Its execution goes on waiting for its slot."""
    key = {"pk": "SLOT#qwen-image-max", "sk": "SLOT"}
    table = boto3.resource("dynamodb").Table(prompt_gateway.names["Table"])
    table.put_item(Item={**key, "next_at": time.time_ns() // 1_000_000 + HOUR_MS})
    task_id = ordered(prompt_gateway, ann, "qwen-image-max", n=2)
    await_slots(prompt_gateway, task_id)
    table.delete_item(Key=key)

    assert cancel(prompt_gateway, task_id, ann).status == 200

    detail = _told(prompt_gateway, task_id)
    assert (detail["status"], detail["metrics"]) == (
        "CANCELED",
        {"total": 2, "succeeded": 0, "failed": 0},
    )
    assert functions.invoke(CLOSE, {"task_id": task_id}) is not None
    assert prompt_gateway.told(task_id) == []


def test_cancelation_at_upstream_is_told_once(
    slow: Gateway, ann: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    prompt, hold = new_prompt(), Hold(CHECK)
    interfere(monkeypatch, slow, {(CHECK, prompt): hold})
    task_id = ordered(slow, ann, "wanx-v1", prompt)
    hold.reached()

    assert cancel(slow, task_id, ann).status == 200
    assert _told(slow, task_id)["status"] == "CANCELED"

    hold.let_go()
    assert slow.wait_for(task_id) == "SUCCEEDED"
    assert slow.told(task_id) == []


def test_cancelation_by_upstream_itself_is_told_once(prompt_gateway: Gateway, ann: dict[str, str]) -> None:
    prompt = new_prompt()
    prompt_gateway.standin.add_fault("submit", "stuck", prompt_contains=prompt, task_status="CANCELED")

    detail = _told(prompt_gateway, _ended(prompt_gateway, ann, prompt))

    assert (detail["status"], detail["pictures"]) == ("CANCELED", [])


def test_cancelation_that_is_refused_is_not_told(slow: Gateway, ann: dict[str, str]) -> None:
    prompt = new_prompt()
    slow.standin.add_fault(
        "cancel", "status", prompt_contains=prompt, status=429, code="Throttling", message="No."
    )
    task_id = ordered(slow, ann, "wanx-v1", prompt)
    await_jobs(slow, task_id, JobStatus.SUBMITTED)

    assert cancel(slow, task_id, ann).status != 200

    assert slow.told(task_id) == []
    assert cancel(slow, task_id, ann).status == 200
    slow.wait_for(task_id)
    slow.told(task_id)


def test_task_is_not_told_before_its_end(slow: Gateway, ann: dict[str, str]) -> None:
    task_id = ordered(slow, ann, "wanx-v1")
    await_jobs(slow, task_id, JobStatus.SUBMITTED)

    assert slow.told(task_id) == []
    assert record(slow, task_id).announced is False
    cancel(slow, task_id, ann)
    slow.wait_for(task_id)


def test_task_of_nobody_is_told_without_an_owner(prompt_gateway: Gateway) -> None:
    task_id = _ended(prompt_gateway, {}, new_prompt())

    assert "owner" not in _told(prompt_gateway, task_id)


def test_end_is_told_without_the_words_of_the_order(prompt_gateway: Gateway, ann: dict[str, str]) -> None:
    words = {"prompt": f"a s3cret fox {new_prompt()}", "negative_prompt": "s3cret dogs"}
    body = {**flat("qwen-image-plus", **words), "prompt_extend": True}
    task_id = generate(prompt_gateway, body, {**ann, **RESPOND_ASYNC}).body["task_id"]
    prompt_gateway.wait_for(task_id)

    assert "s3cret" not in json.dumps(_told(prompt_gateway, task_id))


def test_end_is_told_without_links_to_copies_or_keys(prompt_gateway: Gateway, ann: dict[str, str]) -> None:
    task_id = _ended(prompt_gateway, ann, new_prompt(), 2)

    said = json.dumps(_told(prompt_gateway, task_id))

    secrets = (UPSTREAM_KEY, ann["Authorization"].split()[1], "http", "Signature", "X-Amz")
    assert [secret for secret in secrets if secret in said] == []


@pytest.mark.parametrize("kind", ["fail", "status"])
def test_failure_is_told_without_the_key_that_upstream_says(
    prompt_gateway: Gateway, ann: dict[str, str], kind: str
) -> None:
    prompt, status = new_prompt(), {"status": 400} if kind == "status" else {}
    prompt_gateway.standin.add_fault(
        "submit", kind, prompt_contains=prompt, code="InvalidURL", message=SAID, **status
    )

    detail = _told(prompt_gateway, _ended(prompt_gateway, ann, prompt))

    assert (detail["error"]["code"], UPSTREAM_KEY in json.dumps(detail)) == ("InvalidURL", False)
