"""Four pictures of a model of two a minute: four calls, half a minute apart by upstream's clock."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import pytest

from tests.integration.images.generating import RESPOND_ASYNC, calls, generate, new_prompt, order, task_id
from tests.integration.time_lapse import TimeLapse
from tests.support.api_gateway import Reply
from tests.support.gateway import gateway
from tests.workflow.interference import AT_ONCE
from tests.workflow.records import record

N = 4


@pytest.fixture(scope="module")
def made() -> Iterator[tuple[Reply, list[dict[str, Any]]]]:
    """The finished task, and the calls that upstream got for it: at the true rate, which the stand-in enforces."""
    with pytest.MonkeyPatch.context() as monkeypatch, gateway(monkeypatch, AT_ONCE) as running:
        lapse, prompt, key = TimeLapse(running, monkeypatch), new_prompt(), running.issue_key("ann")
        task = task_id(generate(running, order("qwen-image-max", prompt, n=N, seed=41), RESPOND_ASYNC))
        lapse.until(lambda: record(running, task).ended, "the end of the task")
        yield running.result(task, key), calls(running, prompt)


def test_fan_out_of_a_slow_model_makes_one_call_for_each_picture(
    made: tuple[Reply, list[dict[str, Any]]],
) -> None:
    assert [call["status"] for call in made[1]] == [200] * N
    assert [call["images"] for call in made[1]] == [1] * N
    assert sorted(call["body"]["parameters"]["seed"] for call in made[1]) == [41, 42, 43, 44]


def test_fan_out_of_a_slow_model_makes_its_calls_half_a_minute_apart(
    made: tuple[Reply, list[dict[str, Any]]],
) -> None:
    gaps = [later["time"] - sooner["time"] for sooner, later in pairwise(made[1])]

    assert len(gaps) == N - 1
    assert all(gap >= 30 for gap in gaps), gaps


def test_fan_out_of_a_slow_model_ends_with_all_pictures(made: tuple[Reply, list[dict[str, Any]]]) -> None:
    output = made[0].body["output"]

    assert (output["task_status"], made[0].body["usage"]) == ("SUCCEEDED", {"image_count": N})
    assert len({result["sha256"] for result in output["results"]}) == N
