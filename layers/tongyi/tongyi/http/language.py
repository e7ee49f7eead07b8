"""Which of the two languages a caller reads."""

from __future__ import annotations

import re
from typing import Literal

Language = Literal["zh", "en"]
DEFAULT: Language = "zh"
# Python's own numbers may be infinite, or have underscores.
_WEIGHT = re.compile(r"0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?")


def preferred(accept_language: str | None) -> Language:
    """The language an Accept-Language header (RFC 9110, 12.5.4) likes best; Chinese where it names neither."""
    best: Language = DEFAULT
    best_weight = 0.0
    for entry in (accept_language or "").split(","):
        tag, _, weight = entry.strip().lower().partition(";")
        language = _language(tag.strip())
        quality = _quality(weight)
        if language and quality > best_weight:
            best, best_weight = language, quality
    return best


def _language(tag: str) -> Language | None:
    primary = tag.partition("-")[0]
    if primary == "zh":
        return "zh"
    return "en" if primary == "en" else None


def _quality(weight: str) -> float:
    name, _, value = weight.strip().partition("=")
    if name.strip() != "q":
        return 1.0
    return float(value) if _WEIGHT.fullmatch(value) else 0.0
