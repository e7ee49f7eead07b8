"""What is remembered of a task."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from tests.support.fakes.records import NOW, a_job, a_task
from tongyi.models.tasks.records import Failure, JobRecord, Record, TaskRecord, TaskSummary
from tongyi.models.tasks.status import JobStatus, TaskStatus


def test_task_record_is_pending_at_first() -> None:
    assert a_task().status is TaskStatus.PENDING


def test_task_record_has_not_ended_at_first() -> None:
    assert not a_task().ended


def test_task_record_has_ended_once_its_end_is_known() -> None:
    assert a_task(ended_at=NOW).ended


def test_task_record_counts_the_pictures_of_all_jobs() -> None:
    assert a_task(a_job(n=1), a_job(n=3)).total == 4


@pytest.mark.parametrize(
    ("jobs", "first"),
    [
        ([a_job()], None),
        ([a_job(status=JobStatus.READY, sent_at=NOW)], None),
        ([a_job(status=JobStatus.CANCELED), a_job(status=JobStatus.SUBMITTED, sent_at=NOW)], NOW),
        ([a_job(status=JobStatus.DISPATCHING, sent_at=NOW + 5), a_job(sent_at=NOW)], NOW + 5),
        (
            [
                a_job(status=JobStatus.FAILED, sent_at=NOW + 5),
                a_job(status=JobStatus.SUBMITTED, sent_at=NOW + 3),
            ],
            NOW + 3,
        ),
    ],
    ids=["not sent", "to be sent again", "one never was", "one is sent", "two were sent"],
)
def test_task_record_knows_when_its_first_call_was_sent(jobs: list[JobRecord], first: int | None) -> None:
    assert a_task(*jobs).first_sent_at == first


def test_task_summary_is_what_it_shares_with_the_record() -> None:
    task = a_task(a_job(error=Failure(code="A", message="b")), ended_at=NOW, fingerprint="f00d")
    summary = TaskSummary.model_validate(task.model_dump(mode="json"))
    assert summary.model_dump() == task.model_dump(include=set(TaskSummary.model_fields))


def test_job_record_is_ready_at_first() -> None:
    assert (a_job().status, a_job().upstream_status) == (JobStatus.READY, TaskStatus.PENDING)


def test_records_pass_over_attributes_of_a_newer_version() -> None:
    assert JobRecord.model_validate({"n": 1, "invented_later": True}) == JobRecord(n=1)


def test_records_read_what_they_were_written_as() -> None:
    task = a_task(a_job(error=Failure(code="Arrearage", message="Pay.", upstream_status=400)))
    assert TaskRecord.model_validate(task.model_dump(mode="json")) == task


@pytest.mark.parametrize(
    "record", [a_task(), a_job(), Failure(code="A", message="b")], ids=lambda one: type(one).__name__
)
def test_records_cannot_be_changed(record: Record) -> None:
    with pytest.raises(ValidationError, match="frozen"):
        setattr(record, next(iter(type(record).model_fields)), "other")
