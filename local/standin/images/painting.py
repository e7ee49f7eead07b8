"""Small deterministic paintings: a sky, a motif of the style's own, and a vignette."""

from __future__ import annotations

import io
import random

from PIL import Image, ImageChops, ImageDraw, ImageOps

from local.standin.images.canvas import Canvas
from local.standin.images.palettes import AUTO, STYLES, Style

# Painted at half the size and enlarged: four times fewer pixels to paint, and softer edges.
_SCALE = 2
# Motifs work in steps along a side: a picture of one pixel by four million is stretched from a shorter one.
_LONGEST = 2048


def paint_png(seed: int, style: str, width: int, height: int) -> bytes:
    """A PNG of `width` by `height` pixels; equal arguments give equal bytes."""
    picture = paint(seed, style, width, height)
    file = io.BytesIO()
    # Level 1 costs a third of the default's time and little size on smooth pictures.
    picture.save(file, "PNG", compress_level=1)
    return file.getvalue()


def paint(seed: int, style: str, width: int, height: int) -> Image.Image:
    """The picture itself, in RGB."""
    rng = random.Random(f"{seed}|{style}")
    chosen = _style(style, rng)
    palette = rng.choice(chosen.palettes)
    small = _sky((_painted(width), _painted(height)), palette.sky)
    chosen.motif(Canvas(small, ImageDraw.Draw(small, "RGBA"), rng, palette))
    large = small.resize((width, height), Image.Resampling.BICUBIC)
    return _vignette(large)


def _painted(side: int) -> int:
    return min(_LONGEST, max(1, side // _SCALE))


def _style(name: str, rng: random.Random) -> Style:
    if name in STYLES and name != AUTO:
        return STYLES[name]
    return STYLES[rng.choice([other for other in STYLES if other != AUTO])]


def _sky(size: tuple[int, int], colours: tuple[str, str, str]) -> Image.Image:
    top, middle, bottom = colours
    ramp = Image.linear_gradient("L").resize(size, Image.Resampling.BILINEAR)
    return ImageOps.colorize(ramp, top, bottom, mid=middle)


def _vignette(picture: Image.Image) -> Image.Image:
    shade = Image.radial_gradient("L").point(lambda level: 255 - max(0, level - 120) // 3)
    return ImageChops.multiply(picture, shade.resize(picture.size, Image.Resampling.BILINEAR).convert("RGB"))
