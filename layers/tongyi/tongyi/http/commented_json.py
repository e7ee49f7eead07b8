"""JSON as people paste it: the gateway's documents explain a body with `//` comments in it."""

from __future__ import annotations

import re
from typing import Any

from tongyi.models.strict_json import parse_strict

# A string, which may hold two slashes, or a comment up to the end of its line. A string that is never closed goes on to
# the end of the text: were it no match, each quote in it would be tried anew, with all that follows. Nothing that has
# been matched is given up again (`++`, `*+`, Python 3.11), so each character is looked at once.
_STRING_OR_COMMENT = re.compile(r'"(?:[^"\\]++|\\.)*+"?|//[^\r\n]*+', re.DOTALL)


def parse_json(text: str) -> Any:
    """The parsed text; comments are cut out where it is no JSON with them. Raises ValueError or RecursionError."""
    try:
        return parse_strict(text)
    except ValueError:
        if "//" not in text:
            raise
        return parse_strict(_STRING_OR_COMMENT.sub(_without_comment, text))


def _without_comment(found: re.Match[str]) -> str:
    return "" if found[0].startswith("//") else found[0]
