"""Finished pictures, painted when somebody asks for them and kept for a while."""

from __future__ import annotations

from functools import lru_cache

from local.standin.images.painting import paint_png

_KEPT = 48


class Gallery:
    """A bounded cache of PNG files; the least recently used go first."""

    def __init__(self) -> None:
        self._paint = lru_cache(maxsize=_KEPT)(paint_png)

    def picture(self, seed: int, style: str, size: str) -> bytes:
        """The PNG of that seed, style and size ('width*height'), always with the same bytes."""
        width, _, height = size.partition("*")
        return self._paint(seed, style, int(width), int(height))


def corrupted(png: bytes) -> bytes:
    """The same length and the same start, but with a damaged middle."""
    start, end = len(png) // 3, len(png) // 2
    return png[:start] + bytes(byte ^ 0xFF for byte in png[start:end]) + png[end:]
