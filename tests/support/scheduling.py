"""How the suite is shared out among processes: `pytest -n auto`, with pytest-xdist."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest
from xdist.scheduler import LoadFileScheduling

# The suites in the order in which they begin: those with the longest tests first, so that no core is idle at the end.
SUITES = ("benchmarks", "embedded", "workflow", "integration", "infrastructure", "standin", "unit")


# Fixtures that take long and are made once by a process: all files that ask for one of them are run by the same.
MADE_ONCE = ("deployed: Deployed", "recorded: Recorded", "walked: Walk")


class BySharedWork(LoadFileScheduling):  # type: ignore[misc]
    """One process runs a whole file, and all files that share a fixture which takes long to make."""

    def _split_scope(self, nodeid: str) -> str:
        return _shared_by(self.config.rootpath / super()._split_scope(nodeid))


@cache
def _shared_by(path: Path) -> str:
    text = path.read_text(encoding="utf-8")
    return next((fixture for fixture in MADE_ONCE if fixture in text), str(path))


def suite_of(nodeid: str) -> str:
    """The folder under tests/ that a test is in."""
    return nodeid.split("/")[1]


def in_order(items: list[pytest.Item]) -> None:
    """Sorts the tests by suite, and marks each with its suite: `pytest -m "unit or workflow"`."""
    for item in items:
        item.add_marker(suite_of(item.nodeid))
    items.sort(key=lambda item: SUITES.index(suite_of(item.nodeid)))
