"""Makes the virtual environments under .venv: `python3 -m local.tools.environment dev sam`.

Uses nothing but the standard library, because it runs before anything is installed.
An environment is made anew when its lock, its interpreter or its place has changed, or when an earlier
set-up was interrupted; otherwise the call returns at once. Calls at the same time wait for each other.
"""

import fcntl
import hashlib
import os
import subprocess
import sys
import venv
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
OLDEST_PYTHON = (3, 11)

# One environment per set of pins that would clash, each with its own lock.
ENVIRONMENTS = ("dev", "sam", "ministack")


class SetupError(Exception):
    """Raised when an environment cannot be made; the message says what the user can do."""


def check_python(version: tuple[int, ...] = sys.version_info[:3]) -> None:
    """Refuse an interpreter older than the oldest supported one.

    Raises SetupError with both versions and the way out.
    """
    if version[:2] < OLDEST_PYTHON:
        have, need = (".".join(map(str, numbers)) for numbers in (version, OLDEST_PYTHON))
        raise SetupError(f"Python {need} or newer is needed, this is {have}: make PYTHON=python{need} …")


def fingerprint(lock: Path, directory: Path) -> str:
    """What an environment was made from: the lock's content, the interpreter, and its own place.

    The place counts because scripts in bin/ start with an absolute path.
    """
    parts = (lock.read_bytes(), sys.version.encode(), sys.base_prefix.encode(), os.fsencode(directory))
    return hashlib.sha256(b"\0".join(parts)).hexdigest()


def is_ready(directory: Path, wanted: str) -> bool:
    """Whether the environment in this directory was completed, and from what is wanted now."""
    stamp = directory / ".ready"
    return stamp.is_file() and stamp.read_text() == wanted


def ensure(name: str, root: Path = ROOT) -> Path:
    """Make the named environment unless it is ready; return its directory.

    Raises SetupError when venv or pip fail.
    """
    lock, directory = root / "requirements" / f"{name}.txt", root / ".venv" / name
    directory.parent.mkdir(exist_ok=True)
    with _alone(directory.with_suffix(".lock")):
        wanted = fingerprint(lock, directory)
        if not is_ready(directory, wanted):
            print(f"setting up .venv/{name} …", file=sys.stderr, flush=True)
            _make(directory, lock)
            (directory / ".ready").write_text(wanted)
    return directory


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """Hold a file lock; the system drops it when the process ends, however it ends."""
    with path.open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def _make(directory: Path, lock: Path) -> None:
    try:
        # Cleared first: what an older lock brought must not stay importable.
        venv.create(directory, clear=True, with_pip=True)
    except (subprocess.CalledProcessError, OSError) as error:
        raise SetupError(
            f"cannot make {directory}: {error} (on Debian and Ubuntu: install python3-venv)"
        ) from error
    # The lock is complete, so pip need not resolve: quicker, and nothing outside the lock comes in.
    command = [
        str(directory / "bin" / "python"),
        "-m",
        "pip",
        "install",
        "-qq",
        "--no-input",
        "--no-deps",
    ]
    command += ["--disable-pip-version-check", "--require-hashes", "--requirement", str(lock)]
    if subprocess.run(command, check=False).returncode != 0:
        raise SetupError(f"pip could not install {lock.name}; run the same command again to repair")


def main(names: list[str]) -> int:
    """Make the named environments, or all of them."""
    try:
        check_python()
        # Side by side: each waits for the index half of the time.
        with ThreadPoolExecutor() as pool:
            list(pool.map(ensure, names or ENVIRONMENTS))
    except SetupError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
