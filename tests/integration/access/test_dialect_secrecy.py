"""OpenAI's and DashScope's routes tell nobody the DashScope key, and the logs hold nothing of what they carry."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from typing import Any

import boto3
import pytest

from tests.integration.dialects import CHAT, MESSAGES, TASKS, TEXT, cancel, flat, spoken, synthesize
from tests.integration.images.generating import RESPOND_ASYNC, generate, order
from tests.support.api_gateway import Reply
from tests.support.gateway import UPSTREAM_KEY, Gateway
from tests.workflow.records import await_true, job_of, task_of
from tongyi.models.tasks.status import JobStatus

SAID = f"Incorrect key {UPSTREAM_KEY}, header was Bearer {UPSTREAM_KEY}, not sk-0123456789abcdef."
SECRETS = (UPSTREAM_KEY, "sk-0123456789abcdef")
HELLO = [{"role": "user", "content": "hello"}]
UPLOADS = "/api/v1/uploads?action=getPolicy&model=wanx-v1"

Headers = dict[str, str]


def _canceled(running: Gateway, headers: Headers) -> Reply:
    """Cancels what waits upstream."""
    running.standin.configure(pending_seconds=1000)
    made = generate(running, flat("wanx-v1", "a cat"), {**headers, **RESPOND_ASYNC}).body["task_id"]
    await_true(lambda: job_of(running, made).status is JobStatus.SUBMITTED, "a submission")
    return cancel(running, made, headers)


# The stand-in's endpoint, and a request that asks it.
ROUTES: dict[str, tuple[str, Callable[[Gateway, Headers], Reply]]] = {
    "openai chat": (
        "compatible",
        lambda running, headers: running.request("POST", CHAT, {"messages": HELLO}, headers),
    ),
    "dashscope chat": (
        "chat",
        lambda running, headers: running.request("POST", TEXT, {"input": {"messages": HELLO}}, headers),
    ),
    "openai images": (
        "generate",
        lambda running, headers: generate(running, flat("qwen-image-2.0", "a cat"), headers),
    ),
    "dashscope messages": (
        "generate",
        lambda running, headers: running.request(
            "POST", MESSAGES, spoken("qwen-image-2.0", "a cat"), headers
        ),
    ),
    "dashscope task": (
        "submit",
        lambda running, headers: synthesize(running, order("wanx-v1", "a cat"), headers),
    ),
    "uploads": ("upload_policy", lambda running, headers: running.request("GET", UPLOADS, headers=headers)),
    "cancel": ("cancel", _canceled),
}


@pytest.fixture
def ann(key: str) -> Headers:
    """The header with a gateway key."""
    return {"Authorization": f"Bearer {key}"}


def table(running: Gateway) -> str:
    """All that the table holds."""
    return json.dumps(boto3.client("dynamodb").scan(TableName=running.names["Table"])["Items"])


@pytest.mark.usefixtures("mended_soon")
@pytest.mark.parametrize(("endpoint", "ask"), ROUTES.values(), ids=ROUTES)
@pytest.mark.parametrize("status", [401, 500])
def test_route_tells_nobody_the_key_that_upstream_says_in_an_error(
    running: Gateway,
    ann: Headers,
    log: io.StringIO,
    capfd: pytest.CaptureFixture[str],
    status: int,
    endpoint: str,
    ask: Callable[[Gateway, Headers], Reply],
) -> None:
    # Pictures wait for as long as it is the operator's key that is refused.
    times = 1 if status == 401 else None
    running.standin.add_fault(endpoint, "status", times=times, status=status, code="Oops", message=SAID)

    reply = ask(running, ann)

    printed = "".join(capfd.readouterr())
    told = [reply.text, str(reply.headers), log.getvalue(), printed, table(running)]
    assert status in [entry["status"] for entry in running.standin.ledger(endpoint)]
    assert [secret for secret in SECRETS for text in told if secret in text] == []


def test_uploads_keep_policy_and_signature_to_the_reply(
    running: Gateway, ann: Headers, log: io.StringIO, capfd: pytest.CaptureFixture[str]
) -> None:
    policy = running.request("GET", UPLOADS, headers=ann).body["data"]

    told = [log.getvalue(), "".join(capfd.readouterr()), table(running)]
    secrets = [policy["policy"], policy["signature"], policy["oss_access_key_id"]]
    assert [secret for secret in secrets for text in told if secret in text] == []
    assert policy["upload_dir"] not in told[0] + told[1]


@pytest.mark.parametrize(
    ("route", "body"),
    [
        (CHAT, {"messages": [{"role": "user", "content": "a secret cat"}], "user": "secret user"}),
        (TEXT, {"input": {"prompt": "a secret cat"}}),
    ],
    ids=["openai", "dashscope"],
)
def test_logs_tell_nobody_what_was_said(
    running: Gateway,
    ann: Headers,
    log: io.StringIO,
    capfd: pytest.CaptureFixture[str],
    route: str,
    body: dict[str, Any],
) -> None:
    assert running.request("POST", route, body, ann).status == 200

    told = log.getvalue() + "".join(capfd.readouterr()) + table(running)
    assert [text for text in ("secret", ann["Authorization"][7:]) if text in told] == []


def test_logs_tell_nobody_prompts_or_links_of_pictures(
    running: Gateway, ann: Headers, log: io.StringIO, capfd: pytest.CaptureFixture[str]
) -> None:
    reply = generate(running, flat("wanx-v1", "a secret cat", response_format="b64_json"), ann)
    task = task_of(running, "a secret cat")
    shown = running.request("GET", f"{TASKS}/{task}", headers=ann)
    link = running.request("GET", f"/v1/images/{task}/1", headers=ann).headers["location"]

    told = log.getvalue() + "".join(capfd.readouterr())
    picture = reply.body["data"][0]["b64_json"]
    url = shown.body["output"]["results"][0]["url"]
    hidden = ("a secret cat", link, url, picture[:100], "Signature=", ann["Authorization"][7:])
    assert [text for text in hidden if text in told] == []
