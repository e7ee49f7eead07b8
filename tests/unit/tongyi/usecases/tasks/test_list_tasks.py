"""Lists of a caller's tasks."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.fakes.gateways import FakeClock, FakeTaskTable
from tests.support.fakes.records import DAY, NOW, SECOND, a_job, a_task
from tongyi.errors import InvalidParameter
from tongyi.models.tasks.records import JobRecord, TaskRecord, TaskSummary
from tongyi.models.tasks.status import JobStatus, TaskStatus
from tongyi.usecases.tasks.list_tasks import ListedTask, ListTasks, TaskPage

RUNNING = a_job(status=JobStatus.SUBMITTED, upstream_status=TaskStatus.RUNNING)


def _task(name: str, *jobs: JobRecord, ago: int = 0, **given: Any) -> TaskRecord:
    made: dict[str, Any] = {"task_id": name, "owner": "alice", "created_at": NOW - ago, **given}
    return a_task(*jobs, **made)


def _page(*tasks: TaskRecord, owner: str = "alice", **query: str) -> TaskPage:
    return ListTasks(FakeTaskTable(*tasks), FakeClock()).run(query, owner)


def _found(*tasks: TaskRecord, **query: str) -> list[str]:
    return [entry.task.task_id for entry in _page(*tasks, **query).entries]


def test_list_shows_a_task_and_how_far_it_has_come() -> None:
    task = _task("one", RUNNING)
    summary = TaskSummary.model_validate(task.model_dump())
    listed = [ListedTask(summary, TaskStatus.RUNNING)]
    assert _page(task) == TaskPage(listed, total=1, page_no=1, page_size=10)


def test_list_is_empty_where_there_is_nothing() -> None:
    page = _page()
    assert (page, page.total_pages) == (TaskPage([], 0, 1, 10), 0)


def test_list_has_the_newest_first() -> None:
    assert _found(_task("old", ago=2), _task("new"), _task("older", ago=3)) == ["new", "old", "older"]


def test_list_has_nothing_that_is_anothers_or_nobodys() -> None:
    tasks = (_task("mine"), _task("bobs", owner="bob"), _task("nobodys", owner=None))
    assert _found(*tasks) == ["mine"]


def test_list_goes_a_day_back() -> None:
    tasks = (_task("in time", ago=DAY), _task("too old", ago=DAY + 1))
    assert _found(*tasks) == ["in time"]


def test_list_has_what_was_made_within_the_last_second_of_the_span() -> None:
    """NOW is 250 ms after 20:00 in China."""
    tasks = (_task("same second"), _task("next second", ago=-SECOND))
    assert _found(*tasks, end_time="20260115200000") == ["same second"]


def test_list_leaves_out_what_has_expired() -> None:
    tasks = (
        _task("expired", expires_at=NOW // SECOND),
        _task("last second", expires_at=NOW // SECOND + 1),
    )
    page = _page(*tasks)
    assert ([entry.task.task_id for entry in page.entries], page.total) == (["last second"], 1)


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ({"task_id": "two"}, ["two"]),
        ({"task_id": "none"}, []),
        ({"model_name": "qwen-image-plus"}, ["two", "three"]),
        ({"model_name": "qwen-image"}, []),
        ({"status": "PENDING"}, ["one", "two"]),
        ({"status": "RUNNING"}, ["three"]),
        ({"status": "FAILED"}, ["four"]),
        ({"status": "UNKNOWN"}, []),
        ({"status": "PENDING", "model_name": "qwen-image-plus"}, ["two"]),
        ({"status": "PENDING", "model_name": "qwen-image-plus", "task_id": "one"}, []),
    ],
)
def test_list_has_what_fits_every_filter(query: dict[str, str], names: list[str]) -> None:
    """The status is the one that its owner sees, which is written down only once the task has ended."""
    tasks = (
        _task("one", ago=1),
        _task("two", ago=2, model="qwen-image-plus"),
        _task("three", RUNNING, ago=3, model="qwen-image-plus"),
        _task("four", ago=4, status=TaskStatus.FAILED, ended_at=NOW),
    )
    page = _page(*tasks, **query)
    assert ([entry.task.task_id for entry in page.entries], page.total) == (names, len(names))


def test_list_finds_no_foreign_task_by_its_id() -> None:
    assert _found(_task("bobs", owner="bob"), task_id="bobs") == []


@given(st.integers(0, 25), st.integers(1, 12))
def test_pages_are_all_of_the_list_each_of_it_once(count: int, size: int) -> None:
    tasks = [_task(str(number), ago=number) for number in range(count)]
    pages = -(-count // size)
    found = [_page(*tasks, page_no=str(page), page_size=str(size)) for page in range(1, pages + 2)]
    listed = [[entry.task.task_id for entry in page.entries] for page in found]
    assert [name for page in listed for name in page] == [str(number) for number in range(count)]
    assert [len(page) == size for page in listed[: pages - 1]] == [True] * (pages - 1)
    assert listed[pages] == []
    assert {(page.total, page.total_pages, page.page_size) for page in found} == {(count, pages, size)}


@pytest.mark.parametrize(("total", "size", "pages"), [(0, 10, 0), (1, 10, 1), (10, 10, 1), (11, 10, 2)])
def test_page_knows_how_many_there_are(total: int, size: int, pages: int) -> None:
    assert TaskPage([], total, 1, size).total_pages == pages


def test_page_beyond_the_last_is_empty_and_knows_the_total() -> None:
    assert _page(_task("one"), page_no="2") == TaskPage([], 1, 2, 10)


def test_list_refuses_a_bad_query() -> None:
    with pytest.raises(InvalidParameter, match=r"^page_size: takes a whole number from 1 to 100\.$"):
        _page(page_size="101")
