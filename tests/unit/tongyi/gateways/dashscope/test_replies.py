"""DashScope's replies: those of its documents, and whatever else may come."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.fakes.records import UPSTREAM_ID
from tongyi.gateways.dashscope import replies
from tongyi.gateways.dashscope.replies import UnexpectedReply
from tongyi.models.tasks.records import Failure
from tongyi.models.tasks.status import TaskStatus
from tongyi.models.workflow.upstream import ChatAnswer, Submitted, UpstreamPicture, UpstreamTask

KEY = "sk-0123456789abcdef"
LATE = Failure(code="InternalError.Timeout", message="It came too late.")

NAMES = ["output", "task_id", "task_status", "results", "url", "code", "message", "task_metrics", "SUCCEEDED"]
NAMES += [
    "scheduled_time",
    "end_time",
    "FAILED",
    "choices",
    "content",
    "finish_reason",
    "usage",
    "data",
    "request_id",
    "actual_prompt",
]
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=5)
    | st.sampled_from(list(TaskStatus)),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=4),
    max_leaves=12,
)


def _task(**output: Any) -> UpstreamTask:
    return replies.task({"request_id": "r-1", "output": {"task_id": UPSTREAM_ID, **output}}, KEY)


def _pictures(*results: Any) -> tuple[UpstreamPicture, ...]:
    return _task(task_status="SUCCEEDED", results=list(results)).pictures


def _chat(**choice: Any) -> ChatAnswer:
    message = {"role": "assistant", "content": "Hi"}
    return replies.answer(
        {"output": {"choices": [{"message": message, **choice}]}, "usage": {"t": 1}}, "qwen"
    )


@given(JSON)
def test_replies_are_parsed_or_unexpected(body: Any) -> None:
    parsers = (
        lambda: replies.submitted(body),
        lambda: replies.task(body, KEY),
        lambda: replies.listed_tasks(body),
        lambda: replies.answer(body, "qwen"),
    )
    for parse in parsers:
        try:
            parse()
        except UnexpectedReply:
            continue


def test_submitted_has_the_ids() -> None:
    body = {"output": {"task_id": UPSTREAM_ID, "task_status": "PENDING"}, "request_id": "r-1"}
    assert replies.submitted(body) == Submitted(UPSTREAM_ID, "r-1")


def test_submitted_can_do_without_a_request_id() -> None:
    assert replies.submitted({"output": {"task_id": UPSTREAM_ID}}) == Submitted(UPSTREAM_ID, None)


@pytest.mark.parametrize(
    "body", [None, [], "ok", {}, {"output": None}, {"output": {"task_id": ""}}, {"output": {"task_id": 5}}]
)
def test_submitted_needs_a_task_id(body: Any) -> None:
    with pytest.raises(UnexpectedReply):
        replies.submitted(body)


@pytest.mark.parametrize("status", TaskStatus)
def test_task_has_its_status(status: TaskStatus) -> None:
    assert _task(task_status=str(status)).status is status


def test_task_of_a_status_to_come_is_still_running() -> None:
    assert _task(task_status="ADMIRED").status is TaskStatus.RUNNING


@pytest.mark.parametrize("output", [{}, {"task_status": None}, {"task_status": 1}, {"task_status": ""}])
def test_task_needs_a_status(output: dict[str, Any]) -> None:
    with pytest.raises(UnexpectedReply):
        _task(**output)


def test_task_has_its_pictures_in_order() -> None:
    assert _pictures({"url": "https://one"}, {"url": "https://two", "actual_prompt": "猫"}) == (
        UpstreamPicture(url="https://one"),
        UpstreamPicture(url="https://two", actual_prompt="猫"),
    )


def test_task_has_the_reason_for_a_picture_that_failed() -> None:
    assert _pictures({"code": LATE.code, "message": LATE.message}) == (UpstreamPicture(error=LATE),)


@pytest.mark.parametrize(
    "result", [{}, None, 1, {"url": ""}, {"url": 1}, {"url": ["https://one"]}, {"url": "one"}]
)
def test_task_has_a_reason_of_ours_for_want_of_one(result: Any) -> None:
    [picture] = _pictures(result)
    assert picture.error is not None
    assert (picture.url, picture.error.code, picture.explained) == (None, "ResultMissing", False)


def test_task_takes_words_without_a_code_for_a_reason() -> None:
    words = {"message": LATE.message}
    [picture] = _pictures(words)
    failed = Failure(code="InternalError", message=LATE.message)
    assert (picture.error, picture.explained) == (failed, True)
    assert _task(task_status="FAILED", **words).error == failed


def test_task_that_failed_may_have_no_reason() -> None:
    assert _task(task_status="FAILED", code="", message=None).error is None


@pytest.mark.parametrize("results", [None, {}, "none", 0])
def test_task_can_do_without_results(results: Any) -> None:
    assert _task(task_status="SUCCEEDED", results=results).pictures == ()


def test_task_has_upstreams_counts() -> None:
    found = _task(task_status="RUNNING", task_metrics={"TOTAL": 4, "SUCCEEDED": 2, "FAILED": 1})
    assert (found.made, found.failed) == (2, 1)


@pytest.mark.parametrize(
    "metrics", [None, [], {}, {"SUCCEEDED": None}, {"SUCCEEDED": "2"}, {"SUCCEEDED": -1}]
)
def test_task_counts_nothing_for_want_of_counts(metrics: Any) -> None:
    assert _task(task_status="RUNNING", task_metrics=metrics).made == 0


def test_task_that_failed_says_why() -> None:
    assert _task(task_status="FAILED", code=LATE.code, message=LATE.message).error == LATE


def test_task_shows_no_key_in_its_errors() -> None:
    found = _task(task_status="FAILED", code="X", message=f"{KEY}!", results=[{"code": "X", "message": KEY}])
    assert KEY not in repr(found)


def test_listed_tasks_have_their_ids_and_moments() -> None:
    moments: list[Any] = [1_736_323_439_840, None, 0, "1736323439840", 1_736_323_439]
    data = [{"task_id": f"{number}", "gmt_create": moment} for number, moment in enumerate(moments)]
    found = replies.listed_tasks({"data": data})
    assert [(task.task_id, task.created_at) for task in found] == [
        ("0", 1_736_323_439_840),
        *((f"{number}", None) for number in range(1, 5)),
    ]


def test_listed_tasks_may_be_none() -> None:
    assert replies.listed_tasks({"total": 0, "data": []}) == []


@pytest.mark.parametrize(
    "body", [None, [], {}, {"data": None}, {"data": {}}, {"data": [{"task_id": "a"}, {}]}, {"data": [None]}]
)
def test_listed_tasks_need_a_whole_list(body: Any) -> None:
    """One without must not pass for a list of nothing: a lost submission would be sent again."""
    with pytest.raises(UnexpectedReply):
        replies.listed_tasks(body)


def test_answer_has_what_was_said() -> None:
    assert _chat(finish_reason="stop") == ChatAnswer("Hi", "qwen", "stop", {"t": 1})


@pytest.mark.parametrize("reason", ["null", None, ""])
def test_answer_has_no_reason_while_it_goes_on(reason: str | None) -> None:
    assert _chat(finish_reason=reason).finish_reason is None


@pytest.mark.parametrize(
    "choices", [None, [], {}, [None], [{}], [{"message": None}], [{"message": {"content": None}}]]
)
def test_answer_needs_words(choices: Any) -> None:
    with pytest.raises(UnexpectedReply):
        replies.answer({"output": {"choices": choices}}, "qwen")


def test_answer_may_be_empty() -> None:
    assert _chat(message={"content": ""}).message == ""


@pytest.mark.parametrize("usage", [None, [], 3])
def test_answer_can_do_without_usage(usage: Any) -> None:
    body = {"output": {"choices": [{"message": {"content": "Hi"}}]}, "usage": usage}
    assert replies.answer(body, "qwen").usage == {}


BEGAN = "2025-01-08 16:03:59.840"


def test_task_tells_how_long_dashscope_was_at_it() -> None:
    task = _task(task_status="SUCCEEDED", scheduled_time=BEGAN, end_time="2025-01-08 16:04:10.660")
    assert task.worked_ms == 10_820


def test_task_tells_nothing_of_how_long_it_took_where_that_cannot_be() -> None:
    ends = [None, "", "soon", 1, BEGAN, "2025-01-08 16:03:59", "2025-01-08 20:00:00", "2025-01-08T16:05:00Z"]
    told = [_task(task_status="SUCCEEDED", scheduled_time=BEGAN, end_time=end).worked_ms for end in ends]
    assert told == [None] * len(ends)
    assert _task(task_status="SUCCEEDED", end_time=BEGAN).worked_ms is None
