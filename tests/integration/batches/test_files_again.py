"""Files that come again, lines that say the same, and files whose tasks are at work."""

from __future__ import annotations

import re
import uuid

import pytest

from tests.integration.batches.filing import counts, item, new, sent, statuses
from tests.integration.dialects import bearer
from tests.support.files import (
    finished_file,
    lines,
    look_soon,
    manifest,
    started_file,
    summary,
    wait_for_run,
)
from tests.support.gateway import Gateway
from tests.workflow.records import await_true, task_of

MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")


@pytest.fixture(autouse=True)
def _looked_at_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    look_soon(monkeypatch)


@pytest.fixture
def key() -> str:
    """Where a file of alice's is put that no other test has put."""
    return f"requests/alice/{uuid.uuid4()}.jsonl"


def test_a_file_that_is_put_again_orders_nothing_twice(prompt_gateway: Gateway, key: str) -> None:
    prompts = [new(), new()]
    file = lines(*[{"prompt": prompt} for prompt in prompts])
    finished_file(prompt_gateway, key, file)
    before = manifest(key)

    told = finished_file(prompt_gateway, key, file)

    assert [sent(prompt_gateway, prompt) for prompt in prompts] == [1, 1]
    assert manifest(key) == before
    assert counts(told) == {"succeeded": 2}


def test_a_corrected_file_orders_only_what_is_new(prompt_gateway: Gateway, key: str) -> None:
    kept, wrong, right, added = new(), new(), new(), new()
    finished_file(prompt_gateway, key, lines({"prompt": kept}, {"prompt": wrong, "n": 9}))
    [first, _] = manifest(key)

    told = finished_file(prompt_gateway, key, lines({"prompt": added}, {"prompt": kept}, {"prompt": right}))

    assert [sent(prompt_gateway, prompt) for prompt in (kept, right, added)] == [1, 1, 1]
    assert manifest(key)[1]["task_id"] == first["task_id"]
    assert counts(told) == {"succeeded": 3}


def test_lines_that_say_the_same_are_an_order_each(prompt_gateway: Gateway, key: str) -> None:
    prompt = new()

    finished_file(prompt_gateway, key, lines({"prompt": prompt}, {"prompt": prompt}))

    assert sent(prompt_gateway, prompt) == 2
    assert len({line["task_id"] for line in manifest(key)}) == 2


def test_lines_with_the_same_key_are_one_order(prompt_gateway: Gateway, key: str) -> None:
    order = {"prompt": new(), "idempotency_key": new("key")}

    finished_file(prompt_gateway, key, lines(order, order, {**order, "n": 2}))

    assert sent(prompt_gateway, order["prompt"]) == 1
    assert statuses(key) == ["SUCCEEDED", "SUCCEEDED", "REFUSED"]
    assert manifest(key)[2]["error"]["code"] == "IdempotencyKeyReused"


def test_a_file_says_how_far_it_is_while_it_runs(slow: Gateway, key: str) -> None:
    prompt = new()
    run = started_file(slow, key, lines({"prompt": prompt}, "none"))
    await_true(lambda: bool(slow.standin.ledger("submit", prompt_contains=prompt)), "the submission")
    await_true(lambda: item(slow, run)["total_pending"] != 0, "the first round")
    await_true(lambda: summary(key)["waiting"] == 0, "the summary of the first round")

    told = summary(key)

    assert (told["status"], counts(told)) == ("RUNNING", {"pending": 1, "refused": 1})
    assert MOMENT.fullmatch(told["updated_at"])
    assert told.keys() & {"ended_at", "manifest", "error"} == set()
    slow.standin.advance(2000)
    assert wait_for_run(slow, run) == "SUCCEEDED"
    assert summary(key)["status"] == "SUCCEEDED"


def test_results_are_those_of_the_version_that_was_put_last(slow: Gateway, key: str) -> None:
    """The first is still at work when the second has ended; what became of it is not lost, only put elsewhere."""
    slow_prompt, quick_prompt = new(), new()
    first = started_file(slow, key, lines({"prompt": slow_prompt}))
    await_true(lambda: bool(slow.standin.ledger("submit", prompt_contains=slow_prompt)), "the submission")
    second = started_file(slow, key, lines({"prompt": quick_prompt, "n": 99}))
    assert wait_for_run(slow, second) == "SUCCEEDED"
    told = summary(key)

    slow.standin.advance(2000)

    assert wait_for_run(slow, first) == "SUCCEEDED"
    assert summary(key) == told
    assert counts(told) == {"refused": 1}
    earlier = f"{key}/earlier/{first}"
    assert counts(summary(earlier)) == {"succeeded": 1}
    assert summary(earlier)["file"] == key
    assert summary(earlier)["manifest"].endswith(f"/earlier/{first}/manifest.jsonl")
    assert [line["status"] for line in manifest(earlier)] == ["SUCCEEDED"]


def test_a_task_of_a_file_can_be_canceled(slow: Gateway, key: str) -> None:
    prompt = new()
    run = started_file(slow, key, lines({"prompt": prompt}))
    await_true(lambda: bool(slow.standin.ledger("submit", prompt_contains=prompt)), "the submission")
    task_id = task_of(slow, prompt)

    done = slow.request("POST", f"/api/v1/tasks/{task_id}/cancel", headers=bearer(slow, "alice"))

    assert done.status == 200, done.text
    assert wait_for_run(slow, run) == "SUCCEEDED"
    assert manifest(key) == [
        {"number": 1, "line": 1, "task_id": task_id, "status": "CANCELED", "pictures": []}
    ]
    assert counts(summary(key)) == {"canceled": 1}


def test_progress_of_a_file_expires_no_sooner_than_its_tasks(prompt_gateway: Gateway, key: str) -> None:
    run = started_file(prompt_gateway, key, lines({"prompt": new()}))
    wait_for_run(prompt_gateway, run)

    task = prompt_gateway.item(f"TASK#{manifest(key)[0]['task_id']}", "TASK")

    assert task is not None
    assert item(prompt_gateway, run)["expires_at"] >= task["expires_at"]
