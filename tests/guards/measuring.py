"""Which tests run which line of the package, and how long each takes. It is a plugin of pytest's, too."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest
from coverage import CoverageData

from tests.guards.guards import ROOT

# What a test may change, or a removed guard; all else is imported once, for all trials.
_OURS = {"__main__", "tongyi", "tests", "local", "functions", "layers", "conftest"}


@dataclass(frozen=True)
class Measured:
    """`running`: the tests that run a line of a file; `seconds`: of each test; `modules`: what all of them import."""

    running: dict[tuple[str, int], set[str]]
    seconds: dict[str, float]
    modules: list[str]


def measured(suites: Sequence[str], folder: Path, name: str) -> Measured:
    """Runs the suites, all of whose tests must pass, or reads what an earlier run left in the folder."""
    lines, rest = folder / f"{name}.coverage", folder / f"{name}.json"
    if not rest.exists():
        folder.mkdir(parents=True, exist_ok=True)
        run = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "tests.guards.measuring"]
        subprocess.run(
            [
                *run,
                "--show-capture=no",
                "--cov=layers/tongyi/tongyi",
                "--cov-context=test",
                "--cov-report=",
                *suites,
            ],
            cwd=ROOT,
            env={**os.environ, "COVERAGE_FILE": str(lines), "MEASURED": str(rest)},
            check=True,
        )
    kept = json.loads(rest.read_text(encoding="utf-8"))
    return Measured(_running(lines), kept["seconds"], kept["modules"])


def _running(data: Path) -> dict[tuple[str, int], set[str]]:
    found = CoverageData(str(data))
    found.read()
    return {
        (str(Path(path).relative_to(ROOT)), line): {
            re.sub(r"\|\w+$", "", context) for context in contexts if context
        }
        for path in found.measured_files()
        for line, contexts in found.contexts_by_lineno(path).items()
    }


_seconds: defaultdict[str, float] = defaultdict(float)


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Adds up what a test's setup, call and teardown take."""
    _seconds[report.nodeid] += report.duration


def pytest_sessionfinish(exitstatus: int) -> None:
    """Writes what was measured to the file that `MEASURED` names, if all is well."""
    modules = [name for name in sys.modules if name.partition(".")[0] not in _OURS]
    if exitstatus == 0:
        Path(os.environ["MEASURED"]).write_text(
            json.dumps({"seconds": _seconds, "modules": modules}), "utf-8"
        )
