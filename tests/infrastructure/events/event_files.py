"""The files in `events/`: an event each, and beside it what is given before and what is expected of it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from local.tools import template

EVENTS = template.ROOT / "events"
EXPECTED = ".expected.json"


@dataclass(frozen=True)
class Case:
    """An event, by its place `folder/name`."""

    folder: str
    name: str

    def __str__(self) -> str:
        return f"{self.folder}/{self.name}"

    @property
    def function(self) -> str:
        """The logical id of the function it is for."""
        return function_of(self.folder)

    @property
    def event(self) -> Any:
        return _read(f"{self}.json")

    @property
    def expected(self) -> dict[str, Any]:
        found: dict[str, Any] = _read(f"{self}{EXPECTED}")
        return found


def cases() -> list[Case]:
    """Every event that has a file."""
    files = sorted(path for path in EVENTS.glob("*/*.json") if not path.name.endswith(EXPECTED))
    return [Case(path.parent.name, path.stem) for path in files]


def function_of(folder: str) -> str:
    """The logical id of the function whose code is in `functions/<folder>`."""
    made = template.resources(template.FUNCTION).items()
    found = [name for name, properties in made if properties["CodeUri"] == f"functions/{folder}"]
    assert len(found) == 1, f"functions with the code functions/{folder}: {found}"
    return found[0]


def _read(place: str) -> Any:
    return json.loads((EVENTS / place).read_text(encoding="utf-8"))
