"""What becomes of a task: it succeeds, wholly or in part, fails, or never ends."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

Failure = tuple[str, str]


@dataclass(frozen=True)
class Fate:
    """The outcome a task is heading for.

    `failure` ends the whole task as FAILED, `failed_images` only some pictures (by index, from 0).
    `stuck` is a status the task keeps forever. `slowness` multiplies the time per picture.
    `link_origin` replaces the picture host's origin in result links.
    """

    failure: Failure | None = None
    at_once: bool = False
    failed_images: Mapping[int, Failure] = field(default_factory=dict)
    lying_metrics: bool = False
    stuck: str | None = None
    holds_slot: bool = False
    slowness: float = 1.0
    link_origin: str | None = None


def fate_from(kind: str, options: Mapping[str, Any], images: int) -> Fate:
    """The fate a task fault asks for, for a task of `images` pictures."""
    match kind:
        case "fail":
            return Fate(failure=(options["code"], options["message"]))
        case "partial":
            return _partial(options, images)
        case "stuck":
            return Fate(stuck=options["task_status"], holds_slot=options["holds_slot"])
        case "slow":
            return Fate(slowness=options["factor"])
        case _:
            return Fate(link_origin=options["origin"])


def _partial(options: Mapping[str, Any], images: int) -> Fate:
    failure = (options["code"], options["message"])
    failed = {index: failure for index in options["indexes"] if index < images}
    if len(failed) == images:
        # Documented: a task succeeds as long as one of its pictures does.
        return Fate(failure=failure)
    return Fate(failed_images=failed, lying_metrics=options["lying_metrics"])
