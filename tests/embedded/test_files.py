"""Files of orders on the deployed gateway: put into the inbox as users put them, and read back as users read them."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import time
from collections.abc import Sequence
from typing import Any

import pytest

from tests.embedded.conftest import Deployed
from tests.embedded.listener import Listener
from tests.support.patience import PATIENCE

WORDS = ("waiting", "pending", "succeeded", "failed", "canceled", "refused", "unknown")
FINISHED = "Image File Finished"


class Folder:
    """An owner's folder in the inbox."""

    def __init__(self, deployed: Deployed, owner: str) -> None:
        self._deployed = deployed
        self._s3 = deployed.stack.client("s3")
        self._inbox = deployed.stack.outputs["InboxName"]
        self._owner = owner

    def put(self, name: str, content: bytes) -> None:
        """Puts a file."""
        self._s3.put_object(Bucket=self._inbox, Key=f"requests/{self._owner}/{name}", Body=content)

    def finished(self, name: str, content: bytes) -> dict[str, Any]:
        """The summary once the file that is put has ended."""
        before = self.summary(name).get("ended_at")
        self.put(name, content)
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            found = self.summary(name)
            if found and found["status"] != "RUNNING" and found["ended_at"] != before:
                return found
            time.sleep(0.5)
        pytest.fail(f"the file did not end: {self.summary(name)}")

    def summary(self, name: str) -> dict[str, Any]:
        """The summary as it is now; empty before the file is read."""
        try:
            found: dict[str, Any] = json.loads(self._result(name, "summary.json"))
        except self._s3.exceptions.NoSuchKey:
            return {}
        return found

    def manifest(self, name: str) -> list[dict[str, Any]]:
        """The lines of the manifest."""
        return [json.loads(line) for line in self._result(name, "manifest.jsonl").splitlines()]

    def pictures(self, line: dict[str, Any]) -> list[str]:
        """The SHA-256 of the pictures that a line of the manifest names, as they lie in their bucket."""
        bucket = self._deployed.stack.outputs["BucketName"]
        found = [self._s3.get_object(Bucket=bucket, Key=picture["key"]) for picture in line["pictures"]]
        return [hashlib.sha256(copy["Body"].read()).hexdigest() for copy in found]

    def _result(self, name: str, result: str) -> bytes:
        key = f"results/{self._owner}/{name}/{result}"
        content: bytes = self._s3.get_object(Bucket=self._inbox, Key=key)["Body"].read()
        return content


def rows(*written: Sequence[str]) -> bytes:
    """The rows as a spreadsheet saves them: a byte order mark, quotes where needed, CRLF."""
    text = io.StringIO()
    csv.writer(text).writerows(written)
    return text.getvalue().encode("utf-8-sig")


def lines(*orders: dict[str, Any]) -> bytes:
    return "\n".join(json.dumps(order, ensure_ascii=False) for order in orders).encode()


def counts(summary: dict[str, Any]) -> dict[str, int]:
    """What of a summary is not zero."""
    return {word: summary[word] for word in WORDS if summary[word]}


def test_a_spreadsheet_becomes_tasks_pictures_and_a_manifest(deployed: Deployed) -> None:
    key, folder = deployed.stack.issue_key("painter"), Folder(deployed, "painter")
    poster = '海报，上面写着 "你好"，\r\n分两行'
    written = rows(
        ["prompt", "n", "model", "size"],
        ["a heron, and its reflection", "2", "", ""],
        [poster, "", "qwen-image-plus", "1328*1328"],
        ["a heron that is not a number", "two", "", ""],
        ["", "", "", ""],
        ["a heron", "", "", "", "and a cell too many"],
    )

    summary = folder.finished("herons.csv", written)

    assert (summary["status"], counts(summary)) == ("SUCCEEDED", {"succeeded": 2, "refused": 2})
    first, second, third, fourth = folder.manifest("herons.csv")
    # A row of a spreadsheet takes as many lines of its file as its cells have.
    assert [line["line"] for line in (first, second, third, fourth)] == [2, 3, 5, 7]
    assert folder.pictures(first) == [picture["sha256"] for picture in first["pictures"]]
    assert [len(first["pictures"]), len(second["pictures"])] == [2, 1]
    assert third["error"] == {"code": "InvalidParameter", "message": "n: must be an integer."}
    assert "5 cells" in fourth["error"]["message"]
    assert [entry["prompt"] for entry in deployed.ledger("submit", "海报")] == [poster]
    shown = deployed.finished(first["task_id"], key).json()["output"]
    assert [result["sha256"] for result in shown["results"]] == folder.pictures(first)


def test_a_file_that_is_put_twice_is_made_once_and_a_corrected_one_only_where_it_changed(
    deployed: Deployed,
) -> None:
    folder = Folder(deployed, "corrector")
    good = [{"prompt": f"a crane in flight {number}"} for number in range(3)]
    bad = {"prompt": "a crane in flight, many times", "n": 99}

    first = folder.finished("cranes.jsonl", lines(*good, bad))
    tasks = [line.get("task_id") for line in folder.manifest("cranes.jsonl")]
    again = folder.finished("cranes.jsonl", lines(*good, bad))

    assert counts(first) == counts(again) == {"succeeded": 3, "refused": 1}
    assert [line.get("task_id") for line in folder.manifest("cranes.jsonl")] == tasks
    assert len(deployed.ledger("submit", "a crane in flight")) == 3

    mended = folder.finished("cranes.jsonl", lines(*good, {**bad, "n": 1}))

    assert counts(mended) == {"succeeded": 4}
    assert [line["task_id"] for line in folder.manifest("cranes.jsonl")[:3]] == tasks[:3]
    assert len(deployed.ledger("submit", "a crane in flight")) == 4


def test_two_thousand_lines_of_twenty_orders_make_twenty_tasks(deployed: Deployed) -> None:
    folder = Folder(deployed, "repeater-of-files")
    orders = [
        {"prompt": f"a flock of geese, number {number % 20}", "idempotency_key": f"geese-{number % 20}"}
        for number in range(2000)
    ]
    content = lines(*orders).replace(b"\n", b"\nno json\n", 5)

    summary = folder.finished("geese.jsonl", content)

    assert (summary["requests"], counts(summary)) == (2005, {"succeeded": 2000, "refused": 5})
    manifest = folder.manifest("geese.jsonl")
    assert [line["number"] for line in manifest] == list(range(1, 2006))
    assert [line["line"] for line in manifest if line["status"] == "REFUSED"] == [2, 4, 6, 8, 10]
    assert len({line["task_id"] for line in manifest if "task_id" in line}) == 20
    assert len(deployed.ledger("submit", "a flock of geese")) == 20


def test_progress_can_be_read_while_a_file_is_worked_on(deployed: Deployed) -> None:
    """Two a minute: the third of these is not even sent when the file is looked at."""
    folder = Folder(deployed, "watcher")
    orders = [{"model": "qwen-image-2.0-pro", "prompt": f"a patient owl {number}"} for number in range(4)]
    folder.put("owls.jsonl", lines(*orders))

    until = time.monotonic() + PATIENCE
    while time.monotonic() < until and not (found := folder.summary("owls.jsonl")).get("pending"):
        time.sleep(0.2)

    assert (found["status"], found["requests"]) == ("RUNNING", 4)
    assert sum(counts(found).values()) == 4
    assert "manifest" not in found


def test_the_end_of_a_file_is_told_on_the_bus(deployed: Deployed) -> None:
    folder, listener = Folder(deployed, "teller"), Listener(deployed, "files")

    summary = folder.finished("robins.jsonl", lines({"prompt": "a robin"}))

    event = listener.await_one(
        lambda heard: heard["detail-type"] == FINISHED and heard["detail"]["file"] == summary["file"]
    )
    assert event["detail"] == summary
    assert "a robin" not in json.dumps(event)


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("birds.txt", b"a bird", "must end in"),
        ("birds.csv", "prompt\n鸟\n".encode("gb18030"), "not in UTF-8"),
        ("columns.csv", b"text,n\na bird,1\n", "prompt"),
        ("empty.jsonl", b"\n\n", "no requests"),
    ],
)
def test_a_file_that_is_none_of_orders_says_why(
    deployed: Deployed, name: str, content: bytes, said: str
) -> None:
    summary = Folder(deployed, "beginner").finished(name, content)

    assert summary["status"] == "FAILED"
    assert said in summary["error"]["message"]
    assert counts(summary) == {}


def test_a_line_cannot_be_ordered_in_another_name_than_its_folders(deployed: Deployed) -> None:
    folder = Folder(deployed, "somebody")
    detail = {"detail-type": "Image Task Requested", "detail": {"prompt": "a cuckoo", "owner": "painter"}}

    folder.finished("cuckoos.jsonl", lines({"prompt": "a cuckoo", "owner": "painter"}, detail))

    assert [line["status"] for line in folder.manifest("cuckoos.jsonl")] == ["REFUSED", "REFUSED"]
    assert deployed.ledger("submit", "a cuckoo") == []
