"""Runs a command that cannot outlive its starter: `python -m local.stack.supervisor COMMAND …`.

Standard input is the leash: when it closes, because the starter ended in whatever way (even killed), the
command and all it started are ended. The line "stay" before that lets it go on in the background; then it
ends by itself, or with a SIGTERM to this process. Standard library only.
"""

import contextlib
import os
import signal
import subprocess
import sys
import threading

# Seconds between asking a process group to end and making it end.
PATIENCE = 5.0
STAY = b"stay\n"


def main(command: list[str]) -> int:
    """Run the command until it ends, the leash closes, or a SIGTERM comes; return its exit code."""
    child = subprocess.Popen(command, stdin=subprocess.DEVNULL, start_new_session=True)
    signal.signal(signal.SIGTERM, lambda *_: end_group(child))
    threading.Thread(target=_watch, args=(child,), daemon=True).start()
    _wait_unreaped(child)
    # Workers of the command may have stayed behind when it ended by itself.
    _signal_group(child.pid, signal.SIGKILL)
    return child.wait()


def _wait_unreaped(child: "subprocess.Popen[bytes]") -> None:
    """Wait for the command's end but keep its id taken, so that the group signalled next is still its own."""
    if hasattr(os, "waitid"):
        os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
    else:
        child.wait()


def _watch(child: "subprocess.Popen[bytes]") -> None:
    # Unbuffered: a thread that waits inside a buffered reader makes the interpreter abort when it ends.
    if os.read(sys.stdin.fileno(), len(STAY)) != STAY:
        end_group(child)


def end_group(child: "subprocess.Popen[bytes]") -> None:
    """Ask the command's process group to end, and make it after PATIENCE."""
    _signal_group(child.pid, signal.SIGTERM)
    killer = threading.Timer(PATIENCE, _signal_group, (child.pid, signal.SIGKILL))
    killer.daemon = True
    killer.start()


def _signal_group(group: int, number: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(group, number)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
