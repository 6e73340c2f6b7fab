"""The loss of a training run as a picture.

    python -m benchmarks.curve LOG.jsonl PICTURE.svg

LOG is the ``log.jsonl`` that ``obbligato train`` writes: validation loss in nats a note, in all and by field.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from benchmarks.chart import line_chart

_WHOLE = "validation"


def picture(entries: list[dict[str, float]]) -> str:
    """An SVG with a line for each figure of the validation."""
    names = [name for name in entries[0] if name.startswith(_WHOLE)]
    series = {
        name.removeprefix(_WHOLE).strip() or "all": [(e["step"], e[name]) for e in entries] for name in names
    }
    last = int(entries[-1]["step"])
    ticks = {float(step): f"{step:,}" for step in range(0, last + 1, 1000 if last > 2000 else 200)}
    return line_chart(series, ticks, "steps; validation loss, nats a note")


def main() -> None:
    parser = argparse.ArgumentParser(description="The loss of a training run as a picture.")
    parser.add_argument("log", type=Path)
    parser.add_argument("picture", type=Path)
    arguments = parser.parse_args()
    lines = arguments.log.read_text(encoding="utf-8").splitlines()
    arguments.picture.write_text(picture([json.loads(line) for line in lines]), encoding="utf-8")


if __name__ == "__main__":
    main()
