"""Every Python program of the Wanxiang guide and API reference, word for word, on the deployed gateway."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image

from tests.embedded.conftest import Deployed
from tests.support.patience import PATIENCE

PROGRAMS = Path(__file__).parent / "programs"
WAITING = ("guide_call", "reference_call", "reference_call_with_picture")
ASYNCHRONOUS = ("reference_async_call", "reference_async_call_with_picture")
PICTURES = {"guide_call": 4}


@pytest.fixture
def key(deployed: Deployed) -> str:
    return deployed.stack.issue_key("programmer")


def run(deployed: Deployed, key: str, folder: Path, *arguments: str) -> str:
    """Runs Python in the folder, with the gateway as the SDK's DashScope, and returns what it prints."""
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "PYTHONPATH": str(PROGRAMS),
        "PYTHONIOENCODING": "utf-8",
        "PYTHONDONTWRITEBYTECODE": "1",
        "DASHSCOPE_API_KEY": key,
        "DASHSCOPE_HTTP_BASE_URL": f"{deployed.stack.gateway_url}/api/v1",
    }
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("name", [*WAITING, *ASYNCHRONOUS])
def test_program_saves_its_pictures(deployed: Deployed, key: str, name: str, tmp_path: Path) -> None:
    said = run(deployed, key, tmp_path, str(PROGRAMS / f"{name}.py"))

    assert "Failed" not in said
    assert '"task_status": "SUCCEEDED"' in said
    saved = {path.name: path.read_bytes() for path in tmp_path.glob("*.png")}
    numbers = range(1, PICTURES.get(name, 1) + 1)
    assert saved.keys() == {f"{number}.png" for number in numbers}
    assert {Image.open(BytesIO(content)).size for content in saved.values()} == {(1024, 1024)}


def test_asynchronous_program_of_the_guide_follows_its_task(
    deployed: Deployed, key: str, tmp_path: Path
) -> None:
    lines = run(deployed, key, tmp_path, str(PROGRAMS / "guide_async_call.py")).splitlines()

    created, fetched = json.loads(lines[0]), json.loads(lines[3])
    assert (created["output"]["task_status"], created["output"]["results"]) == ("PENDING", [])
    assert lines[2] == "None"
    assert fetched["output"]["task_id"] == created["output"]["task_id"]
    assert lines[4] in ("PENDING", "RUNNING")
    assert lines[6] == "SUCCEEDED"
    assert json.loads(lines[5])["usage"] == {"image_count": 4}


@pytest.mark.parametrize("name", ["guide_async_call", "reference_async_call"])
def test_program_is_told_that_a_finished_task_cannot_be_canceled(
    deployed: Deployed, key: str, name: str, tmp_path: Path
) -> None:
    code = f"""
import {name} as program
from dashscope import ImageSynthesis
task = program.create_async_task()
ImageSynthesis.wait(task)
program.cancel_task(task)
"""
    *_, last = run(deployed, key, tmp_path, "-c", code).splitlines()

    assert last == (
        "Failed, status_code: 400, code: UnsupportedOperation, message: Only a PENDING task can be canceled."
    )


@pytest.mark.parametrize("name", ["guide_async_call", "reference_async_call"])
def test_program_fetches_the_status_of_a_task(
    deployed: Deployed, key: str, name: str, tmp_path: Path
) -> None:
    code = f"""
import {name} as program
from dashscope import ImageSynthesis
task = ImageSynthesis.wait(program.create_async_task())
program.fetch_task_status(task.output.task_id)
"""
    *_, last = run(deployed, key, tmp_path, "-c", code).splitlines()

    assert last == "SUCCEEDED"
