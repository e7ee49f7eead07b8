"""Prompts of files are in S3 and in the records of tasks, and nowhere else: no log, no history, no event says them."""

from __future__ import annotations

import io
import json
import uuid

import boto3
import pytest

from tests.support.files import all_histories, finished_file, lines, look_soon, manifest
from tests.support.gateway import Gateway
from tests.support.messages import HEARD

SECRET = "s3cret"


@pytest.fixture(scope="module")
def said(prompt_gateway: Gateway) -> dict[str, str]:
    """What is said in which place of files whose every text holds the secret."""
    with pytest.MonkeyPatch.context() as monkeypatch, all_histories() as histories:
        look_soon(monkeypatch)
        prompt_gateway.messages(HEARD)
        orders = [
            {"prompt": f"{SECRET} {uuid.uuid4()}"},
            {"prompt": f"{SECRET} #fail"},
            {"prompt": SECRET, SECRET: 1},
            {"prompt": SECRET, "idempotency_key": SECRET, "n": SECRET},
            f'{{"prompt": "{SECRET}',
        ]
        finished_file(prompt_gateway, "requests/alice/cats.jsonl", lines(*orders))
        finished_file(prompt_gateway, "requests/alice/cats.csv", f"{SECRET},n\n{SECRET},1\n")
    table = boto3.client("dynamodb").scan(TableName=prompt_gateway.names["Table"])["Items"]
    return {
        "histories": json.dumps([history.get_event_history() for history in histories], default=str),
        "events": json.dumps([message["Body"] for message in prompt_gateway.messages(HEARD)]),
        "progress": json.dumps([item for item in table if item["pk"]["S"].startswith("FILE#")]),
    }


def test_the_file_was_seen_through(said: dict[str, str]) -> None:
    """Else the other tests would say nothing."""
    found = manifest("requests/alice/cats.jsonl")

    assert [line["status"] for line in found] == ["SUCCEEDED", "FAILED", "REFUSED", "REFUSED", "REFUSED"]
    for state in ("ReadFile", "SubmitLines", "CheckLines", "WriteManifest"):
        assert f'"{state}"' in said["histories"]


@pytest.mark.parametrize("place", ["histories", "events", "progress"])
def test_prompts_of_a_file_are_not_in_its(said: dict[str, str], place: str) -> None:
    assert said[place]
    assert SECRET not in said[place]


def test_prompts_of_a_file_are_not_logged(
    prompt_gateway: Gateway,
    log: io.StringIO,
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    look_soon(monkeypatch)
    orders = [{"prompt": f"{SECRET} {uuid.uuid4()}"}, {"prompt": SECRET, SECRET: 1}, f"{SECRET} none"]

    finished_file(prompt_gateway, f"requests/alice/{uuid.uuid4()}.jsonl", lines(*orders))

    assert "a file was taken" in log.getvalue()
    assert SECRET not in log.getvalue() + "".join(capfd.readouterr())
