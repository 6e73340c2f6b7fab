"""Draw what Obbligato writes for the examples: docs/pictures/NAME.png, first page each, seed 7.

python docs/pictures.py
"""

from __future__ import annotations

from pathlib import Path

import cairosvg
import verovio
from lxml import etree

from bridge import accompany, open_score
from engine.registry import load_engine

ROOT = Path(__file__).parent.parent
LAYOUT = {
    "pageWidth": 2100,
    "pageHeight": 2970,
    "scale": 40,
    "adjustPageHeight": True,
    "header": "none",
    "footer": "none",
}


def draw(musicxml: str, target: Path) -> None:
    """The first page as a picture on white."""
    toolkit = verovio.toolkit()
    toolkit.setOptions(LAYOUT)
    toolkit.loadData(musicxml)
    cairosvg.svg2png(toolkit.renderToSVG(1).encode(), write_to=str(target), background_color="white")


def main() -> None:
    engine = load_engine()
    for path in sorted((ROOT / "examples").glob("*.musicxml")):
        take = accompany(open_score(path), engine, add=["piano"], seed=7)[0]
        draw(etree.tostring(take.tree, encoding="unicode"), ROOT / "docs" / "pictures" / f"{path.stem}.png")
        print(path.stem)


if __name__ == "__main__":
    main()
