"""A plugin of pytest's that runs chosen tests in a chosen order, and the package's modules without a guard."""

from __future__ import annotations

import importlib.abc
import importlib.util
import signal
import sys
from collections.abc import Callable, Generator
from importlib.machinery import ModuleSpec
from types import ModuleType

import pytest

from tests.guards.guards import PACKAGE, ROOT, Guard

# A test that takes so much longer than it does with all guards waits for what never comes: it has noticed.
MOST_SECONDS = 30
TIMES_LONGER = 20


class Chosen:
    """Runs the tests of `seconds`, which says how long each takes usually, in their order, and tells as each begins."""

    def __init__(self, seconds: dict[str, float], begins: Callable[[str], None]) -> None:
        self._seconds, self._begins = seconds, begins
        self.failed = ""

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        order = {name: number for number, name in enumerate(self._seconds)}
        items[:] = sorted(
            (item for item in items if item.nodeid in order), key=lambda item: order[item.nodeid]
        )

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None, object, object]:
        self._begins(item.nodeid)
        signal.alarm(MOST_SECONDS + round(TIMES_LONGER * self._seconds[item.nodeid]))
        try:
            return (yield)
        finally:
            signal.alarm(0)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed:
            self.failed = self.failed or report.nodeid

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.failed:
            self.failed = self.failed or report.nodeid


def remove(guard: Guard) -> None:
    """Has its module, which nothing may have imported yet, run without the guard."""
    sys.meta_path.insert(0, _Finder(guard))


class _Loader(importlib.abc.Loader):
    def __init__(self, guard: Guard) -> None:
        self._guard = guard

    def create_module(self, spec: ModuleSpec) -> None:
        """The usual one."""

    def exec_module(self, module: ModuleType) -> None:
        path = ROOT / self._guard.path
        module.__file__ = str(path)
        exec(compile(self._guard.removed(), str(path), "exec"), module.__dict__)


class _Finder(importlib.abc.MetaPathFinder):
    def __init__(self, guard: Guard) -> None:
        inside = (ROOT / guard.path).relative_to(PACKAGE.parent).with_suffix("")
        parts = inside.parts[:-1] if inside.name == "__init__" else inside.parts
        self._name, self._guard = ".".join(parts), guard

    def find_spec(self, name: str, path: object = None, target: object = None) -> ModuleSpec | None:
        if name != self._name:
            return None
        is_package = self._guard.path.endswith("__init__.py")
        spec = importlib.util.spec_from_loader(name, _Loader(self._guard), is_package=is_package)
        if spec and is_package:
            spec.submodule_search_locations = [str((ROOT / self._guard.path).parent)]
        return spec
