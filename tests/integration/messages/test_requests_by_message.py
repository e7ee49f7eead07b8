"""Orders that come as messages: what becomes a task, what is put aside, and what comes again."""

from __future__ import annotations

import io
import json
import time
from collections.abc import Iterator
from typing import Any

import boto3
import pytest

from tests.integration.dialects import flat
from tests.integration.images.generating import calls, generate, new_prompt, order
from tests.integration.messages.bad_messages import BAD
from tests.integration.messages.messaging import (
    PutAside,
    deliver,
    executions,
    found,
    message,
    put_aside,
    task_of_message,
)
from tests.support.gateway import Gateway
from tests.workflow.records import record
from tongyi.models.tasks.idempotency import task_id_for
from tongyi.usecases.tasks.submit_images import SubmitImages

HOUR_MS = 3600 * 1000


@pytest.fixture
def crowded(prompt_gateway: Gateway) -> Iterator[Gateway]:
    """A gateway where the line of qwen-image-plus is too long to join."""
    key = {"pk": "SLOT#qwen-image-plus", "sk": "SLOT"}
    table = boto3.resource("dynamodb").Table(prompt_gateway.names["Table"])
    table.put_item(Item={**key, "next_at": time.time_ns() // 1_000_000 + 7 * HOUR_MS})
    yield prompt_gateway
    table.delete_item(Key=key)


@pytest.fixture(autouse=True)
def _nothing_aside(prompt_gateway: Gateway) -> None:
    put_aside(prompt_gateway)


@pytest.fixture
def message_id() -> str:
    """The id of a message that no other test has."""
    return new_prompt().removeprefix("a cat ")


@pytest.mark.parametrize(
    "shape",
    [
        lambda prompt: {"prompt": prompt, "n": 2},
        lambda prompt: order("wanx-v1", prompt, n=2),
        lambda prompt: flat("qwen-image-2.0", prompt, n=2, size="1024x1024"),
    ],
    ids=["flat", "nested", "openai"],
)
def test_message_becomes_a_task_with_its_pictures(
    prompt_gateway: Gateway, message_id: str, shape: Any
) -> None:
    prompt = new_prompt()

    assert deliver(message(shape(prompt), message_id)) == []

    task_id = task_of_message(message_id)
    assert prompt_gateway.wait_for(task_id) == "SUCCEEDED"
    assert (record(prompt_gateway, task_id).status, len(calls(prompt_gateway, prompt))) == ("SUCCEEDED", 1)
    assert len([name for name in prompt_gateway.objects() if task_id in name]) == 2
    assert put_aside(prompt_gateway) == []


@pytest.mark.parametrize(("body", "said"), BAD.values(), ids=BAD)
def test_message_that_can_never_become_a_task_is_put_aside(
    prompt_gateway: Gateway, message_id: str, body: str, said: str
) -> None:
    before = executions(prompt_gateway)

    assert deliver(message(body, message_id)) == []

    assert put_aside(prompt_gateway) == [PutAside(body, "InvalidParameter", said)]
    assert executions(prompt_gateway) == before


def test_batch_has_only_those_come_again_that_failed_for_now(crowded: Gateway) -> None:
    good, other = new_prompt(), new_prompt()
    bad = '{"prompt": "a cat", "colour": "red"}'
    batch = {
        "good": {"prompt": good},
        "bad": bad,
        "for now": flat("qwen-image-plus", new_prompt()),
        "garbage": "{",
        "other": {"prompt": other, "owner": "ann"},
    }

    again = deliver(*(message(body, f"{good} {name}") for name, body in batch.items()))

    assert again == [f"{good} for now"]
    aside = put_aside(crowded)
    assert {letter.body for letter in aside} == {bad, "{"}
    assert {letter.code for letter in aside} == {"InvalidParameter"}
    assert found(crowded, task_of_message(f"{good} for now")) is None
    for prompt, task_id in (
        (good, task_of_message(f"{good} good")),
        (other, task_of_message(f"{good} other", "ann")),
    ):
        crowded.wait_for(task_id)
        assert len(calls(crowded, prompt)) == 1


def test_batch_of_nothing_but_failures_comes_again_whole(crowded: Gateway) -> None:
    ids = [new_prompt() for _ in range(3)]

    again = deliver(*(message(flat("qwen-image-plus", "a cat"), name) for name in ids))

    assert (again, put_aside(crowded)) == (ids, [])


def test_message_that_comes_again_after_the_line_is_shorter_becomes_a_task(
    prompt_gateway: Gateway, crowded: Gateway, message_id: str
) -> None:
    prompt = new_prompt()
    sent = message(flat("qwen-image-plus", prompt), message_id)
    assert [deliver(sent), deliver(sent)] == [[message_id]] * 2
    key = {"pk": "SLOT#qwen-image-plus", "sk": "SLOT"}
    boto3.resource("dynamodb").Table(crowded.names["Table"]).delete_item(Key=key)

    assert deliver(sent) == []

    prompt_gateway.wait_for(task_of_message(message_id))
    assert len(calls(prompt_gateway, prompt)) == 1


def test_message_that_is_delivered_twice_makes_one_task(prompt_gateway: Gateway, message_id: str) -> None:
    prompt = new_prompt()
    sent = message({"prompt": prompt}, message_id)

    assert [deliver(sent, sent), deliver(sent)] == [[], []]

    prompt_gateway.wait_for(task_of_message(message_id))
    assert deliver(sent) == []
    assert len(calls(prompt_gateway, prompt)) == 1
    assert len(prompt_gateway.told(task_of_message(message_id))) == 1


def test_messages_with_the_same_key_make_one_task(prompt_gateway: Gateway, message_id: str) -> None:
    prompt = new_prompt()
    body = {"prompt": prompt, "idempotency_key": prompt, "owner": "ann"}

    assert deliver(message(body, message_id), message(body, f"{message_id}-2")) == []

    prompt_gateway.wait_for(task_id_for(prompt, "ann"))
    assert len(calls(prompt_gateway, prompt)) == 1


def test_message_is_one_with_an_order_over_http(
    prompt_gateway: Gateway, ann: dict[str, str], message_id: str
) -> None:
    prompt = new_prompt()
    deliver(message({"prompt": prompt, "idempotency_key": prompt, "owner": "ann"}, message_id))

    reply = generate(prompt_gateway, flat("wanx-v1", prompt), {**ann, "Idempotency-Key": prompt})

    assert (reply.status, reply.headers["idempotent-replayed"]) == (200, "true")
    assert len(calls(prompt_gateway, prompt)) == 1


def test_message_with_a_key_that_was_used_otherwise_is_put_aside(
    prompt_gateway: Gateway, message_id: str
) -> None:
    key, prompt = new_prompt(), new_prompt()
    deliver(message({"prompt": key, "idempotency_key": key}, message_id))

    again = deliver(message({"prompt": prompt, "idempotency_key": key}, f"{message_id}-2"))

    [letter] = put_aside(prompt_gateway)
    assert (again, letter.code) == ([], "IdempotencyKeyReused")
    assert json.loads(letter.body)["prompt"] == prompt
    prompt_gateway.wait_for(task_id_for(key, "events"))
    assert (len(calls(prompt_gateway, key)), calls(prompt_gateway, prompt)) == (1, [])


@pytest.mark.parametrize(("owner", "reader"), [("ann", "bob"), (None, "ann")])
def test_owner_of_a_message_decides_who_sees_its_task(
    prompt_gateway: Gateway, message_id: str, owner: str | None, reader: str
) -> None:
    named = {"owner": owner} if owner else {}
    deliver(message({"prompt": new_prompt(), **named}, message_id))
    task_id = task_of_message(message_id, owner or "events")

    seen = prompt_gateway.result(task_id, prompt_gateway.issue_key(owner or "events"))
    hidden = prompt_gateway.result(task_id, prompt_gateway.issue_key(reader))

    assert (seen.status, hidden.status) == (200, 404)


def test_message_may_be_longer_than_a_request(prompt_gateway: Gateway, message_id: str) -> None:
    prompt = new_prompt()

    assert deliver(message({"prompt": prompt + "x" * 900_000}, message_id)) == []

    prompt_gateway.wait_for(task_of_message(message_id))
    notices = record(prompt_gateway, task_of_message(message_id)).notices
    assert [notice["code"] for notice in notices] == ["PromptTruncated"]


def test_log_tells_the_operator_why_a_message_is_to_come_again(
    crowded: Gateway, message_id: str, log: io.StringIO
) -> None:
    """Nobody else sees the error: the function has succeeded, and the message goes back to its queue."""
    deliver(message(flat("qwen-image-plus", "a s3cret cat"), message_id))

    lines = [json.loads(line) for line in log.getvalue().splitlines()]
    assert [line["message_id"] for line in lines if "Throttling.QueueFull" in json.dumps(line)] == [
        message_id
    ]
    assert "s3cret" not in log.getvalue()


def test_log_tells_the_operator_of_a_fault_of_ours(
    prompt_gateway: Gateway, message_id: str, log: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any, **__: Any) -> None:
        raise RuntimeError("something about a s3cret cat")

    monkeypatch.setattr(SubmitImages, "place", broken)

    assert deliver(message({"prompt": "a s3cret cat"}, message_id)) == [message_id]

    assert put_aside(prompt_gateway) == []
    assert '"ERROR"' in log.getvalue()
    assert "RuntimeError" in log.getvalue()
    assert "s3cret" not in log.getvalue()


def test_log_holds_no_words_of_messages(
    prompt_gateway: Gateway, message_id: str, log: io.StringIO, capfd: pytest.CaptureFixture[str]
) -> None:
    for number, body in enumerate(('{"prompt": "s3cret", "n": 99}', "s3cret", '{"prompt": "s3cret"}')):
        deliver(message(body, f"{message_id}-{number}"))
    prompt_gateway.wait_for(task_of_message(f"{message_id}-2"))

    assert "s3cret" not in log.getvalue() + "".join(capfd.readouterr())
