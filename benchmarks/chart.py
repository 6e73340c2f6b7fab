"""Lines as a picture: an SVG of a few series over one axis."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import ceil

Points = Sequence[tuple[float, float]]

_WIDTH, _HEIGHT, _LEFT, _BOTTOM, _TOP, _RIGHT = 760, 380, 50, 40, 20, 150
_COLOURS = ("#222222", "#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9")


def line_chart(series: Mapping[str, Points], ticks: Mapping[float, str], title: str) -> str:
    """Each series by its name, which stands at its end with its last value; ``ticks`` are places on the x axis."""
    low, high = min(ticks), max(x for points in series.values() for x, _ in points)
    most = max(y for points in series.values() for _, y in points)

    def at(x: float, y: float) -> tuple[float, float]:
        right = (_WIDTH - _LEFT - _RIGHT) * (x - low) / (high - low)
        return _LEFT + right, _HEIGHT - _BOTTOM - (_HEIGHT - _BOTTOM - _TOP) * y / most

    shapes = [f'<rect width="{_WIDTH}" height="{_HEIGHT}" fill="#ffffff"/>']
    for tick in range(ceil(most)):
        height = at(low, tick)[1]
        shapes.append(f'<path d="M{_LEFT} {height:.1f}H{_WIDTH - _RIGHT}" stroke="#dddddd"/>')
        shapes.append(_text((_LEFT - 8, height + 4), str(tick), "end"))
    for tick_at, words in ticks.items():
        shapes.append(_text((at(tick_at, 0)[0], _HEIGHT - _BOTTOM + 18), words, "middle"))
    shapes.append(_text((_LEFT, _HEIGHT - 6), title))
    shapes += [_line([at(*point) for point in points], colour) for points, colour in _coloured(series)]
    shapes += _labels({name: (at(*points[-1]), points[-1][1]) for name, points in series.items()}, series)
    body, style = "\n".join(shapes), 'font-family="sans-serif" font-size="12"'
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" {style}>\n{body}\n</svg>\n'
    )


def _coloured(series: Mapping[str, Points]) -> list[tuple[Points, str]]:
    return list(zip(series.values(), _COLOURS, strict=False))


def _line(points: Points, colour: str) -> str:
    places = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    return f'<polyline points="{places}" fill="none" stroke="{colour}" stroke-width="2"/>'


def _labels(ends: Mapping[str, tuple[tuple[float, float], float]], series: Mapping[str, Points]) -> list[str]:
    """A name beside the end of each line, none over another."""
    colours = dict(zip(series, _COLOURS, strict=False))
    shapes, lowest = [], float("-inf")
    for name, ((x, y), value) in sorted(ends.items(), key=lambda end: end[1][0][1]):
        lowest = max(y + 4, lowest + 14)
        shapes.append(_text((x + 8, lowest), f"{name} {value:.3g}", colour=colours[name]))
    return shapes


def _text(at: tuple[float, float], words: str, anchor: str = "start", colour: str = "#555555") -> str:
    return f'<text x="{at[0]:.1f}" y="{at[1]:.1f}" text-anchor="{anchor}" fill="{colour}">{words}</text>'
