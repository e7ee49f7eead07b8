"""Runs tests without a guard: a plugin of pytest's. `GUARD` is the place of the guard in the list of all."""

from __future__ import annotations

import importlib.abc
import importlib.util
import os
import sys
from importlib.machinery import ModuleSpec
from types import ModuleType

from tests.guards.guards import PACKAGE, ROOT, Guard, guards


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


sys.meta_path.insert(0, _Finder(guards()[int(os.environ["GUARD"])]))
