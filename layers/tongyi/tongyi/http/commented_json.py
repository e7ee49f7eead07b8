"""JSON as people paste it: the gateway's documents explain a body with `//` comments in it."""

from __future__ import annotations

import json
import re
from typing import Any

# A string, which may hold two slashes, or a comment up to the end of its line.
_STRING_OR_COMMENT = re.compile(r'"(?:\\.|[^"\\])*"|//[^\r\n]*')


def parse_json(text: str) -> Any:
    """The parsed text; comments are cut out where it is no JSON with them. Raises ValueError or RecursionError."""
    try:
        return json.loads(text)
    except ValueError:
        if "//" not in text:
            raise
        return json.loads(_STRING_OR_COMMENT.sub(_without_comment, text))


def _without_comment(found: re.Match[str]) -> str:
    return "" if found[0].startswith("//") else found[0]
