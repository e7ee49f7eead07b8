"""What can be set while the stand-in runs: the schedule of tasks, the limits and the accepted keys."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

from local.standin.catalog import LIMITS, Limit
from local.standin.errors import ControlError


def fingerprint(key: str) -> str:
    """The first 12 hexadecimal digits of the key's SHA-256: tells keys apart without showing them."""
    return hashlib.sha256(key.encode()).hexdigest()[:12]


def number(name: str, value: object, *, positive: bool = False) -> float:
    """A finite number of at least 0 (or above 0); anything else raises ControlError."""
    usable = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    if not usable or value < 0 or (positive and value == 0):  # type: ignore[operator]
        raise ControlError(f"{name} must be a number {'above 0' if positive else 'of at least 0'}")
    return float(value)  # type: ignore[arg-type]


@dataclass(frozen=True)
class Settings:
    """The current settings; times in seconds. An empty set of keys lets every key in."""

    pending_seconds: float
    seconds_per_image: float
    keys: frozenset[str]
    limits: Mapping[str, Limit]

    @classmethod
    def create(
        cls, keys: Iterable[str] = (), pending_seconds: float = 1.0, seconds_per_image: float = 0.5
    ) -> Settings:
        """Settings with the documented limits."""
        start = cls(0.0, 0.0, frozenset(), LIMITS)
        return start.patched(
            {"keys": list(keys), "pending_seconds": pending_seconds, "seconds_per_image": seconds_per_image}
        )

    def patched(self, changes: Mapping[str, Any]) -> Settings:
        """A copy with some settings replaced; limits are merged row by row."""
        unknown = sorted(set(changes) - set(_READERS))
        if unknown:
            raise ControlError(f"unknown setting {unknown[0]!r}; known are {', '.join(sorted(_READERS))}")
        read: dict[str, Any] = {name: _READERS[name](self, name, value) for name, value in changes.items()}
        return replace(self, **read)

    def accepts(self, key: str) -> bool:
        """Whether a key is let in."""
        return not self.keys or key in self.keys

    def shown(self) -> dict[str, Any]:
        """The settings as JSON; keys as fingerprints only."""
        return {
            "pending_seconds": self.pending_seconds,
            "seconds_per_image": self.seconds_per_image,
            "keys": sorted(fingerprint(key) for key in self.keys),
            "limits": {row: asdict(limit) for row, limit in self.limits.items()},
        }


def _read_seconds(_: Settings, name: str, value: object) -> float:
    return number(name, value)


def _read_keys(_: Settings, name: str, value: object) -> frozenset[str]:
    if not isinstance(value, list) or not all(isinstance(key, str) and key.strip() for key in value):
        raise ControlError(f"{name} must be a list of non-empty strings")
    return frozenset(value)


def _read_limits(current: Settings, name: str, value: object) -> dict[str, Limit]:
    if not isinstance(value, dict):
        raise ControlError(f"{name} must be an object of rows")
    return {**current.limits, **{row: _read_limit(current, row, change) for row, change in value.items()}}


def _read_limit(current: Settings, row: str, change: object) -> Limit:
    if row not in current.limits:
        raise ControlError(f"unknown row {row!r} in limits; known are {', '.join(sorted(current.limits))}")
    if not isinstance(change, dict) or not set(change) <= {"requests", "seconds", "running"}:
        raise ControlError(f"limits.{row} may set requests, seconds and running")
    limit = current.limits[row]
    return Limit(
        requests=int(number(f"limits.{row}.requests", change.get("requests", limit.requests), positive=True)),
        seconds=number(f"limits.{row}.seconds", change.get("seconds", limit.seconds), positive=True),
        running=int(number(f"limits.{row}.running", change.get("running", limit.running))),
    )


_READERS = {
    "pending_seconds": _read_seconds,
    "seconds_per_image": _read_seconds,
    "keys": _read_keys,
    "limits": _read_limits,
}
