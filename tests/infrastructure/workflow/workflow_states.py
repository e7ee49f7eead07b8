"""The state machines' definitions as data: every state, wherever it is nested."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from local.tools import template

State = dict[str, Any]
MACHINES = template.resources(template.STATE_MACHINE)


@lru_cache
def text(machine: str) -> str:
    """A state machine's file, with its substitutions not made."""
    path = template.ROOT / str(MACHINES[machine]["DefinitionUri"])
    return path.read_text(encoding="utf-8")


@lru_cache
def definition(machine: str) -> State:
    """A whole state machine."""
    read: State = json.loads(text(machine))
    return read


def states(*machines: str) -> dict[str, State]:
    """Every state of some machines, or of all, by its name, which no two have."""
    found = [pair for machine in machines or MACHINES for pair in _states(definition(machine))]
    names = [name for name, _ in found]
    assert len(set(names)) == len(names), f"two states share a name: {names}"
    return dict(found)


def machine_of(state: str) -> str:
    """The logical id of the machine that has the state."""
    (machine,) = [machine for machine in MACHINES if state in states(machine)]
    return machine


def of_type(kind: str) -> dict[str, State]:
    """The states of a type."""
    return {name: state for name, state in states().items() if state["Type"] == kind}


def tasks() -> dict[str, State]:
    """The states that run a function."""
    return of_type("Task")


def retries(task: State) -> list[State]:
    """What of a Task's retries is repeated at all."""
    return [retry for retry in task["Retry"] if retry["MaxAttempts"]]


def function_behind(task: State) -> str:
    """The logical id of the function a Task runs."""
    name = task["Resource"].removeprefix("${").removesuffix("}")
    (given,) = [
        found[name] for made in MACHINES.values() if name in (found := made["DefinitionSubstitutions"])
    ]
    function, _, attribute = str(given["Ref"]).partition(".")
    assert attribute == "Alias"
    return function


def _states(machine: State) -> Iterator[tuple[str, State]]:
    for name, state in machine["States"].items():
        yield name, state
        nested = [state.get("ItemProcessor"), *state.get("Branches", [])]
        for part in nested:
            if part:
                yield from _states(part)
