"""The demo's decisions: what it submits, when it stops, and what it believes."""

from __future__ import annotations

import hashlib
import io
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from local.demo import images as demo
from local.demo.gateway_client import GatewayClient, RefusedError, Reply
from local.demo.progress import open_progress
from local.demo.steps import DemoError

PICTURE = b"\x89PNG of a cat"


class Scripted(GatewayClient):
    """A gateway that answers for a task with these outputs, one after the other."""

    def __init__(self, *outputs: dict[str, Any], **rest: Any) -> None:
        super().__init__("http://gateway.invalid", "tg-key")
        self._replies = [Reply({"output": output, **rest}, retry_after=0) for output in outputs]

    def result(self, task_id: str) -> Reply:
        return self._replies.pop(0)

    def download(self, url: str) -> bytes:
        return PICTURE


class Silent:
    """Shows nothing."""

    def show(self, status: str, done: int) -> None:
        pass


def picture(**changes: Any) -> dict[str, Any]:
    digest = hashlib.sha256(PICTURE).hexdigest()
    return {"url": "http://s3.invalid/1", "sha256": digest, "content_type": "image/png", **changes}


def test_order_defaults_to_four_pictures() -> None:
    assert demo.order({}) == {"prompt": demo.PROMPT, "n": 4}
    assert demo.order({"DEMO_PROMPT": "", "DEMO_N": "", "DEMO_STYLE": ""}) == {"prompt": demo.PROMPT, "n": 4}


def test_order_takes_what_is_given() -> None:
    given = {"DEMO_PROMPT": "猫 $HOME", "DEMO_N": "2", "DEMO_STYLE": "<sketch>"}
    assert demo.order(given) == {"prompt": "猫 $HOME", "n": 2, "style": "<sketch>"}


def test_order_refuses_a_number_that_is_none() -> None:
    with pytest.raises(DemoError, match="N must be a number"):
        demo.order({"DEMO_N": "two"})


def test_follow_waits_for_the_end() -> None:
    statuses = [{"task_status": status} for status in ("PENDING", "RUNNING", "SUCCEEDED")]
    assert demo.follow(Scripted(*statuses), "t", Silent()).output == statuses[-1]


def test_follow_tells_why_a_task_failed() -> None:
    output = {"task_status": "FAILED", "code": "DataInspectionFailed", "message": "no"}
    with pytest.raises(DemoError, match="FAILED\nDataInspectionFailed\nno\nchange it"):
        demo.follow(Scripted(output, suggestion="change it"), "t", Silent())


def test_follow_gives_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(demo, "TASK_DEADLINE", 0)
    with pytest.raises(DemoError, match="was not done"):
        demo.follow(Scripted(), "t", Silent())


def test_save_writes_what_the_reply_names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(demo, "OUT", tmp_path / "out")
    path = demo.save(Scripted(), "t-1", picture())
    assert path == tmp_path / "out" / "t-1.png"
    assert path.read_bytes() == PICTURE


def test_save_refuses_other_bytes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(demo, "OUT", tmp_path / "out")
    with pytest.raises(DemoError, match="SHA-256 differs"):
        demo.save(Scripted(), "t-1", picture(sha256="0" * 64))
    assert not (tmp_path / "out").exists()


def test_refused_error_has_the_gateways_words() -> None:
    error = RefusedError(
        400, {"code": "InvalidParameter", "message": "n is wrong", "suggestion": "use 1 to 4"}
    )
    assert str(error) == "InvalidParameter: n is wrong\nuse 1 to 4"


def test_finished_counts_good_and_bad() -> None:
    assert demo.finished({"task_metrics": {"TOTAL": 4, "SUCCEEDED": 2, "FAILED": 1}}) == 3
    assert demo.finished({}) == 0


def shown(*, terminal: bool) -> str:
    output = io.StringIO()
    console = Console(file=output, force_terminal=terminal, width=100)
    with open_progress(console, 2) as progress:
        for done in (0, 0, 2):
            progress.show("RUNNING", done)
    return output.getvalue()


def test_progress_is_a_line_for_each_change_without_a_terminal() -> None:
    lines = shown(terminal=False).splitlines()
    assert [line.split("  ")[-1] for line in lines] == ["RUNNING 0/2", "RUNNING 2/2"]


def test_progress_is_a_bar_on_a_terminal() -> None:
    assert "━" in shown(terminal=True)
    assert "2/2" in shown(terminal=True)
