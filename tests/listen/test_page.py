"""The listening page in a real browser."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from listen.browser import CHROMIUM, Browser

PAGE = Path(__file__).parents[2] / "docs" / "listen"

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed")


@pytest.fixture
def page(tmp_path: Path) -> Path:
    """The page as it is committed, without passages that somebody may have made."""
    target = tmp_path / "listen"
    shutil.copytree(PAGE, target, ignore=shutil.ignore_patterns("passages.js"))
    return target / "index.html"


@pytest.fixture
def browser(tmp_path: Path) -> Iterator[Browser]:
    found = Browser(tmp_path / "profile")
    yield found
    found.close()
    assert not found.complaints


def press(key: str) -> str:
    return f"document.dispatchEvent(new KeyboardEvent('keydown', {{key: {json.dumps(key)}}})), 0"


def click(selector: str) -> str:
    return f"document.querySelector({json.dumps(selector)}).click()"


def texts(selector: str) -> str:
    return f"[...document.querySelectorAll({json.dumps(selector)})].map((e) => e.textContent)"


CURSORS = "[...document.querySelectorAll('.music')].map((m) => m.querySelectorAll('.cursor').length)"
SECOND = "document.querySelectorAll('g.measure')[1].querySelector('.cursor')"


def test_one_side_sounds_at_a_time_and_the_cursor_goes_with_it(browser: Browser, page: Path) -> None:
    browser.open(page)
    browser.run(click("[data-side='0']"))
    browser.wait(f"Boolean({SECOND})")
    assert browser.run(CURSORS) == [1, 0]
    browser.run(press("b"))
    browser.wait(f"{CURSORS}[1] === 1")
    assert browser.run(CURSORS) == [0, 1]
    assert browser.run(texts(".play")) == ["Play A", "Stop B"]
    browser.run(press("Escape"))
    assert browser.run(CURSORS) == [0, 0]
    assert browser.run(texts(".play")) == ["Play A", "Play B"]


def test_it_ends_by_itself(browser: Browser, page: Path) -> None:
    browser.open(page)
    browser.run("LISTEN.passages[0].pace = 1500, 0")
    browser.run(press("a"))
    browser.wait(f"{CURSORS}[0] === 1")
    browser.wait(f"{CURSORS}[0] === 0")
    assert browser.run(texts(".play")) == ["Play A", "Play B"]


def test_answers_are_kept_and_told_in_the_end(browser: Browser, page: Path) -> None:
    browser.open(page)
    engine = browser.run("LISTEN.passages.map((p) => tally.SIDES[tally.revealed(p).engine])")
    for side in engine:
        human = "B" if side == "A" else "A"
        browser.run(click(f"[name=which][value={human}]"))
        browser.run(click(f"[name=prefer][value={side}]"))
        browser.run(press("n"))
    assert browser.run(texts(".whose")) == ["", ""]
    assert browser.run("document.getElementById('after').hidden")

    browser.open(page)
    assert browser.run(texts("#progress")) == ["3 of 3 passages are answered."]
    assert browser.run("document.querySelector('[name=prefer]:checked').value") == engine[0]
    browser.run(click("#show"))
    assert browser.run(texts("#right td")) == ["3 of 3", "100 %", "29 % to 100 %"]
    assert browser.run(texts("#engine td")) == ["3 of 3", "100 %", "29 % to 100 %"]
    assert browser.run(texts(".whose"))["AB".index(engine[0])] == "by Obbligato"
    assert browser.run("[...document.querySelectorAll('#answer input')].every((i) => i.disabled)")

    browser.run("window.confirm = () => true, 0")
    browser.run(click("#reset"))
    assert browser.run(texts("#progress")) == ["0 of 3 passages are answered."]
    assert not browser.run("document.querySelectorAll('#answer :checked').length")


def test_without_passages_it_says_how_to_make_them(browser: Browser, page: Path) -> None:
    (page.parent / "demonstration.js").unlink()
    browser.open(page)
    assert browser.run("document.getElementById('test').hidden")
    assert "python -m benchmarks.listen" in browser.run("document.getElementById('empty').innerText")
