"""What takes moto and its callers longest, and need not: a half of the time of tests that call AWS."""

from __future__ import annotations

import os
from collections.abc import Callable
from threading import RLock
from typing import Any

import boto3
import pytest
from moto.core.serialize import ResponseSerializer

_kept: dict[tuple[Any, ...], Any] = {}
_one_at_a_time = RLock()


def keep_clients(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hands out a client again where the same one is asked for in the same environment.

    Those of the package are its own affair: they have its configuration, and handlers that a test may add to.
    """
    for maker in ("client", "resource"):
        monkeypatch.setattr(boto3, maker, _keeping(maker, getattr(boto3, maker)))


def look_once_for_attributes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Spares moto the look for all ten types of DynamoDB, under several names each, in every attribute it answers."""
    write = ResponseSerializer._serialize_structure_member

    def write_member(serializer: Any, written: Any, value: Any, shape: Any, key: str) -> None:
        if shape.parent.name != "AttributeValue" or key in value:
            write(serializer, written, value, shape, key)

    monkeypatch.setattr(ResponseSerializer, "_serialize_structure_member", write_member)


def _keeping(maker: str, make: Callable[..., Any]) -> Callable[..., Any]:
    def kept(*given: Any, **named: Any) -> Any:
        # moto's state machines make a client for each call, which validates nothing.
        options = vars(named["config"]) if named.get("config") else {"parameter_validation": False}
        if options["parameter_validation"]:
            return make(*given, **named)
        environment = sorted((name, value) for name, value in os.environ.items() if name.startswith("AWS_"))
        described = {**named, "config": options.get("_user_provided_options")}
        asked = (maker, given, repr(sorted(described.items())), *environment)
        with _one_at_a_time:
            if asked not in _kept:
                _kept[asked] = make(*given, **named)
            return _kept[asked]

    return kept
