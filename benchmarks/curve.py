"""The loss of a training run as a picture.

    python -m benchmarks.curve LOG.jsonl PICTURE.svg

LOG is the ``log.jsonl`` that ``obbligato train`` writes: validation loss in nats a note, in all and by field.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

WIDTH, HEIGHT, LEFT, BOTTOM, TOP, RIGHT = 760, 380, 50, 40, 20, 150
COLOURS = ("#222222", "#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9")


def picture(entries: list[dict[str, float]]) -> str:
    """An SVG with a line for each figure of the validation."""
    names = [name for name in entries[0] if name.startswith("validation")]
    last, most = entries[-1]["step"], max(max(e[n] for n in names) for e in entries)

    def x(step: float) -> float:
        return LEFT + (WIDTH - LEFT - RIGHT) * step / last

    def y(loss: float) -> float:
        return HEIGHT - BOTTOM - (HEIGHT - BOTTOM - TOP) * loss / most

    def text(at: tuple[float, float], words: str, anchor: str = "start", colour: str = "#555555") -> str:
        return f'<text x="{at[0]:.1f}" y="{at[1]:.1f}" text-anchor="{anchor}" fill="{colour}">{words}</text>'

    shapes = [f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#ffffff"/>']
    for tick in range(int(most) + 1):
        shapes.append(f'<path d="M{LEFT} {y(tick):.1f}H{WIDTH - RIGHT}" stroke="#dddddd"/>')
        shapes.append(text((LEFT - 8, y(tick) + 4), str(tick), "end"))
    for step in range(0, int(last) + 1, 1000):
        shapes.append(text((x(step), HEIGHT - BOTTOM + 18), f"{step:,}", "middle"))
    shapes.append(text((LEFT, HEIGHT - 6), "steps; validation loss, nats a note"))
    bottom = float("inf")
    for name, colour in sorted(zip(names, COLOURS, strict=False), key=lambda n: -entries[-1][n[0]]):
        points = " ".join(f"{x(e['step']):.1f},{y(e[name]):.1f}" for e in entries)
        shapes.append(f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="2"/>')
        label = f"{name.removeprefix('validation').strip() or 'all'} {entries[-1][name]:.3f}"
        height = y(entries[-1][name]) + 4
        height = height if bottom == float("inf") else max(height, bottom + 14)
        bottom = height
        shapes.append(text((x(last) + 8, height), label, colour=colour))
    body = "\n".join(shapes)
    style = 'font-family="sans-serif" font-size="12"'
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" {style}>\n{body}\n</svg>\n'
    )


def main() -> None:
    parser = argparse.ArgumentParser(description="The loss of a training run as a picture.")
    parser.add_argument("log", type=Path)
    parser.add_argument("picture", type=Path)
    arguments = parser.parse_args()
    lines = arguments.log.read_text(encoding="utf-8").splitlines()
    arguments.picture.write_text(picture([json.loads(line) for line in lines]), encoding="utf-8")


if __name__ == "__main__":
    main()
