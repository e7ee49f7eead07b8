"""Looks at the tasks of a chunk, until each has ended."""

from __future__ import annotations

from itertools import pairwise

import pytest

from tests.support.fakes.batches import RESULTS, RUN
from tests.support.fakes.records import BROKEN, a_failed_image, a_stored_image
from tests.unit.tongyi.usecases.batches.submitting import MANY, Case
from tongyi.models.batches.run import ChunkStep, RequestStatus
from tongyi.models.tasks.schedule import LONGEST_WAIT
from tongyi.models.tasks.status import TaskStatus
from tongyi.models.workflow.payloads import Next
from tongyi.usecases.batches.chunk_steps import FIRST_LOOK

CAT, DOG = {"prompt": "a cat", "model": MANY}, {"prompt": "a dog", "model": MANY}


def _submitted(*orders: dict[str, str] | None) -> tuple[Case, ChunkStep]:
    case = Case(*orders)
    return case, case.submit()


def test_check_looks_again_while_a_task_is_at_work() -> None:
    case, step = _submitted(CAT, DOG)
    case.end(case.outcomes[0].task_id)
    step = case.check(step)
    assert (step.next, step.wait_seconds) == (Next.CHECK, FIRST_LOOK)
    assert case.statuses == [RequestStatus.SUCCEEDED, RequestStatus.PENDING]


def test_check_ends_with_the_last_task() -> None:
    case, step = _submitted(CAT, None, DOG)
    for number in (0, 2):
        case.end(case.outcomes[number].task_id)
    assert case.check(step).next is Next.END


@pytest.mark.parametrize("status", [TaskStatus.SUCCEEDED, TaskStatus.FAILED, TaskStatus.CANCELED])
def test_check_tells_how_a_task_ended(status: TaskStatus) -> None:
    case, step = _submitted(CAT)
    case.end(case.outcomes[0].task_id, status, error=BROKEN if status is TaskStatus.FAILED else None)
    case.check(step)
    [found] = case.outcomes
    assert (found.status, found.error) == (str(status), BROKEN if status is TaskStatus.FAILED else None)


def test_check_tells_of_pictures_as_the_event_of_the_task_does() -> None:
    case, step = _submitted(CAT)
    images = {1: a_stored_image(), 2: a_failed_image()}
    case.end(case.outcomes[0].task_id, images=images)
    case.check(step)
    kept, failed = case.outcomes[0].pictures
    assert (kept["number"], kept["key"], kept["sha256"]) == (1, images[1].key, images[1].sha256)
    assert failed == {"number": 2, "error": {"code": BROKEN.code, "message": BROKEN.message}}


def test_check_tells_of_no_picture_before_the_end_of_its_task() -> None:
    case, step = _submitted(CAT)
    before = case.outcomes
    task = case.tasks.tasks[str(before[0].task_id)]
    case.tasks.tasks[task.task_id] = task.model_copy(update={"images": {1: a_stored_image()}})
    case.check(step)
    assert case.outcomes == before


def test_check_tells_of_a_task_whose_record_is_gone() -> None:
    case, step = _submitted(CAT)
    case.tasks.tasks.clear()
    assert case.check(step).next is Next.END
    [found] = case.outcomes
    assert found.status is RequestStatus.UNKNOWN
    assert found.error is not None
    assert found.error.code == "TaskNotFound"


def test_check_leaves_alone_what_it_has_told() -> None:
    case, step = _submitted(CAT, DOG)
    case.end(case.outcomes[0].task_id)
    step = case.check(step)
    del case.tasks.tasks[str(case.outcomes[0].task_id)]
    case.check(step)
    assert case.statuses == [RequestStatus.SUCCEEDED, RequestStatus.PENDING]


def test_check_writes_only_where_something_has_changed() -> None:
    case, step = _submitted(CAT)
    case.inbox.summaries.clear()
    case.check(step)
    assert case.inbox.summaries == {}


def test_check_tells_how_far_the_file_is() -> None:
    case, step = _submitted(CAT, DOG)
    case.end(case.outcomes[0].task_id, images={1: a_stored_image()})
    case.check(step)
    told = case.inbox.summaries[RESULTS]
    assert (told["succeeded"], told["pending"], told["pictures"]) == (1, 1, 1)
    progress = case.files.get(RUN)
    assert progress is not None
    assert progress.totals == {"succeeded": 1, "pending": 1, "pictures": 1}


def test_check_looks_soon_and_then_less_and_less_often() -> None:
    case, step = _submitted(CAT)
    waits, steps = [], [step]
    for _ in range(60):
        steps.append(case.check(steps[-1]))
        waits.append(steps[-1].wait_seconds)
    assert (waits[0], max(waits)) == (FIRST_LOOK, LONGEST_WAIT)
    assert all(earlier <= later for earlier, later in pairwise(waits))
    assert steps[-1].waited == sum(waits)


def test_check_may_be_repeated() -> None:
    case, step = _submitted(CAT, DOG)
    case.end(case.outcomes[0].task_id)
    assert case.check(step) == case.check(step)


def test_check_that_crashed_after_it_kept_what_it_found_is_made_up_for() -> None:
    """Its repetition finds nothing new, though not all are taken: the next end leads on."""
    case = Case(*[{"prompt": "a cat"}] * 5)
    step = case.submit()
    assert step.placed < 5
    case.end(case.outcomes[0].task_id)
    case.check(step)
    step = case.check(step)
    assert step.next is Next.CHECK
    for outcome in case.outcomes[1:]:
        case.end(outcome.task_id)
    assert case.check(step).next is Next.SUBMIT
    assert case.check(step).next is Next.SUBMIT
