"""What sounds around a cell while it is written, and how no two voices of a choir come to move in parallel."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from engine.exact import Fraction
from engine.instruments import INSTRUMENTS, VOICES, voice_of
from engine.interface import Passage
from engine.score import Cell

Line = tuple[
    tuple[Fraction, Fraction, int], ...
]  # onset and end in quarters from the start of the measure, MIDI key

_PARALLEL = (0, 7)  # semitones, octaves left aside: unisons and octaves, fifths


@dataclass(frozen=True, slots=True)
class Choir:
    """``own`` is what the voice sang in the measure before, at times below 0; ``others`` are the lines around it.

    Of these, those of the choir that is written are ``above`` or ``below``, unless they are voices of the same kind.
    """

    own: Line = ()
    others: tuple[Line, ...] = ()
    above: tuple[Line, ...] = ()
    below: tuple[Line, ...] = ()

    @classmethod
    def around(cls, passage: Passage, done: Mapping[tuple[int, int], Cell], measure: int, part: int) -> Choir:
        """For the cell of a part; nothing where it does not sing. ``done``: cells by (measure, part)."""
        if not _sings(passage, part):
            return cls()
        others = [p for p in range(len(passage.score.parts)) if p != part and _sings(passage, p)]
        before = _line(passage, done, measure - 1, part) if measure else ()
        lines = {other: _lines(passage, done, measure, other) for other in others}
        ranks = {p: _rank(passage, p) for p in {p for p, _ in passage.mask} | passage.choir}
        above = tuple(line for p, line in lines.items() if ranks.get(p, ranks[part]) < ranks[part])
        below = tuple(line for p, line in lines.items() if ranks.get(p, ranks[part]) > ranks[part])
        return cls(before, tuple(lines.values()), above, below)

    def room(self, onset: Fraction) -> tuple[int, int]:
        """The keys, inclusive, between the voices above and those below."""
        above = (key for line in self.above if (key := _at(line, onset)) is not None)
        below = (key for line in self.below if (key := _at(line, onset)) is not None)
        return max(below, default=0), min(above, default=127)

    def parallels(self, line: Line, onset: Fraction) -> Iterator[tuple[int, int, int, int]]:
        """For a voice that has sung ``line`` in this measure and moves at ``onset``: where it must not go.

        (kind, from, other, way): it comes from that key and must not reach, in the direction of ``way``, one that
        makes an interval of that kind with the key that another voice moves to.
        """
        own = _before((*self.own, *line), onset) if self.others else None
        for other in self.others:
            old, new = _before(other, onset), _at(other, onset)
            if own is None or old is None or new is None or new == old:
                continue
            kind = abs(own - old) % 12
            if kind in _PARALLEL:
                yield kind, own, new, 1 if new > old else -1

    def forbids(self, cell: Cell) -> bool:
        """Whether a voice that sings this whole cell goes where it must not."""
        line = _sung(cell, Fraction(0))
        return any(
            abs(key - other) % 12 == kind and (key - start) * way > 0
            for onset, _, key in line
            for kind, start, other, way in self.parallels(line, onset)
        )


def around(passage: Passage, done: Mapping[tuple[int, int], Cell], measure: int, part: int) -> Line:
    """What the other parts that are listened to hold in a measure, as far as it is known; as ``Choir.around``."""
    heard = passage.listen or range(len(passage.score.parts))
    others = sorted({*heard, *(p for p, _ in passage.mask)} - {part})
    return tuple(note for p in others for note in _sung(_cell(passage, done, measure, p), Fraction(0)))


def _sings(passage: Passage, part: int) -> bool:
    return part in passage.choir or INSTRUMENTS[passage.score.parts[part].instrument].family == "voice"


def _rank(passage: Passage, part: int) -> int:
    """The place of a part in a choir, from the highest."""
    found = passage.score.parts[part]
    return VOICES.index(voice_of(found.instrument, found.name))


def _lines(passage: Passage, done: Mapping[tuple[int, int], Cell], measure: int, part: int) -> Line:
    """A part in a measure and the one before."""
    before = _line(passage, done, measure - 1, part) if measure else ()
    return (*before, *_sung(_cell(passage, done, measure, part), Fraction(0)))


def _line(passage: Passage, done: Mapping[tuple[int, int], Cell], measure: int, part: int) -> Line:
    """A part in a measure that is over, at times up to 0."""
    return _sung(_cell(passage, done, measure, part), -passage.score.measures[measure].duration)


def _cell(passage: Passage, done: Mapping[tuple[int, int], Cell], measure: int, part: int) -> Cell:
    """What is known of it: nothing while it waits."""
    known = () if (part, measure) in passage.mask else passage.score.parts[part].cells[measure]
    return done.get((measure, part), known)


def _sung(cell: Cell, start: Fraction) -> Line:
    return tuple((start + note.onset, start + note.end, note.pitch.midi) for note in cell)


def _before(line: Line, time: Fraction) -> int | None:
    """The highest key that sounds up to a time or over it."""
    return max((key for onset, end, key in line if onset < time <= end), default=None)


def _at(line: Line, time: Fraction) -> int | None:
    """The highest key that sounds from a time on."""
    return max((key for onset, end, key in line if onset <= time < end), default=None)
