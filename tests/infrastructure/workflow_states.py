"""The state machine's definition as data: every state, wherever it is nested."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from local import template

State = dict[str, Any]
MACHINE = "ImageTask"


@lru_cache(maxsize=1)
def text() -> str:
    """The file, with its substitutions not made."""
    path = template.ROOT / str(properties()["DefinitionUri"])
    return path.read_text(encoding="utf-8")


@lru_cache(maxsize=1)
def definition() -> State:
    """The whole state machine."""
    read: State = json.loads(text())
    return read


def properties() -> dict[str, Any]:
    """The state machine's properties in the template."""
    return template.resources("AWS::Serverless::StateMachine")[MACHINE]


def states() -> dict[str, State]:
    """Every state by its name, which is unique in the file."""
    found = list(_states(definition()))
    names = [name for name, _ in found]
    assert len(set(names)) == len(names), f"two states share a name: {names}"
    return dict(found)


def of_type(kind: str) -> dict[str, State]:
    """The states of a type."""
    return {name: state for name, state in states().items() if state["Type"] == kind}


def tasks() -> dict[str, State]:
    """The states that run a function."""
    return of_type("Task")


def function_behind(task: State) -> str:
    """The logical id of the function a Task runs."""
    name = task["Resource"].removeprefix("${").removesuffix("}")
    function, attribute = properties()["DefinitionSubstitutions"][name]["Fn::GetAtt"]
    assert attribute == "Arn"
    return str(function)


def _states(machine: State) -> Iterator[tuple[str, State]]:
    for name, state in machine["States"].items():
        yield name, state
        nested = [state.get("ItemProcessor"), *state.get("Branches", [])]
        for part in nested:
            if part:
                yield from _states(part)
