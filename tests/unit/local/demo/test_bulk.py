"""The bulk demo's decisions: which file it takes, when it stops, and what it saves and believes."""

from __future__ import annotations

import hashlib
import io
import json
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError
from rich.console import Console

from local.demo import bulk as demo_bulk
from local.demo.progress import open_progress
from local.demo.steps import DemoError
from local.stack.processes import ROOT

PICTURE = b"\x89PNG of a cat"
SHA256 = hashlib.sha256(PICTURE).hexdigest()


def summary(status: str = "RUNNING", **counts: Any) -> dict[str, Any]:
    none = dict.fromkeys(("waiting", "pending", *demo_bulk.TOLD), 0)
    return {"status": status, "requests": 3, **none, **counts}


class Scripted(demo_bulk.Inbox):
    """An inbox with these summaries, one after the other (None: there is none yet), and this manifest."""

    def __init__(
        self, *summaries: dict[str, Any] | None, manifest: list[dict[str, Any]] | None = None
    ) -> None:
        self._summaries = list(summaries)
        self._manifest = manifest or []

    def result(self, name: str) -> bytes:
        if name == "manifest.jsonl":
            return b"".join(json.dumps(line).encode() + b"\n" for line in self._manifest)
        found = self._summaries.pop(0) if self._summaries else summary("SUCCEEDED")
        if found is None:
            raise ClientError({"Error": {"Code": "NoSuchKey", "Message": ""}}, "GetObject")
        return json.dumps(found).encode()

    def picture(self, key: str) -> bytes:
        return PICTURE


class Seen:
    """Remembers what was shown."""

    def __init__(self) -> None:
        self.shown: list[tuple[str, int]] = []

    def show(self, status: str, done: int) -> None:
        self.shown.append((status, done))


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(demo_bulk, "PAUSE", 0)


def test_file_is_the_one_with_prompts_by_default() -> None:
    assert demo_bulk.chosen({}) == demo_bulk.chosen({"DEMO_FILE": ""}) == ROOT / "events/bulk/prompts.jsonl"


def test_file_may_be_anywhere(tmp_path: Path) -> None:
    path = tmp_path / "my cats.csv"
    path.write_text("prompt\n猫\n")

    assert demo_bulk.chosen({"DEMO_FILE": str(path)}) == path


def test_file_that_is_not_there_is_named() -> None:
    with pytest.raises(DemoError, match=r"nothing\.csv"):
        demo_bulk.chosen({"DEMO_FILE": "nothing.csv"})


def test_first_summary_is_waited_for() -> None:
    assert Scripted(None, None, summary(waiting=3)).first_summary()["waiting"] == 3


def test_first_summary_of_a_file_without_orders_says_why() -> None:
    refused = summary("FAILED", error={"code": "InvalidParameter", "message": "The file is not in UTF-8."})

    with pytest.raises(DemoError, match="not in UTF-8"):
        Scripted(refused).first_summary()


def test_first_summary_is_not_waited_for_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(demo_bulk, "READING_DEADLINE", -1)

    with pytest.raises(DemoError, match="was not read"):
        Scripted(None, None).first_summary()


def test_follow_counts_what_has_ended_however_it_did() -> None:
    seen = Seen()
    steps = [summary(waiting=3), summary(succeeded=1, refused=1, pending=1)]
    end = summary("SUCCEEDED", succeeded=1, refused=1, failed=1)

    assert demo_bulk.follow(Scripted(*steps, end), seen) == end
    assert seen.shown == [("RUNNING", 0), ("RUNNING", 2), ("SUCCEEDED", 3)]


def test_follow_gives_up_when_nothing_changes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(demo_bulk, "PATIENCE", -1)

    with pytest.raises(DemoError, match="nothing has changed"):
        demo_bulk.follow(Scripted(summary()), Seen())


def manifest(sha256: str = SHA256) -> list[dict[str, Any]]:
    kept = {"number": 2, "key": "images/t/2.png", "sha256": sha256, "content_type": "image/png"}
    failed = {"number": 1, "error": {"code": "InternalError", "message": "no"}}
    refusal = {"code": "InvalidParameter", "message": "n: must be an integer."}
    return [
        {"number": 1, "line": 2, "status": "SUCCEEDED", "pictures": [failed, kept]},
        {"number": 2, "line": 5, "status": "REFUSED", "pictures": [], "error": refusal},
    ]


def test_save_writes_the_results_and_the_pictures_that_are_kept(tmp_path: Path) -> None:
    saved = demo_bulk.save(Scripted(manifest=manifest()), tmp_path / "cats")

    assert sorted(path.name for path in saved.directory.iterdir()) == [
        "00001-2.png",
        "manifest.jsonl",
        "summary.json",
    ]
    assert (saved.directory / "00001-2.png").read_bytes() == PICTURE
    assert (saved.pictures, saved.wrong) == (1, ["line 5: REFUSED, n: must be an integer."])


def test_save_refuses_other_bytes_than_the_manifest_names(tmp_path: Path) -> None:
    with pytest.raises(DemoError, match="SHA-256 differs"):
        demo_bulk.save(Scripted(manifest=manifest("0" * 64)), tmp_path / "cats")


def test_told_leaves_out_what_did_not_happen() -> None:
    assert demo_bulk.told(summary(succeeded=2, refused=1)) == "\n3 requests: 2 succeeded, 1 refused"


def test_progress_is_shown_as_the_demo_shows_it() -> None:
    output = io.StringIO()
    with open_progress(Console(file=output, width=100), 3) as progress:
        demo_bulk.follow(Scripted(summary(succeeded=1)), progress)

    assert output.getvalue().splitlines()[0].endswith("RUNNING 1/3")
