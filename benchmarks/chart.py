"""SVG charts without a library: time and memory by rows, on logarithmic scales."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from math import ceil, floor, log10
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

WIDTH, HEIGHT = 460, 340
"""Size of a panel, in pixels."""

LEFT, RIGHT, TOP, BOTTOM = 62, 14, 34, 44
"""Margins of a panel, in pixels."""

_COLORS = ("#d1242f", "#0969da", "#8250df", "#bf8700", "#6e7781")


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the chart: name and values by number of rows."""

    name: str
    points: Sequence[tuple[float, float]]


@dataclass(frozen=True, slots=True)
class Panel:
    """A panel of the chart: title and one line for each program."""

    title: str
    lines: Sequence[Line]


def svg(panels: Sequence[Panel]) -> str:
    """Return the chart as an SVG document."""
    names = list(dict.fromkeys(line.name for panel in panels for line in panel.lines))
    colors = {name: _COLORS[index % len(_COLORS)] for index, name in enumerate(names)}
    width, height = WIDTH * len(panels), HEIGHT + 20 * ceil(len(names) / 2) + 12
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}"',
        ' font-family="system-ui, sans-serif" font-size="12">',
        f'<rect width="{width}" height="{height}" fill="#ffffff"/>',
    ]
    for index, panel in enumerate(panels):
        parts.append(f'<g transform="translate({index * WIDTH} 0)">')
        parts += _panel(panel, colors)
        parts.append("</g>")
    for index, name in enumerate(names):
        x, y = LEFT + index % 2 * WIDTH, HEIGHT + 10 + index // 2 * 20
        parts.append(f'<rect x="{x}" y="{y - 9}" width="14" height="4" fill="{colors[name]}"/>')
        parts.append(f'<text x="{x + 22}" y="{y - 2}" fill="#1f2328">{escape(name)}</text>')
    return "\n".join([*parts, "</svg>\n"])


def bars(title: str, values: Sequence[tuple[str, float, str]]) -> str:
    """Return horizontal bars as an SVG document.

    Args:
        title: What the bars are.
        values: Name, value and label of each bar.
    """
    width, left, most = 2 * WIDTH, 330, max(value for _, value, _ in values)
    height = TOP + 26 * len(values) + 8
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}"',
        ' font-family="system-ui, sans-serif" font-size="12">',
        f'<rect width="{width}" height="{height}" fill="#ffffff"/>',
        f'<text x="{RIGHT}" y="18" font-weight="600" fill="#1f2328">{escape(title)}</text>',
    ]
    for index, (name, value, text) in enumerate(values):
        y = TOP + 26 * index
        length = round(value / most * (width - left - 190), 1)
        parts.append(_label(left - 8, y + 13, escape(name), "end"))
        parts.append(f'<rect x="{left}" y="{y}" width="{length}" height="18" fill="{_COLORS[1]}"/>')
        parts.append(_label(left + length + 8, y + 13, escape(text), "start"))
    return "\n".join([*parts, "</svg>\n"])


class _Scale:
    """A logarithmic scale with whole powers of ten at its ends.

    Args:
        values: Values that the scale must include.
        start: Pixel position of the lower end.
        end: Pixel position of the upper end.
    """

    def __init__(self, values: Sequence[float], start: float, end: float) -> None:
        self.low = floor(log10(min(values)))
        self.high = max(ceil(log10(max(values))), self.low + 1)
        self._start, self._step = start, (end - start) / (self.high - self.low)

    def __call__(self, value: float) -> float:
        """Return the pixel position of a value."""
        return round(self._start + (log10(value) - self.low) * self._step, 1)

    def ticks(self) -> list[float]:
        """Return the powers of ten on the scale."""
        return [10.0**power for power in range(self.low, self.high + 1)]


def _panel(panel: Panel, colors: dict[str, str]) -> list[str]:
    points = [point for line in panel.lines for point in line.points]
    across = _Scale([x for x, _ in points], LEFT, WIDTH - RIGHT)
    up = _Scale([y for _, y in points], HEIGHT - BOTTOM, TOP)
    title = f'<text x="{LEFT}" y="18" font-weight="600" fill="#1f2328">{escape(panel.title)}</text>'
    parts = [title]
    for value in across.ticks():
        x = across(value)
        anchor = "end" if x == WIDTH - RIGHT else "middle"  # the last one would be cut
        parts.append(_grid(x, TOP, x, HEIGHT - BOTTOM))
        parts.append(_label(x, HEIGHT - BOTTOM + 17, _number(value), anchor))
    for value in up.ticks():
        y = up(value)
        parts.append(_grid(LEFT, y, WIDTH - RIGHT, y))
        parts.append(_label(LEFT - 7, y + 4, _number(value), "end"))
    parts.append(_label((LEFT + WIDTH - RIGHT) / 2, HEIGHT - 9, "rows", "middle"))
    for line in panel.lines:
        path = " ".join(f"{across(x)},{up(y)}" for x, y in sorted(line.points))
        color = colors[line.name]
        parts.append(f'<polyline points="{path}" fill="none" stroke="{color}" stroke-width="2"/>')
        parts += [
            f'<circle cx="{across(x)}" cy="{up(y)}" r="3" fill="{color}"/>' for x, y in line.points
        ]
    return parts


def _grid(x1: float, y1: float, x2: float, y2: float) -> str:
    return f'<line x1="{x1}" y1="{y1}" x2="{x2}" y2="{y2}" stroke="#d0d7de"/>'


def _label(x: float, y: float, text: str, anchor: str) -> str:
    return f'<text x="{x}" y="{y}" text-anchor="{anchor}" fill="#59636e">{text}</text>'


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 1 else f"{value:g}"
