"""DashScope's operations: what is sent where, for how long, and how often it may be."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.fakes.records import LINK, NOW, UPSTREAM_ID
from tests.unit.tongyi.gateways.dashscope.connecting import FakeConnection
from tests.unit.tongyi.gateways.dashscope.policies import POLICY
from tongyi.errors import UpstreamAmbiguous
from tongyi.gateways.dashscope.client import LIST_PAGE, MOST_PAGES, DashScope
from tongyi.models.tasks.status import TaskStatus
from tongyi.models.workflow.upstream import ChatAnswer, ListedTask, Submitted, UpstreamPicture, UpstreamTask

SUBMITTED = {"output": {"task_id": UPSTREAM_ID}, "request_id": "r-1"}
MADE = {"output": {"choices": [{"message": {"content": [{"image": LINK}]}}]}}
SAID = {"output": {"choices": [{"message": {"content": "Hi"}}]}, "usage": {}}


def test_submit_asks_for_a_task() -> None:
    connection = FakeConnection(SUBMITTED)
    done = DashScope(connection).submit("wanx-v1", {"prompt": "a cat"}, {"n": 2})
    assert done == Submitted(UPSTREAM_ID, "r-1")
    assert connection.asked == {
        "once": "/api/v1/services/aigc/text2image/image-synthesis",
        "seconds": 12,
        "body": {"model": "wanx-v1", "input": {"prompt": "a cat"}, "parameters": {"n": 2}},
        "headers": {"X-DashScope-Async": "enable"},
    }


@pytest.mark.parametrize(
    ("link", "resolved"),
    [("oss://dashscope-instant/ab12/猫.png", True), ("https://example.com/cat.png", False)],
)
def test_submit_has_an_upload_resolved(link: str, resolved: bool) -> None:
    connection = FakeConnection(SUBMITTED)
    DashScope(connection).submit("wanx-v1", {"prompt": "a cat", "ref_img": link}, {"n": 1})
    more = {"X-DashScope-OssResourceResolve": "enable"} if resolved else {}
    assert connection.asked["headers"] == {"X-DashScope-Async": "enable", **more}


def test_generate_says_everything_in_one_message() -> None:
    connection = FakeConnection(MADE)
    given = {"prompt": "a cat", "negative_prompt": "a dog"}
    made = DashScope(connection).generate("qwen-image-max", given, {"n": 1, "seed": 7})
    assert made == (UpstreamPicture(url=LINK),)
    assert connection.asked == {
        "once": "/api/v1/services/aigc/multimodal-generation/generation",
        "seconds": 120,
        "body": {
            "model": "qwen-image-max",
            "input": {"messages": [{"role": "user", "content": [{"text": "a cat"}]}]},
            "parameters": {"negative_prompt": "a dog", "n": 1, "seed": 7},
        },
        "headers": {},
    }


def test_query_asks_for_the_task() -> None:
    connection = FakeConnection({"output": {"task_status": "RUNNING"}})
    assert DashScope(connection).query(UPSTREAM_ID) == UpstreamTask(TaskStatus.RUNNING)
    assert connection.asked == {"again": f"GET /api/v1/tasks/{UPSTREAM_ID}", "seconds": 8, "query": {}}


def test_query_may_have_less_time() -> None:
    connection = FakeConnection({"output": {"task_status": "RUNNING"}})
    DashScope(connection).query(UPSTREAM_ID, 3.5)
    assert connection.asked["seconds"] == 3.5


def test_cancel_is_within_the_seconds_it_is_given() -> None:
    connection = FakeConnection({"request_id": "r-1"})
    DashScope(connection).cancel(UPSTREAM_ID, 3.5)
    assert connection.asked == {
        "again": f"POST /api/v1/tasks/{UPSTREAM_ID}/cancel",
        "seconds": 3.5,
        "query": {},
    }


def test_tasks_between_are_asked_for_in_chinas_time() -> None:
    connection = FakeConnection({"data": [{"task_id": "a"}]})
    assert DashScope(connection).tasks_between("wanx-v1", NOW, NOW + 61_000) == [ListedTask("a")]
    assert connection.asked == {
        "again": "GET /api/v1/tasks/",
        "seconds": 8,
        "query": {
            "model_name": "wanx-v1",
            "start_time": "20260115200000",
            "end_time": "20260115200102",
            "page_no": 1,
            "page_size": 100,
        },
    }


class PagedConnection(FakeConnection):
    """A list of so many tasks, in pages."""

    def __init__(self, tasks: int) -> None:
        super().__init__(None)
        self.tasks = tasks

    def again(self, method: str, path: str, seconds: float, parse: Any, *, query: Any = None) -> Any:
        start = (query["page_no"] - 1) * query["page_size"]
        numbers = range(start, min(self.tasks, start + query["page_size"]))
        return parse({"data": [{"task_id": f"{number}"} for number in numbers]})


@pytest.mark.parametrize("tasks", [0, 99, 100, 101, 250])
def test_tasks_between_are_read_to_the_last_page(tasks: int) -> None:
    found = DashScope(PagedConnection(tasks)).tasks_between("wanx-v1", NOW, NOW)
    assert [task.task_id for task in found] == [f"{number}" for number in range(tasks)]


def test_tasks_between_are_not_cut_off_in_silence() -> None:
    """What is missing would be taken for absent."""
    with pytest.raises(UpstreamAmbiguous):
        DashScope(PagedConnection(MOST_PAGES * LIST_PAGE)).tasks_between("wanx-v1", NOW, NOW)


def test_upload_policy_is_asked_for_by_model() -> None:
    connection = FakeConnection({"data": POLICY})
    assert DashScope(connection).upload_policy("wanx-v1") == POLICY
    assert connection.asked == {
        "again": "GET /api/v1/uploads",
        "seconds": 8,
        "query": {"action": "getPolicy", "model": "wanx-v1"},
    }


def _chats(connection: FakeConnection) -> dict[str, Any]:
    dashscope, body = DashScope(connection), {"model": "qwen-plus"}
    return {
        "/api/v1/services/aigc/text-generation/generation chat": lambda: dashscope.chat("m", body, 7.5),
        "/api/v1/services/aigc/text-generation/generation": lambda: dashscope.generate_text(body, 7.5),
        "/compatible-mode/v1/chat/completions": lambda: dashscope.complete_chat(body, 7.5),
    }


@pytest.mark.parametrize("chat", _chats(FakeConnection(None)))
def test_chats_are_sent_once_as_they_are_and_within_their_seconds(chat: str) -> None:
    connection = FakeConnection({**SAID, "choices": [{}]})
    _chats(connection)[chat]()
    assert connection.asked == {
        "once": chat.removesuffix(" chat"),
        "seconds": 7.5,
        "body": {"model": "qwen-plus"},
        "headers": {},
    }


def test_chats_are_answered_each_in_its_shape() -> None:
    said = {**SAID, "choices": [{}], "id": "c-1"}
    dashscope = DashScope(FakeConnection(said))
    assert dashscope.chat("qwen-plus", {}, 1) == ChatAnswer("Hi", "qwen-plus", None)
    assert dashscope.generate_text({}, 1) == SAID
    assert dashscope.complete_chat({}, 1) == said
