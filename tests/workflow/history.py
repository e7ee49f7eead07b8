"""The way an execution took through the state machine, and all the ways there are."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, order=True)
class Step:
    """From one state to the next; `caught` where an error led there."""

    source: str
    target: str
    caught: bool = False


def states_of(definition: Mapping[str, Any]) -> set[str]:
    """The names of all states, those within Map states too."""
    return {name for name, _ in _states(definition)}


def steps_of(definition: Mapping[str, Any]) -> set[Step]:
    """Every step the definition has: each Next, each Choice branch and Default, each Catch."""
    return {step for name, state in _states(definition) for step in _steps(name, state)}


def visited(events: Sequence[Mapping[str, Any]]) -> set[str]:
    """The states an execution entered, from its history."""
    return {name for event in events if (name := _entered(event))}


def taken(events: Sequence[Mapping[str, Any]]) -> set[Step]:
    """The steps an execution took. A history's events name the event before them in their own branch."""
    by_id = {event["id"]: event for event in events}
    found = set()
    for event in events:
        before = by_id.get(event["previousEventId"])
        target = _entered(event)
        # A child execution's first event names one of its parent's, of another history.
        known = before is not None and before["id"] < event["id"]
        if before and known and target and before["type"].endswith("StateExited"):
            failed = by_id[before["previousEventId"]]["type"].endswith(("Failed", "TimedOut"))
            found.add(Step(before["stateExitedEventDetails"]["name"], target, failed))
    return found


def _states(definition: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for name, state in definition["States"].items():
        yield name, state
        if "ItemProcessor" in state:
            yield from _states(state["ItemProcessor"])


def _steps(name: str, state: Mapping[str, Any]) -> Iterator[Step]:
    for target in (state.get("Next"), state.get("Default")):
        if target:
            yield Step(name, target)
    for choice in state.get("Choices", ()):
        yield Step(name, choice["Next"])
    for catcher in state.get("Catch", ()):
        yield Step(name, catcher["Next"], caught=True)


def _entered(event: Mapping[str, Any]) -> str | None:
    if not event["type"].endswith("StateEntered"):
        return None
    name: str = event["stateEnteredEventDetails"]["name"]
    return name
