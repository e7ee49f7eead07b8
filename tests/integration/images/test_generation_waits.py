"""POST /v1/images/generations: what is not done in time is answered with 202, and picked up later."""

from __future__ import annotations

import time
from typing import Any

import pytest

from tests.integration.images.generating import (
    MODELS,
    RESPOND_ASYNC,
    calls,
    generate,
    new_prompt,
    order,
    results_target,
    task_id,
)
from tests.support.gateway import Gateway
from tongyi.models.images.catalog import IMAGE_MODELS
from tongyi.usecases.tasks.show_task import ShowTask, TaskView

PENDING = "qwen-image-plus"


@pytest.fixture(scope="module")
def alice(prompt_gateway: Gateway) -> dict[str, str]:
    """The header with a gateway key of alice's."""
    return {"Authorization": f"Bearer {prompt_gateway.issue_key('alice')}"}


@pytest.mark.parametrize("model", MODELS)
def test_generate_images_answers_at_once_where_nobody_wants_to_wait(
    prompt_gateway: Gateway, alice: dict[str, str], model: str
) -> None:
    reply = generate(prompt_gateway, order(model, new_prompt()), RESPOND_ASYNC)
    prompt_gateway.wait_for(task_id(reply))

    assert reply.status == 202
    assert reply.body["output"]["task_status"] in ("PENDING", "RUNNING")
    assert reply.headers["preference-applied"] == "respond-async"
    assert int(reply.headers["retry-after"]) >= 1


@pytest.mark.parametrize("model", MODELS)
def test_get_result_shows_the_pictures_of_what_was_answered_at_once(
    prompt_gateway: Gateway, alice: dict[str, str], model: str
) -> None:
    reply = generate(prompt_gateway, order(model, new_prompt(), size="1024*1024"), {**RESPOND_ASYNC, **alice})
    prompt_gateway.wait_for(task_id(reply))

    shown = prompt_gateway.request("GET", results_target(reply), headers=alice)

    assert (shown.status, shown.body["output"]["task_status"]) == (200, "SUCCEEDED")
    assert len(shown.body["output"]["results"]) == 1
    # The way it is shown does not matter for what is said of its sizes.
    sizes = {name: reply.body["output"].get(name) for name in ("requested_size", "size")}
    assert sizes == {name: shown.body["output"].get(name) for name in sizes}
    assert reply.body.get("warnings") == shown.body.get("warnings")


def test_location_leads_to_the_results_of_the_task(slow: Gateway) -> None:
    reply = generate(slow, order(PENDING, new_prompt()), RESPOND_ASYNC)

    assert results_target(reply) == f"/v1/wanxiang-results?task_id={task_id(reply)}"


@pytest.mark.parametrize(("prefer", "seconds"), [("wait=0", 0), ("wait=1", 1), ("respond-async, wait=1", 1)])
def test_generate_images_waits_as_long_as_it_is_asked_to(
    slow: Gateway, monkeypatch: pytest.MonkeyPatch, prefer: str, seconds: int
) -> None:
    waits: list[float] = []
    wait = ShowTask.wait

    def noted(show: ShowTask, task: str, owner: str | None, left: float, *more: Any) -> TaskView:
        waits.append(left)
        return wait(show, task, owner, left, *more)

    monkeypatch.setattr(ShowTask, "wait", noted)
    begin = time.monotonic()

    reply = generate(slow, order(PENDING, new_prompt()), {"Prefer": prefer})

    # How much longer it took tells of the machine; what is left of a wait is never more than was asked for.
    assert seconds <= time.monotonic() - begin
    assert len(waits) == 1
    assert waits[0] <= seconds
    assert (reply.status, reply.headers["preference-applied"]) == (202, f"wait={seconds}")
    assert "usage" not in reply.body
    assert "results" not in reply.body["output"]


@pytest.mark.parametrize("prefer", ["wait=25", "wait=100", "return=representation"])
def test_generate_images_answers_as_soon_as_the_task_has_ended(prompt_gateway: Gateway, prefer: str) -> None:
    reply = generate(prompt_gateway, order("qwen-image-2.0", new_prompt()), {"Prefer": prefer})

    assert reply.status == 200
    assert reply.headers.get("preference-applied") == (None if "return" in prefer else "wait=25")
    assert "location" not in reply.headers


def test_task_that_was_answered_early_goes_on(slow: Gateway, alice: dict[str, str]) -> None:
    prompt = new_prompt()
    reply = generate(slow, order(PENDING, prompt), {"Prefer": "wait=1", **alice})
    slow.standin.advance(2000)

    slow.wait_for(task_id(reply))

    shown = slow.request("GET", results_target(reply), headers=alice)
    assert shown.body["output"]["task_status"] == "SUCCEEDED"
    assert len(calls(slow, prompt)) == 1


def test_task_that_is_refused_after_the_reply_is_shown_as_failed(
    prompt_gateway: Gateway, alice: dict[str, str]
) -> None:
    body = order("qwen-image-max", f"{new_prompt()} #forbidden")
    reply = generate(prompt_gateway, body, {**RESPOND_ASYNC, **alice})
    prompt_gateway.wait_for(task_id(reply))

    shown = prompt_gateway.request("GET", results_target(reply), headers=alice)

    assert (shown.status, shown.body["code"]) == (400, "DataInspectionFailed")
    assert shown.body["output"]["task_status"] == "FAILED"


def test_task_is_shown_to_the_owner_of_its_key_alone(prompt_gateway: Gateway, alice: dict[str, str]) -> None:
    bob = {"Authorization": f"Bearer {prompt_gateway.issue_key('bob')}"}

    reply = generate(prompt_gateway, order("qwen-image-2.0", new_prompt()), alice)

    assert reply.status == 200
    assert (
        prompt_gateway.request("GET", f"/v1/wanxiang-results?task_id={task_id(reply)}", headers=bob).status
        == 404
    )


def test_wait_gives_the_default_size_where_none_is_asked_for(prompt_gateway: Gateway) -> None:
    reply = generate(prompt_gateway, order("qwen-image-max", new_prompt()))

    (result,) = reply.body["output"]["results"]
    assert f"{result['width']}*{result['height']}" == IMAGE_MODELS["qwen-image-max"].sizes.default
