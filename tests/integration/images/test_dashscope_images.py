"""POST …/text2image/image-synthesis and GET /api/v1/tasks/{id}: an order and its task, as DashScope has them."""

from __future__ import annotations

from typing import Any

import pytest

from tests.integration.dialects import (
    ASYNC,
    MESSAGES,
    SYNTHESIS,
    TASKS,
    fetch,
    follow,
    spoken,
    synthesize,
    target,
)
from tests.integration.images.generating import (
    MODELS,
    RESPOND_ASYNC,
    calls,
    generate,
    new_prompt,
    order,
    task_id,
    tasks_taken,
)
from tests.support.gateway import Gateway
from tests.workflow.records import await_true, job_of, task_of
from tongyi.models.tasks.status import JobStatus

SENTENCE = "current user api does not support synchronous calls; send the header X-DashScope-Async: enable."
# A name that the error must contain, and the body.
REFUSED: dict[str, tuple[str, Any]] = {
    "size of another model": ("size", order("wanx-v1", "a cat", size="1328*1328")),
    "size in another spelling": ("size", order("wanx-v1", "a cat", size="1024x1024")),
    "size that is none": ("size", order("wanx-v1", "a cat", size="auto")),
    "too many": ("n", order("wanx-v1", "a cat", n=5)),
    "more than a call makes": ("n", order("qwen-image-plus", "a cat", n=2)),
    "none": ("n", order("wanx-v1", "a cat", n=0)),
    "unknown model": ("model", order("wanx-v9", "a cat")),
    "unknown parameter": ("strict", order("wanx-v1", "a cat", strict=True)),
    "flat": ("input", {"model": "wanx-v1", "prompt": "a cat"}),
    "no prompt": ("prompt", {"model": "wanx-v1", "input": {}}),
    "messages": ("messages", spoken("wanx-v1", "a cat")),
}


@pytest.mark.parametrize("model", MODELS)
def test_dashscope_order_answers_with_a_task(
    prompt_gateway: Gateway, ann: dict[str, str], model: str
) -> None:
    prompt = new_prompt()

    reply = synthesize(prompt_gateway, order(model, prompt), ann)

    assert reply.status == 200
    assert reply.body == {
        "output": {
            "task_id": task_of(prompt_gateway, prompt),
            "task_status": reply.body["output"]["task_status"],
        },
        "request_id": reply.body["request_id"],
    }
    assert target(SYNTHESIS, reply) == f"{TASKS}/{task_id(reply)}"
    assert int(reply.headers["retry-after"]) >= 1


@pytest.mark.parametrize("model", MODELS)
def test_dashscope_task_ends_with_pictures(prompt_gateway: Gateway, ann: dict[str, str], model: str) -> None:
    prompt = new_prompt()
    reply = synthesize(prompt_gateway, order(model, prompt), ann)
    prompt_gateway.wait_for(task_id(reply))

    shown = follow(prompt_gateway, SYNTHESIS, reply, ann)

    assert (shown.status, shown.body["usage"]) == (200, {"image_count": 1})
    output = shown.body["output"]
    assert (output["task_id"], output["task_status"]) == (task_id(reply), "SUCCEEDED")
    assert output["task_metrics"] == {"TOTAL": 1, "SUCCEEDED": 1, "FAILED": 0}
    (result,) = output["results"]
    assert (result["orig_prompt"], f"images/{task_id(reply)}/1.png" in result["url"]) == (prompt, True)
    assert output["submit_time"] <= output["scheduled_time"] <= output["end_time"]


def test_dashscope_order_sends_upstream_what_was_ordered(
    prompt_gateway: Gateway, ann: dict[str, str]
) -> None:
    prompt = new_prompt()
    wishes = {"style": "<sketch>", "size": "720*1280", "n": 2, "seed": 42, "ref_strength": 0.5}
    words = {"prompt": prompt, "negative_prompt": "dogs", "ref_img": "https://example.com/cat.png"}

    synthesize(prompt_gateway, {"model": "wanx-v1", "input": words, "parameters": wishes}, ann)

    (call,) = calls(prompt_gateway, prompt)
    assert call["body"] == {"model": "wanx-v1", "input": words, "parameters": wishes}


@pytest.mark.parametrize(
    ("given", "sent"),
    [
        ({"sketch_image_url": "https://example.com/s.png"}, "https://example.com/s.png"),
        ({"sketch_image_url": "https://example.com/s.png", "ref_img": None}, "https://example.com/s.png"),
        (
            {"sketch_image_url": "https://example.com/s.png", "ref_img": "https://example.com/r.png"},
            "https://example.com/r.png",
        ),
        ({"sketch_image_url": None}, None),
    ],
    ids=["alone", "beside nothing", "beside another", "none"],
)
def test_dashscope_order_takes_the_sdks_second_name_for_a_reference_picture(
    prompt_gateway: Gateway, ann: dict[str, str], given: dict[str, Any], sent: str | None
) -> None:
    prompt = new_prompt()

    synthesize(prompt_gateway, {"model": "wanx-v1", "input": {"prompt": prompt, **given}}, ann)

    (call,) = calls(prompt_gateway, prompt)
    assert call["body"]["input"] == {"prompt": prompt, **({"ref_img": sent} if sent else {})}


@pytest.mark.parametrize("headers", [{}, {"X-DashScope-Async": "disable"}], ids=["none", "disable"])
def test_dashscope_order_that_asks_for_no_task_is_refused(
    prompt_gateway: Gateway, ann: dict[str, str], headers: dict[str, str]
) -> None:
    prompt = new_prompt()

    reply = prompt_gateway.request("POST", SYNTHESIS, order("wanx-v1", prompt), {**ann, **headers})

    assert (reply.status, reply.body["code"], reply.body["message"]) == (403, "AccessDenied", SENTENCE)
    assert calls(prompt_gateway, prompt) == []


@pytest.mark.parametrize(("name", "body"), REFUSED.values(), ids=REFUSED)
def test_dashscope_order_is_taken_to_the_letter(
    prompt_gateway: Gateway, ann: dict[str, str], name: str, body: Any
) -> None:
    before = tasks_taken(prompt_gateway)

    reply = synthesize(prompt_gateway, body, ann)

    assert (reply.status, reply.body["code"]) == (400, "InvalidParameter")
    assert name in reply.body["message"]
    assert set(reply.body) == {"code", "message", "suggestion", "request_id"}
    assert tasks_taken(prompt_gateway) == before


def test_dashscope_order_answers_400_where_upstream_refuses(
    prompt_gateway: Gateway, ann: dict[str, str]
) -> None:
    reply = synthesize(prompt_gateway, order("wanx-v1", f"{new_prompt()} #forbidden"), ann)

    assert (reply.status, reply.body["code"]) == (400, "DataInspectionFailed")


@pytest.mark.parametrize("route", [SYNTHESIS, MESSAGES])
@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer wrong"}], ids=["none", "wrong"])
def test_dashscope_order_needs_a_key(prompt_gateway: Gateway, route: str, headers: dict[str, str]) -> None:
    reply = prompt_gateway.request("POST", route, order("wanx-v1", "a cat"), {**ASYNC, **headers})

    assert reply.status == 401


def test_dashscope_task_is_pending_before_it_is_made(slow: Gateway, ann: dict[str, str]) -> None:
    task = task_id(synthesize(slow, order("wanx-v1", new_prompt(), n=2), ann))
    await_true(lambda: job_of(slow, task).status is JobStatus.SUBMITTED, "a submission")

    shown = fetch(slow, task, ann)

    assert (shown.status, "usage" in shown.body, "results" in shown.body["output"]) == (200, False, False)
    assert shown.body["output"]["task_status"] == "PENDING"
    assert shown.body["output"]["task_metrics"] == {"TOTAL": 2, "SUCCEEDED": 0, "FAILED": 0}


def test_dashscope_task_is_running_while_it_is_made(prompt_gateway: Gateway, ann: dict[str, str]) -> None:
    prompt = new_prompt()
    prompt_gateway.standin.add_fault("submit", "stuck", prompt_contains=prompt)
    task = task_id(synthesize(prompt_gateway, order("wanx-v1", prompt), ann))
    await_true(lambda: job_of(prompt_gateway, task).running_since is not None, "a check")

    assert fetch(prompt_gateway, task, ann).body["output"]["task_status"] == "RUNNING"


def test_dashscope_task_that_failed_is_shown_with_200(prompt_gateway: Gateway, ann: dict[str, str]) -> None:
    body = order("wanx-v1", f"{new_prompt()} #fail", n=2)
    task = task_id(generate(prompt_gateway, body, {**ann, **RESPOND_ASYNC}))
    prompt_gateway.wait_for(task)

    shown = fetch(prompt_gateway, task, ann)

    output = shown.body["output"]
    assert (shown.status, set(shown.body)) == (200, {"request_id", "output"})
    assert (output["task_status"], output["code"]) == ("FAILED", "InternalError")
    assert output["task_metrics"] == {"TOTAL": 2, "SUCCEEDED": 0, "FAILED": 2}
    assert output["message"]


def test_dashscope_task_that_nobody_knows_is_unknown_with_200(
    prompt_gateway: Gateway, ann: dict[str, str]
) -> None:
    shown = fetch(prompt_gateway, "no-such-task", ann)

    output = {"task_id": "no-such-task", "task_status": "UNKNOWN"}
    assert (shown.status, shown.body) == (200, {"request_id": shown.body["request_id"], "output": output})


def test_dashscope_task_is_unknown_to_all_but_its_owner(
    prompt_gateway: Gateway, ann: dict[str, str], bob: dict[str, str]
) -> None:
    task = task_id(synthesize(prompt_gateway, order("wanx-v1", new_prompt()), ann))
    prompt_gateway.wait_for(task)

    shown = [fetch(prompt_gateway, task, headers) for headers in (ann, bob)]

    assert [reply.body["output"]["task_status"] for reply in shown] == ["SUCCEEDED", "UNKNOWN"]
    assert set(shown[1].body["output"]) == {"task_id", "task_status"}
    assert fetch(prompt_gateway, task, {}).status == 401


def test_dashscope_task_may_be_waited_for(prompt_gateway: Gateway, ann: dict[str, str]) -> None:
    task = task_id(synthesize(prompt_gateway, order("wanx-v1", new_prompt()), ann))

    shown = prompt_gateway.request("GET", f"{TASKS}/{task}?wait=25", headers=ann)

    assert shown.body["output"]["task_status"] == "SUCCEEDED"


@pytest.mark.parametrize("wait", ["26", "-1", "soon"])
def test_dashscope_task_is_not_waited_for_as_long_as_that(
    prompt_gateway: Gateway, ann: dict[str, str], wait: str
) -> None:
    reply = prompt_gateway.request("GET", f"{TASKS}/x?wait={wait}", headers=ann)

    assert (reply.status, reply.body["message"]) == (400, "wait: takes whole seconds, 0 to 25.")
