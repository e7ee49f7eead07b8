"""No faster than a model's slots come free, and never so fast that a person would wait for a file."""

from __future__ import annotations

from math import ceil
from typing import Any

import pytest

from tests.support.fakes.records import NOW, SECOND
from tests.unit.tongyi.usecases.batches.submitting import MANY, RARE, Case
from tongyi.models.batches.run import CHUNK_REQUESTS, RequestStatus
from tongyi.models.images.catalog import IMAGE_MODELS, image_model
from tongyi.models.workflow.payloads import Next
from tongyi.usecases.batches.chunk_steps import FIRST_LOOK
from tongyi.usecases.batches.submit_lines import (
    LONGEST_LINE_MS,
    LONGEST_WAIT,
    MOST_ADDED_MS,
    MOST_AT_WORK,
    SHORTEST_WAIT,
)

CAT = {"prompt": "a cat", "model": MANY}
LIMITED = [model.name for model in IMAGE_MODELS.values() if model.running]


def _behind(line_ms: int, *orders: dict[str, Any], model: str = MANY) -> Case:
    """A chunk of orders for a model that already has a line of so many milliseconds."""
    case = Case(*orders)
    case.slots.next_at[model] = NOW + line_ms
    return case


def test_request_joins_a_line_that_is_a_minute_long() -> None:
    assert _behind(LONGEST_LINE_MS, CAT).submit().placed == 1


def test_request_waits_until_a_longer_line_is_half_as_long() -> None:
    step = _behind(LONGEST_LINE_MS + 1, CAT).submit()
    assert (step.next, step.placed, step.wait_seconds) == (Next.WAIT, 0, 31)


def test_request_waits_five_minutes_at_most() -> None:
    assert _behind(24 * 3600 * SECOND, CAT).submit().wait_seconds == LONGEST_WAIT


def test_line_that_is_over_long_ago_is_none() -> None:
    assert _behind(-3600 * SECOND, CAT).submit().placed == 1


def test_line_is_looked_at_in_each_round_anew() -> None:
    case = _behind(LONGEST_LINE_MS + 1, CAT)
    step = case.submit()
    case.clock.now += step.wait_seconds * SECOND
    assert case.submit(step).placed == 1


def test_round_adds_a_quarter_of_a_minute_at_most_and_one() -> None:
    """An order has no slot before it is dispatched: until then nobody sees it in the line."""
    spacing = image_model(RARE).rate.spacing_ms
    assert spacing > MOST_ADDED_MS
    case = Case(*[{"prompt": "a cat", "model": RARE}] * 3)
    step = case.submit()
    assert (step.placed, step.next, step.wait_seconds) == (1, Next.WAIT, SHORTEST_WAIT)


def test_round_counts_each_call_that_an_order_takes() -> None:
    """Four pictures of a model that makes one in a call."""
    assert image_model(RARE).images_per_call == 1
    orders: list[dict[str, Any]] = [
        {"prompt": "a cat", "model": RARE, "n": 4},
        {"prompt": "a cat", "model": RARE},
    ]
    step = Case(*orders).submit()
    added = 4 * image_model(RARE).rate.spacing_ms
    assert step.placed == 1
    assert step.wait_seconds == ceil((added - LONGEST_LINE_MS / 2) / 1000)


def test_round_takes_many_requests_of_a_quick_model() -> None:
    most = MOST_ADDED_MS // image_model(MANY).rate.spacing_ms + 1
    assert 10 < most < CHUNK_REQUESTS
    step = Case(*[CAT] * CHUNK_REQUESTS).submit()
    assert (step.placed, step.next, step.wait_seconds) == (most, Next.WAIT, SHORTEST_WAIT)


def test_what_was_found_again_adds_nothing_to_the_line() -> None:
    case = Case(*[{"prompt": "a cat", "model": RARE}] * 3)
    step = case.submit()
    while step.next is Next.WAIT:
        step = case.submit(step)
    case.inbox.parts.clear()
    assert (case.submit().placed, len(case.made)) == (3, 3)


def test_lines_of_models_are_looked_at_one_by_one() -> None:
    """But requests are taken in their order: what waits holds up what comes after it."""
    quick, rare = {"prompt": "a cat", "model": MANY}, {"prompt": "a cat", "model": RARE}
    case = Case(quick, rare, quick)
    case.slots.next_at[RARE] = NOW + LONGEST_LINE_MS + 1
    step = case.submit()
    assert (step.placed, step.next) == (1, Next.WAIT)


@pytest.mark.parametrize("model", LIMITED)
def test_chunk_has_few_tasks_at_work_of_a_model_that_is_made_one_by_one(model: str) -> None:
    most = MOST_AT_WORK * image_model(model).running
    case = Case(*[{"prompt": "a cat", "model": model}] * (most + 2))
    step = case.submit()
    assert (step.next, step.wait_seconds, step.placed) == (Next.CHECK, FIRST_LOOK, most)


def test_chunk_takes_the_next_once_a_task_has_ended() -> None:
    most = MOST_AT_WORK * image_model("wanx-v1").running
    case = Case(*[{"prompt": "a cat"}] * (most + 2))
    step = case.check(case.submit())
    assert (step.next, step.placed) == (Next.CHECK, most)
    case.end(case.outcomes[1].task_id)
    step = case.check(step)
    assert (step.next, step.placed) == (Next.SUBMIT, most)
    step = case.submit(step)
    assert (step.next, step.placed) == (Next.CHECK, most + 1)


def test_chunk_of_a_model_without_that_limit_has_as_many_at_work_as_it_has_requests() -> None:
    assert image_model(MANY).running == 0
    case = Case(*[CAT] * CHUNK_REQUESTS)
    step = case.submit()
    while step.next is Next.WAIT:
        step = case.submit(step)
    assert case.statuses == [RequestStatus.PENDING] * CHUNK_REQUESTS


def test_tasks_of_another_model_do_not_count_as_at_work() -> None:
    case = Case(*[{"prompt": "a cat"}] * MOST_AT_WORK, CAT)
    step = case.submit()
    assert (step.next, step.placed) == (Next.CHECK, MOST_AT_WORK + 1)


def test_refused_requests_do_not_count_as_at_work() -> None:
    case = Case(*[None] * MOST_AT_WORK, {"prompt": "a cat"})
    case.submit()
    assert case.statuses[-1] is RequestStatus.PENDING


def test_looks_begin_anew_where_something_was_taken() -> None:
    case = Case(*[{"prompt": "a cat"}] * (MOST_AT_WORK + 1))
    step = case.check(case.submit())
    assert step.waited > 0
    assert case.submit(step).waited == step.waited
    case.end(case.outcomes[0].task_id)
    assert case.submit(case.check(step)).waited == 0


def test_chunk_is_seen_through_to_its_last_request() -> None:
    """Each time the machine goes on, whatever it says next is done, until it says that it is over."""
    case = Case(*[{"prompt": f"number {number}"} for number in range(CHUNK_REQUESTS)], None)
    step, rounds = case.submit(), 0
    while step.next is not Next.END:
        rounds += 1
        assert rounds < 10 * CHUNK_REQUESTS
        case.clock.now += step.wait_seconds * SECOND
        if step.next is Next.CHECK and rounds % 2:
            pending = [found for found in case.outcomes if found.status is RequestStatus.PENDING]
            case.end(pending[0].task_id)
        step = case.check(step) if step.next is Next.CHECK else case.submit(step)
    assert case.statuses == [RequestStatus.SUCCEEDED] * CHUNK_REQUESTS
    assert len(case.made) == CHUNK_REQUESTS
