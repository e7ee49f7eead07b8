"""GET /api/v1/uploads and what follows it: a reference picture of the caller's own, as DashScope's SDK sends it."""

from __future__ import annotations

import io
from typing import Any

import pytest
import requests
from PIL import Image

from tests.integration.dialects import fetch, flat, synthesize
from tests.integration.images.generating import RESPOND_ASYNC, calls, generate, new_prompt, task_id
from tests.support.api_gateway import Reply
from tests.support.gateway import Gateway
from tongyi.gateways.dashscope import connection as dashscope_connection

ROUTE = "/api/v1/uploads"
TEXTS = {
    "policy",
    "signature",
    "upload_dir",
    "upload_host",
    "oss_access_key_id",
    "x_oss_object_acl",
    "x_oss_forbid_overwrite",
}
NUMBERS = {"expire_in_seconds", "max_file_size_mb", "capacity_limit_mb"}
NOT_YOURS = "ref_img: was not uploaded with your key, or is gone; upload it again."


def asked(running: Gateway, headers: dict[str, str], query: str = "action=getPolicy&model=wanx-v1") -> Reply:
    return running.request("GET", f"{ROUTE}?{query}", headers=headers)


def picture(side: int = 256) -> bytes:
    """A PNG of that many pixels each way."""
    file = io.BytesIO()
    Image.new("RGB", (side, side), "red").save(file, "PNG")
    return file.getvalue()


def upload(policy: dict[str, Any], name: str, content: bytes) -> str:
    """Sends the form that the SDK sends, and returns the link it puts into the order."""
    key = f"{policy['upload_dir']}/{name}"
    form = {
        "OSSAccessKeyId": policy["oss_access_key_id"],
        "Signature": policy["signature"],
        "policy": policy["policy"],
        "x-oss-object-acl": policy["x_oss_object_acl"],
        "x-oss-forbid-overwrite": policy["x_oss_forbid_overwrite"],
        "key": key,
        "success_action_status": "200",
        "x-oss-content-type": "image/png",
    }
    answer = requests.post(policy["upload_host"], data=form, files={"file": (name, content)}, timeout=300)
    assert answer.status_code == 200, answer.text
    return f"oss://{key}"


def uploaded(running: Gateway, headers: dict[str, str], name: str = "cat.png", side: int = 256) -> str:
    """Asks for leave, uploads a picture, and returns its link."""
    return upload(asked(running, headers).body["data"], name, picture(side))


def order(prompt: str, link: str) -> dict[str, Any]:
    return {"model": "wanx-v1", "input": {"prompt": prompt, "ref_img": link}, "parameters": {"n": 1}}


def test_uploads_hand_on_what_the_sdk_makes_its_form_of(prompt_gateway: Gateway, ann: dict[str, str]) -> None:
    reply = asked(prompt_gateway, ann)

    assert (reply.status, set(reply.body)) == (200, {"request_id", "data"})
    data = reply.body["data"]
    assert set(data) == TEXTS | NUMBERS
    assert all(isinstance(data[name], str) and data[name] for name in TEXTS)
    assert all(isinstance(data[name], int) for name in NUMBERS)
    assert data["upload_host"] == prompt_gateway.standin.picture_url


def test_uploads_hand_on_nothing_else(prompt_gateway: Gateway, ann: dict[str, str]) -> None:
    policy = asked(prompt_gateway, ann).body["data"]
    said = {"data": {**policy, "secret": "s", "callback": "https://evil.example"}, "code": None}
    prompt_gateway.standin.add_fault("upload_policy", "body", json=said)

    assert asked(prompt_gateway, ann).body["data"] == policy


@pytest.mark.parametrize(
    "said",
    [
        {},
        {"data": {}},
        {"data": []},
        {"data": {"policy": "p"}},
        [],
        {"data": dict.fromkeys(sorted(TEXTS), 1)},
    ],
    ids=str,
)
def test_uploads_take_no_half_of_a_policy(prompt_gateway: Gateway, ann: dict[str, str], said: Any) -> None:
    prompt_gateway.standin.add_fault("upload_policy", "body", json=said)

    reply = asked(prompt_gateway, ann)

    assert (reply.status, reply.body["code"]) == (504, "UpstreamAmbiguous")


@pytest.mark.parametrize("name", ["cat.png", "a cat.png", "奔跑的猫.png", "猫 1(副本).png"])
def test_uploaded_picture_is_what_the_order_refers_to(
    prompt_gateway: Gateway, ann: dict[str, str], name: str
) -> None:
    prompt, link = new_prompt(), uploaded(prompt_gateway, ann, name)

    reply = synthesize(prompt_gateway, order(prompt, link), ann)

    assert reply.status == 200, reply.text
    prompt_gateway.wait_for(task_id(reply))
    assert fetch(prompt_gateway, task_id(reply), ann).body["output"]["task_status"] == "SUCCEEDED"
    (call,) = calls(prompt_gateway, prompt)
    assert (call["status"], call["body"]["input"]["ref_img"]) == (200, link)


def test_uploaded_picture_serves_every_route_and_more_than_once(
    prompt_gateway: Gateway, ann: dict[str, str]
) -> None:
    link = uploaded(prompt_gateway, ann)

    flats = prompt_gateway.submit({"prompt": new_prompt(), "ref_img": link}, ann)
    openai = generate(prompt_gateway, flat("wanx-v1", new_prompt(), ref_img=link), ann)
    nested = generate(prompt_gateway, order(new_prompt(), link), ann)

    assert [reply.status for reply in (flats, openai, nested)] == [200, 200, 200]
    assert nested.body["output"]["task_status"] == "SUCCEEDED"


def test_upstream_is_told_to_look_the_upload_up(
    prompt_gateway: Gateway, ann: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[Any] = []
    real = dashscope_connection.DashScopeConnection.once

    def once(*arguments: Any, **options: Any) -> Any:
        sent.append(options.get("headers"))
        return real(*arguments, **options)

    monkeypatch.setattr(dashscope_connection.DashScopeConnection, "once", once)
    link = uploaded(prompt_gateway, ann)

    for ref_img in (link, "https://example.com/cat.png"):
        generate(prompt_gateway, flat("wanx-v1", new_prompt(), ref_img=ref_img), ann)

    asynchronous = {"X-DashScope-Async": "enable"}
    assert sent == [{**asynchronous, "X-DashScope-OssResourceResolve": "enable"}, asynchronous]


def test_upload_of_another_owner_is_refused(
    prompt_gateway: Gateway, ann: dict[str, str], bob: dict[str, str]
) -> None:
    prompt, link = new_prompt(), uploaded(prompt_gateway, ann)

    replies = [
        synthesize(prompt_gateway, order(prompt, link), bob),
        prompt_gateway.submit({"prompt": prompt, "ref_img": link}),
        prompt_gateway.submit({"prompt": prompt, "ref_img": "oss://dashscope-instant/x/y/z/cat.png"}, ann),
    ]

    assert [(reply.status, reply.body["message"]) for reply in replies] == [(400, NOT_YOURS)] * 3
    assert calls(prompt_gateway, prompt) == []


def test_upload_serves_another_key_of_the_same_owner(prompt_gateway: Gateway, ann: dict[str, str]) -> None:
    other = {"Authorization": f"Bearer {prompt_gateway.issue_key('ann')}"}

    reply = synthesize(prompt_gateway, order(new_prompt(), uploaded(prompt_gateway, ann)), other)

    assert reply.status == 200


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("model=wanx-v1", "action: must be getPolicy."),
        ("action=putPolicy&model=wanx-v1", "action: must be getPolicy."),
        ("action=getPolicy", "model: is required, as a query parameter."),
        ("action=getPolicy&model=", "model: is required, as a query parameter."),
        (
            "action=getPolicy&model=qwen-image-plus",
            "model: qwen-image-plus takes no reference pictures, these do: wanx-v1.",
        ),
    ],
)
def test_uploads_refuse_what_upstream_need_not_see(
    prompt_gateway: Gateway, ann: dict[str, str], query: str, message: str
) -> None:
    before = len(prompt_gateway.standin.ledger("upload_policy"))

    reply = asked(prompt_gateway, ann, query)

    assert (reply.status, reply.body["code"], reply.body["message"]) == (400, "InvalidParameter", message)
    assert len(prompt_gateway.standin.ledger("upload_policy")) == before


def test_uploads_refuse_a_model_that_there_is_not(prompt_gateway: Gateway, ann: dict[str, str]) -> None:
    reply = asked(prompt_gateway, ann, "action=getPolicy&model=wanx-v9")

    assert (reply.status, reply.body["message"][:7]) == (400, "model: ")


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer wrong"}], ids=["none", "wrong"])
def test_uploads_need_a_key(prompt_gateway: Gateway, headers: dict[str, str]) -> None:
    before = len(prompt_gateway.standin.ledger("upload_policy"))

    assert asked(prompt_gateway, headers).status == 401
    assert len(prompt_gateway.standin.ledger("upload_policy")) == before


def test_upload_that_upstream_cannot_use_fails_the_task(prompt_gateway: Gateway, ann: dict[str, str]) -> None:
    link = uploaded(prompt_gateway, ann, side=255)
    task = task_id(generate(prompt_gateway, order(new_prompt(), link), {**ann, **RESPOND_ASYNC}))
    prompt_gateway.wait_for(task)

    output = fetch(prompt_gateway, task, ann).body["output"]

    assert (output["task_status"], output["code"]) == ("FAILED", "InvalidParameter")
    assert output["message"] == "input.ref_img must have sides of 256 to 4096 pixels."
