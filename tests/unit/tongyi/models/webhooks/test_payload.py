"""What a webhook says, and its id."""

from __future__ import annotations

import json
import uuid
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.fakes.records import (
    BROKEN,
    DAY,
    LINK,
    NOW,
    SECOND,
    TASK_ID,
    a_failed_image,
    a_stored_image,
    a_task,
    an_image,
)
from tongyi.models.tasks.events import task_detail
from tongyi.models.tasks.records import TaskRecord
from tongyi.models.tasks.status import ImageStatus, TaskStatus
from tongyi.models.webhooks.payload import TYPES, payload, task_of_webhook, webhook_id

URL = "https://shop.example/hooks?token=s3cret"


def _ended(status: TaskStatus = TaskStatus.SUCCEEDED, **given: Any) -> TaskRecord:
    made = {"owner": "ann", "callback_url": URL, "signer": "key:0a1b", "ended_at": NOW + 10 * SECOND}
    return a_task(**{**made, "status": status, **given})


def _said(task: TaskRecord) -> Any:
    return json.loads(payload(task))


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (TaskStatus.SUCCEEDED, "image.task.succeeded"),
        (TaskStatus.FAILED, "image.task.failed"),
        (TaskStatus.CANCELED, "image.task.canceled"),
    ],
)
def test_payload_says_how_and_when_it_ended(status: TaskStatus, kind: str) -> None:
    said = _said(_ended(status))
    assert list(said) == ["type", "timestamp", "data"]
    assert (said["type"], said["timestamp"]) == (kind, "2026-01-15T12:00:10.250Z")


def test_payload_has_a_type_for_each_end() -> None:
    ends = {status for status in TaskStatus if status in TYPES}
    assert ends == {TaskStatus.SUCCEEDED, TaskStatus.FAILED, TaskStatus.CANCELED}


def test_payload_has_paths_in_place_of_what_lies_in_the_bucket() -> None:
    images = {1: a_stored_image(), 2: a_failed_image(), 3: an_image(status=ImageStatus.UNCOPIED)}
    pictures = _said(_ended(images=images))["data"]["pictures"]
    assert [picture.get("path") for picture in pictures] == [f"/v1/images/{TASK_ID}/1", None, None]
    assert pictures[0]["sha256"] == "ab" * 32
    assert pictures[1]["error"] == {"code": BROKEN.code, "message": BROKEN.message}
    assert pictures[2]["url"] == LINK
    assert all("key" not in picture for picture in pictures)


def test_payload_is_otherwise_the_event() -> None:
    task = _ended(TaskStatus.FAILED, error=BROKEN)
    event = task_detail(task, "bucket", with_prompt=False)
    assert _said(task)["data"] == {name: value for name, value in event.items() if name != "bucket"}


def test_payload_keeps_words_links_and_places_to_itself() -> None:
    text = payload(_ended(images={1: a_stored_image()})).decode()
    hidden = (
        "s3cret",
        "shop.example",
        "一只奔跑的猫",
        "key:",
        "bucket",
        "images/6f1f2f3e-0000-4000-8000-000000000001/1.png",
    )
    assert [secret for secret in hidden if secret in text] == []


def test_payload_is_the_same_each_time_byte_for_byte() -> None:
    images = {number: a_stored_image() for number in (2, 1, 3)}
    later = {number: a_stored_image() for number in (1, 2, 3)}
    one = _ended(images=images, expires_at=NOW // SECOND + DAY)
    other = TaskRecord.model_validate_json(_ended(images=later).model_dump_json())
    assert payload(one) == payload(other.model_copy(update={"announced": True}))


@given(st.uuids())
def test_webhook_id_leads_back_to_its_task(task: uuid.UUID) -> None:
    assert task_of_webhook(webhook_id(str(task))) == str(task)


@pytest.mark.parametrize(
    "identity",
    [
        "",
        "msg_",
        TASK_ID,
        f"msg_{TASK_ID}",
        "msg_" + "0" * 31,
        "msg_" + "0" * 33,
        "msg_" + "A" * 32,
        "x" + "msg_" + "0" * 32,
        "msg_" + "0" * 32 + "\n",
    ],
)
def test_webhook_id_of_another_form_is_no_tasks(identity: str) -> None:
    assert task_of_webhook(identity) is None
