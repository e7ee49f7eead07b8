"""The DashScope key never leaves the gateway: not in replies, not in logs, not in the table."""

from __future__ import annotations

import io
import json
from typing import Any

import boto3
import pytest

from tests.support.gateway import UPSTREAM_KEY, Gateway
from tests.workflow.records import task_of
from tongyi.usecases.chat import Chat

SAID = f"Incorrect key {UPSTREAM_KEY}, header was Bearer {UPSTREAM_KEY}, not sk-0123456789abcdef."
SECRETS = (UPSTREAM_KEY, "sk-0123456789abcdef")
RESULT = {"task_status": "SUCCEEDED", "results": [{"code": "InternalError", "message": SAID}]}

# What upstream says the key in, on which endpoint, of a task.
ECHOES: dict[str, tuple[str, dict[str, Any]]] = {
    "refusal": ("submit", {"kind": "status", "status": 400, "code": "InvalidURL", "message": SAID}),
    "bad key": ("submit", {"kind": "status", "status": 401, "code": "InvalidApiKey", "message": SAID}),
    "throttling": ("submit", {"kind": "status", "status": 429, "code": "Throttling", "message": SAID}),
    "lost answer": ("submit", {"kind": "status", "status": 500, "message": SAID, "after": True}),
    "failed task": ("submit", {"kind": "fail", "code": "InternalError", "message": SAID}),
    "failed picture": ("query", {"kind": "body", "json": {"output": RESULT}}),
    "failed check": ("query", {"kind": "status", "status": 500, "message": SAID}),
    "picture host": ("picture", {"kind": "status", "status": 503, "message": SAID}),
}


def everything(running: Gateway) -> str:
    """All that the table holds."""
    return json.dumps(boto3.client("dynamodb").scan(TableName=running.names["Table"])["Items"])


@pytest.mark.usefixtures("mended_soon")
@pytest.mark.parametrize(("endpoint", "fault"), ECHOES.values(), ids=ECHOES)
def test_picture_task_tells_nobody_the_key_that_upstream_says_in_a(
    running: Gateway,
    key: str,
    log: io.StringIO,
    capfd: pytest.CaptureFixture[str],
    endpoint: str,
    fault: dict[str, Any],
) -> None:
    running.standin.add_fault(endpoint, **fault)

    submitted = running.submit({"prompt": "a cat"})
    shown = running.finished(task_of(running, "a cat"), key)

    printed = "".join(capfd.readouterr())
    told = [submitted.text, shown.text, str(submitted.headers), log.getvalue(), printed, everything(running)]
    assert [secret for secret in SECRETS for text in told if secret in text] == []


@pytest.mark.parametrize("status", [400, 401, 429, 500, 503])
def test_chat_tells_nobody_the_key_that_upstream_says_in_an_error(
    running: Gateway, log: io.StringIO, capfd: pytest.CaptureFixture[str], status: int
) -> None:
    running.standin.add_fault("chat", "status", status=status, code="Oops", message=SAID)

    reply = running.request("POST", "/v1/tongyi", {"prompt": "hello"})

    told = [reply.text, str(reply.headers), log.getvalue(), "".join(capfd.readouterr()), everything(running)]
    # What is the operator's to mend is said in the log alone.
    assert "***" in (log.getvalue() if status == 401 else reply.body["message"])
    assert [secret for secret in SECRETS for text in told if secret in text] == []


def test_unexpected_error_tells_nobody_its_text(
    running: Gateway, log: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any) -> None:
        raise RuntimeError(f"something about {UPSTREAM_KEY}")

    monkeypatch.setattr(Chat, "run", broken)

    reply = running.request("POST", "/v1/tongyi", {"prompt": "hello"})

    assert (reply.status, reply.body["code"]) == (500, "InternalError")
    assert "RuntimeError" in log.getvalue()
    assert UPSTREAM_KEY not in reply.text + log.getvalue()


def test_logs_tell_nobody_prompts_links_or_gateway_keys(
    running: Gateway, key: str, log: io.StringIO, capfd: pytest.CaptureFixture[str]
) -> None:
    running.submit({"prompt": "a secret cat"}, {"Authorization": f"Bearer {key}"})
    shown = running.finished(task_of(running, "a secret cat"), key)

    told = log.getvalue() + "".join(capfd.readouterr())
    link = shown.body["output"]["results"][0]["url"]
    assert [text for text in ("a secret cat", key, link, "Signature=") if text in told] == []


def test_table_keeps_no_gateway_key(running: Gateway, key: str) -> None:
    running.submit({"prompt": "a cat"}, {"Authorization": f"Bearer {key}"})

    assert key not in everything(running)
