"""Every pattern of the package takes time in proportion to what it is given, whoever has written that.

Steps are counted, not seconds: see tests/support/regex_steps.py.
"""

from __future__ import annotations

import ast
import importlib
import inspect
import pkgutil
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import product
from types import ModuleType

import pytest
from hypothesis import given
from hypothesis import strategies as st

import tongyi
from tests.support.regex_steps import SCANNING, TooManySteps, alphabet, opening, program

SIZE, LARGER = 24, 4
# Four times the text may take four times the steps, and some; with nested loops it takes sixteen times as many.
MOST_TIMES = 7
METHODS = (*SCANNING, "match", "fullmatch")


@dataclass(frozen=True)
class Used:
    """A pattern, its name, and by which of its methods its module uses it."""

    name: str
    pattern: re.Pattern[str]
    methods: tuple[str, ...]


@lru_cache(maxsize=1)
def _modules() -> tuple[tuple[ModuleType, ast.Module], ...]:
    names = [found.name for found in pkgutil.walk_packages(tongyi.__path__, "tongyi.")]
    modules = [importlib.import_module(name) for name in names]
    return tuple((module, ast.parse(inspect.getsource(module))) for module in modules)


def _used() -> list[Used]:
    return [
        Used(f"{module.__name__}.{name}", value, _methods(tree, name))
        for module, tree in _modules()
        for name, value in vars(module).items()
        if isinstance(value, re.Pattern)
    ]


def _methods(tree: ast.Module, name: str) -> tuple[str, ...]:
    """By which methods the name is used; the most demanding ones where it is only handed on."""
    found = {
        node.attr
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == name
    }
    return tuple(sorted(found.intersection(METHODS))) or ("search", "fullmatch")


def _attacks(pattern: re.Pattern[str]) -> Iterator[tuple[str, str, str]]:
    """Beginnings, what is repeated, and endings: texts that a careless pattern looks at again and again."""
    letters = alphabet(pattern)
    pumps = {*letters, *map("".join, product(letters, repeat=2)), opening(pattern)} - {""}
    yield from product(sorted({"", opening(pattern)}), sorted(pumps), ("", letters[0]))


def _steps(used: Used, method: str, text: str) -> int:
    run = program(used.pattern)
    run.spans(text, method)
    return run.steps


def _offences(used: Used) -> Iterator[str]:
    for method, (start, pump, end) in product(used.methods, _attacks(used.pattern)):
        try:
            few, many = (_steps(used, method, start + pump * times + end) for times in (SIZE, SIZE * LARGER))
        except TooManySteps:
            yield f"{used.name}.{method}: {start!r} + {pump!r} * n + {end!r} has no end"
            return
        if many > MOST_TIMES * few:
            yield f"{used.name}.{method}: {start!r} + {pump!r} * n + {end!r} takes {few} steps, then {many}"
            return


def test_patterns_are_found_in_all_of_the_package() -> None:
    assert {used.name.rpartition(".")[0] for used in _used()} >= {
        "tongyi.gateways.messaging.dead_letter_queue",
        "tongyi.http.commented_json",
        "tongyi.models.public_url",
        "tongyi.models.text",
    }


def test_every_pattern_is_linear() -> None:
    assert [offence for used in _used() for offence in _offences(used)] == []


def test_no_pattern_is_hidden_from_this_search() -> None:
    """Each is compiled into a constant of its module: what is made inside of a function would not be looked at."""
    strays = []
    for module, tree in _modules():
        constants = {
            id(node.value) for node in tree.body if isinstance(node, ast.Assign) and len(node.targets) == 1
        }
        strays += [
            f"{module.__name__}:{node.lineno}"
            for node in ast.walk(tree)
            if isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and isinstance(node.func.value, ast.Name)
            and node.func.value.id == "re"
            and not (node.func.attr == "compile" and id(node) in constants)
        ]
    assert strays == []


@pytest.mark.parametrize(
    ("pattern", "method"),
    [
        (r'"(?:\\.|[^"\\])*"|//[^\r\n]*', "sub"),
        (r"[ab]+c", "search"),
        (r"\s*,\s*", "split"),
        (r"(?:a|aa)+b", "match"),
        (r"(?:a+)+", "fullmatch"),
        (r"a*a*b", "fullmatch"),
    ],
)
def test_pattern_that_is_not_linear_is_found_out(pattern: str, method: str) -> None:
    assert list(_offences(Used("P", re.compile(pattern), (method,))))


@given(st.data())
def test_steps_are_counted_for_the_matches_that_python_finds(data: st.DataObject) -> None:
    pattern = data.draw(st.sampled_from(_used())).pattern
    parts = [*alphabet(pattern), *filter(None, [opening(pattern)])]
    text = data.draw(st.lists(st.sampled_from(parts), max_size=12).map("".join))
    run = program(pattern)
    assert run.spans(text, "finditer") == [found.span() for found in pattern.finditer(text)]
    for method, found in (("match", pattern.match(text)), ("fullmatch", pattern.fullmatch(text))):
        assert run.spans(text, method) == ([found.span()] if found else [])
