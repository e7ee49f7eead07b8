"""POST /v1/images/generations: the documented request gets the documented reply, for every model."""

from __future__ import annotations

import re
from typing import Any

import boto3
import pytest

from tests.integration.images.generating import (
    MESSAGE_MODELS,
    MODELS,
    TASK_MODELS,
    calls,
    generate,
    new_prompt,
    order,
    task_id,
)
from tests.integration.images.generation_documents import EXAMPLE, PROMPT, REPLY
from tests.support.api_gateway import Reply
from tests.support.gateway import Gateway
from tongyi.models.images.catalog import IMAGE_MODELS

TIME = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3}")
TIMES = ("submit_time", "scheduled_time", "end_time")
MADE = {"wanx-v1": "1024*1024", "qwen-image-plus": "1328*1328", "qwen-image-max": "1328*1328"}
MAPPED = [name for name in MODELS if MADE.get(name, "1024*1024") != "1024*1024"]


@pytest.fixture(scope="module")
def documented(prompt_gateway: Gateway) -> dict[str, Reply]:
    """The replies to the document's example, comments and all, by the model that it names."""
    bodies = {model: EXAMPLE.replace('"qwen-image-plus",', f'"{model}",') for model in MODELS}
    return {model: generate(prompt_gateway, body) for model, body in bodies.items()}


def sent_for(running: Gateway, body: dict[str, Any]) -> dict[str, Any]:
    """Sends an order, and returns the body of its one call upstream."""
    reply = generate(running, body)
    assert reply.status == 200, reply.text
    (call,) = calls(running, body["input"]["prompt"])
    sent: dict[str, Any] = call["body"]
    return sent


def shape(value: Any) -> Any:
    """The keys of a value, with the kinds of what they lead to."""
    if isinstance(value, dict):
        return {name: shape(part) for name, part in value.items()}
    return [shape(part) for part in value] if isinstance(value, list) else type(value)


def has(found: Any, wanted: Any) -> bool:
    """Whether a shape has all that another has, in lists of the same length."""
    if isinstance(wanted, dict):
        return isinstance(found, dict) and all(
            name in found and has(found[name], wanted[name]) for name in wanted
        )
    if isinstance(wanted, list):
        return len(found) == len(wanted) and all(map(has, found, wanted))
    return bool(found == wanted)


@pytest.mark.parametrize("model", MODELS)
def test_generate_images_answers_the_documented_request(documented: dict[str, Reply], model: str) -> None:
    reply = documented[model]

    assert reply.status == 200, reply.text
    assert has(shape(reply.body), shape(REPLY))


@pytest.mark.parametrize("model", MODELS)
def test_generate_images_answers_with_the_finished_task(documented: dict[str, Reply], model: str) -> None:
    body = documented[model].body

    assert body["output"]["task_status"] == "SUCCEEDED"
    assert body["output"]["task_metrics"] == {"TOTAL": 1, "SUCCEEDED": 1, "FAILED": 0}
    assert body["usage"] == {"image_count": 1}


@pytest.mark.parametrize("model", MODELS)
def test_generate_images_tells_the_times_in_order(documented: dict[str, Reply], model: str) -> None:
    times = [documented[model].body["output"][name] for name in TIMES]

    assert all(TIME.fullmatch(time) for time in times)
    assert times == sorted(times)


@pytest.mark.parametrize("model", MODELS)
def test_generate_images_tells_the_prompts(documented: dict[str, Reply], model: str) -> None:
    (result,) = documented[model].body["output"]["results"]

    assert result["orig_prompt"] == PROMPT
    # Only the reply of an asynchronous qwen model says what upstream made of the prompt.
    extended = model == "qwen-image-plus"
    assert (result["actual_prompt"] != PROMPT) == extended
    assert result["actual_prompt"].startswith(PROMPT)


@pytest.mark.parametrize("model", MODELS)
def test_generate_images_links_to_a_copy_of_the_picture(
    documented: dict[str, Reply], prompt_gateway: Gateway, model: str
) -> None:
    reply = documented[model]
    (result,) = reply.body["output"]["results"]
    name = f"images/{task_id(reply)}/1.png"

    assert name in result["url"]
    assert result["bytes"] == len(prompt_gateway.objects()[name])
    assert f"{result['width']}*{result['height']}" == MADE.get(model, "1024*1024")


@pytest.mark.parametrize("model", MAPPED)
def test_generate_images_tells_both_sizes_where_another_is_made(
    documented: dict[str, Reply], model: str
) -> None:
    body = documented[model].body

    assert (body["output"]["requested_size"], body["output"]["size"]) == ("1024*1024", MADE[model])
    assert [(warning["code"], warning["parameter"]) for warning in body["warnings"]] == [
        ("SizeMapped", "size")
    ]


@pytest.mark.parametrize("model", sorted(set(MODELS) - set(MAPPED)))
def test_generate_images_makes_the_size_asked_for_where_it_can(
    documented: dict[str, Reply], model: str
) -> None:
    body = documented[model].body

    assert "warnings" not in body
    assert not {"requested_size", "size"} & set(body["output"])


@pytest.mark.parametrize("model", TASK_MODELS)
def test_generate_images_sends_an_order_for_a_task(prompt_gateway: Gateway, model: str) -> None:
    size, prompt = IMAGE_MODELS[model].sizes.default, new_prompt()
    body = order(model, prompt, size=size, seed=7)
    body["input"]["negative_prompt"] = "a dog"

    assert sent_for(prompt_gateway, body) == {
        "model": model,
        "input": {"prompt": prompt, "negative_prompt": "a dog"},
        "parameters": {"size": size, "seed": 7, "n": 1},
    }


@pytest.mark.parametrize("model", MESSAGE_MODELS)
def test_generate_images_sends_an_order_as_a_message(prompt_gateway: Gateway, model: str) -> None:
    size, prompt = IMAGE_MODELS[model].sizes.default, new_prompt()
    body = order(model, prompt, size=size, seed=7, prompt_extend=False, watermark=True)
    body["input"]["negative_prompt"] = "a dog"

    assert sent_for(prompt_gateway, body) == {
        "model": model,
        "input": {"messages": [{"role": "user", "content": [{"text": prompt}]}]},
        "parameters": {
            "negative_prompt": "a dog",
            "size": size,
            "seed": 7,
            "prompt_extend": False,
            "watermark": True,
            "n": 1,
        },
    }


@pytest.mark.parametrize("model", MODELS)
def test_generate_images_always_sends_the_number_of_pictures(prompt_gateway: Gateway, model: str) -> None:
    """DashScope's documents disagree on the default, and each picture is billed."""
    assert sent_for(prompt_gateway, order(model, new_prompt()))["parameters"] == {"n": 1}


@pytest.mark.parametrize("model", ["qwen-image-2.0", "qwen-image-2.0-pro"])
def test_generate_images_has_several_pictures_of_one_call(prompt_gateway: Gateway, model: str) -> None:
    prompt = new_prompt()

    reply = generate(prompt_gateway, order(model, prompt, n=4, size="512*512"))

    assert len(calls(prompt_gateway, prompt)) == 1
    assert len({result["url"] for result in reply.body["output"]["results"]}) == 4
    assert reply.body["usage"] == {"image_count": 4}


def test_generate_images_takes_wanx_orders_with_all_they_can_have(prompt_gateway: Gateway) -> None:
    prompt = new_prompt()
    given = {"n": 4, "size": "768*1152", "style": "<sketch>", "seed": 42}

    reply = generate(prompt_gateway, order("wanx-v1", prompt, **given))

    assert (reply.status, len(reply.body["output"]["results"])) == (200, 4)
    assert [call["body"]["parameters"] for call in calls(prompt_gateway, prompt)] == [given]


def test_generate_images_counts_the_pictures_ordered_without_a_key(prompt_gateway: Gateway) -> None:
    before = used(prompt_gateway)

    generate(prompt_gateway, order("qwen-image-2.0", new_prompt(), n=3))

    assert used(prompt_gateway) - before == 3


def used(running: Gateway) -> int:
    """How many pictures were ordered without a key today."""
    items: list[dict[str, Any]] = boto3.resource("dynamodb").Table(running.names["Table"]).scan()["Items"]
    return sum(int(item.get("used", 0)) for item in items if item["pk"].startswith("QUOTA#"))
