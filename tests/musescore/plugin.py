"""The unmodified plugin in a real MuseScore 3, beside a real bridge: select, click, look."""

from __future__ import annotations

import json
import re
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import psutil
from musescore.session import PLUGIN_KEY, Session

from benchmarks.bridge.running import Bridge
from bridge.documents.document import open_document
from bridge.documents.musicxml_writer import write_musicxml
from engine.score import Part

PLUGIN = Path(__file__).parents[2] / "plugin_musescore" / "obbligato"
# Where the panel's buttons are, in its window, which stands in the corner of the screen.
WRITE, CANCEL, START = (210, 285), (60, 325), (70, 358)
DISCARD = (806, 433)  # of the question whether the score is to be saved, in the middle of the screen
FIRST, SECOND, THIRD, FOURTH = (60, 310), (160, 310), (260, 310), (360, 310)

_CHORDS = """(function () {
    var found = [], c = curScore.newCursor(), i;
    for (var staff = %d; staff <= %d; staff++) for (var voice = 0; voice < 4; voice++) {
        for (var s = curScore.firstMeasure.firstSegment; s; s = s.next) {
            var e = s.elementAt(staff * 4 + voice);
            if (e && e.type === Element.CHORD)
                for (i = 0; i < e.notes.length; i++)
                    found.push([staff, voice, s.tick, e.duration.ticks, e.notes[i].pitch]);
        }
    }
    return found;
})()"""


@dataclass
class Panel:
    """An open score, and the panel beside it."""

    session: Session
    folder: Path
    saved: int = 0

    def select(self, first: int, last: int) -> None:
        """Measures of the first staff, counted from 1."""
        session = self.session
        session.focus()
        session.key("Escape", "ctrl+Home", "ctrl+f")
        session.type(str(first))
        session.key("Delete", "Return")
        for _ in range(last - first + 1):
            session.key("ctrl+shift+Right")
        time.sleep(0.3)

    def open(self) -> None:
        """Start the plugin by its shortcut."""
        self.session.key(PLUGIN_KEY[1])
        self.session.wait_window("^Obbligato$")
        time.sleep(1.2)  # it looks at the selection twice a second

    def ask(self, first: int, last: int) -> None:
        """Select those measures, open the panel and press its button."""
        self.select(first, last)
        self.open()
        self.click(WRITE)

    def close(self) -> None:
        """Close the panel's window by its frame's button, as a window manager would ask."""
        self.session.close_window("^Obbligato$")

    def click(self, place: tuple[int, int]) -> None:
        self.session.click(*place)

    def notes(self, first: int = 1, last: int = 2) -> list[list[int]]:
        """[staff, voice, tick, ticks, key] of the notes on those staves, from 0; by default a piano below a voice."""
        found: list[list[int]] = self.session.eval(_CHORDS % (first, last))
        return found

    def wait_notes(self, seconds: float = 60.0) -> float:
        """Seconds until there are notes on the piano's staves."""
        start = time.monotonic()
        while not self.notes():
            if time.monotonic() - start > seconds:
                raise TimeoutError(f"no notes; log: {self.session.logtext()[-1000:]}")
            time.sleep(0.02)
        return time.monotonic() - start

    def wait_said(self, text: str, seconds: float = 60.0) -> None:
        """Until the panel has said something like that."""
        end = time.monotonic() + seconds
        while not re.search(f"Obbligato .*{text}", self.session.logtext()):
            if time.monotonic() > end:
                raise TimeoutError(f"the panel never said {text}: {self.session.logtext()[-1500:]}")
            time.sleep(0.05)

    def undo(self) -> None:
        self.session.eval('cmd("undo")')

    def text(self) -> str:
        """The score as it would be saved, without dates."""
        self.saved += 1
        path = self.folder / f"saved-{self.saved}.mscx"
        self.session.eval(f'writeScore(curScore, "{path}", "mscx")')
        return re.sub(
            r'<metaTag name="(creationDate|.*Date)">.*?</metaTag>', "", path.read_text(encoding="utf-8")
        )


def with_silent_piano(score: Path, target: Path) -> None:
    """The score's first part, and below it a piano that rests."""
    read = open_document(score).score
    piano = Part("P2", "Piano", "piano", 2, ((),) * len(read.measures))
    write_musicxml(replace(read, parts=(replace(read.parts[0], id="P1"), piano))).write(str(target))


@contextmanager
def held(running: Bridge) -> Iterator[None]:
    """Whoever writes stands still: what is asked for now is not done before a test has acted, however slow."""
    worker = psutil.Process(running.process.pid).children()[-1]
    worker.suspend()
    try:
        yield
    finally:
        worker.resume()


@contextmanager
def panel(
    score: Path, running: Bridge | None, folder: Path, command: list[str] | None = None
) -> Iterator[Panel]:
    """MuseScore with that score, and the plugin installed for that bridge; it is not open yet."""
    plugin = folder / "Obbligato"
    shutil.copytree(PLUGIN, plugin)
    home = running.home if running else folder
    known: dict[str, Any] = {"announcement": str(home / "config" / "bridge.json"), "typed": "obbligato serve"}
    known["command"] = command or ["/nowhere/obbligato", "serve"]
    (plugin / "bridge-path.json").write_text(json.dumps(known), encoding="utf-8")
    with Session(str(score), plugins=[(str(plugin), PLUGIN_KEY[0])]) as session:
        yield Panel(session, folder)
