"""How long a file of orders takes, beside what the models' rates allow: `make bench`.

Nothing is asserted about speed, only that no line is lost or sent twice. BENCH_LINES says how many there are.
"""

from __future__ import annotations

import json
import os
import time
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
import requests

from local.stack.stack import Stack
from tongyi.models.batches.run import CHUNK_REQUESTS
from tongyi.models.images.catalog import IMAGE_MODELS

LINES = int(os.environ.get("BENCH_LINES") or "300")
MODELS = ("wanx-v1", "qwen-image-plus", "qwen-image-2.0")
FUNCTIONS = ("DispatchJob", "CheckJob", "StoreImage", "CloseTask", "SubmitLines", "CheckLines")
KEY = "bench/prompts.jsonl"
# Seconds, reached only when something hangs.
PATIENCE = 7200


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    standin = ("--pending-seconds", "0", "--seconds-per-image", "0.1")
    with Stack(tmp_path_factory.mktemp("stack"), standin=standin) as started:
        yield started


def test_bench_a_file(stack: Stack) -> None:
    took = finish(stack)
    manifest = [json.loads(line) for line in result(stack, "manifest.jsonl").splitlines()]
    sent = [entry for endpoint in ("submit", "generate") for entry in ledger(stack, endpoint)]
    taken = [entry["prompt"] for entry in sent if entry["status"] == 200]

    assert [line["status"] for line in manifest] == ["SUCCEEDED"] * LINES
    assert sorted(taken) == sorted(order["prompt"] for order in orders())
    assert {entry["status"] for entry in sent} <= {200, 429}
    ideal = max(
        Counter(order["model"] for order in orders())[name] * IMAGE_MODELS[name].rate.spacing_ms / 1000
        for name in MODELS
    )
    print(
        f"\n{LINES} lines of {len(MODELS)} models: {took:.0f} s, {took / ideal:.2f} of N x spacing ({ideal:.0f} s)"
    )

    print(f"refused for now by the stand-in: {len(sent) - len(taken)} of {len(sent)} calls")
    report_runs(stack)

    again = finish(stack)
    assert sum(len(ledger(stack, endpoint)) for endpoint in ("submit", "generate")) == len(sent)
    print(f"the same file once more: {again:.0f} s, {again / took:.2f} of the first time, and no second task")


def report_runs(stack: Stack) -> None:
    """Prints how often each function ran, and the transitions that follow from it by the formula of docs/events.md."""
    runs = {name: starts(stack, name) for name in FUNCTIONS}
    # A step that fails for a moment is run again.
    assert min(runs["DispatchJob"], runs["StoreImage"], runs["CloseTask"]) >= LINES
    assert runs["SubmitLines"] >= -(-LINES // CHUNK_REQUESTS)
    transitions = 3 * (LINES + sum(runs.values()) - runs["CloseTask"]) + 4
    print(f"runs of functions, for each line: {sum(runs.values()) / LINES:.2f}")
    for name, times in runs.items():
        print(f"    {name:<12}{times / LINES:6.2f}")
    print(f"transitions, for each line: {transitions / LINES:.2f}")


def starts(stack: Stack, function: str) -> int:
    """How often a function was run, from its log."""
    listed = stack.client("lambda").get_paginator("list_functions").paginate()
    (group,) = [
        found["LoggingConfig"]["LogGroup"]
        for page in listed
        for found in page["Functions"]
        if found["FunctionName"].startswith(f"{stack.name}-{function}Function-")
    ]
    pages = stack.client("logs").get_paginator("filter_log_events").paginate(logGroupName=group)
    return sum(event["message"].startswith("START ") for page in pages for event in page["events"])


def orders() -> list[dict[str, Any]]:
    return [
        {"model": MODELS[number % len(MODELS)], "prompt": f"cat number {number}", "size": "auto"}
        for number in range(LINES)
    ]


def finish(stack: Stack) -> float:
    """Puts the file, and gives the seconds until its end."""
    body = "\n".join(map(json.dumps, orders())).encode()
    started, before = time.monotonic(), _ended_at(stack)
    stack.client("s3").put_object(Bucket=stack.outputs["InboxName"], Key=f"requests/{KEY}", Body=body)
    while time.monotonic() < started + PATIENCE:
        if _ended_at(stack) not in (None, before):
            return time.monotonic() - started
        time.sleep(1)
    pytest.fail("the file did not end")


def _ended_at(stack: Stack) -> str | None:
    try:
        found: str | None = json.loads(result(stack, "summary.json")).get("ended_at")
    except stack.client("s3").exceptions.ClientError:
        return None
    return found


def result(stack: Stack, name: str) -> bytes:
    found: bytes = (
        stack.client("s3")
        .get_object(Bucket=stack.outputs["InboxName"], Key=f"results/{KEY}/{name}")["Body"]
        .read()
    )
    return found


def ledger(stack: Stack, endpoint: str) -> list[dict[str, Any]]:
    url = f"{stack.upstream.standin_url}/_standin/ledger"
    found: list[dict[str, Any]] = requests.get(url, params={"endpoint": endpoint}, timeout=30).json()[
        "entries"
    ]
    return found
