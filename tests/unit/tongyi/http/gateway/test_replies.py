"""The documented replies."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.fakes.records import BROKEN, DAY, NOW, SECOND, TASK_ID, a_job, a_task
from tongyi.http.gateway import replies
from tongyi.http.gateway.schemas import TaskOutput
from tongyi.models.tasks.records import Failure, TaskRecord
from tongyi.models.tasks.status import JobStatus, TaskStatus
from tongyi.models.workflow.upstream import ChatAnswer
from tongyi.usecases.tasks.show_task import Metrics, TaskView

NOTICE = {"code": "PromptTruncated", "parameter": "prompt", "message": "It was cut."}


def _view(status: TaskStatus, task: TaskRecord | None = None, **given: Any) -> TaskView:
    return TaskView(task or a_task(), status, Metrics(4, 3, 1), given.get("results", []))


def _output(view: TaskView) -> TaskOutput:
    return replies.result_reply(view, "r-1")["output"]


def test_chat_reply_has_the_documents_keys_and_more() -> None:
    answer = ChatAnswer("Hi", "qwen-plus", "stop", {"total_tokens": 3})
    assert replies.chat_reply(answer, "r-1") == {
        "message": "Hi",
        "code": 200,
        "request_id": "r-1",
        "model": "qwen-plus",
        "usage": {"total_tokens": 3},
        "finish_reason": "stop",
    }


def test_submitted_reply_is_the_documents() -> None:
    expected = {"output": {"task_id": TASK_ID, "task_status": "PENDING"}, "request_id": "r-1"}
    assert replies.submitted_reply(a_task(), "r-1") == expected


def test_submitted_reply_says_what_was_changed() -> None:
    assert replies.submitted_reply(a_task(notices=[NOTICE]), "r-1")["warnings"] == [NOTICE]


@pytest.mark.parametrize(("slot_at", "seconds"), [(None, 2), (NOW - DAY, 2), (NOW, 2), (NOW + 7_900, 9)])
def test_retry_after_waits_for_the_slot(slot_at: int | None, seconds: int) -> None:
    assert replies.retry_after(a_task(a_job(slot_at=slot_at)), NOW) == seconds


def test_retry_after_waits_for_the_last_slot() -> None:
    task = a_task(a_job(slot_at=NOW + 5 * SECOND), a_job(slot_at=NOW + 10 * SECOND), a_job())
    assert replies.retry_after(task, NOW) == 12


def test_retry_after_leaves_a_task_alone_that_gets_no_functions() -> None:
    """Each look would take one of them."""
    assert replies.retry_after(a_task(created_at=NOW - 60_000), NOW) == 5


def test_look_again_says_where_and_when() -> None:
    task = a_task(a_job(slot_at=NOW + 7 * SECOND))
    assert replies.look_again(task, "../wanxiang-results?task_id=", NOW) == {
        "Location": f"../wanxiang-results?task_id={TASK_ID}",
        "Retry-After": "9",
    }


@pytest.mark.parametrize("status", TaskStatus)
def test_result_reply_tells_both_sizes_where_another_is_made(status: TaskStatus) -> None:
    task = a_task(requested_size="1024*1024", parameters={"n": 1, "size": "1328*1328"})
    output = _output(_view(status, task))
    assert (output["requested_size"], output["size"]) == ("1024*1024", "1328*1328")


def test_result_reply_does_not_speak_of_a_size_that_is_the_one_asked_for() -> None:
    output = _output(_view(TaskStatus.SUCCEEDED, a_task(parameters={"n": 1, "size": "1328*1328"})))
    assert not {"requested_size", "size"} & set(output)


def test_result_reply_of_a_running_task_is_the_documents() -> None:
    reply = replies.result_reply(_view(TaskStatus.RUNNING), "r-1")
    assert reply == {
        "request_id": "r-1",
        "output": {
            "task_id": TASK_ID,
            "task_status": "RUNNING",
            "submit_time": "2026-01-15 20:00:00.250",
            "task_metrics": {"TOTAL": 4, "SUCCEEDED": 3, "FAILED": 1},
        },
    }


def test_result_reply_of_a_task_that_succeeded_has_its_pictures() -> None:
    results = [{"url": "https://one.example"}, {"code": "InternalError.Timeout", "message": "Late."}]
    assert _output(_view(TaskStatus.SUCCEEDED, results=results))["results"] == results


def test_result_reply_counts_what_is_billed() -> None:
    reply = replies.result_reply(_view(TaskStatus.SUCCEEDED), "r-1")
    assert reply["usage"] == {"image_count": 3}


@pytest.mark.parametrize("status", [status for status in TaskStatus if status is not TaskStatus.SUCCEEDED])
def test_result_reply_bills_nothing_before_it_succeeded(status: TaskStatus) -> None:
    assert "usage" not in replies.result_reply(_view(status), "r-1")


def test_result_reply_of_a_failed_task_says_why() -> None:
    output = _output(_view(TaskStatus.FAILED, a_task(error=BROKEN)))
    assert (output["code"], output["message"]) == (BROKEN.code, BROKEN.message)


def test_result_reply_tells_the_times_of_china() -> None:
    job = a_job(status=JobStatus.SUBMITTED, sent_at=NOW + 1_005)
    output = _output(_view(TaskStatus.SUCCEEDED, a_task(job, ended_at=NOW + DAY)))
    assert (output["scheduled_time"], output["end_time"]) == (
        "2026-01-15 20:00:01.255",
        "2026-01-16 20:00:00.250",
    )


def test_result_reply_tells_when_the_first_job_was_sent() -> None:
    jobs = [a_job(status=JobStatus.SUBMITTED, sent_at=NOW + late * SECOND) for late in (9, 3)]
    output = _output(_view(TaskStatus.RUNNING, a_task(*jobs)))
    assert output["scheduled_time"] == "2026-01-15 20:00:03.250"


def test_result_reply_does_not_call_a_job_sent_that_will_be_sent_again() -> None:
    output = _output(_view(TaskStatus.PENDING, a_task(a_job(status=JobStatus.READY, sent_at=NOW))))
    assert "scheduled_time" not in output


def test_result_reply_says_what_was_changed() -> None:
    assert replies.result_reply(_view(TaskStatus.RUNNING, a_task(notices=[NOTICE])), "r-1")["warnings"] == [
        NOTICE
    ]


def test_task_failure_is_the_documented_400() -> None:
    failure = Failure(code="DataInspectionFailed", message="No.", upstream_status=200)
    error = replies.task_failure(_view(TaskStatus.FAILED, a_task(error=failure)))
    assert (error.status, error.code, error.message) == (400, "DataInspectionFailed", "No.")


def test_task_failure_shows_upstreams_status() -> None:
    failure = Failure(code="AccessDenied", message="No.", upstream_status=403)
    error = replies.task_failure(_view(TaskStatus.FAILED, a_task(error=failure)))
    assert error.headers == {"X-DashScope-Status": "403"}


def test_task_failure_has_words_of_its_own_for_want_of_a_reason() -> None:
    error = replies.task_failure(_view(TaskStatus.FAILED))
    assert (error.status, error.message) == (400, "The task failed.")


def test_unknown_reply_is_dashscopes() -> None:
    assert replies.unknown_reply("some-id", "r-1") == {
        "request_id": "r-1",
        "output": {"task_id": "some-id", "task_status": "UNKNOWN"},
    }
