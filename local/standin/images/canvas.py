"""Where a motif paints, and the hills and suns that several motifs share."""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from dataclasses import dataclass

from PIL import Image, ImageColor, ImageDraw


@dataclass(frozen=True)
class Palette:
    """Colours as '#rrggbb': the sky from top to bottom, layers from far to near, and one for lights."""

    sky: tuple[str, str, str]
    layers: tuple[str, ...]
    accent: str


@dataclass(frozen=True)
class Canvas:
    """Where a motif paints: the picture, a pen that blends, the dice and the colours."""

    picture: Image.Image
    pen: ImageDraw.ImageDraw
    rng: random.Random
    palette: Palette

    @property
    def width(self) -> int:
        """Pixels across."""
        return self.picture.width

    @property
    def height(self) -> int:
        """Pixels down."""
        return self.picture.height

    def colour(self, name: str, alpha: float = 1.0) -> tuple[int, int, int, int]:
        """A colour with an opacity from 0 to 1."""
        red, green, blue = ImageColor.getrgb(name)[:3]
        return red, green, blue, int(255 * alpha)

    def disc(self, x: float, y: float, radius: float, fill: tuple[int, int, int, int]) -> None:
        """A filled circle."""
        self.pen.ellipse((x - radius, y - radius, x + radius, y + radius), fill=fill)

    def somewhere(self) -> tuple[float, float]:
        """A random point."""
        return self.rng.uniform(0, self.width), self.rng.uniform(0, self.height)


def ridge(canvas: Canvas, level: float, relief: float) -> Callable[[float], float]:
    """The height of a random ridge at each x, around `level`; both in pixels."""
    waves = [
        (canvas.rng.uniform(0.6, 1.4) * 2**octave, canvas.rng.uniform(0, math.tau), relief / 1.8**octave)
        for octave in range(5)
    ]
    span = canvas.width / math.tau

    def height_at(x: float) -> float:
        return level + sum(size * math.sin(pace * x / span + phase) for pace, phase, size in waves)

    return height_at


def hill(canvas: Canvas, level: float, relief: float, fill: tuple[int, int, int, int]) -> None:
    """One hill from side to side, filled down to the ground."""
    height_at = ridge(canvas, level, relief)
    line = [(float(x), height_at(x)) for x in range(0, canvas.width + 4, 4)]
    canvas.pen.polygon([(0.0, canvas.height), *line, (canvas.width + 4.0, canvas.height)], fill=fill)


def hills(canvas: Canvas, start: float, relief: float, alpha: float) -> None:
    """All layers from far to near; `start` and `relief` are shares of the height."""
    layers = canvas.palette.layers
    for depth, name in enumerate(layers):
        level = canvas.height * (start + (0.98 - start) * depth / len(layers))
        hill(canvas, level, relief * canvas.height * (1 - 0.1 * depth), canvas.colour(name, alpha))


def sun(canvas: Canvas, lowest: float, glow: int = 12) -> tuple[float, float]:
    """A disc with a glow, no lower than the share `lowest`; returns its centre."""
    x = canvas.width * canvas.rng.uniform(0.2, 0.8)
    y = canvas.height * canvas.rng.uniform(0.14, lowest)
    radius = min(canvas.width, canvas.height) * canvas.rng.uniform(0.05, 0.1)
    for ring in range(glow, 0, -1):
        canvas.disc(x, y, radius * (1 + ring * 0.28), canvas.colour(canvas.palette.accent, 0.035))
    canvas.disc(x, y, radius, canvas.colour(canvas.palette.accent, 0.95))
    return x, y
