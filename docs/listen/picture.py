"""Photograph the listening page, as it is committed, with Chromium: docs/pictures/listen.png.

python docs/listen/picture.py
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from PIL import Image

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "tests"))

from listen.browser import Browser  # noqa: E402  (found through the line above)

TARGET = ROOT / "docs" / "pictures" / "listen.png"
WIDTH = 1100


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        browser, shot = Browser(Path(folder, "profile")), Path(folder, "shot.png")
        try:
            browser.open(ROOT / "docs" / "listen" / "index.html")
            browser.run("document.querySelectorAll('nav button')[1].click()")
            browser.run("document.querySelector('.play').click()")
            browser.wait("Boolean(document.querySelectorAll('g.measure')[2].querySelector('.cursor'))")
            browser.picture(shot)
        finally:
            browser.close()
        picture = Image.open(shot).convert("RGB")
    picture.thumbnail((WIDTH, 2 * WIDTH))
    picture.quantize(64, Image.Quantize.MAXCOVERAGE).save(TARGET, optimize=True)


if __name__ == "__main__":
    main()
