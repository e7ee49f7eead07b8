"""POST /v1/images/generations in OpenAI's shape: what is taken, what upstream is sent, and what is answered."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from tests.integration.dialects import IMAGES, flat, task_of_picture
from tests.integration.images.generating import MODELS, calls, generate, new_prompt
from tests.support.api_gateway import Reply
from tests.support.gateway import Gateway
from tests.workflow.records import record

QUICK = "qwen-image-2.0"
MAPPED = {
    "code": "SizeMapped",
    "parameter": "size",
    "message": "qwen-image-plus makes no pictures of 1024x1024; the nearest size was taken, 1328*1328.",
}


def sent_for(running: Gateway, body: dict[str, Any]) -> dict[str, Any]:
    """Sends an order, and returns the body of its one call upstream."""
    reply = generate(running, body)
    assert reply.status == 200, reply.text
    (call,) = calls(running, body["prompt"])
    sent: dict[str, Any] = call["body"]
    return sent


def copies(running: Gateway, reply: Reply) -> list[bytes]:
    """The copies of a reply's task, in order."""
    names = f"images/{reply.body['task_id']}/"
    return [content for name, content in sorted(running.objects().items()) if name.startswith(names)]


@pytest.mark.parametrize("model", MODELS)
def test_openai_images_answers_with_a_link(prompt_gateway: Gateway, ann: dict[str, str], model: str) -> None:
    prompt = new_prompt()

    reply = generate(prompt_gateway, flat(model, prompt), ann)

    assert reply.status == 200, reply.text
    (picture,) = reply.body["data"]
    task = record(prompt_gateway, task_of_picture(picture["url"]))
    revised = task.images[1].actual_prompt or prompt
    assert reply.body == {
        "created": task.created_at // 1000,
        "data": [{"url": picture["url"], "revised_prompt": revised}],
        "task_id": task.task_id,
        "task_status": "SUCCEEDED",
    }
    assert (task.owner, task.model) == ("ann", model)


def test_openai_images_tells_what_upstream_made_of_the_prompt(prompt_gateway: Gateway) -> None:
    prompt = new_prompt()

    (picture,) = generate(prompt_gateway, flat("qwen-image-plus", prompt)).body["data"]

    assert picture["revised_prompt"] != prompt
    assert picture["revised_prompt"].startswith(prompt)


def test_openai_images_answers_with_the_very_bytes(prompt_gateway: Gateway) -> None:
    reply = generate(prompt_gateway, flat(QUICK, new_prompt(), response_format="b64_json"))

    (picture,) = reply.body["data"]
    assert set(picture) == {"b64_json", "revised_prompt"}
    assert [base64.b64decode(picture["b64_json"], validate=True)] == copies(prompt_gateway, reply)


@pytest.mark.parametrize(("model", "made"), [("qwen-image-max", 3), ("qwen-image-2.0", 1)])
def test_openai_images_answers_with_as_many_as_were_ordered(
    prompt_gateway: Gateway, model: str, made: int
) -> None:
    prompt = new_prompt()
    body = flat(model, prompt, n=3, seed=7, size="1024x1024", response_format="b64_json")

    reply = generate(prompt_gateway, body)

    pictures = [base64.b64decode(picture["b64_json"]) for picture in reply.body["data"]]
    assert pictures == copies(prompt_gateway, reply)
    assert len(set(pictures)) == 3
    assert len(calls(prompt_gateway, prompt)) == made


def test_openai_images_takes_the_nearest_size_and_says_so(prompt_gateway: Gateway) -> None:
    prompt = new_prompt()

    reply = generate(prompt_gateway, flat("qwen-image-plus", prompt, size="1024x1024"))

    assert (reply.status, reply.body["warnings"]) == (200, [MAPPED])
    (call,) = calls(prompt_gateway, prompt)
    assert call["body"]["parameters"] == {"n": 1, "size": "1328*1328"}


@pytest.mark.parametrize("size", ["1024x1024", "1024*1024"])
def test_openai_images_takes_a_size_in_either_spelling(prompt_gateway: Gateway, size: str) -> None:
    prompt = new_prompt()

    reply = generate(prompt_gateway, flat("wanx-v1", prompt, size=size))

    assert "warnings" not in reply.body
    (call,) = calls(prompt_gateway, prompt)
    assert call["body"]["parameters"] == {"n": 1, "size": "1024*1024"}


@pytest.mark.parametrize("extra", [{}, {"size": "auto"}, {"size": None}, {"n": None}], ids=str)
def test_openai_images_leaves_to_upstream_what_is_left_open(
    prompt_gateway: Gateway, extra: dict[str, Any]
) -> None:
    assert sent_for(prompt_gateway, flat("wanx-v1", new_prompt(), **extra))["parameters"] == {"n": 1}


@pytest.mark.parametrize(
    "extra",
    [{"user": "u-1"}, {"quality": "auto"}, {"quality": "standard"}, {"stream": False}],
    ids=str,
)
def test_openai_images_passes_over_what_asks_for_nothing(
    prompt_gateway: Gateway, extra: dict[str, Any]
) -> None:
    prompt = new_prompt()

    sent = sent_for(prompt_gateway, flat("wanx-v1", prompt, **extra))

    assert sent == {"model": "wanx-v1", "input": {"prompt": prompt}, "parameters": {"n": 1}}


def test_openai_images_takes_what_the_model_takes_besides(prompt_gateway: Gateway) -> None:
    prompt = new_prompt()
    wishes = {"style": "<sketch>", "seed": 3, "ref_strength": 0.5, "ref_mode": "refonly"}
    words = {"negative_prompt": "dogs", "ref_img": "https://example.com/cat.png"}

    sent = sent_for(prompt_gateway, flat("wanx-v1", prompt, **wishes, **words))

    assert sent["input"] == {"prompt": prompt, **words}
    assert sent["parameters"] == {"n": 1, **wishes}


def test_openai_images_makes_pictures_of_wanx_where_no_model_is_named(prompt_gateway: Gateway) -> None:
    assert sent_for(prompt_gateway, {"prompt": new_prompt()})["model"] == "wanx-v1"


def test_openai_images_says_that_a_prompt_was_cut(prompt_gateway: Gateway) -> None:
    prompt = new_prompt().ljust(801, "x")

    reply = generate(prompt_gateway, flat("qwen-image-plus", prompt))

    message = "prompt has 801 characters and was cut to the 800 that the model takes."
    notice = {"code": "PromptTruncated", "parameter": "prompt", "message": message}
    assert (reply.status, reply.body["warnings"]) == (200, [notice])


@pytest.mark.parametrize("response_format", ["url", "b64_json"])
def test_openai_images_leaves_out_a_picture_that_failed_and_says_why(
    prompt_gateway: Gateway, response_format: str
) -> None:
    prompt = f"{new_prompt()} #partial"

    reply = generate(prompt_gateway, flat("wanx-v1", prompt, n=3, response_format=response_format))

    assert (reply.status, reply.body["task_status"]) == (200, "SUCCEEDED")
    assert [sorted(picture) for picture in reply.body["data"]] == [
        sorted([response_format, "revised_prompt"])
    ] * 2
    message = "Picture 2: Output data may contain inappropriate content."
    assert reply.body["warnings"] == [{"code": "DataInspectionFailed", "parameter": "n", "message": message}]


def test_openai_images_links_to_what_there_is_no_copy_of(prompt_gateway: Gateway) -> None:
    prompt = f"{new_prompt()} #elsewhere"

    reply = generate(prompt_gateway, flat("wanx-v1", prompt, response_format="b64_json"))

    (picture,) = reply.body["data"]
    assert picture == {"url": picture["url"], "revised_prompt": prompt}
    assert picture["url"].startswith("https://pictures.example.net/")


def test_openai_images_needs_no_key(prompt_gateway: Gateway) -> None:
    reply = prompt_gateway.request("POST", IMAGES, flat(QUICK, new_prompt()))

    assert reply.status == 200
    assert record(prompt_gateway, reply.body["task_id"]).owner is None
