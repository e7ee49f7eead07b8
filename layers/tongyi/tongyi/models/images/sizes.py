"""Which picture sizes a model takes, and the nearest of them to one that it does not take. Sizes are `width*height`."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import Protocol

_SIZE = re.compile(r"(\d{1,5})[*x](\d{1,5})")


class Sizes(Protocol):
    """What a model takes."""

    @property
    def default(self) -> str:
        """The size of a picture that nobody asked a size for."""

    @property
    def described(self) -> str:
        """What is allowed, for an error message."""

    def nearest(self, size: str) -> str:
        """The allowed size that is most like `size`; `size` itself where it is allowed. Raises ValueError."""


@dataclass(frozen=True, slots=True)
class ListedSizes:
    """A list; the first is the default."""

    sizes: tuple[str, ...]

    @property
    def default(self) -> str:
        return self.sizes[0]

    @property
    def described(self) -> str:
        return ", ".join(self.sizes)

    def nearest(self, size: str) -> str:
        """By shape first, then by area: a picture of another shape would be of another composition."""
        wanted = _sides(size)
        return min(self.sizes, key=lambda allowed: _difference(wanted, _sides(allowed)))


@dataclass(frozen=True, slots=True)
class PixelRange:
    """Any shape, with a total number of pixels between two bounds."""

    least: int
    most: int
    default: str

    @property
    def described(self) -> str:
        return f"width*height with {self.least} to {self.most} pixels in all"

    def nearest(self, size: str) -> str:
        """Scaled to the nearer bound, in the same shape as far as whole pixels allow."""
        width, height = _sides(size)
        if width * height < self.least:
            return f"{_root_up(self.least, width, height)}*{_root_up(self.least, height, width)}"
        if width * height > self.most:
            return f"{_root(self.most, width, height)}*{_root(self.most, height, width)}"
        return f"{width}*{height}"


def _root(pixels: int, side: int, other: int) -> int:
    """The side of a picture of that shape with that many pixels, rounded down; in whole numbers, so exactly."""
    return math.isqrt(pixels * side // other)


def _root_up(pixels: int, side: int, other: int) -> int:
    """The same, rounded up."""
    return math.isqrt(-(-pixels * side // other) - 1) + 1


def _sides(size: str) -> tuple[int, int]:
    found = _SIZE.fullmatch(size)
    width, height = (int(found[1]), int(found[2])) if found else (0, 0)
    if not width or not height:
        raise ValueError(size)
    return width, height


def _difference(one: tuple[int, int], other: tuple[int, int]) -> tuple[float, float]:
    shape = math.log(one[0] / one[1]) - math.log(other[0] / other[1])
    area = math.log(one[0] * one[1]) - math.log(other[0] * other[1])
    return (round(abs(shape), 6), abs(area))
