"""Child processes: they end with their starter, and nothing else is ever ended."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from local.stack.processes import ROOT, Child, ProcessId, start_time

# Says who it is, starts a child of its own, and would run for an hour.
COMMAND = ["/bin/sh", "-c", 'echo "$$" > pid; sleep 3600 & echo "$!" > worker; wait']
# Seconds: long enough for any machine, reached only when something hangs.
PATIENCE = 300


@contextmanager
def sleeper() -> Iterator[subprocess.Popen[bytes]]:
    """A process that this test started, but not through Child."""
    with subprocess.Popen(["sleep", "3600"]) as process:
        yield process
        process.kill()


def until(is_so: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not is_so():
        assert time.monotonic() < deadline, "waited too long"
        time.sleep(0.02)


def started(directory: Path) -> list[ProcessId]:
    """The command and its worker, once both run."""
    files = [directory / "pid", directory / "worker"]
    until(lambda: all(file.exists() and file.read_text().strip() for file in files))
    pids = [int(file.read_text()) for file in files]
    return [ProcessId(pid, start_time(pid)) for pid in pids]


def child(directory: Path) -> Child:
    environment = {"PATH": os.environ["PATH"]}
    return Child(COMMAND, environment=environment, log=directory / "log", directory=directory)


def test_process_id_knows_its_process() -> None:
    me = ProcessId(os.getpid(), start_time(os.getpid()))
    assert me.is_running()
    assert not ProcessId(os.getpid(), "another start").is_running()
    assert not ProcessId(2**22 + 1, "").is_running()


def test_end_leaves_another_process_of_that_id_alone() -> None:
    with sleeper() as process:
        ProcessId(process.pid, "another start").end()
        assert process.poll() is None


def test_end_ends_the_process() -> None:
    with sleeper() as process:
        ProcessId(process.pid, start_time(process.pid)).end()
        assert process.wait(PATIENCE) != 0


def test_start_time_is_empty_for_no_process() -> None:
    with subprocess.Popen(["true"]) as process:
        process.wait()
    assert start_time(process.pid) == ""


def test_child_stops_with_its_workers(tmp_path: Path) -> None:
    command = child(tmp_path)
    processes = started(tmp_path)
    command.stop()
    assert not command.is_running()
    until(lambda: not any(process.is_running() for process in processes))


def test_child_has_only_the_environment_it_is_given(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DASHSCOPE_API_KEY", "sk-secret")
    command = Child(["/usr/bin/env"], environment={"A": "1"}, log=tmp_path / "log")
    assert command.wait(PATIENCE) == 0
    command.stop()
    assert "A=1" in (tmp_path / "log").read_text()
    assert "sk-secret" not in (tmp_path / "log").read_text()


def test_child_gives_its_exit_code(tmp_path: Path) -> None:
    command = Child(["/bin/sh", "-c", "exit 3"], environment={}, log=tmp_path / "log")
    assert command.wait(PATIENCE) == 3
    command.stop()


STARTER = """
import os, signal, sys
from pathlib import Path
from local.stack.processes import Child
child = Child(sys.argv[3:], environment=dict(os.environ), log=Path("log"), directory=Path.cwd())
while not Path("worker").exists():
    pass
if sys.argv[2] == "stay":
    child.let_go()
print(child.id.pid, child.id.started, flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""


def start_and_be_killed(directory: Path, how: str) -> ProcessId:
    """Start the command from a process that is then killed; return the leash's id."""
    outcome = subprocess.run(
        [sys.executable, "-c", STARTER, "-", how, *COMMAND],
        cwd=directory,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    pid, began = outcome.stdout.split(maxsplit=1)
    return ProcessId(int(pid), began.strip())


def test_child_ends_when_its_starter_is_killed(tmp_path: Path) -> None:
    start_and_be_killed(tmp_path, "end")
    processes = started(tmp_path)
    until(lambda: not any(process.is_running() for process in processes))


def test_child_stays_when_let_go_and_ends_when_told(tmp_path: Path) -> None:
    leash = start_and_be_killed(tmp_path, "stay")
    processes = started(tmp_path)
    # Long enough for a closed leash to have ended it.
    time.sleep(0.5)
    assert all(process.is_running() for process in processes)
    leash.end()
    until(lambda: not any(process.is_running() for process in processes))
