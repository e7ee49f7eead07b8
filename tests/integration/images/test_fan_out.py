"""POST /v1/images/generations: more pictures than a call makes are made by several calls, each in its slot."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import pytest

from tests.integration.images.generating import calls, generate, new_prompt, order, spacing_ms, task_id
from tests.support.gateway import Gateway
from tests.workflow.records import record
from tongyi.models.images import catalog

FANNED_OUT = [("qwen-image-plus", 3), ("qwen-image-max", 2)]
REFUSAL = {"status": 400, "code": "DataInspectionFailed", "message": "Input data may contain it."}


def endpoint(model: str) -> str:
    return "submit" if model == "qwen-image-plus" else "generate"


@pytest.mark.parametrize(("model", "n"), FANNED_OUT)
def test_fan_out_makes_exactly_one_call_for_each_picture(prompt_gateway: Gateway, model: str, n: int) -> None:
    prompt = new_prompt()

    reply = generate(prompt_gateway, order(model, prompt, n=n, seed=41))

    assert reply.status == 200, reply.text
    made = calls(prompt_gateway, prompt)
    assert [call["status"] for call in made] == [200] * n
    assert {call["body"]["parameters"]["n"] for call in made} == {1}


@pytest.mark.parametrize(("model", "n"), FANNED_OUT)
def test_fan_out_gives_the_calls_a_seed_each(prompt_gateway: Gateway, model: str, n: int) -> None:
    prompt = new_prompt()

    generate(prompt_gateway, order(model, prompt, n=n, seed=41))

    seeds = [call["body"]["parameters"]["seed"] for call in calls(prompt_gateway, prompt)]
    assert sorted(seeds) == list(range(41, 41 + n))


@pytest.mark.parametrize(("model", "n"), FANNED_OUT)
def test_fan_out_numbers_the_pictures(prompt_gateway: Gateway, model: str, n: int) -> None:
    reply = generate(prompt_gateway, order(model, new_prompt(), n=n))

    urls = [result["url"] for result in reply.body["output"]["results"]]
    names = [f"images/{task_id(reply)}/{number}.png" for number in range(1, n + 1)]
    assert [name in url for name, url in zip(names, urls, strict=True)] == [True] * n
    assert set(names) <= set(prompt_gateway.objects())
    assert sorted(record(prompt_gateway, task_id(reply)).images) == list(range(1, n + 1))


@pytest.mark.parametrize(("model", "n"), FANNED_OUT)
def test_fan_out_has_pictures_that_differ(prompt_gateway: Gateway, model: str, n: int) -> None:
    reply = generate(prompt_gateway, order(model, new_prompt(), n=n, seed=1))

    assert len({result["sha256"] for result in reply.body["output"]["results"]}) == n
    assert reply.body["output"]["task_metrics"] == {"TOTAL": n, "SUCCEEDED": n, "FAILED": 0}
    assert reply.body["usage"] == {"image_count": n}


@pytest.mark.parametrize(("model", "n"), FANNED_OUT)
def test_fan_out_succeeds_in_part_where_one_call_is_refused(
    prompt_gateway: Gateway, model: str, n: int
) -> None:
    prompt = new_prompt()
    prompt_gateway.standin.add_fault(endpoint(model), "status", prompt_contains=prompt, **REFUSAL)

    reply = generate(prompt_gateway, order(model, prompt, n=n))

    assert (reply.status, reply.body["output"]["task_status"]) == (200, "SUCCEEDED")
    results = reply.body["output"]["results"]
    assert sorted(result.get("code", "") for result in results) == [""] * (n - 1) + [REFUSAL["code"]]
    assert reply.body["output"]["task_metrics"] == {"TOTAL": n, "SUCCEEDED": n - 1, "FAILED": 1}
    assert (reply.body["usage"], len(calls(prompt_gateway, prompt))) == ({"image_count": n - 1}, n)


@pytest.mark.parametrize(("model", "n"), FANNED_OUT)
def test_fan_out_has_the_error_in_the_place_of_its_picture(
    prompt_gateway: Gateway, model: str, n: int
) -> None:
    prompt = new_prompt()
    prompt_gateway.standin.add_fault(endpoint(model), "status", prompt_contains=prompt, **REFUSAL)

    reply = generate(prompt_gateway, order(model, prompt, n=n))

    failed = [job.first_image for job in record(prompt_gateway, task_id(reply)).jobs.values() if job.error]
    results = reply.body["output"]["results"]
    assert [place for place, result in enumerate(results, 1) if "code" in result] == failed


@pytest.mark.parametrize(("model", "n"), FANNED_OUT)
def test_fan_out_fails_where_each_call_is_refused(prompt_gateway: Gateway, model: str, n: int) -> None:
    prompt = f"{new_prompt()} #forbidden"

    reply = generate(prompt_gateway, order(model, prompt, n=n))

    assert (reply.status, reply.body["code"]) == (400, "DataInspectionFailed")
    assert reply.body["output"]["task_metrics"] == {"TOTAL": n, "SUCCEEDED": 0, "FAILED": n}
    assert len(calls(prompt_gateway, prompt)) == n


def test_fan_out_sends_each_call_in_a_slot_of_its_own(
    prompt_gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = catalog.IMAGE_MODELS["qwen-image-max"]
    rate = catalog.RateLimit(calls=2, seconds=1)
    monkeypatch.setitem(catalog.IMAGE_MODELS, model.name, replace(model, rate=rate))
    prompt = new_prompt()

    generate(prompt_gateway, order(model.name, prompt, n=3))

    times = [call["time"] for call in calls(prompt_gateway, prompt)]
    gaps = [later - sooner for sooner, later in pairwise(times)]
    # A send may be late by what a slot forgives, and takes its time to arrive.
    assert all(gap > spacing_ms(model.name) / 1000 - 0.3 for gap in gaps), gaps
