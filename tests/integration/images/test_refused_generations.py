"""POST /v1/images/generations: what is refused, by the gateway or by upstream."""

from __future__ import annotations

from typing import Any

import pytest

from tests.integration.images.generating import MODELS, calls, generate, new_prompt, order, tasks_taken
from tests.integration.images.generation_documents import EXAMPLE
from tests.support.gateway import Gateway

REFUSED: dict[str, tuple[str, dict[str, Any]]] = {
    "a size, strictly": ("1664*928", order("qwen-image-plus", "a cat", size="1024*1024", strict=True)),
    "pixels, strictly": ("4194304 pixels", order("qwen-image-2.0", "a cat", size="4096*4096", strict=True)),
    "a number, strictly": ("n: 2", order("qwen-image-max", "a cat", n=2, strict=True)),
    "too many": ("n: 5", order("qwen-image-plus", "a cat", n=5)),
    "far too many": ("n: 7", order("qwen-image-2.0", "a cat", n=7)),
    "no size": ("size: 'huge'", order("qwen-image-plus", "a cat", size="huge")),
    "a style": ("style: ", order("qwen-image-plus", "a cat", style="<sketch>")),
    "an unknown model": ("qwen-image-2.0-pro", order("qwen-image-3", "a cat")),
    "no prompt": ("prompt", order("qwen-image-plus", " ")),
}


@pytest.mark.parametrize(("named", "body"), REFUSED.values(), ids=REFUSED)
def test_generate_images_names_what_it_refuses_and_sends_nothing(
    prompt_gateway: Gateway, named: str, body: dict[str, Any]
) -> None:
    before = tasks_taken(prompt_gateway)

    reply = generate(prompt_gateway, body)

    assert (reply.status, reply.body["code"]) == (400, "InvalidParameter")
    assert named in reply.body["message"]
    assert set(reply.body) == {"code", "message", "suggestion", "request_id"}
    assert tasks_taken(prompt_gateway) == before


@pytest.mark.parametrize("body", ["{ // nothing\n", EXAMPLE.replace('"input"', "input"), EXAMPLE + "//\n}"])
def test_generate_images_refuses_what_is_no_json_without_its_comments(
    prompt_gateway: Gateway, body: str
) -> None:
    assert generate(prompt_gateway, body).status == 400


@pytest.mark.parametrize("model", MODELS)
def test_generate_images_answers_400_where_upstream_refuses(prompt_gateway: Gateway, model: str) -> None:
    prompt = f"{new_prompt()} #forbidden"

    reply = generate(prompt_gateway, order(model, prompt))

    assert (reply.status, reply.body["code"]) == (400, "DataInspectionFailed")
    assert reply.headers["x-dashscope-status"] == "400"
    assert (reply.body["output"]["task_status"], len(calls(prompt_gateway, prompt))) == ("FAILED", 1)
    assert {"message", "suggestion", "request_id"} < set(reply.body)
