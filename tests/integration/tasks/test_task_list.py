"""GET /api/v1/tasks/: the caller's own tasks, newest first, in pages."""

from __future__ import annotations

import time
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import pytest

from tests.integration.dialects import TASKS, bearer, cancel, synthesize
from tests.integration.images.generating import RESPOND_ASYNC, generate, new_prompt, order, task_id
from tests.support.api_gateway import Reply
from tests.support.gateway import Gateway
from tests.workflow.records import await_true, job_of, record, tasks
from tongyi.models.tasks.records import JobRecord, TaskRecord
from tongyi.models.tasks.status import JobStatus, TaskStatus

DAY_MS = 24 * 3600 * 1000
# A moment of this day, and how it is written in China.
MIDNIGHT_MS = 1_767_196_800_000
MIDNIGHT = "20260101000000"


@dataclass(frozen=True)
class Owner:
    """Somebody who has tasks, and nobody else knows of."""

    gateway: Gateway
    name: str
    headers: dict[str, str]

    def asks(self, **query: Any) -> Reply:
        """Asks for the list."""
        asked = f"?{urlencode(query)}" if query else ""
        return self.gateway.request("GET", f"{TASKS}/{asked}", headers=self.headers)

    def listed(self, **query: Any) -> list[str]:
        """The tasks on a page, as they come."""
        reply = self.asks(**query)
        assert reply.status == 200, reply.text
        return [entry["task_id"] for entry in reply.body["data"]]

    def has(self, created_at: int, **facts: Any) -> str:
        """Writes down a task of the owner's that was created at that moment."""
        task = TaskRecord(
            task_id=str(uuid.uuid4()),
            owner=self.name,
            model=facts.pop("model", "wanx-v1"),
            input={"prompt": "a cat"},
            parameters={"n": 1},
            created_at=created_at,
            expires_at=facts.pop("expires_at", int(time.time()) + 3600),
            jobs={0: JobRecord(n=1)},
            **facts,
        )
        assert tasks(self.gateway).create(task)
        return task.task_id


@pytest.fixture
def owner(prompt_gateway: Gateway) -> Owner:
    """Somebody new."""
    name = f"owner-{uuid.uuid4()}"
    return Owner(prompt_gateway, name, bearer(prompt_gateway, name))


def now_ms() -> int:
    return time.time_ns() // 1_000_000


def china(at_ms: int) -> str:
    """A moment as a list takes it."""
    moment = datetime.fromtimestamp(at_ms / 1000, UTC) + timedelta(hours=8)
    return moment.strftime("%Y%m%d%H%M%S")


def test_task_list_shows_a_task_as_dashscope_does(prompt_gateway: Gateway, owner: Owner) -> None:
    task = task_id(synthesize(prompt_gateway, order("wanx-v1", new_prompt()), owner.headers))
    prompt_gateway.wait_for(task)

    reply = owner.asks()

    found = record(prompt_gateway, task)
    entry = {
        "task_id": task,
        "status": "SUCCEEDED",
        "model_name": "wanx-v1",
        "gmt_create": found.created_at,
        "start_time": found.first_sent_at,
        "end_time": found.ended_at,
    }
    page = {"total": 1, "total_page": 1, "page_no": 1, "page_size": 10}
    assert (reply.status, reply.body) == (
        200,
        {"request_id": reply.body["request_id"], "data": [entry], **page},
    )


def test_task_list_is_empty_for_who_has_none(owner: Owner) -> None:
    body = owner.asks().body

    page = {"data": [], "total": 0, "total_page": 0, "page_no": 1, "page_size": 10}
    assert body == {"request_id": body["request_id"], **page}


def test_task_list_shows_nobody_elses_tasks(
    prompt_gateway: Gateway, owner: Owner, bob: dict[str, str]
) -> None:
    own = task_id(generate(prompt_gateway, order("wanx-v1", new_prompt()), owner.headers))
    others = [
        task_id(generate(prompt_gateway, order("wanx-v1", new_prompt()), headers)) for headers in (bob, {})
    ]

    assert owner.listed() == [own]
    assert [owner.listed(task_id=task) for task in others] == [[], []]


def test_task_list_shows_the_tasks_of_all_keys_of_an_owner(prompt_gateway: Gateway, owner: Owner) -> None:
    task = owner.has(now_ms())

    other = bearer(prompt_gateway, owner.name)

    listed = prompt_gateway.request("GET", TASKS, headers=other).body["data"]
    assert [entry["task_id"] for entry in listed] == [task]


def test_task_list_shows_tasks_of_every_route(prompt_gateway: Gateway, owner: Owner) -> None:
    first = task_id(prompt_gateway.submit({"prompt": new_prompt()}, owner.headers))
    second = task_id(synthesize(prompt_gateway, order("wanx-v1", new_prompt()), owner.headers))
    third = task_id(generate(prompt_gateway, order("qwen-image-2.0", new_prompt()), owner.headers))

    assert owner.listed() == [third, second, first]


def test_task_list_shows_how_far_a_task_has_come(slow: Gateway, owner: Owner) -> None:
    task = task_id(generate(slow, order("wanx-v1", new_prompt()), {**owner.headers, **RESPOND_ASYNC}))
    await_true(lambda: job_of(slow, task).status is JobStatus.SUBMITTED, "a submission")
    (pending,) = owner.asks().body["data"]
    cancel(slow, task, owner.headers)
    (canceled,) = owner.asks().body["data"]

    assert (pending["status"], canceled["status"]) == ("PENDING", "CANCELED")
    assert ("end_time" in pending, "end_time" in canceled) == (False, True)


@pytest.mark.parametrize("status", [TaskStatus.SUCCEEDED, TaskStatus.FAILED, TaskStatus.CANCELED])
def test_task_list_finds_by_status(owner: Owner, status: TaskStatus) -> None:
    owner.has(now_ms() - 1)
    ended = owner.has(now_ms(), status=status, ended_at=now_ms())

    assert owner.listed(status=str(status)) == [ended]


def test_task_list_finds_by_model_and_by_id(owner: Owner) -> None:
    plus = owner.has(now_ms() - 1, model="qwen-image-plus")
    wanx = owner.has(now_ms())

    assert owner.listed(model_name="qwen-image-plus") == [plus]
    assert owner.listed(task_id=wanx) == [wanx]
    assert owner.listed(task_id=wanx, model_name="qwen-image-plus") == []
    assert owner.listed(model_name="no-such-model") == []


def test_task_list_comes_in_pages(owner: Owner) -> None:
    now = now_ms()
    newest_first = [owner.has(now - place) for place in range(5)]

    pages = [owner.asks(page_no=number, page_size=2).body for number in (1, 2, 3, 4)]

    assert [[entry["task_id"] for entry in page["data"]] for page in pages] == [
        newest_first[:2],
        newest_first[2:4],
        newest_first[4:],
        [],
    ]
    assert {(page["total"], page["total_page"], page["page_size"]) for page in pages} == {(5, 3, 2)}
    assert [page["page_no"] for page in pages] == [1, 2, 3, 4]


def test_task_list_shows_the_last_day_where_no_time_is_said(owner: Owner) -> None:
    owner.has(now_ms() - DAY_MS - 60_000)
    inside = owner.has(now_ms() - DAY_MS + 60_000)

    assert owner.listed() == [inside]


def test_task_list_takes_times_in_china_with_both_ends(owner: Owner) -> None:
    owner.has(MIDNIGHT_MS - 1)
    first = owner.has(MIDNIGHT_MS)
    last = owner.has(MIDNIGHT_MS + 10_999)
    owner.has(MIDNIGHT_MS + 11_000)

    assert china(MIDNIGHT_MS) == MIDNIGHT
    assert owner.listed(start_time=MIDNIGHT, end_time="20260101000010") == [last, first]


@pytest.mark.parametrize("name", ["start_time", "end_time"])
def test_task_list_shows_a_day_from_or_until_a_time(owner: Owner, name: str) -> None:
    sign = 1 if name == "start_time" else -1
    owner.has(MIDNIGHT_MS - sign * 60_000)
    inside = owner.has(MIDNIGHT_MS + sign * (DAY_MS - 60_000))
    owner.has(MIDNIGHT_MS + sign * (DAY_MS + 60_000))

    assert owner.listed(**{name: MIDNIGHT}) == [inside]


def test_task_list_leaves_out_what_has_expired(owner: Owner) -> None:
    owner.has(now_ms() - 1, expires_at=int(time.time()) - 1)
    kept = owner.has(now_ms())

    assert (owner.listed(), owner.asks().body["total"]) == ([kept], 1)


@pytest.mark.parametrize(
    ("query", "name"),
    [
        ({"start_time": "2026-01-01"}, "start_time"),
        ({"end_time": "20261301000000"}, "end_time"),
        ({"start_time": "20260102000000", "end_time": "20260101000000"}, "start_time"),
        ({"start_time": "20260101000000", "end_time": "20260102000001"}, "start_time"),
        ({"status": "DONE"}, "status"),
        ({"page_no": 0}, "page_no"),
        ({"page_size": 101}, "page_size"),
        ({"page_size": "many"}, "page_size"),
    ],
    ids=str,
)
def test_task_list_names_the_parameter_that_is_wrong(owner: Owner, query: dict[str, Any], name: str) -> None:
    reply = owner.asks(**query)

    assert (reply.status, reply.body["code"]) == (400, "InvalidParameter")
    assert reply.body["message"].startswith(f"{name}: ")


def test_task_list_passes_over_what_the_sdk_says_besides(owner: Owner) -> None:
    task = owner.has(now_ms())

    assert owner.listed(region="cn-beijing", api_key_id="1", status="", model_name="") == [task]


def test_task_list_needs_a_key(prompt_gateway: Gateway) -> None:
    assert prompt_gateway.request("GET", f"{TASKS}/").status == 401
