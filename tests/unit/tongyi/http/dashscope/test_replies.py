"""DashScope's own routes: headers that must be there or must not, and replies in its shapes."""

from __future__ import annotations

from typing import Any

import pytest
from aws_lambda_powertools.utilities.data_classes import APIGatewayProxyEvent

from tests.support.api_gateway import proxy_event
from tests.support.fakes.records import DAY, NOW, SECOND, TASK_ID, a_job, a_task
from tests.unit.tongyi.gateways.dashscope.policies import POLICY
from tests.unit.tongyi.http.requests import MESSAGES
from tongyi.errors import AccessDenied, InvalidParameter
from tongyi.http.dashscope import replies as dashscope_replies
from tongyi.http.dashscope import schemas as dashscope_schemas
from tongyi.http.dashscope.schemas import MessageReply
from tongyi.models.images.result import PictureResult
from tongyi.models.tasks.records import TaskSummary
from tongyi.models.tasks.status import JobStatus, TaskStatus
from tongyi.usecases.tasks.list_tasks import ListedTask, TaskPage
from tongyi.usecases.tasks.show_task import Metrics, TaskView

LATE: PictureResult = {"code": "InternalError.Timeout", "message": "It came too late."}


def _event(**headers: str) -> APIGatewayProxyEvent:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return APIGatewayProxyEvent(proxy_event("POST", MESSAGES, {}, named))


def _made(number: int, size: tuple[int, int] | None = None) -> PictureResult:
    made: PictureResult = {"url": f"https://bucket.example/{number}", "actual_prompt": "a cat"}
    return {**made, "width": size[0], "height": size[1]} if size else made


def _message(*results: PictureResult) -> MessageReply:
    view = TaskView(a_task(), TaskStatus.SUCCEEDED, Metrics(3, 2, 1), list(results))
    return dashscope_replies.message_reply(view, "r-1")


def _listed(**given: Any) -> dashscope_schemas.ListedTask:
    task = TaskSummary.model_validate(a_task(**given).model_dump())
    page = TaskPage([ListedTask(task, TaskStatus.RUNNING)], total=1, page_no=1, page_size=10)
    [entry] = dashscope_replies.list_reply(page, "r-1")["data"]
    return entry


@pytest.mark.parametrize("value", ["enable", "ENABLE", " enable "])
def test_header_asks_for_a_task(value: str) -> None:
    assert dashscope_replies.is_asynchronous(_event(X_DashScope_Async=value))
    dashscope_replies.require_asynchronous(_event(x_dashscope_async=value))


@pytest.mark.parametrize("headers", [{}, {"X_DashScope_Async": ""}, {"X_DashScope_Async": "disable"}])
def test_request_that_asks_for_no_task_is_denied(headers: dict[str, str]) -> None:
    assert not dashscope_replies.is_asynchronous(_event(**headers))
    with pytest.raises(AccessDenied) as caught:
        dashscope_replies.require_asynchronous(_event(**headers))
    assert (caught.value.status, caught.value.code) == (403, "AccessDenied")
    assert "X-DashScope-Async: enable" in caught.value.message


def test_request_for_a_stream_of_events_is_refused() -> None:
    with pytest.raises(InvalidParameter, match=r"^X-DashScope-SSE: this route answers in one piece"):
        dashscope_replies.refuse_stream(_event(X_DashScope_SSE="enable"))


@pytest.mark.parametrize("headers", [{}, {"X_DashScope_SSE": "disable"}, {"X_DashScope_Async": "enable"}])
def test_request_for_one_piece_is_taken(headers: dict[str, str]) -> None:
    dashscope_replies.refuse_stream(_event(**headers))


def test_chat_reply_is_dashscopes_under_an_id_of_ours() -> None:
    answer = {"output": {"text": "Hi"}, "usage": {"total_tokens": 3}}
    assert dashscope_replies.chat_reply(answer, "r-1") == {**answer, "request_id": "r-1"}


def test_message_reply_has_a_choice_for_each_picture() -> None:
    assert _message(_made(1, (2048, 1024)), _made(2, (2048, 1024)), LATE) == {
        "output": {
            "choices": [
                {
                    "finish_reason": "stop",
                    "message": {
                        "role": "assistant",
                        "content": [{"image": f"https://bucket.example/{number}"}],
                    },
                }
                for number in (1, 2)
            ],
            "task_metric": {"TOTAL": 3, "SUCCEEDED": 2, "FAILED": 1},
        },
        "usage": {"image_count": 2, "width": 2048, "height": 1024},
        "request_id": "r-1",
    }


def test_message_reply_has_the_size_of_a_picture_that_was_copied() -> None:
    usage = _message(LATE, _made(2), _made(3, (512, 640)))["usage"]
    assert usage == {"image_count": 2, "width": 512, "height": 640}


def test_message_reply_knows_no_size_of_a_picture_without_a_copy() -> None:
    assert _message(_made(1))["usage"] == {"image_count": 2}


def test_list_reply_is_a_page() -> None:
    page = TaskPage([], total=21, page_no=3, page_size=10)
    assert dashscope_replies.list_reply(page, "r-1") == {
        "request_id": "r-1",
        "data": [],
        "total": 21,
        "total_page": 3,
        "page_no": 3,
        "page_size": 10,
    }


def test_listed_task_has_the_status_that_its_owner_sees() -> None:
    assert _listed(model="qwen-image-plus") == {
        "task_id": TASK_ID,
        "status": "RUNNING",
        "model_name": "qwen-image-plus",
        "gmt_create": NOW,
    }


def test_listed_task_has_the_times_of_its_begin_and_end() -> None:
    task = a_task(a_job(status=JobStatus.SUBMITTED, sent_at=NOW + SECOND))
    entry = _listed(jobs=task.jobs, ended_at=NOW + DAY)
    assert (entry["start_time"], entry["end_time"]) == (NOW + SECOND, NOW + DAY)


def test_canceled_reply_names_the_task() -> None:
    assert dashscope_replies.canceled_reply("some-id", "r-1") == {
        "request_id": "r-1",
        "output": {"task_id": "some-id", "task_status": "CANCELED"},
    }


def test_upload_policy_reply_has_the_policy() -> None:
    assert dashscope_replies.upload_policy_reply(POLICY, "r-1") == {"request_id": "r-1", "data": POLICY}
