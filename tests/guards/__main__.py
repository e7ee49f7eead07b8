"""Removes the package's guards one by one, and sees whether a test fails: `make guards`.

Each is tried with the tests that run its line: those of the unit suite first, and where none of them fails, those of
the slower suites. Guards that no test misses are compared with `unmissed.toml`, which has a reason for each.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from itertools import repeat
from pathlib import Path

from coverage import CoverageData

from tests.guards.guards import ROOT, Guard, guards

UNMISSED = Path(__file__).with_name("unmissed.toml")
SUITES = (["tests/unit/tongyi"], ["tests/integration", "tests/workflow"])
# A test that waits for what never comes has noticed it too.
MOST_SECONDS = 600
PYTEST = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--show-capture=no"]


def main(wanted: Iterable[str]) -> int:
    """Prints what is not missed, and says by its exit status whether that is just what is listed."""
    chosen = [(number, guard) for number, guard in enumerate(guards()) if _is_wanted(guard, set(wanted))]
    listed = set(tomllib.loads(UNMISSED.read_text(encoding="utf-8")).get("unmissed", {}))
    left = chosen
    for suites in SUITES:
        with tempfile.TemporaryDirectory() as folder:
            running = _coverage(suites, Path(folder))
            with ThreadPoolExecutor(os.cpu_count()) as pool:
                missed = pool.map(_is_missed, left, repeat(running), repeat(folder))
                left = [entry for entry, is_missed in zip(left, missed, strict=True) if not is_missed]
        print(f"{len(chosen) - len(left)} of {len(chosen)} guards are missed by a test", flush=True)
    names = {guard.name for _, guard in left}
    for name in sorted(names - listed):
        print(f"not missed: {name}")
    stale = {name for name in listed if name in {guard.name for _, guard in chosen}} - names
    for name in sorted(stale):
        print(f"listed, but missed: {name}")
    return 1 if names - listed or stale else 0


def _is_wanted(guard: Guard, paths: set[str]) -> bool:
    return not paths or any(path in guard.path for path in paths)


def _coverage(suites: list[str], folder: Path) -> Mapping[tuple[str, int], set[str]]:
    """Which tests run which line of the package."""
    data = folder / "coverage"
    subprocess.run(
        [*PYTEST, "--cov=layers/tongyi/tongyi", "--cov-context=test", "--cov-report=", *suites],
        cwd=ROOT,
        env={**os.environ, "COVERAGE_FILE": str(data)},
        check=True,
        stdout=subprocess.DEVNULL,
    )
    found = CoverageData(str(data))
    found.read()
    running: dict[tuple[str, int], set[str]] = {}
    for path in found.measured_files():
        name = str(Path(path).relative_to(ROOT))
        for line, contexts in found.contexts_by_lineno(path).items():
            running[name, line] = {re.sub(r"\|\w+$", "", context) for context in contexts if context}
    return running


def _is_missed(numbered: tuple[int, Guard], running: Mapping[tuple[str, int], set[str]], folder: str) -> bool:
    number, guard = numbered
    tests = sorted(running.get((guard.path, guard.line), ()))
    if not tests:
        return False
    names = Path(folder) / f"{number}.txt"
    names.write_text("\n".join(tests), encoding="utf-8")
    run = [*PYTEST, "-x", "-p", "tests.guards.plugin", f"@{names}"]
    try:
        done = subprocess.run(
            run, cwd=ROOT, env={**os.environ, "GUARD": str(number)}, capture_output=True, timeout=MOST_SECONDS
        )
    except subprocess.TimeoutExpired:
        return True
    return done.returncode != 0


if __name__ == "__main__":
    sys.exit(main(os.environ.get("GUARDS_IN", "").split()))
