"""POST …/multimodal-generation/generation: pictures while the caller waits, as DashScope has it."""

from __future__ import annotations

from typing import Any

import pytest

from tests.integration.dialects import (
    ASYNC,
    MESSAGES,
    fetch,
    follow,
    follow_all,
    spoken,
    target,
    task_of_picture,
)
from tests.integration.images.generating import MESSAGE_MODELS, calls, new_prompt, task_id, tasks_taken
from tests.support.api_gateway import Reply
from tests.support.gateway import Gateway
from tests.workflow.records import await_true, job_of, record, task_of
from tongyi.models.tasks.status import JobStatus

QUICK = "qwen-image-2.0"
PENDING = "qwen-image-plus"
MODELS = (*MESSAGE_MODELS, PENDING)
SIZES = {"qwen-image-plus": (1328, 1328), "qwen-image-max": (1328, 1328)}
# A name that the error must contain, and the body.
REFUSED: dict[str, tuple[str, Any]] = {
    "no model": ("model", {"input": spoken(QUICK, "a cat")["input"]}),
    "unknown model": ("model", spoken("qwen-image-9", "a cat")),
    "no messages": ("messages", {"model": QUICK, "input": {"messages": []}}),
    "two messages": (
        "messages",
        {"model": QUICK, "input": {"messages": [{"role": "user", "content": "a"}] * 2}},
    ),
    "another role": ("role", {"model": QUICK, "input": {"messages": [{"role": "system", "content": "a"}]}}),
    "two texts": (
        "content",
        {"model": QUICK, "input": {"messages": [{"role": "user", "content": [{"text": "a"}] * 2}]}},
    ),
    "a picture": (
        "image",
        {"model": QUICK, "input": {"messages": [{"role": "user", "content": [{"image": "https://a.b/c"}]}]}},
    ),
    "blank text": ("prompt", spoken(QUICK, " ")),
    "size": ("size", spoken("qwen-image-max", "a cat", size="1024*1024")),
    "number": ("n", spoken("qwen-image-max", "a cat", n=2)),
    "larger number": ("n", spoken(QUICK, "a cat", n=7)),
    "stream": ("stream", spoken(QUICK, "a cat", stream=True)),
    "result format": ("result_format", spoken(QUICK, "a cat", result_format="text")),
    "flat": ("input", {"model": QUICK, "prompt": "a cat"}),
}


def generate(running: Gateway, body: Any, headers: dict[str, str]) -> Reply:
    return running.request("POST", MESSAGES, body, headers)


def finish(slow: Gateway, task: str) -> None:
    """Lets upstream make the pictures, once it was sent the order."""
    await_true(lambda: job_of(slow, task).status is JobStatus.SUBMITTED, "a submission")
    slow.standin.advance(2000)
    slow.wait_for(task)


@pytest.mark.parametrize("model", MODELS)
def test_dashscope_messages_are_answered_with_a_picture(
    prompt_gateway: Gateway, ann: dict[str, str], model: str
) -> None:
    width, height = SIZES.get(model, (1024, 1024))

    reply = generate(prompt_gateway, spoken(model, new_prompt(), size=f"{width}*{height}"), ann)

    assert reply.status == 200, reply.text
    link = reply.body["output"]["choices"][0]["message"]["content"][0]["image"]
    message = {"role": "assistant", "content": [{"image": link}]}
    assert reply.body == {
        "output": {
            "choices": [{"finish_reason": "stop", "message": message}],
            "task_metric": {"TOTAL": 1, "SUCCEEDED": 1, "FAILED": 0},
        },
        "usage": {"image_count": 1, "width": width, "height": height},
        "request_id": reply.body["request_id"],
    }
    assert record(prompt_gateway, task_of_picture(link)).owner == "ann"


def test_dashscope_messages_are_answered_with_as_many_as_were_ordered(
    prompt_gateway: Gateway, ann: dict[str, str]
) -> None:
    prompt = new_prompt()

    reply = generate(prompt_gateway, spoken(QUICK, prompt, n=3, size="512*512"), ann)

    output = reply.body["output"]
    links = [part["image"] for choice in output["choices"] for part in choice["message"]["content"]]
    assert (len(output["choices"]), len(set(links))) == (3, 3)
    assert output["task_metric"] == {"TOTAL": 3, "SUCCEEDED": 3, "FAILED": 0}
    assert reply.body["usage"] == {"image_count": 3, "width": 512, "height": 512}
    assert len(calls(prompt_gateway, prompt)) == 1


def test_dashscope_messages_send_upstream_what_was_ordered(
    prompt_gateway: Gateway, ann: dict[str, str]
) -> None:
    prompt = new_prompt()
    wishes = {"n": 1, "size": "512*512", "seed": 3, "prompt_extend": False, "watermark": False}

    generate(prompt_gateway, spoken(QUICK, prompt, negative_prompt="dogs", **wishes), ann)

    (call,) = calls(prompt_gateway, prompt)
    assert call["body"] == spoken(QUICK, prompt, negative_prompt="dogs", **wishes)


@pytest.mark.parametrize("extra", [{"result_format": "message"}, {"stream": False}], ids=str)
def test_dashscope_messages_may_say_what_goes_without_saying(
    prompt_gateway: Gateway, ann: dict[str, str], extra: dict[str, Any]
) -> None:
    prompt = new_prompt()

    assert generate(prompt_gateway, spoken(QUICK, prompt, **extra), ann).status == 200
    assert calls(prompt_gateway, prompt)[0]["body"]["parameters"] == {"n": 1}


def test_dashscope_messages_take_a_content_of_text_alone(
    prompt_gateway: Gateway, ann: dict[str, str]
) -> None:
    prompt = new_prompt()
    body = {"model": QUICK, "input": {"messages": [{"role": "user", "content": prompt}]}}

    assert generate(prompt_gateway, body, ann).status == 200
    assert len(calls(prompt_gateway, prompt)) == 1


def test_dashscope_messages_may_be_answered_with_a_task(slow: Gateway, ann: dict[str, str]) -> None:
    prompt = new_prompt()

    reply = generate(slow, spoken(PENDING, prompt), {**ann, **ASYNC})
    finish(slow, task_of(slow, prompt))

    output = {"task_id": task_of(slow, prompt), "task_status": "PENDING"}
    assert (reply.status, reply.body["output"]) == (200, output)
    assert fetch(slow, task_id(reply), ann).body["output"]["task_status"] == "SUCCEEDED"


@pytest.mark.usefixtures("impatient")
def test_dashscope_messages_send_a_client_to_wait_on(slow: Gateway, ann: dict[str, str]) -> None:
    prompt = new_prompt()
    first = generate(slow, spoken(PENDING, prompt), ann)
    second = follow(slow, MESSAGES, first, ann)
    task = task_of(slow, prompt)
    finish(slow, task)

    last = follow(slow, MESSAGES, second, ann)

    assert [first.status, second.status, last.status] == [303, 303, 200]
    assert [target(MESSAGES, reply) for reply in (first, second)] == [
        f"{MESSAGES}?task_id={task}&round={number}" for number in (1, 2)
    ]
    (choice,) = last.body["output"]["choices"]
    assert task_of_picture(choice["message"]["content"][0]["image"]) == task
    assert len(calls(slow, prompt)) == 1


@pytest.mark.usefixtures("impatient")
def test_dashscope_messages_give_up_on_waiting_and_are_not_sent_again(
    slow: Gateway, ann: dict[str, str]
) -> None:
    prompt = new_prompt()

    replies = follow_all(slow, MESSAGES, generate(slow, spoken(PENDING, prompt), ann), ann)

    assert [reply.status for reply in replies] == [303] * 9 + [504]
    last = replies[-1]
    assert (last.body["code"], last.headers["x-should-retry"]) == ("TaskUnfinished", "false")
    assert task_of(slow, prompt) in last.body["message"]


@pytest.mark.usefixtures("impatient")
def test_dashscope_messages_are_waited_for_by_their_owner_alone(
    slow: Gateway, ann: dict[str, str], bob: dict[str, str]
) -> None:
    reply = generate(slow, spoken(PENDING, new_prompt()), ann)

    foreign, keyless = (follow(slow, MESSAGES, reply, headers) for headers in (bob, {}))

    assert (foreign.status, foreign.body["code"], keyless.status) == (404, "TaskNotFound", 401)


@pytest.mark.parametrize("model", [QUICK, PENDING])
def test_dashscope_messages_answer_400_where_the_content_is_refused(
    prompt_gateway: Gateway, ann: dict[str, str], model: str
) -> None:
    reply = generate(prompt_gateway, spoken(model, f"{new_prompt()} #forbidden"), ann)

    assert (reply.status, reply.body["code"]) == (400, "DataInspectionFailed")
    assert reply.headers["x-dashscope-status"] == "400"
    assert set(reply.body) == {"code", "message", "suggestion", "request_id"}


def test_dashscope_messages_answer_502_where_the_task_failed(
    prompt_gateway: Gateway, ann: dict[str, str]
) -> None:
    reply = generate(prompt_gateway, spoken(PENDING, f"{new_prompt()} #fail"), ann)

    assert (reply.status, reply.body["code"]) == (502, "InternalError")
    assert reply.headers["x-should-retry"] == "false"


def test_dashscope_messages_wait_where_upstream_is_busy(prompt_gateway: Gateway, ann: dict[str, str]) -> None:
    prompt = f"{new_prompt()} #throttle"

    assert generate(prompt_gateway, spoken(QUICK, prompt), ann).status == 200
    assert [call["status"] for call in calls(prompt_gateway, prompt)] == [429, 200]


@pytest.mark.parametrize(("name", "body"), REFUSED.values(), ids=REFUSED)
def test_dashscope_messages_are_taken_to_the_letter(
    prompt_gateway: Gateway, ann: dict[str, str], name: str, body: Any
) -> None:
    before = tasks_taken(prompt_gateway)

    reply = generate(prompt_gateway, body, ann)

    assert (reply.status, reply.body["code"]) == (400, "InvalidParameter")
    assert name in reply.body["message"]
    assert tasks_taken(prompt_gateway) == before
