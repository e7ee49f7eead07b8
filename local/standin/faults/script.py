"""Scripted faults: which call gets which."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from local.standin.errors import ControlError
from local.standin.faults.kinds import KINDS
from local.standin.faults.markers import Marker, markers_in

_SELECTORS = frozenset({"endpoint", "kind", "times", "skip", "prompt_contains"})


@dataclass
class Fault:
    """One scripted fault. `left` is how often it may still be used (None: always)."""

    id: int
    endpoint: str
    kind: str
    skip: int
    left: int | None
    prompt_contains: str | None
    options: dict[str, Any]
    used: int = 0

    @property
    def changes_task(self) -> bool:
        """Whether it changes the task rather than the answer."""
        return KINDS[self.kind].changes == "task"

    def concerns(self, endpoint: str, prompt: str | None) -> bool:
        """Whether a call is one of those it is meant for."""
        if self.endpoint != endpoint or self.left == 0:
            return False
        return self.prompt_contains is None or self.prompt_contains in (prompt or "")

    def shown(self) -> dict[str, Any]:
        """The fault as JSON; `times` is how often it may still be used."""
        selectors = {"id": self.id, "endpoint": self.endpoint, "kind": self.kind, "skip": self.skip}
        state = {"times": self.left, "used": self.used, "prompt_contains": self.prompt_contains}
        return {**selectors, **state, **self.options}


class Taken(NamedTuple):
    """What befalls one call: at most one change of its answer and one of its task."""

    answer: Fault | None = None
    task: Fault | None = None

    @property
    def kinds(self) -> str | None:
        """The kinds for the ledger, joined by '+', or None."""
        return "+".join(fault.kind for fault in self if fault) or None


def read_fault(number: int, spec: Mapping[str, Any]) -> Fault:
    """A fault from its JSON; a mistake in it raises ControlError that names the field."""
    kind = spec.get("kind")
    if not isinstance(kind, str) or kind not in KINDS:
        raise ControlError(f"kind must be one of {', '.join(KINDS)}")
    endpoint = spec.get("endpoint")
    if endpoint not in KINDS[kind].endpoints:
        raise ControlError(f"endpoint of {kind} must be one of {', '.join(KINDS[kind].endpoints)}")
    return Fault(
        id=number,
        endpoint=endpoint,
        kind=kind,
        skip=_count(spec, "skip", 0, least=0),
        left=None if spec.get("times", 1) is None else _count(spec, "times", 1, least=1),
        prompt_contains=_prompt_part(spec),
        options=_options(kind, spec),
    )


def _count(spec: Mapping[str, Any], name: str, default: int, least: int) -> int:
    value = spec.get(name, default)
    if not isinstance(value, int) or isinstance(value, bool) or value < least:
        raise ControlError(f"{name} must be a whole number of at least {least}")
    return value


def _prompt_part(spec: Mapping[str, Any]) -> str | None:
    part = spec.get("prompt_contains")
    if part is not None and not isinstance(part, str):
        raise ControlError("prompt_contains must be a string")
    return part


def _options(kind: str, spec: Mapping[str, Any]) -> dict[str, Any]:
    known = KINDS[kind].options
    for name in spec:
        if name not in known and name not in _SELECTORS:
            raise ControlError(f"{kind} has no option {name!r}; it has {', '.join(known) or 'none'}")
    options = {}
    for name, option in known.items():
        if option.required and name not in spec:
            raise ControlError(f"{kind} needs {name}: {option.expects}")
        value = spec.get(name, option.default)
        if not option.check(value):
            raise ControlError(f"{name} of {kind} must be {option.expects}")
        options[name] = value
    return options


class FaultBook:
    """The faults in the order they were added, and the markers that have had their turn."""

    def __init__(self, lock: threading.RLock) -> None:
        self._lock = lock
        self._faults: list[Fault] = []
        self._last = 0
        self._seen: set[tuple[str, str, str]] = set()

    def add(self, spec: Mapping[str, Any]) -> Fault:
        """Add one fault."""
        with self._lock:
            fault = read_fault(self._last + 1, spec)
            self._last += 1
            self._faults.append(fault)
            return fault

    @staticmethod
    def check(spec: Mapping[str, Any]) -> None:
        """Raise ControlError if a fault cannot be added."""
        read_fault(0, spec)

    def shown(self) -> list[dict[str, Any]]:
        """The faults as JSON, used up ones too."""
        with self._lock:
            return [fault.shown() for fault in self._faults]

    def clear(self) -> None:
        """Drop every fault, and let the once-only markers work again."""
        with self._lock:
            self._faults.clear()
            self._seen.clear()

    def remove(self, number: int) -> bool:
        """Drop one fault; False when there is none of that id."""
        with self._lock:
            before = len(self._faults)
            self._faults = [fault for fault in self._faults if fault.id != number]
            return len(self._faults) < before

    def take(self, endpoint: str, prompt: str | None, scope: str) -> Taken:
        """Choose what befalls a call, and count it as used.

        Scripted faults go before markers, earlier ones before later ones. `scope` is what a
        once-only marker means by once: for instance a key with a prompt.
        """
        with self._lock:
            answer = task = None
            for fault in [*self._scripted(endpoint, prompt), *self._marked(endpoint, prompt, scope)]:
                if fault.changes_task:
                    task = task or self._use(fault)
                else:
                    answer = answer or self._use(fault)
            return Taken(answer, task)

    def _scripted(self, endpoint: str, prompt: str | None) -> list[Fault]:
        due = []
        for fault in self._faults:
            if not fault.concerns(endpoint, prompt):
                continue
            if fault.skip:
                fault.skip -= 1
            else:
                due.append(fault)
        return due

    def _marked(self, endpoint: str, prompt: str | None, scope: str) -> list[Fault]:
        return [
            read_fault(0, {"endpoint": endpoint, **marker.fault})
            for marker in markers_in(prompt or "", endpoint)
            if self._is_due(marker, endpoint, scope)
        ]

    def _is_due(self, marker: Marker, endpoint: str, scope: str) -> bool:
        turn = (marker.word, endpoint, scope)
        if marker.once and turn in self._seen:
            return False
        self._seen.add(turn)
        return True

    @staticmethod
    def _use(fault: Fault) -> Fault:
        fault.used += 1
        fault.left = None if fault.left is None else fault.left - 1
        return fault
