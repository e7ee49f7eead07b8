"""POST /v1/wanxiang: what is taken, what upstream is sent for it, and what is answered."""

from __future__ import annotations

import json
import uuid
from typing import Any

import pytest

from tests.integration.documents import CURL_BODIES, FLAT_BODY, SUBMITTED, follows
from tests.support.gateway import Gateway
from tongyi.models.images.catalog import STYLES

REFERENCE = "https://example.com/cat.png"


def sent_for(shared: Gateway, body: Any) -> dict[str, Any]:
    """Submits an order, and returns the body of its one submission."""
    before = len(shared.submissions())
    reply = shared.submit(body)
    assert reply.status == 200, reply.text
    (submission,) = shared.submissions()[before:]
    assert submission["status"] == 200, submission
    sent: dict[str, Any] = submission["body"]
    return sent


def test_submit_task_answers_the_documented_request_as_documented(shared: Gateway) -> None:
    reply = shared.submit(FLAT_BODY)

    assert reply.status == 200
    assert follows(reply.body, SUBMITTED)
    assert set(reply.body) == set(SUBMITTED)


def test_submit_task_sends_the_documented_request_with_one_picture(shared: Gateway) -> None:
    sent = sent_for(shared, FLAT_BODY)

    prompt = json.loads(FLAT_BODY)["prompt"]
    assert sent == {"model": "wanx-v1", "input": {"prompt": prompt}, "parameters": {"n": 1}}


@pytest.mark.parametrize(("body", "sent"), CURL_BODIES.values(), ids=CURL_BODIES)
def test_submit_task_sends_the_body_of_each_documented_curl_command(
    shared: Gateway, body: str, sent: dict[str, Any]
) -> None:
    assert sent_for(shared, body) == sent


@pytest.mark.parametrize(("body", "sent"), CURL_BODIES.values(), ids=CURL_BODIES)
def test_submit_task_takes_the_flat_form_of_each_documented_curl_command(
    shared: Gateway, body: str, sent: dict[str, Any]
) -> None:
    nested = json.loads(body)

    assert sent_for(shared, {"model": nested["model"], **nested["input"], **nested["parameters"]}) == sent


def test_submit_task_has_ids_of_its_own(shared: Gateway) -> None:
    reply = shared.submit({"prompt": "a cat"})

    task_id = reply.body["output"]["task_id"]
    assert str(uuid.UUID(task_id)) == task_id
    assert task_id != shared.submissions()[-1]["task_id"]


def test_submit_task_says_where_the_result_will_be(shared: Gateway) -> None:
    reply = shared.submit({"prompt": "a cat"})

    assert reply.headers["location"] == f"wanxiang-results?task_id={reply.body['output']['task_id']}"


def test_submit_task_says_when_to_look(shared: Gateway) -> None:
    assert int(shared.submit({"prompt": "a cat"}).headers["retry-after"]) >= 1


def test_submit_task_answers_in_utf_8(shared: Gateway) -> None:
    reply = shared.submit({"prompt": "a cat"})

    assert reply.headers["content-type"] == "application/json; charset=utf-8"


def test_submit_task_lets_every_page_read_its_reply(shared: Gateway) -> None:
    reply = shared.submit({"prompt": "a cat"}, {"Origin": "https://app.example.com"})

    assert reply.headers["access-control-allow-origin"] == "*"
    assert "Location" in reply.headers["access-control-expose-headers"]


@pytest.mark.parametrize("size", ["1024*1024", "720*1280", "1280*720", "768*1152"])
def test_submit_task_takes_each_documented_size(shared: Gateway, size: str) -> None:
    assert sent_for(shared, {"prompt": "a cat", "size": size})["parameters"]["size"] == size


@pytest.mark.parametrize("style", STYLES)
def test_submit_task_takes_each_documented_style(shared: Gateway, style: str) -> None:
    assert sent_for(shared, {"prompt": "a cat", "style": style})["parameters"]["style"] == style


@pytest.mark.parametrize(
    ("name", "value"),
    [("n", 4), ("seed", 0), ("seed", 4294967290), ("ref_strength", 0), ("ref_strength", 1)],
)
def test_submit_task_takes_a_number_at_its_limit(shared: Gateway, name: str, value: int) -> None:
    assert sent_for(shared, {"prompt": "a cat", name: value})["parameters"][name] == value


def test_submit_task_leaves_a_random_seed_to_upstream(shared: Gateway) -> None:
    assert "seed" not in sent_for(shared, {"prompt": "a cat", "seed": -1})["parameters"]


@pytest.mark.parametrize("name", ["ref_img", "ref_image"])
def test_submit_task_takes_both_names_of_a_reference_picture(shared: Gateway, name: str) -> None:
    assert sent_for(shared, {"prompt": "a cat", name: REFERENCE})["input"]["ref_img"] == REFERENCE


@pytest.mark.parametrize("name", ["ref_strength", "strength"])
def test_submit_task_takes_both_names_of_its_strength(shared: Gateway, name: str) -> None:
    assert sent_for(shared, {"prompt": "a cat", name: 0.25})["parameters"]["ref_strength"] == 0.25


@pytest.mark.parametrize("name", ["prompt", "negative_prompt"])
def test_submit_task_cuts_a_text_at_500_characters(shared: Gateway, name: str) -> None:
    body = {"prompt": "a cat", name: "猫" * 501}

    assert sent_for(shared, body)["input"][name] == "猫" * 500


@pytest.mark.parametrize("name", ["prompt", "negative_prompt"])
def test_submit_task_flags_a_text_that_was_cut(shared: Gateway, name: str) -> None:
    reply = shared.submit({"prompt": "a cat", name: "猫" * 501})

    (warning,) = reply.body["warnings"]
    assert (warning["code"], warning["parameter"]) == ("PromptTruncated", name)


def test_submit_task_takes_500_characters_as_they_are(shared: Gateway) -> None:
    reply = shared.submit({"prompt": "猫" * 500})

    assert shared.submissions()[-1]["prompt"] == "猫" * 500
    assert "warnings" not in reply.body
