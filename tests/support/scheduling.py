"""How the suite is shared out among processes: `pytest -n auto`, with pytest-xdist."""

from __future__ import annotations

import pytest
from xdist.scheduler import LoadFileScheduling

# The suites in the order in which they begin: those with the longest tests first, so that all cores are busy to the end.
SUITES = ("benchmarks", "embedded", "workflow", "integration", "infrastructure", "unit")


class BySharedWork(LoadFileScheduling):
    """One process runs a whole file, because its tests share fixtures; and all tests of the one deployed stack."""

    def _split_scope(self, nodeid: str) -> str:
        suite = suite_of(nodeid)
        return suite if suite == "embedded" else str(super()._split_scope(nodeid))


def suite_of(nodeid: str) -> str:
    """The folder under tests/ that a test is in."""
    return nodeid.split("/")[1]


def in_order(items: list[pytest.Item]) -> None:
    """Sorts the tests by suite, and marks each with its suite: `pytest -m "unit or workflow"`."""
    for item in items:
        item.add_marker(suite_of(item.nodeid))
    items.sort(key=lambda item: SUITES.index(suite_of(item.nodeid)))
