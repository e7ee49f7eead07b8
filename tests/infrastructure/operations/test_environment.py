"""Each function gets the variables it reads, and no others."""

from __future__ import annotations

import ast
import inspect
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from aws_lambda_powertools import Logger

from local.tools import template
from tongyi import config, wiring
from tongyi.errors import ConfigurationError
from tongyi.gateways import aws

FUNCTIONS = sorted(template.resources(template.FUNCTION))
# Read by a library rather than by the package, with the test that shows it.
LIBRARY_VARIABLES = {"POWERTOOLS_LOG_LEVEL": "test_log_level_reaches_the_logger"}
# Empty by default: no workspace is sent then, no origin is private, and nothing is added to what the code offers.
OPTIONAL = {"DASHSCOPE_WORKSPACE", "WEBHOOK_ORIGINS", "CHAT_MODELS", "DEFAULT_CHAT_MODEL", "RESULT_HOSTS"}
NOT_MAKERS = {"CLOCK"}


class MadeUp(dict[str, str]):
    """Makes up a name for every resource and attribute that is asked for."""

    def __missing__(self, name: str) -> str:
        assert name.partition(".")[0] in template.load()["Resources"], name
        return f"made-up-{name.lower()}"


class Reads(Mapping[str, str]):
    """An environment that remembers what was asked of it."""

    def __init__(self, values: Mapping[str, str]) -> None:
        self._values = values
        self.names: set[str] = set()

    def __getitem__(self, name: str) -> str:
        self.names.add(name)
        return self._values[name]

    def __iter__(self) -> Iterator[str]:
        raise AssertionError("settings must ask for their variables by name")

    def __len__(self) -> int:
        return len(self._values)


@pytest.fixture(autouse=True)
def unmade(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Nothing made before or after, and no clients of AWS, since nothing is called."""
    monkeypatch.setattr(aws, "client", lambda service: object())
    wiring.reset()
    yield
    wiring.reset()


def test_environments_are_enough_for_their_functions_and_have_nothing_else(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    unread = {}
    for function in FUNCTIONS:
        reads = _give(monkeypatch, _environment(function))
        assert all(_make(function)), function
        unread[function] = (set(_environment(function)) - reads.names) ^ set(LIBRARY_VARIABLES)

    assert {function: names for function, names in unread.items() if names} == {}


def test_missing_variables_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    unnamed = []
    for function in FUNCTIONS:
        variables = template.resources(template.FUNCTION)[function]["Environment"]["Variables"]
        for name in set(variables) - OPTIONAL:
            _give(monkeypatch, {**_environment(function), name: ""})
            if not re.search(rf"\b{name}\b", _complaint(function)):
                unnamed.append((function, name))

    assert unnamed == []


def test_log_level_reaches_the_logger(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("POWERTOOLS_LOG_LEVEL", "ERROR")

    assert Logger(service="test-of-the-level").log_level == 40


def test_functions_ask_the_wiring_for_a_use_case_of_each_route_at_most() -> None:
    routes = Counter(behind for behind, _ in template.routes().values())
    asked = {function: len(_makers(function)) for function in FUNCTIONS}

    assert {name: count for name, count in asked.items() if not 1 <= count <= max(1, routes[name])} == {}


def test_lists_of_the_code_are_no_defaults_of_the_template() -> None:
    """`sam deploy` keeps a parameter's value, so what is added to a default would reach no stack that is there."""
    defaults = template.defaults()

    assert {name: defaults[name] for name in ("ChatModels", "ResultHosts", "DefaultChatModel")} == {
        "ChatModels": "",
        "ResultHosts": "",
        "DefaultChatModel": "",
    }


def _environment(function: str) -> dict[str, str]:
    """A function's variables, with made-up names for what only a deployed stack can tell."""
    return template.environment(function, MadeUp(template.defaults()))


def _give(monkeypatch: pytest.MonkeyPatch, values: Mapping[str, str]) -> Reads:
    """Lets the settings read `values`, and not the process's environment."""
    reads = Reads(values)
    for _, settings in inspect.getmembers(config, inspect.isclass):
        reader = vars(settings).get("from_env")
        if reader:
            monkeypatch.setattr(reader.__func__, "__defaults__", (reads,))
    return reads


def _complaint(function: str) -> str:
    """What making the function's parts fails with; nothing where it does not."""
    try:
        _make(function)
    except ConfigurationError as error:
        return str(error)
    return ""


def _make(function: str) -> list[Any]:
    """All that the function's code can ask the wiring for, made anew."""
    wiring.reset()
    return [getattr(wiring, name)() for name in sorted(_makers(function))]


def _makers(function: str) -> set[str]:
    """The makers of `tongyi.wiring` that a function's code calls."""
    code = template.ROOT / template.resources(template.FUNCTION)[function]["CodeUri"] / "app.py"
    nodes = ast.walk(ast.parse(code.read_text(encoding="utf-8")))
    used = {
        node.attr
        for node in nodes
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "wiring"
    }
    return used - NOT_MAKERS
