"""Which of the two languages a caller reads."""

from __future__ import annotations

from typing import Literal

Language = Literal["zh", "en"]
DEFAULT: Language = "zh"


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
    try:
        return float(value)
    except ValueError:
        return 0.0
