"""Whose the tasks of a file are, and how files may be named."""

from __future__ import annotations

import uuid

import pytest

from tests.integration.batches.filing import new, statuses
from tests.support.files import (
    finished_file,
    lines,
    look_soon,
    manifest,
    put_file,
)
from tests.support.gateway import Gateway


@pytest.fixture(autouse=True)
def _looked_at_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    look_soon(monkeypatch)


@pytest.fixture
def key() -> str:
    """Where a file of alice's is put that no other test has put."""
    return f"requests/alice/{uuid.uuid4()}.jsonl"


def test_tasks_of_a_folder_are_its_owners(prompt_gateway: Gateway, key: str) -> None:
    finished_file(prompt_gateway, key, lines({"prompt": new()}, {"prompt": new(), "owner": "alice"}))

    for line in manifest(key):
        shown = {
            owner: prompt_gateway.result(line["task_id"], prompt_gateway.issue_key(owner)).status
            for owner in ("alice", "bob")
        }
        assert shown == {"alice": 200, "bob": 404}


def test_a_line_gets_into_no_other_name_than_its_folders(prompt_gateway: Gateway, key: str) -> None:
    mine = {"prompt": new(), "owner": "bob"}
    event = {"detail-type": "Image Task Requested", "detail": {"prompt": new(), "owner": "bob"}}

    finished_file(prompt_gateway, key, lines(mine, event, {**event, "prompt": new(), "owner": "alice"}))

    assert statuses(key) == ["REFUSED"] * 3
    assert manifest(key)[0]["error"]["message"].startswith("owner: ")


def test_a_file_in_no_folder_may_name_an_owner_for_each_line(prompt_gateway: Gateway) -> None:
    key = f"requests/{uuid.uuid4()}.jsonl"

    finished_file(prompt_gateway, key, lines({"prompt": new(), "owner": "bob"}, {"prompt": new()}))

    owners = [prompt_gateway.item(f"TASK#{line['task_id']}", "TASK") for line in manifest(key)]
    assert [found and found["owner"] for found in owners] == ["bob", "events"]


def test_a_folder_that_can_be_nobodys_is_refused(prompt_gateway: Gateway) -> None:
    key = f"requests/al ice/{uuid.uuid4()}.jsonl"

    told = finished_file(prompt_gateway, key, lines({"prompt": new()}))

    assert (told["status"], told["error"]["code"]) == ("FAILED", "InvalidParameter")


@pytest.mark.parametrize("name", ["猫 图+1%.jsonl", "a b&c=d.jsonl", "2026/11/cats.jsonl"])
def test_a_file_may_have_any_name(prompt_gateway: Gateway, name: str) -> None:
    key = f"requests/alice/{uuid.uuid4()}/{name}"

    told = finished_file(prompt_gateway, key, lines({"prompt": new()}))

    assert (told["file"], told["status"]) == (key, "SUCCEEDED")


def test_a_folder_and_what_lies_elsewhere_start_nothing(prompt_gateway: Gateway, key: str) -> None:
    before = put_file(prompt_gateway, f"{key}/", b"")

    assert put_file(prompt_gateway, key.replace("requests/", "elsewhere/"), b"none") == before
