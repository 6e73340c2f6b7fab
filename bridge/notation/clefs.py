"""Clefs, and where a staff changes its clef because its notes have gone far away."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from engine.instruments import INSTRUMENTS
from engine.score import Note, Part

_FREE_LEDGERS = 2  # ledger lines that cost nothing
_CHANGE = 5  # what a change of clef costs, in further ledger lines
_AWAY = 1  # what a measure in another clef than the usual one costs


@dataclass(frozen=True, slots=True)
class Clef:
    """MusicXML's ``sign``, ``line`` and ``octave`` change; ``bottom``: lowest line, staff steps above C0."""

    sign: str
    line: int
    bottom: int
    octave: int = 0

    def ledger_lines(self, diatonic: int) -> int:
        """How many ledger lines a head there needs."""
        return max(diatonic - self.bottom - 8, self.bottom - diatonic, 0) // 2


CLEFS = {
    "treble": Clef("G", 2, 30),
    "bass": Clef("F", 4, 18),
    "alto": Clef("C", 3, 24),
    "tenor": Clef("C", 4, 22),
    "treble-8": Clef("G", 2, 23, -1),
    "percussion": Clef("percussion", 2, 30),
}
_ALTERNATIVES = {
    "keyboard": ("treble", "bass"),
    "harp": ("treble", "bass"),
    "cello": ("bass", "tenor", "treble"),
    "bassoon": ("bass", "tenor"),
    "trombone": ("bass", "tenor"),
    "viola": ("alto", "treble"),
}


def usual_clef(part: Part, staff: int) -> str:
    """The clef that a staff of the part, counted from 1, starts with."""
    if not part.pitched:
        return "percussion"
    clefs = INSTRUMENTS[part.instrument].clefs
    if part.staves > len(clefs):
        clefs = ("treble",) * (part.staves - 1) + ("bass",)
    return clefs[staff - 1]


def staff_clefs(
    part: Part, staff: int, measures: Sequence[Sequence[Note]], written: Sequence[int]
) -> list[str]:
    """The clef of a staff in each measure: the cheapest way through ledger lines and changes.

    ``measures`` holds the notes on that staff, ``written`` the staff steps by which each measure's
    notes are written above their sound.
    """
    home = usual_clef(part, staff)
    instrument = INSTRUMENTS[part.instrument]
    names = _ALTERNATIVES.get(instrument.name) or _ALTERNATIVES.get(instrument.family) or ()
    if home not in names:
        return [home] * len(measures)
    ways: dict[str, tuple[int, list[str]]] = {home: (0, [])}
    for notes, shift in zip(measures, written, strict=True):
        steps = [note.pitch.diatonic + shift for note in notes]
        ways = {name: _cheapest(ways, name, _measure_cost(name, home, steps)) for name in names}
    return min(ways.values(), key=lambda way: way[0])[1]


def _cheapest(ways: dict[str, tuple[int, list[str]]], name: str, cost: int) -> tuple[int, list[str]]:
    total, path = min((total + _CHANGE * (old != name), path) for old, (total, path) in ways.items())
    return total + cost, [*path, name]


def _measure_cost(name: str, home: str, steps: list[int]) -> int:
    clef = CLEFS[name]
    ledgers = sum(max(0, clef.ledger_lines(step) - _FREE_LEDGERS) for step in steps)
    return ledgers + _AWAY * (name != home)
