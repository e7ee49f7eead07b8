"""Replies in OpenAI's shape."""

from __future__ import annotations

import pytest

from tests.support.fakes.records import BROKEN, NOW, TASK_ID, a_task
from tongyi.errors import UpstreamRefused
from tongyi.http.openai import replies as openai_replies
from tongyi.models.images.result import PictureResult
from tongyi.models.tasks.records import Failure, TaskRecord
from tongyi.models.tasks.status import TaskStatus
from tongyi.usecases.tasks.show_task import Metrics, TaskView

NOTICE = {"code": "SizeMapped", "parameter": "size", "message": "Another size was taken."}
LATE: PictureResult = {"code": "InternalError.Timeout", "message": "It came too late."}


def _made(number: int) -> PictureResult:
    return {
        "url": f"https://bucket.example/{number}",
        "orig_prompt": "a cat",
        "actual_prompt": f"a cat, {number}",
        "sha256": "ab" * 32,
    }


def _view(
    *results: PictureResult, status: TaskStatus = TaskStatus.SUCCEEDED, task: TaskRecord | None = None
) -> TaskView:
    return TaskView(task or a_task(), status, Metrics(2, 1, 1), list(results))


def test_images_reply_has_links_and_the_prompts_they_were_made_of() -> None:
    assert openai_replies.images_reply(_view(_made(1), _made(2))) == {
        "created": NOW // 1000,
        "data": [
            {"url": "https://bucket.example/1", "revised_prompt": "a cat, 1"},
            {"url": "https://bucket.example/2", "revised_prompt": "a cat, 2"},
        ],
        "task_id": TASK_ID,
        "task_status": "SUCCEEDED",
    }


def test_images_reply_has_the_pictures_inside_where_they_were_read() -> None:
    assert openai_replies.images_reply(_view(_made(1), _made(2)), ["b25l", "dHdv"])["data"] == [
        {"b64_json": "b25l", "revised_prompt": "a cat, 1"},
        {"b64_json": "dHdv", "revised_prompt": "a cat, 2"},
    ]


def test_images_reply_has_the_link_of_a_picture_without_a_copy() -> None:
    assert openai_replies.images_reply(_view(_made(1), _made(2)), [None, "dHdv"])["data"] == [
        {"url": "https://bucket.example/1", "revised_prompt": "a cat, 1"},
        {"b64_json": "dHdv", "revised_prompt": "a cat, 2"},
    ]


@pytest.mark.parametrize("inline", [(), (None, "dHdv")], ids=["links", "inside"])
def test_images_reply_leaves_out_a_picture_that_failed_and_says_why(inline: tuple[str | None, ...]) -> None:
    reply = openai_replies.images_reply(_view(LATE, _made(2)), inline)
    [image] = reply["data"]
    assert image["revised_prompt"] == "a cat, 2"
    assert reply["warnings"] == [
        {"code": "InternalError.Timeout", "parameter": "n", "message": "Picture 1: It came too late."}
    ]


def test_images_reply_says_what_was_changed_before_it_says_what_failed() -> None:
    task = a_task(notices=[NOTICE])
    warnings = openai_replies.images_reply(_view(_made(1), LATE, task=task))["warnings"]
    assert [warning["code"] for warning in warnings] == ["SizeMapped", "InternalError.Timeout"]
    assert task.notices == [NOTICE]


@pytest.mark.parametrize("status", [TaskStatus.PENDING, TaskStatus.RUNNING])
def test_images_reply_is_empty_while_they_are_made(status: TaskStatus) -> None:
    assert openai_replies.images_reply(_view(status=status)) == {
        "created": NOW // 1000,
        "data": [],
        "task_id": TASK_ID,
        "task_status": str(status),
    }


@pytest.mark.parametrize("status", [TaskStatus.PENDING, TaskStatus.RUNNING, TaskStatus.SUCCEEDED])
def test_images_error_is_none_where_nothing_failed(status: TaskStatus) -> None:
    assert openai_replies.images_error(_view(status=status)) is None


def test_images_error_is_why_the_task_failed() -> None:
    failure = Failure(code="DataInspectionFailed", message="No.", upstream_status=400)
    error = openai_replies.images_error(_view(status=TaskStatus.FAILED, task=a_task(error=failure)))
    assert isinstance(error, UpstreamRefused)
    assert (error.status, error.code, error.message) == (400, "DataInspectionFailed", "No.")


def test_images_error_says_that_the_task_was_canceled() -> None:
    error = openai_replies.images_error(_view(status=TaskStatus.CANCELED, task=a_task(error=BROKEN)))
    assert isinstance(error, UpstreamRefused)
    assert (error.status, error.code, error.message) == (400, "TaskCanceled", "The task was canceled.")


@pytest.mark.parametrize(
    "code", ["ConfigurationError", "Arrearage", "Model.AccessDenied", "InternalError.Algo"]
)
def test_images_error_blames_no_caller_for_what_was_not_the_orders_fault(code: str) -> None:
    task = a_task(error=Failure(code=code, message="No.", upstream_status=400))
    error = openai_replies.images_error(_view(status=TaskStatus.FAILED, task=task))
    assert error
    assert (error.status, error.code) == (502, code)
