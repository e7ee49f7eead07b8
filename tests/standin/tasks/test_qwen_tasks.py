"""Qwen-Image models through tasks, over HTTP."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import pytest
import requests
from PIL import Image
from requests import Response

from local.standin import StandIn

pytestmark = pytest.mark.enable_socket
PATH = "/api/v1/services/aigc/text2image/image-synthesis"
MODELS = ("qwen-image", "qwen-image-plus")
Send = Callable[..., Response]
Shown = Callable[..., dict[str, Any]]


@pytest.fixture
def order(call: Send) -> Send:
    """Submit a task; keyword arguments become parameters."""

    def send(prompt: str = "a cat", *, model: str = "qwen-image", **parameters: Any) -> Response:
        body = {"model": model, "input": {"prompt": prompt}, "parameters": parameters}
        return call("POST", PATH, json=body, headers={"X-DashScope-Async": "enable"})

    return send


@pytest.fixture
def ended(standin: StandIn, order: Send, shown: Shown) -> Shown:
    """Submit a task, let it finish, and return what its query says."""

    def finish(*args: Any, **more: Any) -> dict[str, Any]:
        task_id = order(*args, **more).json()["output"]["task_id"]
        standin.advance(60)
        return shown(task_id)

    return finish


def _error(reply: Response) -> tuple[int, str, str]:
    return reply.status_code, reply.json()["code"], reply.json()["message"]


@pytest.mark.parametrize("model", MODELS)
def test_one_picture_is_made_by_default(ended: Shown, model: str) -> None:
    view = ended(model=model)
    assert view["output"]["task_metrics"] == {"TOTAL": 1, "SUCCEEDED": 1, "FAILED": 0}
    assert view["usage"] == {"image_count": 1}


@pytest.mark.parametrize("model", MODELS)
def test_a_result_has_both_prompts_and_its_link(ended: Shown, model: str) -> None:
    result = ended(model=model)["output"]["results"][0]
    assert (list(result), result["orig_prompt"]) == (["orig_prompt", "actual_prompt", "url"], "a cat")


@pytest.mark.parametrize("parameters", [{}, {"prompt_extend": True}])
def test_the_actual_prompt_goes_on_where_the_given_one_ends(
    ended: Shown, parameters: dict[str, bool]
) -> None:
    assert ended(**parameters)["output"]["results"][0]["actual_prompt"].startswith("a cat, ")


def test_the_actual_prompt_is_the_given_one_when_it_is_not_to_be_extended(ended: Shown) -> None:
    assert ended(prompt_extend=False)["output"]["results"][0]["actual_prompt"] == "a cat"


def test_a_prompt_is_cut_silently(ended: Shown) -> None:
    assert ended("x" * 900)["output"]["results"][0]["orig_prompt"] == "x" * 800


@pytest.mark.parametrize(
    ("parameters", "size"), [({}, (1664, 928)), ({"size": "1104*1472", "watermark": True}, (1104, 1472))]
)
def test_the_picture_has_its_size(ended: Shown, parameters: dict[str, Any], size: tuple[int, int]) -> None:
    link = ended(seed=5, **parameters)["output"]["results"][0]["url"]
    with Image.open(io.BytesIO(requests.get(link, timeout=300).content)) as picture:
        assert picture.size == size


def test_a_wrong_size_is_accepted_and_the_task_fails(ended: Shown) -> None:
    output = ended(size="1024*1024")["output"]
    assert (output["task_status"], output["code"]) == ("FAILED", "InvalidParameter")
    assert "1664*928" in output["message"]


@pytest.mark.parametrize("model", MODELS)
def test_more_than_one_picture_is_refused(order: Send, model: str) -> None:
    assert _error(order(model=model, n=2)) == (400, "InvalidParameter", "num_images_per_prompt must be 1")


@pytest.mark.parametrize(
    "parameters", [{"seed": -1}, {"seed": 2147483648}, {"prompt_extend": 1}, {"watermark": "no"}]
)
def test_a_bad_parameter_is_refused_by_name(order: Send, parameters: dict[str, Any]) -> None:
    status, code, message = _error(order(**parameters))
    assert (status, code) == (400, "InvalidParameter")
    assert f"parameters.{next(iter(parameters))}" in message


def test_a_long_negative_prompt_is_refused_by_name(call: Send) -> None:
    body = {"model": "qwen-image", "input": {"prompt": "a cat", "negative_prompt": "x" * 501}}
    message = _error(call("POST", PATH, json=body, headers={"X-DashScope-Async": "enable"}))[2]
    assert message.startswith("input.negative_prompt")


@pytest.mark.parametrize("model", ["qwen-image-max", "qwen-image-2.0", "qwen-image-2.0-pro"])
def test_a_model_without_tasks_is_refused(order: Send, model: str) -> None:
    told = _error(order(model=model))
    assert told == (403, "AccessDenied", "current user api does not support asynchronous calls.")


def test_a_call_without_the_async_header_is_refused(call: Send) -> None:
    reply = call("POST", PATH, json={"model": "qwen-image", "input": {"prompt": "a cat"}})
    assert _error(reply) == (403, "AccessDenied", "current user api does not support synchronous calls.")


@pytest.mark.parametrize("model", MODELS)
def test_two_tasks_run_at_a_time(standin: StandIn, order: Send, shown: Shown, model: str) -> None:
    first, second = (order(model=model).json()["output"]["task_id"] for _ in range(2))
    standin.advance(1)
    third = order(model=model).json()["output"]["task_id"]
    standin.advance(0.5)
    statuses = [shown(task_id)["output"]["task_status"] for task_id in (first, second, third)]
    standin.advance(0.75)
    assert (statuses, shown(third)["output"]["task_status"]) == (["RUNNING", "RUNNING", "PENDING"], "PENDING")


def test_both_endpoints_share_a_rate(order: Send, generate: Send) -> None:
    statuses = [generate(model="qwen-image").status_code, order().status_code, order().status_code]
    assert statuses == [200, 200, 429]
