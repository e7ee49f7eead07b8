"""Orders with a `callback_url` in every body that orders pictures; those that are refused; and who learns of it."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest

from tests.integration.images.generating import calls, new_prompt
from tests.integration.messages import messaging
from tests.integration.webhooks.webhooks import messages, secret_of, verified, work
from tests.support.api_gateway import Reply
from tests.support.gateway import WEBHOOK_MASTER, Gateway, gateway
from tests.support.receiver import Answer, Receiver, receiver
from tests.workflow.interference import AT_ONCE
from tests.workflow.records import record, task_of
from tongyi.models.webhooks.signing import signer_of_owner, webhook_secret

IMAGES = "/v1/images/generations"
SYNTHESIS = "/api/v1/services/aigc/text2image/image-synthesis"
MESSAGES = "/api/v1/services/aigc/multimodal-generation/generation"
ASYNC = {"X-DashScope-Async": "enable"}
SECRET = "t0ken-of-the-receiver"
# Every route that orders pictures, with a body for a prompt, and further headers.
ORDERS: dict[str, tuple[str, Any, dict[str, str]]] = {
    "flat": ("/v1/wanxiang", lambda prompt: {"prompt": prompt}, {}),
    "nested": ("/v1/wanxiang", lambda prompt: {"model": "wanx-v1", "input": {"prompt": prompt}}, {}),
    "lenient": (IMAGES, lambda prompt: {"input": {"prompt": prompt}, "parameters": {"n": 1}}, {}),
    "openai": (IMAGES, lambda prompt: {"model": "qwen-image-plus", "prompt": prompt}, {}),
    "dashscope": (SYNTHESIS, lambda prompt: {"model": "wanx-v1", "input": {"prompt": prompt}}, ASYNC),
    "message": (
        MESSAGES,
        lambda prompt: {
            "model": "qwen-image-2.0",
            "input": {"messages": [{"role": "user", "content": [{"text": prompt}]}]},
        },
        {},
    ),
}
NEED_NO_KEY = ("flat", "nested", "lenient", "openai")


@pytest.fixture(scope="module")
def running() -> Iterator[Gateway]:
    with pytest.MonkeyPatch.context() as monkeypatch, gateway(monkeypatch, AT_ONCE) as made:
        plenty = {"requests": 1000, "running": 1000}
        models = ("wanx-v1", "qwen-image-plus", "qwen-image-2.0")
        made.standin.configure(limits={"query": {"requests": 1000}, **dict.fromkeys(models, plenty)})
        yield made


@pytest.fixture(scope="module")
def hooks() -> Iterator[Receiver]:
    with receiver() as made:
        yield made


@pytest.fixture(scope="module")
def key(running: Gateway) -> str:
    return running.issue_key("ann")


def place(running: Gateway, way: str, prompt: str, url: Any, key: str | None, **more: str) -> Reply:
    """Orders over a route, with a webhook."""
    route, body, headers = ORDERS[way]
    bearer = {"Authorization": f"Bearer {key}"} if key else {}
    order = {**body(prompt), "callback_url": url}
    return running.request("POST", route, order, {**headers, **bearer, **more})


@pytest.mark.parametrize("way", ORDERS)
def test_order_is_called_back_and_upstream_is_not_told_where(
    running: Gateway, hooks: Receiver, key: str, way: str
) -> None:
    prompt, path = new_prompt(), f"/hooks/{way}?key={SECRET}"
    reply = place(running, way, prompt, hooks.url.replace("/hooks", path), key)
    assert reply.status == 200, reply.text
    running.wait_for(task_of(running, prompt))

    work(running)

    [webhook] = hooks.to(path)
    assert verified(webhook, secret_of(key))["data"]["task_id"] == task_of(running, prompt)
    sent = json.dumps(calls(running, prompt), default=str)
    assert sent != "[]"
    assert SECRET not in sent
    assert "callback" not in sent
    assert SECRET not in reply.text


@pytest.mark.parametrize("nested", [False, True])
def test_message_is_called_back_in_its_owners_name(running: Gateway, hooks: Receiver, nested: bool) -> None:
    prompt, path = new_prompt(), f"/hooks/message/{nested}"
    order = {"input": {"prompt": prompt}} if nested else {"prompt": prompt}
    body = {**order, "owner": "postman", "callback_url": hooks.url.replace("/hooks", path)}
    assert messaging.deliver(messaging.message(body, f"m-{nested}")) == []
    running.wait_for(task_of(running, prompt))

    work(running)

    [webhook] = hooks.to(path)
    secret = webhook_secret(WEBHOOK_MASTER, signer_of_owner("postman"))
    assert verified(webhook, secret)["data"]["owner"] == "postman"


def test_event_is_called_back(running: Gateway, hooks: Receiver) -> None:
    prompt, path = new_prompt(), "/hooks/event"
    messaging.requested(running, {"prompt": prompt, "callback_url": hooks.url.replace("/hooks", path)})
    assert messaging.deliver(*messaging.queued(running)) == []
    running.wait_for(task_of(running, prompt))

    work(running)

    assert len(hooks.to(path)) == 1


@pytest.mark.parametrize("way", NEED_NO_KEY)
def test_order_without_a_key_cannot_be_called_back(running: Gateway, way: str) -> None:
    prompt = new_prompt()

    reply = place(running, way, prompt, "https://shop.example/hooks", None)

    assert (reply.status, reply.body.get("code") or reply.body["error"]["code"]) == (400, "InvalidParameter")
    assert "send a key" in reply.text
    _nothing_came_of(running, prompt)


@pytest.mark.parametrize("way", ORDERS)
@pytest.mark.parametrize(
    "url",
    [
        "http://shop.example/hooks",
        "https://169.254.169.254/latest/meta-data",
        "https://ann:secret@shop.example/",
        "https://localhost/",
        "",
        "not a link",
    ],
)
def test_order_to_be_called_back_elsewhere_is_refused(running: Gateway, key: str, way: str, url: str) -> None:
    prompt = new_prompt()

    reply = place(running, way, prompt, url, key)

    assert reply.status == 400
    assert "callback_url: takes an absolute https URL" in reply.text
    _nothing_came_of(running, prompt)


@pytest.mark.parametrize("way", ORDERS)
@pytest.mark.parametrize("url", [7, ["https://shop.example/"], {"url": "https://shop.example/"}, True])
def test_callback_that_is_no_text_is_refused(running: Gateway, key: str, way: str, url: Any) -> None:
    reply = place(running, way, new_prompt(), url, key)

    assert reply.status == 400
    assert "callback_url" in reply.text


@pytest.mark.parametrize("place_of", ["input", "parameters"])
def test_callback_among_what_upstream_is_sent_is_refused(running: Gateway, key: str, place_of: str) -> None:
    body: dict[str, Any] = {"model": "wanx-v1", "input": {"prompt": new_prompt()}, "parameters": {}}
    body[place_of]["callback_url"] = "https://shop.example/hooks"

    for route in ("/v1/wanxiang", IMAGES):
        assert running.request("POST", route, body, {"Authorization": f"Bearer {key}"}).status == 400


def test_message_to_be_called_back_elsewhere_is_put_aside(running: Gateway) -> None:
    prompt = new_prompt()
    body = {"prompt": prompt, "callback_url": "https://10.0.0.1/hooks"}

    assert messaging.deliver(messaging.message(body, "m-private")) == []

    [letter] = messaging.put_aside(running)
    assert (letter.code, letter.message.partition(":")[0]) == ("InvalidParameter", "callback_url")
    _nothing_came_of(running, prompt)


def _nothing_came_of(running: Gateway, prompt: str) -> None:
    assert calls(running, prompt) == []
    items = boto3.resource("dynamodb").Table(running.names["Table"]).scan()["Items"]
    assert [item for item in items if prompt in str(item.get("input", ""))] == []


def test_callback_makes_two_orders_with_one_key_different(
    running: Gateway, hooks: Receiver, key: str
) -> None:
    prompt, same = new_prompt(), {"Idempotency-Key": new_prompt()}
    first = place(running, "flat", prompt, hooks.url, key, **same)
    running.wait_for(task_of(running, prompt))

    replies = [
        place(running, "flat", prompt, url, key, **same) for url in (hooks.url, hooks.url + "/2", None)
    ]

    assert first.status == 200
    assert [reply.status for reply in replies] == [200, 409, 409]
    assert replies[0].headers["idempotent-replayed"] == "true"
    assert len(messages(running)) == 1


def test_nobody_learns_of_links_and_secrets(
    running: Gateway, hooks: Receiver, key: str, log: io.StringIO, capsys: pytest.CaptureFixture[str]
) -> None:
    """Through an attempt that is refused, one that breaks and one that is taken; the receiver says secrets too."""
    body = json.dumps({"error": f"{SECRET} is wrong"}).encode()
    hooks.expect(Answer(500, {"X-Said": SECRET}, body), Answer(410, {}, body))
    prompt = new_prompt()
    for path in ("refused", "gone"):
        url = hooks.url.replace("/hooks", f"/hooks/{path}?key={SECRET}")
        place(running, "flat", f"{prompt} {path}", url, key)
        task_id = task_of(running, f"{prompt} {path}")
        running.wait_for(task_id)
        work(running)
        assert record(running, task_id).signer
        shown = running.result(task_id, key).text
        told = json.dumps(running.told(task_id))
        assert [text for text in (shown, told) if SECRET in text or "callback" in text] == []

    secret = secret_of(key)
    said = log.getvalue() + capsys.readouterr().out
    assert "a webhook was not delivered" in said
    hidden = (SECRET, "127.0.0.1", secret, secret.removeprefix("whsec_"), WEBHOOK_MASTER, key)
    assert [found for found in hidden if found in said] == []
    kept = str(boto3.resource("dynamodb").Table(running.names["Table"]).scan()["Items"])
    assert [found for found in hidden[2:] if found in kept] == []
    assert f"{SECRET} is wrong" not in kept
