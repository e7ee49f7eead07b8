"""Which characters no text for a model can mean, and the field that holds one.

Sources: the Unicode standard, 23.1 (control codes), 23.7 (noncharacters) and 23.8 (U+FFFD); RFC 3629, by which text
has no surrogates.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

from tongyi.errors import InvalidParameter

# Bodies have fields, groups of them, and schemas of tools. What is deeper might be read here and not be written again.
DEEPEST = 100
_LONGEST_NAME = 64
# Without white space, which is a text's own: tab, LF, VT, FF, CR and NEL (U+0085).
_CONTROLS = "\x00-\x06\x0e-\x1a\x1c-\x1f\x7f-\x84\x86-\x9f"
_SURROGATES = "\ud800-\udfff"
_NONCHARACTERS = "\ufdd0-\ufdef\ufffe\uffff" + "".join(
    chr(plane + 0xFFFE) + chr(plane + 0xFFFF) for plane in range(0x10000, 0x110000, 0x10000)
)
_NOWHERE = _CONTROLS + _SURROGATES + _NONCHARACTERS
# U+FFFD stands where text was read in a wrong encoding: what is left of it is not what was meant.
_UNFIT_IN_A_PROMPT = re.compile(f"[{_NOWHERE}\x07\x08\x1b\ufffd]")
# A conversation quotes what tools have said. Terminals ring (BEL), step back (BS) and set colours (ESC), and a program
# that reads a binary file says U+FFFD. A client hands all that on, and the whole conversation again with each turn: it
# could never go on after one such answer.
_UNFIT_IN_A_CONVERSATION = re.compile(f"[{_NOWHERE}]")


@dataclass(frozen=True, slots=True)
class TextRule:
    """Which characters a text may not hold."""

    unfit: re.Pattern[str]

    def check(self, name: str, text: str) -> None:
        """Raises InvalidParameter for a text with such a character, naming the field and the character (U+XXXX)."""
        if found := self.unfit.search(text):
            raise InvalidParameter(
                f"{name}: holds U+{ord(found[0]):04X}, a character that no model can read; remove it."
            )

    def check_all(self, body: Any) -> None:
        """The same for every text in a parsed body, the names of its fields among them.

        Raises InvalidParameter also for numbers that are not finite (`1e999`), and for what is nested too deeply.
        """
        for place, value in _values(body):
            if isinstance(value, str) and self.unfit.search(value):
                self.check(_path(place), value)
            if isinstance(value, float) and not math.isfinite(value):
                raise InvalidParameter(f"{_path(place)}: must be a finite number.")


PROMPT = TextRule(_UNFIT_IN_A_PROMPT)
CONVERSATION = TextRule(_UNFIT_IN_A_CONVERSATION)


class _Place(NamedTuple):
    """Where a value stands: in what, under which name or number, and how deep."""

    outer: _Place | None
    name: str | int
    depth: int


def _values(body: Any) -> Iterator[tuple[_Place | None, Any]]:
    """Every value of a body, and every name, which stands where its object does. In order, and each of them once.

    By a stack of its own, and not by recursion, which a deep body would end. Raises InvalidParameter for a deeper one
    than DEEPEST.
    """
    left: list[tuple[_Place | None, Any]] = [(None, body)]
    while left:
        place, value = left.pop()
        yield place, value
        if not isinstance(value, dict | list):
            continue
        if isinstance(value, dict):
            yield from ((place, name) for name in value)
        depth = place.depth + 1 if place else 1
        if depth > DEEPEST:
            raise InvalidParameter(f"The body is nested too deeply, more than {DEEPEST} levels.")
        inner = value.items() if isinstance(value, dict) else enumerate(value)
        left.extend(reversed([(_Place(place, name, depth), part) for name, part in inner]))


def _path(place: _Place | None) -> str:
    names: list[str] = []
    while place:
        names.append(str(place.name)[:_LONGEST_NAME])
        place = place.outer
    return ".".join(reversed(names)) or "body"
