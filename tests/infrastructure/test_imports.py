"""The package's parts know of each other in one direction only, and loading them does nothing."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from local.tools import template
from tests.infrastructure.operations.queues import sources

LAYER = template.ROOT / "layers" / "tongyi"
PACKAGE = LAYER / "tongyi"
HANDLERS = sorted((template.ROOT / "functions").glob("*/app.py"))
MODULES = sorted(PACKAGE.rglob("*.py"))
MODULE_LINES = 250
FOLDER_MODULES = 14
# Of a handler's file: what each has, and what each of its routes and queues adds.
HANDLER_LINES = 21
ROUTE_LINES = 15
# What a part of the package may import of the package. `functions` are the handlers.
MAY_IMPORT = {
    "functions": {"wiring", "http", "models", "errors", "observability"},
    "wiring": {"wiring", "usecases", "gateways", "models", "errors", "config", "clock", "observability"},
    "http": {"http", "usecases", "models", "errors", "clock", "observability"},
    "usecases": {"usecases", "gateways", "models", "errors", "config", "clock", "observability"},
    "gateways": {"gateways", "models", "errors", "config", "clock"},
    "models": {"models", "errors", "clock"},
    "config": {"config", "errors"},
    "observability": set(),
    "errors": {"errors"},
    "clock": set(),
    "__init__": set(),
}
# Ways out of the process, and the only parts that may take them.
MAY_REACH_OUT = {
    "boto3": {"gateways"},
    "botocore": {"gateways"},
    "requests": {"gateways"},
    "urllib3": {"gateways"},
    "socket": {"gateways"},
    "os": {"config"},
}
# They extend classes of requests and urllib3; whoever makes the first call loads them.
LOADED_LATER = ("tongyi.gateways.deadline_adapter", "tongyi.gateways.outbound.pinned_adapter")
# Loaded when first used: each cold start would pay for them.
HEAVY = ("boto3", "botocore.client", "requests", "urllib3", "PIL")
LOAD_EVERYTHING = """
import importlib, json, os, pkgutil, sys

os.environ.clear()
sys.path.insert(0, sys.argv[1])
noted = []
sys.addaudithook(lambda event, _: noted.append(event) if event.startswith(("socket.", "subprocess.")) else None)
import tongyi

found = [found for found in pkgutil.walk_packages(tongyi.__path__, "tongyi.") if found.name not in sys.argv[2:]]
for module in found:
    importlib.import_module(module.name)
print(json.dumps({"modules": len(found), "noted": noted, "loaded": sorted(sys.modules)}))
"""


@pytest.fixture(scope="module")
def loaded() -> dict[str, list[str]]:
    """What happened when every module was imported by a process without an environment."""
    command = [sys.executable, "-I", "-c", LOAD_EVERYTHING, str(LAYER), *LOADED_LATER]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, env={}, check=False)
    assert done.returncode == 0, done.stderr
    said: dict[str, list[str]] = json.loads(done.stdout)
    return said


def test_package_loads_without_an_environment(loaded: dict[str, list[str]]) -> None:
    own = {name for name in loaded["loaded"] if name.partition(".")[0] == "tongyi"}

    assert own == {_name(path) for path in MODULES} - set(LOADED_LATER)


def test_package_opens_nothing_while_it_loads(loaded: dict[str, list[str]]) -> None:
    assert loaded["noted"] == []


def test_package_loads_nothing_heavy(loaded: dict[str, list[str]]) -> None:
    assert {name for name in HEAVY if name in loaded["loaded"]} == set()


def test_imports_point_one_way() -> None:
    wrong = {}
    for path in [*HANDLERS, *MODULES]:
        used = {name.split(".")[1] for name in _imports(path) if name.startswith("tongyi.")}
        if astray := used - MAY_IMPORT[_part(path)]:
            wrong[_short(path)] = astray

    assert wrong == {}


def test_ways_out_are_taken_only_where_they_may_be() -> None:
    wrong = {}
    for path in [*HANDLERS, *MODULES]:
        used = {name.partition(".")[0] for name in _imports(path)} & MAY_REACH_OUT.keys()
        if astray := {name for name in used if _part(path) not in MAY_REACH_OUT[name]}:
            wrong[_short(path)] = astray

    assert wrong == {}


def test_import_rule_has_no_circle() -> None:
    """Taken away one after the other, whoever imports only what is already gone: nothing must be left."""
    left = {part: allowed - {part} for part, allowed in MAY_IMPORT.items()}
    while free := {part for part, allowed in left.items() if not allowed & left.keys()}:
        left = {part: allowed for part, allowed in left.items() if part not in free}

    assert left == {}


def test_modules_are_short() -> None:
    assert {_short(path): _lines(path) for path in MODULES if _lines(path) > MODULE_LINES} == {}


def test_handler_files_are_short() -> None:
    limits = {path: HANDLER_LINES + ROUTE_LINES * _ways_in(path) for path in HANDLERS}

    assert {_short(path): _lines(path) for path, limit in limits.items() if _lines(path) > limit} == {}


def test_folders_are_small() -> None:
    """Of the package, of local/ and of the tests: whoever looks for a module finds it by the folders' names."""
    modules = Counter(
        path.parent.relative_to(template.ROOT).as_posix()
        for room in (PACKAGE, template.ROOT / "local", template.ROOT / "tests")
        for path in room.rglob("*.py")
        if path.name != "__init__.py"
    )

    assert {folder: number for folder, number in modules.items() if number > FOLDER_MODULES} == {}


def test_folders_below_a_layer_import_nothing_by_themselves() -> None:
    """Whoever imports one of their modules would load what its neighbours need too."""
    deep = [
        path for path in MODULES if path.name == "__init__.py" and len(path.relative_to(PACKAGE).parts) > 2
    ]

    assert [str(path) for path in deep if list(_imports(path))] == []


def test_handlers_are_those_of_the_template() -> None:
    made = template.resources(template.FUNCTION).values()

    assert sorted(properties["CodeUri"] for properties in made) == [
        path.parent.relative_to(template.ROOT).as_posix() for path in HANDLERS
    ]


def _short(path: Path) -> str:
    return path.relative_to(template.ROOT).as_posix()


def _part(path: Path) -> str:
    if path in HANDLERS:
        return "functions"
    first = path.relative_to(PACKAGE).parts[0]
    return first.removesuffix(".py")


def _name(path: Path) -> str:
    return ".".join(path.relative_to(LAYER).with_suffix("").parts).removesuffix(".__init__")


def _imports(path: Path) -> Iterator[str]:
    """Every module a file names in an import, those inside functions and for type checking included."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative imports would escape this check"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def _ways_in(path: Path) -> int:
    """How many routes and queues of the template lead to a handler's file."""
    code = path.parent.relative_to(template.ROOT).as_posix()
    made = template.resources(template.FUNCTION)
    run = [function for function, _ in template.routes().values()]
    run += [source.function for source in sources()]
    return sum(made[function]["CodeUri"] == code for function in run)


def _lines(path: Path) -> int:
    return len(path.read_text(encoding="utf-8").splitlines())
