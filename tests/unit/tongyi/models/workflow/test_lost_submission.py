"""Whose an unclaimed task can be: by the time, by what its query tells, and by who else may have sent it."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.fakes.records import BROKEN, LINK, NOW, SECOND, a_job, a_task
from tongyi.models.tasks.status import TaskStatus
from tongyi.models.workflow.lost_submission import (
    ABSENT_AFTER_MS,
    ARRIVAL_MS,
    MARK_TO_CALL_MS,
    SKEW_MS,
    FoundTask,
    OpenSubmission,
    could_be,
    open_submission,
    prompt_digest,
    surely_of,
)
from tongyi.models.workflow.upstream import UpstreamPicture, UpstreamTask


def a_call(prompt: str = "a cat", **given: Any) -> OpenSubmission:
    made = {"task_id": "hers", "job": 0, "sent_at": NOW, "n": 1, "prompt": prompt_digest(prompt)}
    return OpenSubmission(**{**made, **given})


def found(
    *prompts: str | None, at: int | None = NOW, total: int | None = None, status: str = "SUCCEEDED"
) -> FoundTask:
    pictures = tuple(UpstreamPicture(url=LINK, orig_prompt=prompt) for prompt in prompts)
    return FoundTask("up", at, UpstreamTask(TaskStatus(status), pictures, total=total))


def test_open_submission_is_of_the_jobs_call() -> None:
    task = a_task(a_job(n=3, sent_at=NOW + 5), input={"prompt": "a cat"})
    call = open_submission(task, 0, task.jobs[0])
    assert call == a_call(task_id=task.task_id, n=3, sent_at=NOW + 5)


@pytest.mark.parametrize("same", ["a cat", " a  cat\n", "ａ cat"])
def test_prompt_digest_looks_through_the_form_of_a_text(same: str) -> None:
    assert prompt_digest(same) == prompt_digest("a cat")


@pytest.mark.parametrize("other", ["A cat", "a cat.", "", "acat"])
def test_prompt_digest_tells_texts_apart(other: str) -> None:
    assert prompt_digest(other) != prompt_digest("a cat")


@pytest.mark.parametrize(
    ("task", "possible"),
    [
        (found(), True),
        (found(at=None), True),
        (found(at=NOW - SKEW_MS), True),
        (found(at=NOW - SKEW_MS - 1), False),
        (found(at=NOW + ABSENT_AFTER_MS), True),
        (found(at=NOW + ABSENT_AFTER_MS + 1), False),
        (found(total=1), True),
        (found(total=2), False),
        (found("a cat", "a cat"), True),
        (found("a cat", None), True),
        (found("a dog"), False),
        (found("a cat", "a dog"), False),
    ],
    ids=str,
)
def test_could_be_goes_by_time_number_and_prompt(task: FoundTask, possible: bool) -> None:
    assert could_be(a_call(), task) is possible


def test_call_that_is_worked_on_ten_minutes_late_is_within_its_span() -> None:
    assert could_be(a_call(), found(at=NOW + MARK_TO_CALL_MS + ARRIVAL_MS + SKEW_MS))


def test_surely_of_finds_the_only_task_of_the_only_call() -> None:
    task = found()
    assert surely_of(a_call(), [task], []) == task


def test_surely_of_chooses_by_the_prompt() -> None:
    his = a_call("a dog", task_id="his")
    cats, dogs = found("a cat"), found("a dog")
    assert surely_of(a_call(), [dogs, cats], [his]) == cats
    assert surely_of(his, [dogs, cats], [a_call()]) == dogs


@pytest.mark.parametrize("rival", [a_call(task_id="his"), a_call("a dog", task_id="his")], ids=["cat", "dog"])
def test_surely_of_takes_nothing_that_a_rival_may_have_sent(rival: OpenSubmission) -> None:
    assert surely_of(a_call(), [found()], [rival]) is None


def test_surely_of_passes_over_rivals_of_another_time_number_or_prompt() -> None:
    task = found("a cat", total=1)
    no_rivals = [
        a_call(task_id="later", sent_at=NOW + SKEW_MS + SECOND),
        a_call(task_id="earlier", sent_at=NOW - ABSENT_AFTER_MS - SECOND),
        a_call(task_id="more", n=2),
        a_call("a dog", task_id="dog"),
    ]
    assert surely_of(a_call(), [task], no_rivals) == task


def test_surely_of_does_not_choose_between_two() -> None:
    assert surely_of(a_call(), [found(), found()], []) is None


@pytest.mark.parametrize("status", ["PENDING", "RUNNING", "SUSPENDED", "UNKNOWN"])
def test_surely_of_waits_until_the_task_has_told_all(status: str) -> None:
    assert surely_of(a_call(), [found(status=status)], []) is None


def test_surely_of_takes_a_failed_task_too() -> None:
    task = FoundTask("up", NOW, UpstreamTask(TaskStatus.FAILED, error=BROKEN))
    assert surely_of(a_call(), [task], []) == task


def test_surely_of_lets_equal_calls_of_one_task_change_places() -> None:
    sibling, tasks = a_call(job=1), [found(), found()]
    assert surely_of(a_call(), tasks, [sibling]) == tasks[0]
    assert surely_of(sibling, tasks[1:], [a_call()]) == tasks[1]


def test_surely_of_does_not_take_an_unequal_call_of_the_task_for_equal() -> None:
    assert surely_of(a_call(), [found()], [a_call(job=1, n=2)]) is None
