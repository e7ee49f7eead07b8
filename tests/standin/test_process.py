"""`python -m local.standin` as a process."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

pytestmark = pytest.mark.enable_socket
ROOT = Path(__file__).resolve().parents[2]
KEY = "a-key-from-the-environment"


def _run(*arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "local.standin", *arguments],
        cwd=ROOT,
        env={**os.environ, "STANDIN_KEYS": f" {KEY} ,"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.fixture
def running(tmp_path: Path) -> Iterator[tuple[subprocess.Popen[str], dict[str, Any]]]:
    ready = tmp_path / "ready.json"
    with _run(
        "--ready-file", str(ready), "--key", "a-key-from-the-line", "--pending-seconds", "0"
    ) as process:
        deadline = time.monotonic() + 300
        while not ready.exists() and process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.02)
        try:
            yield process, json.loads(ready.read_text())
        finally:
            process.kill()


def _status(told: dict[str, Any], key: str) -> int:
    headers = {"Authorization": f"Bearer {key}"}
    return requests.get(told["url"] + "/api/v1/tasks/", headers=headers, timeout=300).status_code


def test_the_ready_file_names_url_picture_url_and_pid(running: Any) -> None:
    process, told = running
    assert set(told) == {"url", "picture_url", "pid"}
    assert told["pid"] == process.pid


def test_the_line_printed_is_the_one_in_the_file(running: Any) -> None:
    process, told = running
    assert json.loads(process.stdout.readline()) == told


def test_no_key_is_printed(running: Any) -> None:
    process, _ = running
    process.send_signal(signal.SIGTERM)
    assert "a-key" not in "".join(process.communicate(timeout=300))


@pytest.mark.parametrize("key", [KEY, "a-key-from-the-line"])
def test_keys_come_from_the_environment_and_the_line(running: Any, key: str) -> None:
    assert _status(running[1], key) == 200


def test_other_keys_are_refused(running: Any) -> None:
    assert _status(running[1], "another-key") == 401


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_cleanly(running: Any, number: signal.Signals) -> None:
    process, _ = running
    process.send_signal(number)
    assert process.wait(timeout=300) == 0


def test_a_port_in_use_is_told_in_one_line(running: Any) -> None:
    port = running[1]["url"].rpartition(":")[2]
    with _run("--port", port) as second:
        complaint = second.communicate(timeout=300)[1]
    assert (second.returncode, len(complaint.splitlines())) == (2, 1)
