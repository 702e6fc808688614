"""Two pictures as SVG, by hand: how measurements are distributed, and how figures change along an axis."""

import math
from collections.abc import Sequence
from html import escape
from pathlib import Path

from bench.measure import Series

WIDTH, HEIGHT = 720, 400
LEFT, RIGHT, TOP, BOTTOM = 64, 20, 44, 48
COLOURS = ("#0b6e4f", "#c8553d", "#3d5a80", "#e09f3e", "#7b4b94", "#5c6b73", "#2a9d8f", "#9b2226")
Point = tuple[float, float]


def distributions(path: Path, *, title: str, series: Sequence[Series], unit: str = "ms") -> None:
    """The share of measurements that are at most so large, over a logarithmic axis."""
    shown = [one for one in series if one.values]
    if not shown:
        return
    lines = {one.name: _shares(one.values) for one in shown}
    lowest = min(max(min(one.values), 0.01) for one in shown)
    highest = max(max(one.values) for one in shown)
    decades = range(math.floor(math.log10(lowest)), math.ceil(math.log10(max(highest, lowest * 1.01))) + 1)
    scaled = {name: [(math.log10(max(x, 0.01)), y) for x, y in line] for name, line in lines.items()}
    x_ticks = [(float(decade), f"{10.0**decade:g}") for decade in decades]
    _draw(path, title, f"{unit}, logarithmic", scaled, x_ticks, [(n / 4, f"{n * 25} %") for n in range(5)])


def curves(path: Path, *, title: str, along: str, lines: dict[str, list[Point]], unit: str) -> None:
    """Figures over what was varied."""
    points = [point for line in lines.values() for point in line]
    if not points:
        return
    step = _step(max(y for _, y in points))
    y_ticks = [(n * step, f"{n * step:g}") for n in range(math.ceil(max(y for _, y in points) / step) + 1)]
    x_ticks = [(x, f"{x:g}") for x in sorted({x for x, _ in points})]
    _draw(path, title, f"{along} (vertical: {unit})", lines, x_ticks, y_ticks)


def _shares(values: Sequence[float]) -> list[Point]:
    ordered = sorted(values)
    steps = [(ordered[0], 0.0)]
    for n, value in enumerate(ordered, start=1):
        steps += [(value, steps[-1][1]), (value, n / len(ordered))]
    return steps


def _step(highest: float) -> float:
    """A round distance between about five lines of the grid."""
    rough = max(highest, 1e-9) / 5
    magnitude = 10.0 ** math.floor(math.log10(rough))
    return next(factor for factor in (1, 2, 5, 10) if factor * magnitude >= rough) * magnitude


def _draw(
    path: Path,
    title: str,
    below: str,
    lines: dict[str, list[Point]],
    x_ticks: list[tuple[float, str]],
    y_ticks: list[tuple[float, str]],
) -> None:
    x_low, x_high = x_ticks[0][0], x_ticks[-1][0]
    y_low, y_high = y_ticks[0][0], y_ticks[-1][0]

    def x_of(x: float) -> float:
        return LEFT + (x - x_low) / ((x_high - x_low) or 1) * (WIDTH - LEFT - RIGHT)

    def y_of(y: float) -> float:
        return HEIGHT - BOTTOM - (y - y_low) / ((y_high - y_low) or 1) * (HEIGHT - TOP - BOTTOM)

    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" '
        'font-family="sans-serif" font-size="12">',
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#ffffff"/>',
        f'<text x="{LEFT}" y="24" font-size="15" font-weight="bold">{escape(title)}</text>',
    ]
    for x, label in x_ticks:
        parts.append(f'<path d="M{x_of(x):.1f} {TOP}V{HEIGHT - BOTTOM}" stroke="#dddddd"/>')
        parts.append(f'<text x="{x_of(x):.1f}" y="{HEIGHT - BOTTOM + 16}" text-anchor="middle">{label}</text>')
    for y, label in y_ticks:
        parts.append(f'<path d="M{LEFT} {y_of(y):.1f}H{WIDTH - RIGHT}" stroke="#dddddd"/>')
        parts.append(f'<text x="{LEFT - 6}" y="{y_of(y) + 4:.1f}" text-anchor="end">{label}</text>')
    parts.append(f'<text x="{(WIDTH + LEFT) / 2}" y="{HEIGHT - 10}" text-anchor="middle">{escape(below)}</text>')
    for n, (name, line) in enumerate(lines.items()):
        colour = COLOURS[n % len(COLOURS)]
        way = "L".join(f"{x_of(x):.1f} {y_of(y):.1f}" for x, y in line)
        parts.append(f'<path d="M{way}" fill="none" stroke="{colour}" stroke-width="2"/>')
        at_y = HEIGHT - BOTTOM - 12 - 16 * (len(lines) - 1 - n)
        parts.append(
            f'<text x="{WIDTH - RIGHT - 8}" y="{at_y}" text-anchor="end" fill="{colour}">{escape(name)}</text>'
        )
    path.write_text("\n".join([*parts, "</svg>", ""]))
