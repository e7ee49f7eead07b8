"""Files of orders, from the notification to the manifest."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import re
import uuid
from typing import Any

import boto3
import pytest

from tests.integration.batches.filing import counts, heard, new, sent
from tests.support import functions
from tests.support.files import (
    INBOX,
    finished_file,
    lines,
    look_soon,
    manifest,
)
from tests.support.gateway import Gateway
from tests.workflow.records import task_of
from tongyi.models.batches.run import CHUNK_REQUESTS
from tongyi.models.tasks.events import SOURCE

MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")
# Of a Lambda function's result, and of a state's.
MAX_PAYLOAD_BYTES = 256 * 1024


@pytest.fixture(autouse=True)
def _looked_at_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    look_soon(monkeypatch)


@pytest.fixture
def key() -> str:
    """Where a file of alice's is put that no other test has put."""
    return f"requests/alice/{uuid.uuid4()}.jsonl"


def test_a_file_becomes_tasks_whose_pictures_are_in_its_manifest(prompt_gateway: Gateway, key: str) -> None:
    orders: list[dict[str, Any]] = [
        {"prompt": new()},
        {"prompt": new("狗"), "n": 2},
        {"prompt": new(), "size": "1280*720"},
    ]

    told = finished_file(prompt_gateway, key, lines(*orders))

    kept = prompt_gateway.objects()
    found = manifest(key)
    assert [(line["number"], line["line"]) for line in found] == [(1, 1), (2, 2), (3, 3)]
    assert [line["task_id"] for line in found] == [
        task_of(prompt_gateway, order["prompt"]) for order in orders
    ]
    assert [len(line["pictures"]) for line in found] == [1, 2, 1]
    for picture in [picture for line in found for picture in line["pictures"]]:
        assert hashlib.sha256(kept[picture["key"]]).hexdigest() == picture["sha256"]
        assert len(kept[picture["key"]]) == picture["bytes"]
    assert (counts(told), told["pictures"]) == ({"succeeded": 3}, 4)


def test_a_manifest_keeps_the_order_of_a_file_of_several_chunks(prompt_gateway: Gateway, key: str) -> None:
    prompts = {place: new() for place in (0, CHUNK_REQUESTS - 1, CHUNK_REQUESTS, 2 * CHUNK_REQUESTS)}
    places = range(2 * CHUNK_REQUESTS + 2)
    file = lines(*[{"prompt": prompts[place]} if place in prompts else "none" for place in places])

    told = finished_file(prompt_gateway, key, file)

    found = manifest(key)
    assert [line["number"] for line in found] == [place + 1 for place in places]
    assert {place: line["task_id"] for place, line in enumerate(found) if "task_id" in line} == {
        place: task_of(prompt_gateway, prompt) for place, prompt in prompts.items()
    }
    assert counts(told) == {"succeeded": len(prompts), "refused": len(places) - len(prompts)}


def test_the_summary_says_what_became_of_the_file(prompt_gateway: Gateway, key: str) -> None:
    told = finished_file(prompt_gateway, key, lines({"prompt": new()}, "no json"))

    assert (told["version"], told["file"], told["status"]) == ("1", key, "SUCCEEDED")
    assert told["manifest"] == f"results/{key.removeprefix('requests/')}/manifest.jsonl"
    assert (told["requests"], told["waiting"]) == (2, 0)
    assert MOMENT.fullmatch(told["started_at"])
    assert told["started_at"] < told["ended_at"]
    assert "error" not in told


def test_the_end_of_a_file_is_told_once_with_its_summary(prompt_gateway: Gateway, key: str) -> None:
    told = finished_file(prompt_gateway, key, lines({"prompt": new()}))

    [event] = heard(prompt_gateway, key)
    assert (event["source"], event["detail-type"]) == (SOURCE, "Image File Finished")
    assert event["detail"] == told


def test_a_table_from_a_spreadsheet_is_read_as_it_is_meant(prompt_gateway: Gateway, key: str) -> None:
    """With a mark before the text, lines that end as in Windows, and cells with commas, quotes and line breaks."""
    key = key.replace(".jsonl", ".csv")
    prompts = [new('a cat, a "dog"'), new("two\nlines"), new("猫")]
    written = io.StringIO(newline="")
    csv.writer(written).writerows(
        [["prompt", "n", "size"], *[[prompt, "1", "720*1280"] for prompt in prompts]]
    )

    told = finished_file(prompt_gateway, key, b"\xef\xbb\xbf" + written.getvalue().encode())

    assert counts(told) == {"succeeded": 3}
    assert [sent(prompt_gateway, prompt) for prompt in prompts] == [1, 1, 1]
    assert [line["line"] for line in manifest(key)] == [2, 3, 5]


def test_lines_that_are_no_orders_are_refused_and_the_others_go_on(prompt_gateway: Gateway, key: str) -> None:
    bad = ["no json", [], {"prompt": ""}, {"prompt": "a", "n": 9}, {"prompt": "a", "colour": "red"}]

    told = finished_file(prompt_gateway, key, lines(*bad, {"prompt": new()}))

    found = manifest(key)
    assert [line["status"] for line in found] == ["REFUSED"] * 5 + ["SUCCEEDED"]
    assert {line["error"]["code"] for line in found[:5]} == {"InvalidParameter"}
    assert all(line["error"]["message"] and "task_id" not in line for line in found[:5])
    assert told["status"] == "SUCCEEDED"


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("cats.txt", b'{"prompt": "a"}', "The name must end in one of"),
        ("cats.jsonl", '{"prompt": "一只奔跑的猫"}'.encode("gbk"), "not in UTF-8"),
        ("cats.csv", b"text,n\na,1\n", "one of them must be prompt"),
        ("cats.jsonl", b"\n \n", "holds no requests"),
    ],
    ids=["name", "encoding", "header", "empty"],
)
def test_a_file_that_is_none_of_orders_is_told_why(
    prompt_gateway: Gateway, name: str, content: bytes, reason: str
) -> None:
    key = f"requests/alice/{uuid.uuid4()}/{name}"

    told = finished_file(prompt_gateway, key, content)

    assert (told["status"], told["requests"], counts(told)) == ("FAILED", 0, {})
    assert reason in told["error"]["message"]
    assert "manifest" not in told
    assert [event["detail"] for event in heard(prompt_gateway, key)] == [told]
    with pytest.raises(boto3.client("s3").exceptions.NoSuchKey):
        manifest(key)


def test_tasks_that_fail_upstream_are_told_and_do_not_fail_the_file(
    prompt_gateway: Gateway, key: str
) -> None:
    told = finished_file(
        prompt_gateway,
        key,
        lines({"prompt": new("#fail")}, {"prompt": new("#forbidden")}, {"prompt": new("#partial"), "n": 2}),
    )

    failed, forbidden, partial = manifest(key)
    assert (failed["status"], forbidden["status"], partial["status"]) == ("FAILED", "FAILED", "SUCCEEDED")
    assert failed["error"]["code"]
    assert forbidden["error"]["code"] == "DataInspectionFailed"
    assert [("key" in picture, "error" in picture) for picture in partial["pictures"]] == [
        (True, False),
        (False, True),
    ]
    assert (told["status"], told["pictures"]) == ("SUCCEEDED", 1)


def test_a_file_of_ten_thousand_lines_is_cut_in_one_go(prompt_gateway: Gateway, key: str) -> None:
    """Each line is in one chunk, and what ReadFile answers is no larger than a payload may be."""
    content = lines(*[{"prompt": f"number {number}"} for number in range(10_000)])
    boto3.client("s3").put_object(Bucket=INBOX, Key=key, Body=content.encode())

    step = functions.invoke("ReadFileFunction", {"run": "f" * 40, "key": key})

    assert len(json.dumps(step).encode()) < MAX_PAYLOAD_BYTES
    kept = boto3.client("s3").get_object(Bucket=INBOX, Key=f"runs/{'f' * 40}/requests.jsonl")["Body"].read()
    parts = [kept[chunk["start"] : chunk["end"]].splitlines() for chunk in step["chunks"]]
    found = [json.loads(line)["number"] for part in parts for line in part]
    assert found == list(range(1, 10_001))
    assert [chunk["first"] for chunk in step["chunks"]] == [json.loads(part[0])["number"] for part in parts]
    assert [chunk["count"] for chunk in step["chunks"]] == [len(part) for part in parts]
    prompt_gateway.messages("Files")
