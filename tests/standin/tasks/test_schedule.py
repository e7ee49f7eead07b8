"""The schedule of a task, without HTTP."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from local.standin.catalog import Limit
from local.standin.clock import DAY
from local.standin.images.links import LinkSigner
from local.standin.tasks.outcome import Fate, fate_from
from local.standin.tasks.schedule import Order, Task, TaskStore
from local.standin.tasks.views import task_view

ONE_AT_ONCE = Limit(requests=2, seconds=1.0, running=1)


def _task(fate: Fate | None = None, n: int = 2) -> Task:
    order = Order("wanx-v1", "a cat", n, "1024*1024", "<auto>", 7)
    task = Task("key", order, fate or Fate(), "request", 1000.0, pending_seconds=1, seconds_per_image=2)
    TaskStore(threading.RLock()).add(task, ONE_AT_ONCE)
    return task


def _view(task: Task, now: float) -> dict[str, Any]:
    return task_view(task, now, LinkSigner(), "http://127.0.0.1:1")


def _partial(n: int, *indexes: int, lying: bool = False) -> Fate:
    options = {"indexes": list(indexes), "code": "C", "message": "M", "lying_metrics": lying}
    return fate_from("partial", options, n)


@pytest.mark.parametrize(
    ("now", "status"),
    [
        (1000.0, "PENDING"),
        (1000.9, "PENDING"),
        (1001.0, "RUNNING"),
        (1004.9, "RUNNING"),
        (1005.0, "SUCCEEDED"),
    ],
)
def test_status_follows_the_clock(now: float, status: str) -> None:
    assert _task().status(now) == status


@pytest.mark.parametrize(("now", "succeeded"), [(1001.0, 0), (1002.9, 0), (1003.0, 1), (1004.9, 1)])
def test_metrics_grow_while_it_runs(now: float, succeeded: int) -> None:
    metrics = _view(_task(), now)["output"]["task_metrics"]
    assert metrics == {"TOTAL": 2, "SUCCEEDED": succeeded, "FAILED": 0}


def test_failed_pictures_are_counted_as_they_fail() -> None:
    assert _view(_task(_partial(2, 0)), 1003.0)["output"]["task_metrics"]["FAILED"] == 1


def test_a_task_is_forgotten_a_day_after_its_end() -> None:
    task = _task()
    assert _view(task, 1005.0 + DAY) == {"output": {"task_id": task.id, "task_status": "UNKNOWN"}}


def test_a_task_is_remembered_until_a_day_after_its_end() -> None:
    assert _task().status(1004.9 + DAY) == "SUCCEEDED"


def test_usage_counts_only_what_succeeded() -> None:
    assert _view(_task(_partial(2, 1)), 2000.0)["usage"] == {"image_count": 1}


def test_a_partial_result_carries_code_and_message_in_its_place() -> None:
    results = _view(_task(_partial(2, 0)), 2000.0)["output"]["results"]
    assert (results[0], list(results[1])) == ({"code": "C", "message": "M"}, ["url"])


def test_lying_metrics_claim_that_all_succeeded() -> None:
    view = _view(_task(_partial(2, 0, lying=True)), 2000.0)
    assert view["output"]["task_metrics"] == {"TOTAL": 2, "SUCCEEDED": 2, "FAILED": 0}


def test_a_task_whose_pictures_all_fail_is_failed() -> None:
    assert _task(_partial(2, 0, 1)).status(2000.0) == "FAILED"


def test_a_partial_failure_beyond_the_last_picture_changes_nothing() -> None:
    assert len(_view(_task(_partial(1, 3), n=1), 2000.0)["output"]["results"]) == 1


def test_a_failed_task_counts_every_picture_as_failed() -> None:
    output = _view(_task(Fate(failure=("C", "M")), n=4), 2000.0)["output"]
    assert output["task_metrics"] == {"TOTAL": 4, "SUCCEEDED": 0, "FAILED": 4}


def test_a_failed_task_names_code_and_message() -> None:
    output = _view(_task(Fate(failure=("C", "M"))), 2000.0)["output"]
    assert (output["task_status"], output["code"], output["message"]) == ("FAILED", "C", "M")


@pytest.mark.parametrize("status", ["PENDING", "RUNNING", "SUSPENDED", "SOMETHING_NEW"])
def test_a_stuck_task_keeps_its_status(status: str) -> None:
    assert _task(Fate(stuck=status)).status(1000.0 + DAY / 2) == status


def test_a_stuck_task_is_forgotten_too() -> None:
    assert _task(Fate(stuck="RUNNING")).status(1000.0 + DAY) == "UNKNOWN"


def test_slowness_stretches_the_running_time() -> None:
    assert _task(Fate(slowness=10.0)).ends == 1041.0


def test_no_times_are_told_before_they_have_come() -> None:
    output = _view(_task(), 1000.5)["output"]
    assert not {"scheduled_time", "end_time"} & set(output)


def test_a_task_without_duration_is_over_at_once() -> None:
    order = Order("wanx-v1", "a cat", 4, "1024*1024", "<auto>", 7)
    task = Task("key", order, Fate(), "request", 1000.0, pending_seconds=0, seconds_per_image=0)
    TaskStore(threading.RLock()).add(task, ONE_AT_ONCE)
    assert _view(task, 1000.0)["output"]["task_metrics"]["SUCCEEDED"] == 4
