"""The event of a task's end: what it says, and what it keeps to itself."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.support.fakes.records import (
    BROKEN,
    DAY,
    LINK,
    NOW,
    SECOND,
    TASK_ID,
    a_failed_image,
    a_job,
    a_stored_image,
    a_task,
    an_image,
)
from tongyi.models.tasks.events import DETAIL_TYPES, SOURCE, VERSION, task_detail
from tongyi.models.tasks.records import Failure, ImageRecord, TaskRecord
from tongyi.models.tasks.status import ImageStatus, TaskStatus

ENDED_AT = NOW + 61 * SECOND
UNCOPIED = an_image(status=ImageStatus.UNCOPIED, error=BROKEN)
TERMINAL = (TaskStatus.SUCCEEDED, TaskStatus.FAILED, TaskStatus.CANCELED)


def _ended(*jobs: Any, images: dict[int, ImageRecord] | None = None, **given: Any) -> TaskRecord:
    made = {"status": TaskStatus.SUCCEEDED, "ended_at": ENDED_AT, "owner": "alice", **given}
    return a_task(*jobs, images=images, **made)


def _detail(task: TaskRecord, *, with_prompt: bool = False) -> dict[str, Any]:
    """What is told of the task, as it comes out of the JSON that it travels in."""
    told: dict[str, Any] = json.loads(json.dumps(task_detail(task, "pictures", with_prompt=with_prompt)))
    return told


def _metrics(total: int, succeeded: int, failed: int) -> dict[str, int]:
    return {"total": total, "succeeded": succeeded, "failed": failed}


def test_event_has_a_type_for_each_terminal_status_and_for_no_other() -> None:
    assert DETAIL_TYPES == {
        TaskStatus.SUCCEEDED: "Image Task Succeeded",
        TaskStatus.FAILED: "Image Task Failed",
        TaskStatus.CANCELED: "Image Task Canceled",
    }


def test_event_is_of_the_documented_source_and_version() -> None:
    assert (SOURCE, VERSION) == ("tongyi-gateway", "1")


def test_event_of_a_success_is_this_and_nothing_else() -> None:
    task = _ended(images={1: a_stored_image(), 2: a_failed_image()})
    assert _detail(task) == {
        "version": "1",
        "task_id": TASK_ID,
        "owner": "alice",
        "status": "SUCCEEDED",
        "model": "wanx-v1",
        "submitted_at": "2026-01-15T12:00:00.250Z",
        "ended_at": "2026-01-15T12:01:01.250Z",
        "bucket": "pictures",
        "metrics": _metrics(2, 1, 1),
        "pictures": [
            {
                "number": 1,
                "key": f"images/{TASK_ID}/1.png",
                "sha256": "ab" * 32,
                "content_type": "image/png",
                "bytes": 1234,
                "width": 1024,
                "height": 768,
            },
            {"number": 2, "error": {"code": "InternalError", "message": "It broke."}},
        ],
    }


def test_event_of_a_failure_has_its_reason_and_no_pictures() -> None:
    error = Failure(code="DataInspectionFailed", message="Not this.", upstream_status=400)
    detail = _detail(_ended(status=TaskStatus.FAILED, error=error))
    assert detail["error"] == {"code": "DataInspectionFailed", "message": "Not this."}
    assert (detail["status"], detail["metrics"], detail["pictures"]) == ("FAILED", _metrics(2, 0, 2), [])


def test_event_of_a_cancellation_counts_no_failures() -> None:
    detail = _detail(_ended(a_job(n=1), a_job(n=1, first_image=2), status=TaskStatus.CANCELED))
    assert (detail["status"], detail["metrics"]) == ("CANCELED", _metrics(2, 0, 0))
    assert (detail["pictures"], "error" in detail) == ([], False)


@pytest.mark.parametrize("status", TERMINAL)
def test_event_has_the_same_fields_whatever_the_end(status: TaskStatus) -> None:
    always = {"version", "task_id", "owner", "status", "model", "submitted_at", "ended_at", "bucket"}
    assert set(_detail(_ended(status=status))) == always | {"metrics", "pictures"}


@pytest.mark.parametrize("image", [UNCOPIED, an_image()], ids=["given up", "never tried"])
def test_event_has_dashscopes_link_to_a_picture_that_has_no_copy(image: ImageRecord) -> None:
    detail = _detail(_ended(a_job(n=1), images={1: image}))
    assert detail["pictures"] == [{"number": 1, "url": LINK, "url_expires_at": "2026-01-16T12:00:00.250Z"}]
    assert detail["metrics"] == _metrics(1, 1, 0)


def test_event_has_no_link_to_a_picture_that_has_a_copy() -> None:
    assert LINK not in json.dumps(_detail(_ended(images={1: a_stored_image()})))


def test_event_counts_what_no_call_made_with_what_failed() -> None:
    jobs = (a_job(n=1), a_job(n=1, first_image=2), a_job(n=2, first_image=3))
    detail = _detail(_ended(*jobs, images={1: a_stored_image(), 2: a_failed_image()}))
    assert detail["metrics"] == _metrics(4, 1, 3)
    assert [picture["number"] for picture in detail["pictures"]] == [1, 2]


def test_event_has_its_pictures_in_order() -> None:
    images = {number: a_stored_image() for number in (10, 2, 1)}
    detail = _detail(_ended(a_job(n=10), images=images))
    assert [picture["number"] for picture in detail["pictures"]] == [1, 2, 10]


@pytest.mark.parametrize("status", TERMINAL)
def test_event_tells_no_words_of_the_order(status: TaskStatus) -> None:
    words = {"prompt": "一只奔跑的猫", "negative_prompt": "狗", "ref_img": "https://a.example/secret.png"}
    task = _ended(
        status=status, input=words, images={1: a_stored_image(actual_prompt="一只飞奔的猫"), 2: UNCOPIED}
    )
    told = json.dumps(_detail(task), ensure_ascii=False)
    assert [word for word in (*words.values(), "一只飞奔的猫") if word in told] == []


@pytest.mark.parametrize("status", TERMINAL)
def test_event_tells_the_prompt_where_that_is_wanted(status: TaskStatus) -> None:
    task = _ended(status=status)
    assert _detail(task, with_prompt=True) == {**_detail(task), "prompt": "一只奔跑的猫"}


def test_event_names_nobody_for_a_task_that_is_nobodys() -> None:
    assert "owner" not in _detail(_ended(owner=None))


@pytest.mark.parametrize(
    ("at_ms", "said"),
    [
        (NOW, "2026-01-15T12:00:00.250Z"),
        (NOW - 250, "2026-01-15T12:00:00.000Z"),
        (NOW + 4 * 3_600_000 + 749, "2026-01-15T16:00:00.999Z"),
        (NOW + DAY + 1, "2026-01-16T12:00:00.251Z"),
    ],
)
def test_event_has_its_times_in_utc_to_the_millisecond(at_ms: int, said: str) -> None:
    detail = _detail(_ended(created_at=at_ms, ended_at=at_ms))
    assert (detail["submitted_at"], detail["ended_at"]) == (said, said)


def test_event_says_nothing_of_what_upstream_knows_the_task_by() -> None:
    job = a_job(upstream_task_id="upstream-task", upstream_request_id="upstream-request")
    told = json.dumps(_detail(_ended(job, images={1: a_stored_image()})))
    assert "upstream" not in told
