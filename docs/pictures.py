"""Draw what Obbligato writes for the examples, with MuseScore 3: docs/pictures/NAME.png, first page each, seed 7.

python docs/pictures.py
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from PIL import Image, ImageChops

from bridge import accompany, open_score
from engine.registry import load_engine

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT / "tests"))

from musescore.headless import convert  # noqa: E402  (found through the line above)

SEED = 7
MARGIN = 20
WIDTH = 1100


def draw(score: Path, target: Path) -> None:
    """The first page as a picture on white, cut to what is printed."""
    with tempfile.TemporaryDirectory() as folder:
        convert(score, Path(folder, "page.png"))
        page = Image.open(Path(folder, "page-1.png")).convert("RGBA")
    white = Image.new("RGBA", page.size, "white")
    white.alpha_composite(page)
    picture = white.convert("L")
    left, top, right, bottom = ImageChops.invert(picture).getbbox() or (0, 0, *picture.size)
    picture = picture.crop((left - MARGIN, top - MARGIN, right + MARGIN, bottom + MARGIN))
    picture.thumbnail((WIDTH, 2 * WIDTH))
    picture.quantize(16).save(target, optimize=True)


def main() -> None:
    engine = load_engine()
    for path in sorted((ROOT / "examples").glob("*.musicxml")):
        take = accompany(open_score(path), engine, add=["piano"], seed=SEED)[0]
        with tempfile.TemporaryDirectory() as folder:
            result = Path(folder, path.name)
            take.tree.write(result, encoding="UTF-8", xml_declaration=True)
            draw(result, ROOT / "docs" / "pictures" / f"{path.stem}.png")


if __name__ == "__main__":
    main()
