"""Orders of more pictures than a call makes: jobs that cover them once, in slots of their own, with a seed each."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.fakes.circuits import a_circuit
from tests.support.fakes.dashscope import FakeDashScope
from tests.support.fakes.gateways import (
    FakeClock,
    FakeQuotaTable,
    FakeSlotTable,
    FakeSubmissionTable,
    FakeTaskTable,
    FakeUploadTable,
    FakeWorkflow,
)
from tests.support.fakes.records import LINK, NOW, TASK_ID, a_job, a_task
from tongyi.config import SubmissionSettings
from tongyi.errors import DailyLimitExceeded, QueueFull
from tongyi.models.images.bodies import parse_lenient_request
from tongyi.models.images.catalog import IMAGE_MODELS, Dialect, image_model
from tongyi.models.images.request import ImageRequest
from tongyi.models.tasks.records import JobRecord, TaskRecord
from tongyi.models.tasks.status import JobStatus
from tongyi.models.workflow.payloads import JobRef
from tongyi.models.workflow.upstream import Submitted, UpstreamPicture
from tongyi.usecases.tasks.submit_images import SubmitImages
from tongyi.usecases.workflow.dispatch_job import DispatchJob
from tongyi.usecases.workflow.find_submission import FindSubmission
from tongyi.usecases.workflow.send_job import SendJob

SETTINGS = SubmissionSettings("arn", 30, 10, 60, 3)
MODEL = st.sampled_from(sorted(IMAGE_MODELS))


def _request(model: str, **parameters: Any) -> ImageRequest:
    return parse_lenient_request({"model": model, "input": {"prompt": "a cat"}, "parameters": parameters})


class Case:
    """A submission of the images route."""

    def __init__(self) -> None:
        self.tasks, self.slots, self.quotas = FakeTaskTable(), FakeSlotTable(), FakeQuotaTable()
        self.workflow, self.clock = FakeWorkflow(), FakeClock()
        gateways = (self.tasks, self.slots, self.quotas, FakeUploadTable(), self.workflow)
        self.submit = SubmitImages(*gateways, a_circuit(self.clock), SETTINGS, self.clock)

    def place(self, model: str, owner: str | None = "alice", **parameters: Any) -> TaskRecord:
        return self.submit.place(_request(model, **parameters), owner).task


def _numbers(job: JobRecord) -> list[int]:
    return list(range(job.first_image, job.first_image + job.n))


def _seeds(model: str, seed: int, count: int) -> list[int]:
    """The seeds of the calls that an order of so many pictures makes."""
    task = Case().place(model, n=count, seed=seed)
    sent: list[int] = []
    for number in task.jobs:
        tasks, clock = FakeTaskTable(task), FakeClock()
        message = image_model(model).dialect is Dialect.MESSAGE
        upstream = FakeDashScope((UpstreamPicture(url=LINK),) if message else Submitted("up", None))
        submissions = FakeSubmissionTable(tasks)
        find = FindSubmission(tasks, submissions, upstream, 45, clock)
        send = SendJob(tasks, submissions, upstream, find, 2, clock)
        dispatch = DispatchJob(tasks, FakeSlotTable(), submissions, send, find, a_circuit(clock), 2, clock)
        dispatch.run(JobRef(task_id=task.task_id, job=number))
        sent += [call[3]["seed"] for call in upstream.calls]
    return sent


@given(MODEL, st.data())
def test_jobs_cover_every_picture_once(model: str, data: st.DataObject) -> None:
    count = data.draw(st.integers(1, image_model(model).max_images))
    jobs = Case().place(model, n=count).jobs
    covered = [number for job in jobs.values() for number in _numbers(job)]
    assert covered == list(range(1, count + 1))


@given(MODEL, st.data())
def test_jobs_have_no_more_pictures_than_a_call_makes(model: str, data: st.DataObject) -> None:
    count = data.draw(st.integers(1, image_model(model).max_images))
    jobs = Case().place(model, n=count).jobs
    assert all(1 <= job.n <= image_model(model).images_per_call for job in jobs.values())


@given(MODEL, st.data())
def test_jobs_are_as_few_as_can_be(model: str, data: st.DataObject) -> None:
    count = data.draw(st.integers(1, image_model(model).max_images))
    jobs = Case().place(model, n=count).jobs
    assert list(jobs) == list(range(-(-count // image_model(model).images_per_call)))


@pytest.mark.parametrize(
    ("model", "count", "jobs"),
    [
        ("wanx-v1", 4, 1),
        ("qwen-image-plus", 3, 3),
        ("qwen-image-max", 4, 4),
        ("qwen-image-2.0", 6, 1),
        ("qwen-image-2.0-pro", 1, 1),
    ],
)
def test_order_has_as_many_jobs_as_calls_are_needed(model: str, count: int, jobs: int) -> None:
    case = Case()
    task = case.place(model, n=count)
    [start] = case.workflow.started
    assert start.jobs == [
        JobRef(task_id=task.task_id, created_at=task.created_at, job=number) for number in range(jobs)
    ]
    assert (task.total, len(task.jobs)) == (count, jobs)


def test_order_remembers_the_size_that_was_asked_for() -> None:
    task = Case().place("qwen-image-plus", size="1024*1024")
    assert (task.requested_size, task.parameters["size"]) == ("1024*1024", "1328*1328")
    assert [notice["code"] for notice in task.notices] == ["SizeMapped"]


def test_order_without_a_key_is_counted_by_its_pictures() -> None:
    case = Case()
    case.place("qwen-image-max", owner=None, n=3)
    assert case.quotas.used["images"] == 3


def test_order_that_is_too_much_for_the_day_is_not_placed() -> None:
    case = Case()
    case.quotas.used["images"] = 8
    with pytest.raises(DailyLimitExceeded):
        case.place("qwen-image-max", owner=None, n=3)
    assert (case.tasks.tasks, case.workflow.started) == ({}, [])


def test_order_does_not_join_the_long_line_of_its_model() -> None:
    case = Case()
    case.slots.next_at = {"qwen-image-max": NOW + 61_000}
    with pytest.raises(QueueFull):
        case.place("qwen-image-max")
    assert case.place("qwen-image-2.0-pro").model == "qwen-image-2.0-pro"


def test_order_is_placed_without_waiting() -> None:
    case = Case()
    task = case.place("qwen-image-max")
    assert (case.clock.slept, [start.task_id for start in case.workflow.started]) == ([], [task.task_id])


@pytest.mark.parametrize("model", ["qwen-image-plus", "qwen-image-max"])
def test_seeds_of_the_calls_follow_each_other(model: str) -> None:
    assert _seeds(model, 42, 4) == [42, 43, 44, 45]


@pytest.mark.parametrize("model", ["qwen-image-plus", "qwen-image-max"])
def test_seeds_begin_anew_after_the_largest(model: str) -> None:
    most = image_model(model).max_seed
    assert _seeds(model, most - 1, 4) == [most - 1, most, 0, 1]


@given(st.sampled_from(["qwen-image-plus", "qwen-image-max"]), st.data())
def test_seeds_are_all_different_and_in_range(model: str, data: st.DataObject) -> None:
    most = image_model(model).max_seed
    seeds = _seeds(model, data.draw(st.integers(0, most)), 4)
    assert len(set(seeds)) == 4
    assert all(0 <= seed <= most for seed in seeds)


def test_seed_of_a_single_call_is_the_orders_own() -> None:
    assert _seeds("wanx-v1", 42, 4) == [42]


def test_calls_have_no_seed_where_none_was_ordered() -> None:
    task = a_task(a_job(n=1, first_image=2), model="qwen-image-max", parameters={"n": 2})
    tasks, clock = FakeTaskTable(task), FakeClock()
    submissions = FakeSubmissionTable(tasks)
    upstream = FakeDashScope((UpstreamPicture(url=LINK),))
    find = FindSubmission(tasks, submissions, upstream, 45, clock)
    send = SendJob(tasks, submissions, upstream, find, 2, clock)
    DispatchJob(tasks, FakeSlotTable(), submissions, send, find, a_circuit(clock), 2, clock).run(
        JobRef(task_id=TASK_ID, job=0)
    )
    assert upstream.calls[0][3] == {"n": 1}
    assert tasks.tasks[TASK_ID].jobs[0].status is JobStatus.SUCCEEDED
