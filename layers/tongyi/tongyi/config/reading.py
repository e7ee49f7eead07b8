"""Reading one variable of the environment."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import TypeVar

from tongyi.errors import ConfigurationError

T = TypeVar("T")
Environment = Mapping[str, str]


def read(env: Environment, name: str, parse: Callable[[str], T]) -> T:
    """The variable as `parse` has it. Raises ConfigurationError where it is missing, or `parse` raises ValueError."""
    raw = env.get(name, "").strip()
    if not raw:
        raise ConfigurationError(f"The environment variable {name} is not set.")
    try:
        return parse(raw)
    except ValueError as error:
        raise ConfigurationError(f"The environment variable {name} has a value of the wrong form.") from error


def listed(raw: str) -> tuple[str, ...]:
    """A comma list, which may be empty."""
    return tuple(part for part in (part.strip() for part in raw.split(",")) if part)


def names(raw: str) -> tuple[str, ...]:
    """A comma list of at least one."""
    found = listed(raw)
    if not found:
        raise ValueError(raw)
    return found


def folded(*lists: tuple[str, ...]) -> tuple[str, ...]:
    """The lists as one, each entry once, where it first comes."""
    return tuple(dict.fromkeys(entry for entries in lists for entry in entries))


def whole_number(raw: str) -> int:
    """0, 1, 2 …"""
    if not raw.isdecimal():
        raise ValueError(raw)
    return int(raw)


def seconds(raw: str) -> float:
    """Any number from 0 on."""
    found = float(raw)
    if not 0 <= found < math.inf:
        raise ValueError(raw)
    return found


def flag(raw: str) -> bool:
    """`true` or `false`."""
    if raw.lower() not in ("true", "false"):
        raise ValueError(raw)
    return raw.lower() == "true"
