"""A deterministic engine without weights, and small scores made by hand."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from engine.cells import CellEngine
from engine.critic import critic
from engine.instruments import INSTRUMENTS
from engine.interface import Controls, EngineInfo, Passage, Sampling, WrittenCell
from engine.pitch import Pitch
from engine.score import Note

HEAD = """<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE score-partwise PUBLIC "-//Recordare//DTD MusicXML 4.0 Partwise//EN"
  "http://www.musicxml.org/dtds/partwise.dtd">
"""
ATTRIBUTES = """<attributes><divisions>1</divisions><key><fifths>0</fifths></key>
<time><beats>4</beats><beat-type>4</beat-type></time><clef><sign>{sign}</sign></clef></attributes>"""
NOTE = """<note><pitch><step>{step}</step><octave>4</octave></pitch>
<duration>4</duration><voice>1</voice><type>whole</type></note>"""
HIT = """<note><unpitched><display-step>E</display-step><display-octave>4</display-octave></unpitched>
<duration>4</duration><voice>1</voice><type>whole</type></note>"""
REST = '<note><rest measure="yes"/><duration>4</duration><voice>1</voice></note>'
CHORD = "<harmony><root><root-step>G</root-step></root><kind>dominant</kind></harmony>"


def measures_xml(contents: list[str], first: int = 1, sign: str = "G") -> str:
    """Measures in 4/4 that hold those contents, numbered from ``first``."""
    attributes = [ATTRIBUTES.format(sign=sign)] + [""] * len(contents)
    return "".join(
        f'<measure number="{first + i}">{attributes[i]}{content}</measure>'
        for i, content in enumerate(contents)
    )


def score_xml(**parts: str) -> str:
    """A whole document; each part goes by its name, and has ids P1, P2, ..."""
    listed = "".join(
        f'<score-part id="P{i}"><part-name>{name}</part-name></score-part>' for i, name in enumerate(parts, 1)
    )
    bodies = "".join(f'<part id="P{i}">{body}</part>' for i, body in enumerate(parts.values(), 1))
    return f'{HEAD}<score-partwise version="4.0"><part-list>{listed}</part-list>{bodies}</score-partwise>\n'


SONG = score_xml(Voice=measures_xml([NOTE.format(step=step) for step in "CDEF"]))
SCORES = {
    "song": SONG,
    "duo": score_xml(
        Violin=measures_xml([NOTE.format(step="G")] * 3), Piano=measures_xml([NOTE.format(step="C")] * 3)
    ),
    "drums": score_xml(Drumset=measures_xml([HIT] * 2, sign="percussion")),
    "silent": score_xml(Voice=measures_xml([REST] * 2)),
    "chords": score_xml(Voice=measures_xml([CHORD + REST] * 2)),
    "lead": score_xml(Voice=measures_xml([CHORD + NOTE.format(step="G")] * 2)),
    "truncated": SONG[: len(SONG) // 2],
    "timewise": HEAD + '<score-timewise version="4.0"><part-list/></score-timewise>',
    "partless": HEAD + '<score-partwise version="4.0"><part-list/></score-partwise>',
    "prose": "Once upon a time there was a song.\n",
    "void": "",
}


@pytest.fixture
def make_score(tmp_path: Path) -> Callable[..., Path]:
    """Writes one of SCORES into a new file and gives its path."""

    def make(kind: str = "song", name: str = "", folder: str = "") -> Path:
        path = tmp_path / folder / (name or f"{kind}.musicxml")
        path.parent.mkdir(exist_ok=True)
        path.write_text(SCORES[kind], encoding="utf-8")
        return path

    return make


class Impartial:
    """A critic to whom all takes are alike: they stay as they were drawn."""

    def score(self, passage: Passage, written: Any, nats: float) -> float:
        return 0.0


@pytest.fixture(autouse=True)
def _impartial(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(critic, "shipped", Impartial)


INFO = EngineInfo("fake", "for tests", styles=("hymn",), composers=("Schubert, Franz", "Schumann, Robert"))


@dataclass
class FakeEngine(CellEngine):
    """One note per cell, as long as the measure; its step follows the seed and the measure."""

    info: EngineInfo = INFO
    calls: list[tuple[Passage, Controls, Sampling]] = field(default_factory=list)
    unwritten: int = 0  # how many cells it forgets at the end

    def cells(self, passage: Passage, controls: Controls, sampling: Sampling) -> Iterator[WrittenCell]:
        self.calls.append((passage, controls, sampling))
        cells = sorted((measure, part) for part, measure in passage.mask)
        for measure, part in cells[: len(cells) - self.unwritten]:
            instrument = INSTRUMENTS[passage.score.parts[part].instrument]
            octave = (instrument.low + instrument.high) // 24 - 1
            pitch = Pitch("CDEFGAB"[(sampling.seed + measure) % 7], 0, octave)
            yield WrittenCell(
                part, measure, (Note(Fraction(0), passage.score.measures[measure].duration, pitch),)
            )


@pytest.fixture
def fake_engine() -> FakeEngine:
    return FakeEngine()
