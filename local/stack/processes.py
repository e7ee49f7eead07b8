"""Starting child processes that end with their starter, and ending processes of an earlier start.

A process is known by its id and its start time together: ids are used again, and nothing that we did not
start may ever be ended. Standard library only: `make down` runs before any environment exists.
"""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from local.stack.supervisor import PATIENCE, STAY

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class ProcessId:
    """A process that is or was running."""

    pid: int
    started: str

    def is_running(self) -> bool:
        """Whether this very process still runs, not another with the same id."""
        return self.started != "" and start_time(self.pid) == self.started

    def end(self, patience: float = PATIENCE + 3) -> None:
        """End the process if it still runs, and wait for that: at most 2 × `patience` seconds."""
        for number in (signal.SIGTERM, signal.SIGKILL):
            if not self.is_running():
                return
            os.kill(self.pid, number)
            deadline = time.monotonic() + patience
            while self.is_running() and time.monotonic() < deadline:
                time.sleep(0.05)


class Child:
    """A command on a leash: it ends with this process, unless it was told to stay."""

    def __init__(
        self, command: Sequence[str], *, environment: Mapping[str, str], log: Path, directory: Path = ROOT
    ) -> None:
        """Start the command with exactly this environment; its output goes to the end of `log`."""
        self.log = log
        held_end, our_end = os.pipe()
        with log.open("ab") as output, os.fdopen(held_end) as leash:
            # A session of its own: Ctrl-C and a closed terminal reach us, and we decide what they mean.
            self._process = subprocess.Popen(
                [sys.executable, "-I", os.fspath(ROOT / "local" / "stack" / "supervisor.py"), *command],
                stdin=leash,
                stdout=output,
                stderr=output,
                cwd=directory,
                env=dict(environment),
                start_new_session=True,
            )
        self._leash = os.fdopen(our_end, "wb", buffering=0)
        self.id = ProcessId(self._process.pid, start_time(self._process.pid))

    def is_running(self) -> bool:
        """Whether the command still runs."""
        return self._process.poll() is None

    def wait(self, timeout: float) -> int:
        """Wait for the command's end (seconds); return its exit code. Raises TimeoutExpired."""
        return self._process.wait(timeout)

    def stop(self) -> None:
        """End the command if it still runs, and wait for it."""
        self._leash.close()
        try:
            self._process.wait(PATIENCE + 3)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def let_go(self) -> None:
        """Leave the command running when this process ends."""
        # A command that has just ended by itself no longer holds its end.
        with contextlib.suppress(BrokenPipeError):
            self._leash.write(STAY)
        self._leash.close()
        # It is meant to outlive us: not a forgotten child to be warned about.
        self._process.returncode = 0


def start_time(pid: int) -> str:
    """When a process was started, in the system's own form; empty if there is none (or only its remains)."""
    stat = Path(f"/proc/{pid}/stat")
    if Path("/proc/self/stat").exists():
        try:
            # The name, in parentheses, may hold spaces; behind it the state comes 1st, the start 20th.
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            return ""
        return "" if fields[0] == "Z" else fields[19]
    answer = subprocess.run(
        ["ps", "-o", "stat=,lstart=", "-p", str(pid)], capture_output=True, text=True, check=False
    ).stdout.strip()
    return "" if answer.startswith("Z") else answer.partition(" ")[2].strip()


def exit_on_signals() -> None:
    """Turn SIGTERM and SIGHUP into SystemExit, so that a command stopped by them cleans up after itself."""

    def leave(number: int, frame: object) -> None:
        sys.exit(128 + number)

    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, leave)
