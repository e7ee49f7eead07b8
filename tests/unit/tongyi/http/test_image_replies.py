"""What a request that waits for pictures is answered, in each API: once they are made, and until then."""

from __future__ import annotations

from typing import Any

import pytest
from aws_lambda_powertools.event_handler import Response

from tests.support.fakes.records import BROKEN, NOW, TASK_ID, a_job, a_task
from tests.unit.tongyi.http.requests import IMAGES, MESSAGES, an_event, own_headers, said
from tongyi.errors import PicturesTooLarge, TaskUnfinished, UpstreamError, UpstreamRefused
from tongyi.http import image_replies
from tongyi.models.images.result import PictureResult
from tongyi.models.tasks.records import TaskRecord
from tongyi.models.tasks.status import TaskStatus
from tongyi.usecases.tasks.show_task import Metrics, TaskView

FLAT, NESTED = {"prompt": "a cat"}, {"input": {"prompt": "a cat"}}
PICTURE: PictureResult = {
    "url": "https://bucket.example/1",
    "actual_prompt": "a cat",
    "width": 4,
    "height": 3,
}
HEADERS = {"Idempotent-Replayed": "true"}


def _view(status: TaskStatus) -> TaskView:
    at_work = status in (TaskStatus.PENDING, TaskStatus.RUNNING)
    task = a_task(a_job(n=1), status=status, ended_at=None if at_work else NOW, error=BROKEN)
    results = [PICTURE] if status is TaskStatus.SUCCEEDED else []
    return TaskView(task, status, Metrics(1, len(results), 0), results)


def _documented(status: TaskStatus) -> Response[str]:
    return image_replies.documented(an_event("POST", IMAGES, NESTED), _view(status), HEADERS, NOW)


def _openai(
    status: TaskStatus, *, inline: Any = None, patient: bool = True, target: str = IMAGES
) -> Response[str]:
    event = an_event("GET" if "?" in target else "POST", target, FLAT)
    return image_replies.in_openai_shape(event, _view(status), HEADERS, NOW, inline=inline, patient=patient)


def _message(status: TaskStatus, target: str = MESSAGES) -> Response[str]:
    return image_replies.as_message(an_event("POST", target, {}), _view(status), HEADERS)


def test_documented_reply_of_a_finished_task_has_its_pictures() -> None:
    reply = _documented(TaskStatus.SUCCEEDED)
    assert (reply.status_code, own_headers(reply)) == (200, HEADERS)
    assert said(reply)["output"]["results"] == [PICTURE]


def test_documented_reply_of_a_canceled_task_says_so() -> None:
    reply = _documented(TaskStatus.CANCELED)
    assert (reply.status_code, said(reply)["output"]["task_status"]) == (200, "CANCELED")


def test_documented_reply_of_a_task_at_work_says_where_and_when_to_look() -> None:
    reply = _documented(TaskStatus.RUNNING)
    location = f"../wanxiang-results?task_id={TASK_ID}"
    assert (reply.status_code, said(reply)["output"]["task_status"]) == (202, "RUNNING")
    assert own_headers(reply) == {**HEADERS, "Location": location, "Retry-After": "2"}


def test_documented_reply_of_a_failed_task_is_its_error_beside_the_task() -> None:
    reply = _documented(TaskStatus.FAILED)
    assert (reply.status_code, said(reply)["code"]) == (400, BROKEN.code)
    assert said(reply)["output"]["task_status"] == "FAILED"


@pytest.mark.parametrize("patient", [True, False])
def test_openai_reply_has_the_pictures_once_they_are_made(patient: bool) -> None:
    reply = _openai(TaskStatus.SUCCEEDED, patient=patient)
    assert (reply.status_code, own_headers(reply)) == (200, HEADERS)
    assert said(reply)["data"] == [{"url": PICTURE["url"], "revised_prompt": "a cat"}]


def test_openai_reply_has_the_pictures_inside_where_they_are_to_be() -> None:
    asked: list[TaskRecord] = []

    def read(task: TaskRecord) -> list[str | None]:
        asked.append(task)
        return ["b25l"]

    reply = _openai(TaskStatus.SUCCEEDED, inline=read)
    assert said(reply)["data"] == [{"b64_json": "b25l", "revised_prompt": "a cat"}]
    assert [task.task_id for task in asked] == [TASK_ID]


def test_openai_reply_that_cannot_hold_the_pictures_is_an_error() -> None:
    def read(task: TaskRecord) -> list[str | None]:
        raise PicturesTooLarge("No.")

    with pytest.raises(PicturesTooLarge):
        _openai(TaskStatus.SUCCEEDED, inline=read)


def _unread(task: TaskRecord) -> list[str | None]:
    raise AssertionError("read too early")


@pytest.mark.parametrize(
    ("inline", "options"), [(None, ""), (_unread, "&response_format=b64_json")], ids=["links", "inside"]
)
def test_openai_client_that_is_patient_is_kept_waiting(inline: Any, options: str) -> None:
    reply = _openai(TaskStatus.RUNNING, inline=inline)
    assert reply.status_code == 303
    assert reply.headers["Location"] == f"generations?task_id={TASK_ID}&round=1{options}"


def test_openai_client_is_not_kept_waiting_for_ever() -> None:
    with pytest.raises(TaskUnfinished):
        _openai(TaskStatus.RUNNING, target=f"{IMAGES}?task_id={TASK_ID}&round=9")


def test_openai_client_that_is_not_patient_is_told_where_and_when_to_look() -> None:
    reply = _openai(TaskStatus.RUNNING, inline=_unread, patient=False)
    assert (reply.status_code, said(reply)["data"], said(reply)["task_id"]) == (202, [], TASK_ID)
    location = f"generations?task_id={TASK_ID}"
    assert own_headers(reply) == {**HEADERS, "Location": location, "Retry-After": "2"}


def test_message_reply_has_the_pictures_once_they_are_made() -> None:
    reply = _message(TaskStatus.SUCCEEDED)
    [choice] = said(reply)["output"]["choices"]
    assert (reply.status_code, own_headers(reply)) == (200, HEADERS)
    assert choice["message"]["content"] == [{"image": PICTURE["url"]}]


def test_message_client_is_kept_waiting() -> None:
    reply = _message(TaskStatus.PENDING)
    assert (reply.status_code, reply.headers["Location"]) == (
        303,
        f"generation?task_id={TASK_ID}&round=1",
    )


def test_message_client_is_not_kept_waiting_for_ever() -> None:
    with pytest.raises(TaskUnfinished):
        _message(TaskStatus.RUNNING, f"{MESSAGES}?round=9")


@pytest.mark.parametrize(
    ("status", "kind", "code"),
    [
        (TaskStatus.FAILED, UpstreamError, BROKEN.code),
        (TaskStatus.CANCELED, UpstreamRefused, "TaskCanceled"),
    ],
)
@pytest.mark.parametrize("answer", [_openai, _message], ids=["openai", "message"])
def test_task_that_ended_without_a_picture_is_an_error(
    answer: Any, status: TaskStatus, kind: type[UpstreamError], code: str
) -> None:
    with pytest.raises(kind) as caught:
        answer(status)
    assert (type(caught.value), caught.value.code) == (kind, code)
