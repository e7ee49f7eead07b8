"""What is painted in front of the sky, one function per style."""

from __future__ import annotations

import math
import random

from PIL import ImageFilter

from local.standin.images.canvas import Canvas, hill, hills, ridge, sun


def mountains(canvas: Canvas) -> None:
    """A low sun, stars or dust, and ranges fading into the distance."""
    for _ in range(60):
        x, y = canvas.somewhere()
        canvas.disc(x, y * 0.5, canvas.rng.uniform(0.4, 1.2), canvas.colour(canvas.palette.accent, 0.4))
    sun(canvas, 0.42)
    hills(canvas, 0.48, 0.05, 0.9)


def bokeh(canvas: Canvas) -> None:
    """Lights out of focus behind one large calm shape."""
    for _ in range(46):
        x, y = canvas.somewhere()
        radius = canvas.rng.uniform(0.02, 0.11) * canvas.width
        canvas.disc(x, y, radius, canvas.colour(canvas.rng.choice(canvas.palette.layers), 0.28))
    canvas.picture.paste(canvas.picture.filter(ImageFilter.BoxBlur(5)))
    x, y = canvas.width * canvas.rng.uniform(0.4, 0.6), canvas.height * canvas.rng.uniform(0.36, 0.46)
    radius = min(canvas.width, canvas.height) * canvas.rng.uniform(0.15, 0.19)
    shade = canvas.colour(canvas.palette.sky[0])
    shoulders = (x - radius * 2.1, y + radius * 1.35, x + radius * 2.1, y + radius * 7)
    canvas.pen.ellipse(shoulders, fill=shade)
    canvas.pen.rectangle((x - radius * 0.42, y, x + radius * 0.42, y + radius * 2), fill=shade)
    canvas.disc(x, y, radius, shade)
    canvas.disc(x + radius * 0.18, y - radius * 0.1, radius * 0.8, canvas.colour(canvas.palette.accent, 0.14))


def balls(canvas: Canvas) -> None:
    """Shiny round things on soft hills, shaded as if they were solid."""
    hill(canvas, canvas.height * 0.72, canvas.height * 0.02, canvas.colour(canvas.palette.layers[2], 0.55))
    for _ in range(11):
        name = canvas.rng.choice(canvas.palette.layers)
        radius = canvas.rng.uniform(0.05, 0.14) * min(canvas.width, canvas.height)
        x = canvas.rng.uniform(0, canvas.width)
        y = canvas.height * canvas.rng.uniform(0.3, 0.92)
        canvas.pen.ellipse(
            (x - radius, y + radius * 0.8, x + radius, y + radius * 1.2), fill=canvas.colour("#20304a", 0.18)
        )
        canvas.disc(x, y, radius, canvas.colour(name))
        for step in range(1, 14):
            shift = radius * 0.026 * step
            canvas.disc(x - shift, y - shift, radius * (1 - step / 15), canvas.colour("#ffffff", 0.055))
        canvas.disc(x - radius * 0.4, y - radius * 0.42, radius * 0.12, canvas.colour("#ffffff", 0.85))


def sunburst(canvas: Canvas) -> None:
    """Rays, heaped clouds and bright hills."""
    x, y = sun(canvas, 0.4, glow=8)
    turn, reach = canvas.rng.uniform(0, 1), canvas.width + canvas.height
    for ray in range(18):
        angles = [math.tau * (ray + turn + edge) / 18 for edge in (0.0, 0.5)]
        ends = [(x + reach * math.cos(angle), y + reach * math.sin(angle)) for angle in angles]
        canvas.pen.polygon([(x, y), *ends], fill=canvas.colour("#ffffff", 0.07))
    for _ in range(5):
        left, base = canvas.somewhere()
        base = canvas.height * 0.12 + base * 0.45
        for puff in range(9):
            radius = canvas.width * canvas.rng.uniform(0.02, 0.055)
            canvas.disc(
                left + puff * canvas.width * 0.026, base - radius, radius, canvas.colour("#ffffff", 0.8)
            )
    hills(canvas, 0.62, 0.025, 1.0)


def strokes(canvas: Canvas) -> None:
    """Short thick strokes along a swirling field, coloured by height."""
    swirl, bend = canvas.rng.uniform(1.5, 4.0), canvas.rng.uniform(0, math.tau)
    unit = canvas.width / 512
    for _ in range(2600):
        x, y = canvas.somewhere()
        band = y / canvas.height * (len(canvas.palette.layers) - 1) + canvas.rng.gauss(0, 0.7)
        name = canvas.palette.layers[min(len(canvas.palette.layers) - 1, max(0, round(band)))]
        angle = math.sin(swirl * x / canvas.width + bend) + math.cos(swirl * y / canvas.height - bend)
        length = canvas.rng.uniform(8, 26) * unit
        end = (x + length * math.cos(angle), y + length * math.sin(angle))
        width = max(1, round(canvas.rng.uniform(2, 6) * unit))
        canvas.pen.line(((x, y), end), fill=canvas.colour(name, canvas.rng.uniform(0.35, 0.75)), width=width)
    sun(canvas, 0.4, glow=5)


def washes(canvas: Canvas) -> None:
    """Wet patches of colour that run into each other."""
    for _ in range(15):
        x, y = canvas.somewhere()
        name = canvas.rng.choice(canvas.palette.layers)
        size = canvas.rng.uniform(0.1, 0.26) * canvas.width
        lobes, phase = canvas.rng.randint(3, 7), canvas.rng.uniform(0, math.tau)
        for glaze in range(5):
            outline = [
                _lobed(x, y, size * (1 - glaze * 0.09), lobes, phase, step / 60 * math.tau, canvas.rng)
                for step in range(60)
            ]
            canvas.pen.polygon(outline, fill=canvas.colour(name, 0.13))
    canvas.picture.paste(canvas.picture.filter(ImageFilter.BoxBlur(2)))
    for _ in range(40):
        x, y = canvas.somewhere()
        canvas.disc(x, y, canvas.rng.uniform(0.5, 2.5), canvas.colour(canvas.palette.accent, 0.35))


def _lobed(
    x: float, y: float, size: float, lobes: int, phase: float, angle: float, rng: random.Random
) -> tuple[float, float]:
    radius = size * (1 + 0.18 * math.sin(lobes * angle + phase) + rng.uniform(-0.04, 0.04))
    return x + radius * math.cos(angle), y + radius * math.sin(angle)


def hatching(canvas: Canvas) -> None:
    """Ridges drawn with a pen, shaded by slanting lines."""
    x, y = canvas.width * canvas.rng.uniform(0.25, 0.75), canvas.height * canvas.rng.uniform(0.16, 0.3)
    radius = canvas.width * canvas.rng.uniform(0.06, 0.11)
    canvas.pen.ellipse(
        (x - radius, y - radius, x + radius, y + radius), outline=canvas.colour(canvas.palette.accent)
    )
    for depth, name in enumerate(reversed(canvas.palette.layers)):
        level = canvas.height * (0.42 + 0.13 * depth)
        height_at = ridge(canvas, level, canvas.height * 0.04)
        line = [(float(at), height_at(at)) for at in range(0, canvas.width + 3, 3)]
        paper = canvas.colour(canvas.palette.sky[1])
        canvas.pen.polygon([(0.0, canvas.height), *line, (canvas.width, canvas.height)], fill=paper)
        canvas.pen.line(line, fill=canvas.colour(name, 0.9), width=2)
        for at, top in line[::2]:
            length = canvas.height * canvas.rng.uniform(0.02, 0.1)
            canvas.pen.line(((at, top), (at - length * 0.6, top + length)), fill=canvas.colour(name, 0.45))


def ink(canvas: Canvas) -> None:
    """Mountains in diluted ink with mist between them, birds, and a red seal."""
    sun(canvas, 0.3, glow=3)
    for depth, name in enumerate(canvas.palette.layers):
        level = canvas.height * (0.36 + 0.13 * depth)
        hill(canvas, level, canvas.height * 0.06, canvas.colour(name, 0.75))
        for mist in range(30):
            top = level + canvas.height * (0.04 + 0.004 * mist)
            veil = canvas.colour(canvas.palette.sky[0], 0.03)
            canvas.pen.rectangle((0, top, canvas.width, top + canvas.height * 0.07), fill=veil)
    for _ in range(canvas.rng.randint(3, 7)):
        x, y, span = canvas.rng.uniform(0.1, 0.9), canvas.rng.uniform(0.08, 0.35), canvas.width * 0.014
        x, y = x * canvas.width, y * canvas.height
        wings = [(x - span, y - span * 0.5), (x, y), (x + span, y - span * 0.6)]
        canvas.pen.line(wings, fill=canvas.colour(canvas.palette.layers[-1], 0.85), width=2)
    side, edge = canvas.width * 0.05, canvas.width * 0.06
    corner = (canvas.width - edge - side, canvas.height - edge - side)
    canvas.pen.rectangle(
        (*corner, corner[0] + side, corner[1] + side), fill=canvas.colour(canvas.palette.accent, 0.9)
    )


def tiles(canvas: Canvas) -> None:
    """A poster of quarter circles, discs and triangles on a grid."""
    side = min(canvas.width, canvas.height) / canvas.rng.choice((4, 5, 6))
    for row in range(math.ceil(canvas.height / side)):
        for column in range(math.ceil(canvas.width / side)):
            _tile(canvas, column * side, row * side, side)


def _tile(canvas: Canvas, x: float, y: float, side: float) -> None:
    back, front = canvas.rng.sample(canvas.palette.layers, 2)
    box = (x, y, x + side, y + side)
    canvas.pen.rectangle(box, fill=canvas.colour(back, 0.92))
    shape, turn = canvas.rng.choice("qqdth"), canvas.rng.randrange(4)
    fill = canvas.colour(front)
    corners = [(x, y), (x + side, y), (x + side, y + side), (x, y + side)]
    if shape == "q":
        cx, cy = corners[turn]
        start = 90 * turn
        canvas.pen.pieslice((cx - side, cy - side, cx + side, cy + side), start, start + 90, fill=fill)
    elif shape == "d":
        canvas.disc(x + side / 2, y + side / 2, side * 0.34, fill)
    elif shape == "t":
        canvas.pen.polygon([corners[turn - 1], corners[turn], corners[(turn + 1) % 4]], fill=fill)
    else:
        canvas.pen.pieslice(box, 90 * turn, 90 * turn + 180, fill=fill)
