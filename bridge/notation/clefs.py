"""Clefs, and where a staff changes its clef because its notes have gone far away."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from engine.exact import Fraction
from engine.instruments import INSTRUMENTS
from engine.metre import beat_groups
from engine.score import Cell, Measure, Note, Part

_FREE_LEDGERS = (
    2  # ledger lines of a head that cost nothing; the first one more costs 1, the second 2, and so on
)
_CHANGE = (
    4  # a change of clef; at this price there are half as many as people engrave, with as few ledger lines
)
_TIED = 10  # how much more one between two notes costs that a tie joins
_AWAY = Fraction(1, 4)  # a quarter in another clef than the usual one
SETTLED = _CHANGE / _AWAY  # so many quarters of rests cost as much as a change: more of them decide nothing

StaffClefs = tuple[tuple[Fraction, str], ...]  # in one measure: when each begins; the first one at 0


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
    part: Part, staff: int, measures: Sequence[Measure], cells: Sequence[Cell], written: Sequence[int]
) -> list[StaffClefs]:
    """The clefs of a staff in each measure: the cheapest way through ledger lines and changes.

    ``cells`` are the part's, in step with ``measures``; ``written`` holds the staff steps by which the notes of each
    are written above their sound.
    """
    home = usual_clef(part, staff)
    instrument = INSTRUMENTS[part.instrument]
    names = _ALTERNATIVES.get(instrument.name) or _ALTERNATIVES.get(instrument.family) or ()
    stretches = [
        stretch
        for measure, cell, shift in zip(measures, cells, written, strict=True)
        for stretch in _stretches(measure, [note for note in cell if note.staff == staff], shift)
    ]
    ways: dict[str, tuple[Fraction, list[str]]] = {home: (Fraction(0), [])}
    for stretch in stretches:
        possible = names if home in names else (home,)
        ways = {name: _cheapest(ways, name, stretch, home) for name in possible}
    _, path = min(ways.values(), key=lambda way: way[0])
    return _by_measure(stretches, path)


@dataclass(frozen=True, slots=True)
class _Stretch:
    """Time of one clef: when in its measure it starts, how long it is, its heads, the price of a change before it."""

    start: Fraction
    length: Fraction
    steps: list[int]
    change: int


def _stretches(measure: Measure, notes: list[Note], shift: int) -> list[_Stretch]:
    """A measure cut where its clef could change: at beats on which a note starts and over which none is held."""
    cuts = [beat for beat in beat_groups(measure)[1:-1] if _is_free(beat, notes)]
    edges = [Fraction(0), *cuts, measure.duration]
    return [
        _Stretch(
            start,
            end - start,
            [note.pitch.diatonic + shift for note in notes if start <= note.onset < end],
            _CHANGE + _TIED * any(n.tied for n in notes if n.onset == start),
        )
        for start, end in pairwise(edges)
    ]


def _is_free(time: Fraction, notes: list[Note]) -> bool:
    return any(n.onset == time for n in notes) and not any(n.onset < time < n.end for n in notes)


def _cheapest(
    ways: dict[str, tuple[Fraction, list[str]]], name: str, stretch: _Stretch, home: str
) -> tuple[Fraction, list[str]]:
    total, path = min(
        (total if old == name else total + stretch.change, path) for old, (total, path) in ways.items()
    )
    if stretch.steps:
        total += sum(_price(CLEFS[name].ledger_lines(step)) for step in stretch.steps)
    return total if name == home else total + _AWAY * stretch.length, [*path, name]


def _price(ledger_lines: int) -> int:
    further = max(0, ledger_lines - _FREE_LEDGERS)
    return further * (further + 1) // 2


def _by_measure(stretches: list[_Stretch], path: list[str]) -> list[StaffClefs]:
    """For each measure the clef that it starts in, and those that it changes to."""
    result: list[list[tuple[Fraction, str]]] = []
    for stretch, name in zip(stretches, path, strict=True):
        if stretch.start == 0:
            result.append([(stretch.start, name)])
        elif result[-1][-1][1] != name:
            result[-1].append((stretch.start, name))
    return [tuple(clefs) for clefs in result]
