"""Pictures while the caller waits, over HTTP."""

from __future__ import annotations

import io
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests
from PIL import Image
from requests import Response

from local.standin import StandIn

pytestmark = pytest.mark.enable_socket
PATH = "/api/v1/services/aigc/multimodal-generation/generation"
MODELS = ("qwen-image", "qwen-image-plus", "qwen-image-max", "qwen-image-2.0", "qwen-image-2.0-pro")
CAT = {"role": "user", "content": [{"text": "a cat"}]}
Send = Callable[..., Response]


def _links(reply: Response) -> list[str]:
    choices = reply.json()["output"]["choices"]
    return [part["image"] for choice in choices for part in choice["message"]["content"]]


def _size(link: str) -> tuple[int, int]:
    with Image.open(io.BytesIO(requests.get(link, timeout=300).content)) as picture:
        return picture.size


def test_the_reply_has_the_documented_shape(generate: Send) -> None:
    reply = generate(model="qwen-image-2.0-pro", size="1024*768")
    payload = reply.json()
    assert payload == {
        "output": {
            "choices": [
                {
                    "finish_reason": "stop",
                    "message": {"role": "assistant", "content": [{"image": _links(reply)[0]}]},
                }
            ],
            "task_metric": {"TOTAL": 1, "SUCCEEDED": 1, "FAILED": 0},
        },
        "usage": {"image_count": 1, "width": 1024, "height": 768},
        "request_id": reply.headers["X-Request-Id"],
    }


@pytest.mark.parametrize("model", ["qwen-image-2.0", "qwen-image-2.0-pro"])
def test_several_pictures_are_in_one_choice(generate: Send, model: str) -> None:
    output = generate(model=model, n=6).json()["output"]
    assert [len(choice["message"]["content"]) for choice in output["choices"]] == [6]


def test_several_pictures_are_all_counted(generate: Send) -> None:
    reply = generate(n=3).json()
    assert reply["output"]["task_metric"] == {"TOTAL": 3, "SUCCEEDED": 3, "FAILED": 0}
    assert reply["usage"]["image_count"] == 3


@pytest.mark.parametrize("model", MODELS)
def test_every_model_makes_one_picture_by_default(generate: Send, model: str) -> None:
    assert len(_links(generate(model=model))) == 1


@pytest.mark.parametrize("model", ["qwen-image", "qwen-image-plus", "qwen-image-max"])
def test_a_picture_has_its_default_size(generate: Send, model: str) -> None:
    usage = generate(model=model).json()["usage"]
    assert (usage["width"], usage["height"]) == (1664, 928)


def test_a_picture_of_the_second_generation_is_square_by_default(generate: Send) -> None:
    usage = generate().json()["usage"]
    assert (usage["width"], usage["height"]) == (2048, 2048)


def test_the_links_lead_to_pictures_of_that_size(generate: Send) -> None:
    assert [_size(link) for link in _links(generate(n=2, size="640*512"))] == [(640, 512)] * 2


def test_the_same_seed_paints_the_same_pictures(generate: Send) -> None:
    links = _links(generate(n=2, seed=7, size="512*512")) + _links(generate(n=1, seed=8, size="512*512"))
    first, second, again = [requests.get(link, timeout=300).content for link in links]
    assert (first != second, second == again) == (True, True)


def test_a_link_is_good_for_a_day(standin: StandIn, generate: Send) -> None:
    link = _links(generate(size="512*512"))[0]
    standin.advance(24 * 3600 - 1)
    before = requests.get(link, timeout=300).status_code
    standin.advance(1)
    assert (before, requests.get(link, timeout=300).status_code) == (200, 403)


def test_a_reset_forgets_the_pictures(standin: StandIn, generate: Send) -> None:
    link = _links(generate(size="512*512"))[0]
    standin.reset()
    assert requests.get(link, timeout=300).status_code == 404


def test_no_task_is_listed(generate: Send, call: Send) -> None:
    generate()
    assert call("GET", "/api/v1/tasks/").json()["total"] == 0


def test_nothing_can_be_queried_by_the_id_in_the_link(generate: Send, shown: Callable[..., Any]) -> None:
    picture_id = urlsplit(_links(generate())[0]).path.split("/")[4]
    assert shown(picture_id)["output"]["task_status"] == "UNKNOWN"


def test_the_ledger_tells_what_was_made(standin: StandIn, generate: Send) -> None:
    generate("two dogs", n=2)
    entry = standin.ledger("generate")[0]
    told = [entry[name] for name in ("model", "prompt", "status", "images", "task_id")]
    assert told == ["qwen-image-2.0", "two dogs", 200, 2, None]


def test_a_download_is_traced_to_its_call_in_the_ledger(standin: StandIn, generate: Send) -> None:
    reply = generate("two dogs", size="512*512")
    requests.get(_links(reply)[0], timeout=300)
    entry = standin.ledger("picture")[0]
    assert (entry["task_id"], entry["prompt"]) == (reply.json()["request_id"], "two dogs")


@pytest.mark.parametrize(("model", "seconds"), [("qwen-image-max", 60), ("qwen-image-2.0", 1)])
def test_the_third_call_within_the_window_is_refused(
    standin: StandIn, generate: Send, model: str, seconds: float
) -> None:
    statuses = [generate(model=model).status_code for _ in range(3)]
    standin.advance(seconds - 0.5)
    statuses.append(generate(model=model).status_code)
    standin.advance(0.5)
    statuses.append(generate(model=model).status_code)
    assert statuses == [200, 200, 429, 429, 200]


def test_each_model_has_a_rate_of_its_own(generate: Send) -> None:
    statuses = [generate(model=model).status_code for model in MODELS for _ in range(2)]
    assert statuses == [200] * 10


def test_the_answer_comes_after_the_time_the_pictures_take(standin: StandIn, generate: Send) -> None:
    standin.configure(seconds_per_image=0.1)
    assert generate(n=3).elapsed.total_seconds() >= 0.3


def test_others_are_answered_while_a_caller_waits() -> None:
    with StandIn(seconds_per_image=3600) as standin:
        headers = {"Authorization": "Bearer any"}
        body = {"model": "qwen-image-2.0", "input": {"messages": [CAT]}}
        # It goes away at once, but the stand-in is at its picture for an hour.
        with pytest.raises(requests.ReadTimeout):
            requests.post(standin.url + PATH, json=body, headers=headers, timeout=(300, 0.01))
        entry = _first_entry(standin)
        reply = requests.get(standin.url + "/api/v1/tasks/nothing", headers=headers, timeout=300)
        assert (reply.status_code, entry["endpoint"], entry["status"]) == (200, "generate", None)


def _first_entry(standin: StandIn) -> dict[str, Any]:
    deadline = time.monotonic() + 300
    while time.monotonic() < deadline:
        # Over HTTP, which gives up in time should the ledger be locked.
        entries = requests.get(standin.url + "/_standin/ledger", timeout=300).json()["entries"]
        if entries:
            return dict(entries[0])
        time.sleep(0.01)
    pytest.fail("the call has not arrived")


@pytest.mark.parametrize("model", ["qwen-image", "qwen-image-plus"])
def test_the_async_header_is_ignored_for_models_that_know_both_ways(
    standin: StandIn, call: Send, model: str
) -> None:
    standin.configure(seconds_per_image=0)
    body = {"model": model, "input": {"messages": [CAT]}}
    assert len(_links(call("POST", PATH, json=body, headers={"X-DashScope-Async": "enable"}))) == 1
