"""Submitting picture tasks over HTTP."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from requests import Response

from local.standin import StandIn

pytestmark = pytest.mark.enable_socket
PATH = "/api/v1/services/aigc/text2image/image-synthesis"
ASYNC = {"X-DashScope-Async": "enable"}
Send = Callable[..., Response]


def _error(reply: Response) -> tuple[int, str, str]:
    return reply.status_code, reply.json()["code"], reply.json()["message"]


def test_a_task_is_accepted_as_pending(submit: Send) -> None:
    assert submit().json()["output"]["task_status"] == "PENDING"


def test_a_reply_has_nothing_but_the_documented_fields(submit: Send) -> None:
    reply = submit().json()
    assert (set(reply), set(reply["output"])) == ({"output", "request_id"}, {"task_id", "task_status"})


def test_the_request_id_is_a_uuid_and_also_a_header(submit: Send) -> None:
    reply = submit()
    assert str(UUID(reply.json()["request_id"])) == reply.headers["X-Request-Id"]


def test_each_request_has_an_id_of_its_own(submit: Send) -> None:
    assert submit().json()["request_id"] != submit().json()["request_id"]


@pytest.mark.parametrize("key", [None, "a-wrong-key"])
def test_a_missing_or_wrong_key_is_refused(call: Send, key: str | None) -> None:
    reply = call("POST", PATH, key=key, json={}, headers=ASYNC)
    assert _error(reply) == (401, "InvalidApiKey", "Invalid API-key provided.")


def test_a_call_without_the_async_header_is_refused(call: Send) -> None:
    reply = call("POST", PATH, json={"model": "wanx-v1", "input": {"prompt": "a cat"}})
    assert _error(reply) == (403, "AccessDenied", "current user api does not support synchronous calls.")


def test_an_unknown_model_is_not_found(call: Send) -> None:
    reply = call("POST", PATH, json={"model": "wanx-v9", "input": {"prompt": "a cat"}}, headers=ASYNC)
    assert _error(reply) == (404, "ModelNotFound", "Model not exist.")


def test_a_chat_model_makes_no_pictures(call: Send) -> None:
    reply = call("POST", PATH, json={"model": "qwen-plus", "input": {"prompt": "a cat"}}, headers=ASYNC)
    assert _error(reply)[:2] == (400, "InvalidParameter")


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'"x"', b'{"model": NaN}', b"\xff\xfe"])
def test_a_body_that_is_no_json_object_is_refused(call: Send, body: bytes) -> None:
    reply = call("POST", PATH, data=body, headers=ASYNC)
    assert _error(reply)[:2] == (400, "InvalidParameter")


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"model": None}, "model"),
        ({"model": 5}, "model"),
        ({"input": None}, "input"),
        ({"input": "a cat"}, "input"),
        ({"input": {}}, "input.prompt"),
        ({"input": {"prompt": "  "}}, "input.prompt"),
        ({"input": {"prompt": 5}}, "input.prompt"),
        ({"input": {"prompt": "a", "negative_prompt": 5}}, "input.negative_prompt"),
        ({"input": {"prompt": "a", "ref_img": "cat.png"}}, "input.ref_img"),
        ({"input": {"prompt": "a", "ref_image": "http://例子/猫.png"}}, "input.ref_image"),
        ({"parameters": []}, "parameters"),
        ({"parameters": {"n": 0}}, "parameters.n"),
        ({"parameters": {"n": 5}}, "parameters.n"),
        ({"parameters": {"n": "4"}}, "parameters.n"),
        ({"parameters": {"n": True}}, "parameters.n"),
        ({"parameters": {"size": 1024}}, "parameters.size"),
        ({"parameters": {"seed": -2}}, "parameters.seed"),
        ({"parameters": {"seed": 4294967291}}, "parameters.seed"),
        ({"parameters": {"style": "sketch"}}, "parameters.style"),
        ({"parameters": {"ref_mode": "copy"}}, "parameters.ref_mode"),
        ({"parameters": {"ref_strength": 1.1}}, "parameters.ref_strength"),
        ({"parameters": {"strength": "0.5"}}, "parameters.strength"),
    ],
)
def test_a_bad_field_is_refused_by_name(call: Send, changes: dict[str, Any], named: str) -> None:
    body = {"model": "wanx-v1", "input": {"prompt": "a cat"}, "parameters": {}, **changes}
    status, code, message = _error(call("POST", PATH, json=body, headers=ASYNC))
    assert (status, code) == (400, "InvalidParameter")
    assert named in message


@pytest.mark.parametrize(
    ("given", "parameters"),
    [
        ({"ref_img": "https://example.com/cat.png"}, {"ref_strength": 0.5, "ref_mode": "refonly"}),
        ({"ref_image": "http://example.com/cat.png"}, {"strength": 1}),
        ({"negative_prompt": ""}, {"seed": 4294967290, "style": "<3d cartoon>"}),
    ],
)
def test_both_spellings_of_the_documents_are_accepted(
    call: Send, given: dict[str, Any], parameters: dict[str, Any]
) -> None:
    body = {"model": "wanx-v1", "input": {"prompt": "a cat", **given}, "parameters": parameters}
    assert call("POST", PATH, json=body, headers=ASYNC).status_code == 200


def test_four_pictures_are_made_when_n_is_left_out(call: Send, shown: Callable[..., Any]) -> None:
    reply = call("POST", PATH, json={"model": "wanx-v1", "input": {"prompt": "a cat"}}, headers=ASYNC)
    assert shown(reply.json()["output"]["task_id"])["output"]["task_metrics"]["TOTAL"] == 4


def test_a_wrong_size_is_accepted_and_the_task_fails(
    standin: StandIn, made: Callable[..., str], shown: Callable[..., Any]
) -> None:
    task_id = made(size="512*512", n=4)
    standin.advance(1)
    output = shown(task_id)["output"]
    told = {name: output[name] for name in ("task_status", "code", "message", "task_metrics")}
    assert told == {
        "task_status": "FAILED",
        "code": "InvalidParameter",
        "message": "The size is not match the allowed size ['1024*1024', '720*1280', '1280*720']",
        "task_metrics": {"TOTAL": 4, "SUCCEEDED": 0, "FAILED": 4},
    }


def test_the_third_submission_within_a_second_is_refused(submit: Send) -> None:
    replies = [submit() for _ in range(3)]
    assert _error(replies[2]) == (
        429,
        "Throttling.RateQuota",
        "Requests rate limit exceeded, please try again later.",
    )


def test_a_second_later_submissions_are_accepted_again(standin: StandIn, submit: Send) -> None:
    for _ in range(3):
        submit()
    standin.advance(1)
    assert submit().status_code == 200


def test_each_key_has_a_rate_of_its_own(submit: Send) -> None:
    for _ in range(3):
        submit()
    assert submit(key="the-other-key").status_code == 200


def test_limits_can_be_changed(standin: StandIn, submit: Send) -> None:
    standin.configure(limits={"wanx-v1": {"requests": 1}})
    assert [submit().status_code for _ in range(2)] == [200, 429]


def test_an_address_nobody_knows_is_refused(call: Send) -> None:
    assert _error(call("POST", "/api/v1/services/nothing"))[:2] == (400, "InvalidParameter")
