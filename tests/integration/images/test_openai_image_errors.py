"""POST /v1/images/generations in OpenAI's shape: what is refused, and in which words."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import boto3
import pytest

from tests.integration.dialects import IMAGES, flat, task_of_picture
from tests.integration.images.generating import calls, generate, new_prompt, tasks_taken
from tests.support.api_gateway import Reply
from tests.support.gateway import Gateway
from tests.workflow.records import record, task_of
from tongyi.usecases.tasks import hand_out_images

QUICK = "qwen-image-2.0"
# The parameter that the error names, and the body.
REFUSED: dict[str, tuple[str | None, Any]] = {
    "unknown model": ("model", flat("dall-e-3", "a cat")),
    "model of another type": ("model", {"model": 3, "prompt": "a cat"}),
    "no prompt": ("prompt", {"model": QUICK}),
    "blank prompt": ("prompt", flat(QUICK, " ")),
    "prompt of another type": ("prompt", {"model": QUICK, "prompt": ["a cat"]}),
    "size that is none": ("size", flat(QUICK, "a cat", size="huge")),
    "size of another type": ("size", flat(QUICK, "a cat", size=1024)),
    "no pictures": ("n", flat(QUICK, "a cat", n=0)),
    "too many pictures": ("n", flat("wanx-v1", "a cat", n=5)),
    "number as text": ("n", flat(QUICK, "a cat", n="2")),
    "unknown format": ("response_format", flat(QUICK, "a cat", response_format="png")),
    "quality": ("quality", flat(QUICK, "a cat", quality="hd")),
    "unknown field": ("background", flat(QUICK, "a cat", background="transparent")),
    "style of another model": ("style", flat(QUICK, "a cat", style="<sketch>")),
    "stream": ("stream", flat(QUICK, "a cat", stream=True)),
    "size where it is strict": ("size", flat("qwen-image-plus", "a cat", size="1024x1024", strict=True)),
    "number where it is strict": ("n", flat("qwen-image-plus", "a cat", n=2, strict=True)),
    "both spellings": (
        "ref_img",
        flat("wanx-v1", "a cat", ref_img="https://a.example.com/", ref_image="https://a.example.com/"),
    ),
}
FAILED = {"status": 400, "code": "DataInspectionFailed", "message": "Input data may contain it."}


def said(reply: Reply) -> tuple[int, str, str | None, str]:
    """The status of an error, and what its body says, once it has been found to have OpenAI's shape."""
    assert set(reply.body) == {"error", "suggestion", "request_id"}
    assert all(reply.body[name] for name in ("suggestion", "request_id"))
    error = reply.body["error"]
    assert set(error) == {"message", "type", "param", "code"}
    assert error["message"]
    return reply.status, error["type"], error["param"], error["code"]


@pytest.fixture
def crowded(prompt_gateway: Gateway) -> Iterator[Gateway]:
    """A gateway where pictures of qwen-image-max could not be made before tomorrow."""
    table = boto3.resource("dynamodb").Table(prompt_gateway.names["Table"])
    key = {"pk": "SLOT#qwen-image-max", "sk": "SLOT"}
    table.put_item(Item={**key, "next_at": (int(time.time()) + 24 * 3600) * 1000})
    yield prompt_gateway
    table.delete_item(Key=key)


@pytest.mark.parametrize(("parameter", "body"), REFUSED.values(), ids=REFUSED)
def test_openai_images_names_the_parameter_that_is_wrong(
    prompt_gateway: Gateway, parameter: str | None, body: Any
) -> None:
    before = tasks_taken(prompt_gateway)

    reply = generate(prompt_gateway, body)

    assert said(reply) == (400, "invalid_request_error", parameter, "InvalidParameter")
    assert "x-should-retry" not in reply.headers
    assert tasks_taken(prompt_gateway) == before


def test_openai_images_words_an_error_as_openai_does(prompt_gateway: Gateway) -> None:
    reply = generate(prompt_gateway, flat("wanx-v1", "a cat", n=5), {"Accept-Language": "en"})

    assert reply.body == {
        "error": {
            "message": "n: 5 is out of range, it takes 1 to 4.",
            "type": "invalid_request_error",
            "param": "n",
            "code": "InvalidParameter",
        },
        "suggestion": "Correct the parameter as the message says, and submit again.",
        "request_id": reply.body["request_id"],
    }


@pytest.mark.parametrize("model", ["wanx-v1", QUICK])
def test_openai_images_answers_400_where_the_content_is_refused(prompt_gateway: Gateway, model: str) -> None:
    prompt = f"{new_prompt()} #forbidden"

    reply = generate(prompt_gateway, flat(model, prompt))

    assert said(reply) == (400, "invalid_request_error", None, "DataInspectionFailed")
    assert reply.body["error"]["message"] == "Input data may contain inappropriate content."
    assert reply.headers["x-dashscope-status"] == "400"
    assert len(calls(prompt_gateway, prompt)) == 1


@pytest.mark.parametrize("model", ["wanx-v1", QUICK])
def test_openai_images_waits_where_upstream_is_busy(prompt_gateway: Gateway, model: str) -> None:
    prompt = f"{new_prompt()} #throttle"

    reply = generate(prompt_gateway, flat(model, prompt))

    assert (reply.status, len(reply.body["data"])) == (200, 1)
    assert [call["status"] for call in calls(prompt_gateway, prompt)] == [429, 200]


def test_openai_images_answers_429_where_the_line_is_too_long(crowded: Gateway) -> None:
    reply = generate(crowded, flat("qwen-image-max", new_prompt()))

    assert said(reply) == (429, "rate_limit_error", None, "Throttling.QueueFull")
    assert 17 * 3600 < int(reply.headers["retry-after"]) <= 18 * 3600 + 1
    assert reply.headers["x-should-retry"] == "true"


@pytest.mark.parametrize("authorization", ["Bearer wrong", "wrong"])
def test_openai_images_lets_a_bad_key_through_to_nothing(prompt_gateway: Gateway, authorization: str) -> None:
    prompt = new_prompt()

    reply = generate(prompt_gateway, flat(QUICK, prompt), {"Authorization": authorization})

    assert (reply.status, calls(prompt_gateway, prompt)) == (401, [])


def test_openai_images_answers_with_the_error_where_all_pictures_failed(prompt_gateway: Gateway) -> None:
    prompt = new_prompt()
    prompt_gateway.standin.add_fault("generate", "status", prompt_contains=prompt, times=None, **FAILED)

    reply = generate(prompt_gateway, flat("qwen-image-max", prompt, n=3))

    assert said(reply) == (400, "invalid_request_error", None, "DataInspectionFailed")
    assert reply.body["error"]["message"] == "Input data may contain it."
    assert len(calls(prompt_gateway, prompt)) == 3


def test_openai_images_answers_with_the_error_of_a_task_that_failed(prompt_gateway: Gateway) -> None:
    reply = generate(prompt_gateway, flat("wanx-v1", f"{new_prompt()} #fail"))

    assert said(reply) == (502, "api_error", None, "InternalError")
    assert reply.headers["x-should-retry"] == "false"


def test_openai_images_says_that_a_task_was_canceled(prompt_gateway: Gateway) -> None:
    prompt = new_prompt()
    prompt_gateway.standin.add_fault("submit", "stuck", prompt_contains=prompt, task_status="CANCELED")

    reply = generate(prompt_gateway, flat("wanx-v1", prompt))

    assert said(reply) == (400, "invalid_request_error", None, "TaskCanceled")


def test_openai_images_says_that_an_answer_was_lost(prompt_gateway: Gateway) -> None:
    prompt = f"{new_prompt()} #lost"

    reply = generate(prompt_gateway, flat(QUICK, prompt))

    assert said(reply) == (502, "api_error", None, "SubmissionLost")
    assert reply.headers["x-should-retry"] == "false"
    assert len(calls(prompt_gateway, prompt)) == 1


def test_openai_images_keeps_pictures_that_are_too_large_for_a_reply(
    prompt_gateway: Gateway, ann: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hand_out_images, "MOST_INLINE_BYTES", 100)
    prompt = new_prompt()

    reply = generate(prompt_gateway, flat(QUICK, prompt, n=2, response_format="b64_json"), ann)

    task_id = task_of(prompt_gateway, prompt)
    assert said(reply) == (400, "invalid_request_error", "response_format", "PicturesTooLarge")
    assert reply.body["error"]["message"].endswith(
        f"ask for url instead, or GET /v1/images/{task_id}/1 to 2."
    )
    assert record(prompt_gateway, task_id).status == "SUCCEEDED"
    links = [
        prompt_gateway.request("GET", f"/v1/images/{task_id}/{number}", headers=ann) for number in (1, 2)
    ]
    assert [link.status for link in links] == [302, 302]
    assert {task_of_picture(link.headers["location"]) for link in links} == {task_id}


def test_openai_images_shows_by_link_what_was_too_large_for_a_reply(
    prompt_gateway: Gateway, ann: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hand_out_images, "MOST_INLINE_BYTES", 100)
    prompt = new_prompt()
    generate(prompt_gateway, flat(QUICK, prompt, response_format="b64_json"), ann)

    shown = prompt_gateway.request("GET", f"{IMAGES}?task_id={task_of(prompt_gateway, prompt)}", headers=ann)

    assert (shown.status, len(shown.body["data"])) == (200, 1)
