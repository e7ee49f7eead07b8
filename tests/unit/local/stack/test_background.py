"""What is remembered of the stack in the background."""

from __future__ import annotations

import json
import os
import stat
import subprocess
from pathlib import Path
from typing import Any

import pytest

from local.stack import background
from local.stack.processes import start_time


def state(**changes: Any) -> dict[str, Any]:
    me = {"pid": os.getpid(), "started": start_time(os.getpid())}
    return {
        "name": "tongyi-gateway",
        "endpoint": "http://127.0.0.1:1",
        "gateway_url": "http://127.0.0.1:1/_aws/execute-api/abc/prod",
        "gateway_key": "tg-key",
        "webhook_secret": "whsec_secret",
        "standin_url": "http://127.0.0.1:2",
        "outputs": {
            "TableName": "records",
            "OrdersUrl": "http://localhost:1/orders",
            "EventBusName": "bus",
            "InboxName": "inbox",
        },
        "processes": [me],
        **changes,
    }


@pytest.fixture
def local(tmp_path: Path) -> Path:
    (tmp_path / "stack").mkdir()
    return tmp_path


def test_running_is_what_was_remembered(local: Path) -> None:
    background._remember(local, state())
    assert background.running(local) == state()


@pytest.mark.parametrize("processes", [[{"pid": os.getpid(), "started": "another"}]])
def test_running_is_nothing_when_a_process_is_gone(local: Path, processes: list[dict[str, Any]]) -> None:
    background._remember(local, state(processes=state()["processes"] + processes))
    assert background.running(local) is None


def test_running_is_nothing_without_a_state(tmp_path: Path) -> None:
    assert background.running(tmp_path) is None


def test_running_is_nothing_for_half_a_state(local: Path) -> None:
    (local / "stack" / "state.json").write_text(json.dumps(state())[:50])
    assert background.running(local) is None


def test_remember_writes_files_for_the_owner_alone(local: Path) -> None:
    (local / "stack.env").touch(mode=0o644)
    background._remember(local, state())
    for path in (local / "stack.env", local / "stack" / "state.json"):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_shell_exports_can_be_sourced(local: Path) -> None:
    (local / "stack.env").write_text(background.shell_exports(state(gateway_key="a'b $c `d`")))
    script = f". '{local}/stack.env'; env"
    shown = subprocess.run(["/bin/sh", "-c", script], env={}, capture_output=True, text=True, check=True)
    found = dict(line.split("=", 1) for line in shown.stdout.splitlines())
    assert found["GATEWAY_URL"] == state()["gateway_url"]
    assert found["GATEWAY_KEY"] == "a'b $c `d`"
    assert found["GATEWAY_WEBHOOK_SECRET"] == "whsec_secret"
    assert found["INBOX"] == "inbox"
    assert found["STANDIN_URL"] == "http://127.0.0.1:2"
    assert found["STACK_NAME"] == "tongyi-gateway"
    assert found["AWS_ENDPOINT_URL"] == "http://127.0.0.1:1"
    assert {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_DEFAULT_REGION", "AWS_REGION"} <= set(found)


def test_summary_has_a_line_to_copy_for_each_route() -> None:
    text = background.summary(state())
    for route in ("/v1/tongyi", "/v1/wanxiang'", "/v1/images/generations'", "/v1/wanxiang-results?task_id="):
        assert "curl" in text
        assert state()["gateway_url"] + route in text


def test_down_forgets_and_may_be_repeated(local: Path, capsys: pytest.CaptureFixture[str]) -> None:
    # Its process has ended long ago, and another has got its id.
    background._remember(local, state(processes=[{"pid": os.getpid(), "started": "another"}]))
    assert background.down(local) == 0
    assert not (local / "stack").exists()
    assert not (local / "stack.env").exists()
    assert background.down(local) == 0
    assert capsys.readouterr().out.count("stopping") == 1


def test_down_ends_what_was_started(local: Path) -> None:
    with subprocess.Popen(["sleep", "3600"]) as process:
        ours = {"pid": process.pid, "started": start_time(process.pid)}
        background._remember(local, state(processes=[ours]))
        background.down(local)
        assert process.wait(300) != 0
