"""Reading fields of a request body; a bad one is refused by its name."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from local.standin.catalog import MODELS, Model
from local.standin.errors import BAD_BODY, invalid_parameter, model_not_found
from local.standin.exchange import Request


def body_of(request: Request) -> dict[str, Any]:
    """The request body, which must be a JSON object."""
    if not isinstance(request.json, dict):
        raise invalid_parameter(BAD_BODY)
    return request.json


def model_of(body: Mapping[str, Any]) -> Model:
    """The model a body names; it must exist."""
    name = text(body, "model", "model")
    if name not in MODELS:
        raise model_not_found()
    return MODELS[name]


def section(body: Mapping[str, Any], name: str, *, required: bool) -> dict[str, Any]:
    """A nested object; an absent one is empty unless it is required."""
    value = body.get(name)
    if value is None and not required:
        return {}
    if value is None:
        raise invalid_parameter(f"Field required: {name}")
    if not isinstance(value, dict):
        raise invalid_parameter(f"{name} must be an object.")
    return value


def text(owner: Mapping[str, Any], name: str, path: str) -> str:
    """A required string that is not blank."""
    value = owner.get(name)
    if value is None:
        raise invalid_parameter(f"Field required: {path}")
    if not isinstance(value, str) or not value.strip():
        raise invalid_parameter(f"{path} must be a non-empty string.")
    return value


def optional_text(owner: Mapping[str, Any], name: str, path: str) -> str | None:
    """A string, which may be empty or absent."""
    value = owner.get(name)
    if value is not None and not isinstance(value, str):
        raise invalid_parameter(f"{path} must be a string.")
    return value


def choice(owner: Mapping[str, Any], name: str, path: str, allowed: tuple[str, ...]) -> str:
    """One of the allowed strings; the first when absent."""
    value = owner.get(name, allowed[0])
    if value not in allowed:
        raise invalid_parameter(f"{path} must be one of {list(allowed)}.")
    return str(value)


def whole(owner: Mapping[str, Any], name: str, path: str, low: int, high: int, default: int) -> int:
    """A whole number within a range."""
    value = owner.get(name)
    if value is None:
        return default
    if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
        raise invalid_parameter(f"{path} must be an integer from {low} to {high}.")
    return value


def flag(owner: Mapping[str, Any], name: str, path: str, default: bool) -> bool:
    """True or false."""
    value = owner.get(name)
    if value is None:
        return default
    if not isinstance(value, bool):
        raise invalid_parameter(f"{path} must be true or false.")
    return value


def fraction(owner: Mapping[str, Any], name: str, path: str, high: float = 1.0) -> float | None:
    """A number from 0 to `high`, or None when absent."""
    value = owner.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise invalid_parameter(f"{path} must be a number.")
    if not 0 <= value <= high:
        raise invalid_parameter(f"{path} must be from 0 to {high:g}.")
    return float(value)
