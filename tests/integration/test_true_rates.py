"""POST /v1/images/generations at the models' true rates: told from the slots that are written down, not waited for."""

from __future__ import annotations

import time
from itertools import pairwise
from typing import Any

import boto3
import pytest

from tests.integration.generating import (
    calls,
    generate,
    new_prompt,
    order,
    results_target,
    spacing_ms,
    task_id,
)
from tests.support.gateway import Gateway
from tests.workflow.records import record
from tongyi.models.status import JobStatus


@pytest.mark.parametrize("model", ["qwen-image-max", "qwen-image-2.0-pro"])
def test_slots_of_the_models_of_two_a_minute_are_half_a_minute_apart(running: Gateway, model: str) -> None:
    """At their true rate: the second order is put back until its slot, and says so."""
    key = {"pk": f"SLOT#{model}", "sk": "SLOT"}
    first = generate(running, order(model, new_prompt()))
    second = generate(running, order(model, new_prompt()), {"Prefer": "wait=1"})

    (job,) = record(running, task_id(second)).jobs.values()
    (sent,) = record(running, task_id(first)).jobs.values()
    item: dict[str, Any] | None = (
        boto3.resource("dynamodb").Table(running.names["Table"]).get_item(Key=key).get("Item")
    )
    assert (first.status, second.status, job.status) == (200, 202, JobStatus.READY)
    assert job.slot_at is not None
    assert sent.sent_at is not None
    assert job.slot_at - sent.sent_at >= 30_000
    assert item is not None
    assert item["next_at"] - job.slot_at == spacing_ms(model)
    assert 25 < int(second.headers["retry-after"]) < 35


def test_fan_out_of_a_slow_model_is_half_a_minute_apart(running: Gateway) -> None:
    prompt = new_prompt()
    reply = generate(running, order("qwen-image-max", prompt, n=4), {"Prefer": "wait=1"})
    until = time.monotonic() + 20
    while len(waiting := waiting_slots(running, task_id(reply))) < 3 and time.monotonic() < until:
        time.sleep(0.05)

    assert len(calls(running, prompt)) == 1
    gaps = [later - sooner for sooner, later in pairwise(waiting)]
    assert gaps == [spacing_ms("qwen-image-max")] * 2
    assert waiting[0] - time.time_ns() // 1_000_000 > 5_000
    assert results_target(reply).endswith(task_id(reply))


def waiting_slots(running: Gateway, task: str) -> list[int]:
    """The slots of a task's jobs that have not been sent yet, in order."""
    jobs = record(running, task).jobs.values()
    return sorted(job.slot_at for job in jobs if job.slot_at and job.status is JobStatus.READY)
