"""Draw what Obbligato writes for the examples, with MuseScore 3: docs/pictures/NAME.png, first page each, seed 7.

The piano parts of docs/examples.md, and the pictures of docs/hard-cases.md.

python docs/pictures.py
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from PIL import Image, ImageChops

from bridge import accompany, continue_, harmonize, open_score
from bridge.service import Take
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


EXAMPLES = ("auld-lang-syne", "greensleeves", "largo", "minuet-in-g", "ode-to-joy", "silent-night")
# The picture, the task, the example, and the options: what docs/examples.md shows last, and docs/hard-cases.md.
MORE = (
    ("ode-to-joy-hymn", accompany, "ode-to-joy", {"add": ["piano"], "style": "hymn"}),
    ("ode-to-joy-pop", accompany, "ode-to-joy", {"add": ["piano"], "style": "pop"}),
    ("duplets", accompany, "barcarole", {"add": ["piano"]}),
    ("uneven-metre", accompany, "dance-in-five", {"add": ["piano"]}),
    ("transposing", accompany, "largo", {"add": ["clarinet", "piano"]}),
    ("pickup", continue_, "auld-lang-syne", {"count": 8}),
    ("two-staves", harmonize, "ode-to-joy", {"staves": 2}),
    ("into-words", accompany, "ode-to-joy", {"into": ["Voice"], "measures": "9-12", "replace": True}),
)


def main() -> None:
    engine = load_engine()
    for example in EXAMPLES:
        score = open_score(ROOT / "examples" / f"{example}.musicxml")
        draw_take(example, accompany(score, engine, add=["piano"], seed=SEED)[0])
    for name, task, example, options in MORE:
        score = open_score(ROOT / "examples" / f"{example}.musicxml")
        draw_take(name, task(score, engine, seed=SEED, **options)[0])


def draw_take(name: str, take: Take) -> None:
    """Draw a take as docs/pictures/NAME.png."""
    with tempfile.TemporaryDirectory() as folder:
        result = Path(folder, f"{name}.musicxml")
        take.tree.write(result, encoding="UTF-8", xml_declaration=True)
        draw(result, ROOT / "docs" / "pictures" / f"{name}.png")


if __name__ == "__main__":
    main()
