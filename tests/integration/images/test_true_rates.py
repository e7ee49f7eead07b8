"""POST /v1/images/generations at the models' true rates: told from the slots that are written down, not waited for.

Time stands still while anything is at work, so that no slot is missed, however slow the machine is.
"""

from __future__ import annotations

from itertools import pairwise

import pytest

from tests.integration.images.generating import (
    RESPOND_ASYNC,
    calls,
    generate,
    new_prompt,
    order,
    spacing_ms,
    task_id,
)
from tests.integration.time_lapse import TimeLapse
from tests.support.gateway import Gateway
from tests.workflow.records import await_true, job_of, record
from tongyi.clock import SystemClock
from tongyi.http.gateway.replies import FIRST_LOOK_SECONDS
from tongyi.models.tasks.status import JobStatus


@pytest.fixture(autouse=True)
def _no_time_goes_by(running: Gateway, monkeypatch: pytest.MonkeyPatch) -> None:
    TimeLapse(running, monkeypatch)


@pytest.mark.parametrize("model", ["qwen-image-max", "qwen-image-2.0-pro"])
def test_slots_of_the_models_of_two_a_minute_are_half_a_minute_apart(running: Gateway, model: str) -> None:
    """At their true rate: the second order is put back until its slot, and says so."""
    first = task_id(generate(running, order(model, new_prompt()), RESPOND_ASYNC))
    await_true(lambda: record(running, first).ended, "the end of the first")
    body, headers = order(model, new_prompt()), {**RESPOND_ASYNC, "Idempotency-Key": "the second"}
    second = task_id(generate(running, body, headers))
    await_true(lambda: len(waiting_slots(running, second)) == 1, "the second's slot")

    sent, [slot] = job_of(running, first).sent_at or 0, waiting_slots(running, second)
    again = generate(running, body, headers)
    item = running.item(f"SLOT#{model}", "SLOT")
    assert slot - sent == spacing_ms(model) >= 30_000
    assert item is not None
    assert item["next_at"] - slot == spacing_ms(model)
    seconds = (slot - SystemClock().now_ms()) // 1000
    assert (again.status, again.headers["retry-after"]) == (202, str(FIRST_LOOK_SECONDS + seconds))


def test_fan_out_of_a_slow_model_is_half_a_minute_apart(running: Gateway) -> None:
    prompt, begun = new_prompt(), SystemClock().now_ms()
    task = task_id(generate(running, order("qwen-image-max", prompt, n=4), RESPOND_ASYNC))
    await_true(lambda: len(waiting_slots(running, task)) == 3, "three slots")
    await_true(lambda: len(calls(running, prompt)) == 1, "the first call")

    gaps = [later - sooner for sooner, later in pairwise([begun, *waiting_slots(running, task)])]
    assert gaps == [spacing_ms("qwen-image-max")] * 3


def waiting_slots(running: Gateway, task: str) -> list[int]:
    """The slots of a task's jobs that have not been sent yet, in order."""
    jobs = record(running, task).jobs.values()
    return sorted(job.slot_at for job in jobs if job.slot_at and job.status is JobStatus.READY)
