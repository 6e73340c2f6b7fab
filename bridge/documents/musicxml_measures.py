"""What all parts share: the measures, made from what each part says of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import TypeVar

from bridge.documents.musicxml_reading import PartMeasure, PartReading
from engine.exact import Fraction
from engine.score import ChordSymbol, Key, Measure, Metre, Tempo

_ROUNDING = Fraction(1, 32)  # quarters; less than this is a document's rounding, not a different length
_T = TypeVar("_T")

Column = list[tuple[PartReading, PartMeasure]]


def measures_of(columns: Sequence[Column]) -> tuple[Measure, ...]:
    """The shared measures; ``columns`` holds, measure by measure, the parts that have it."""
    endings = _endings(columns)
    return tuple(_measure(column, endings[i]) for i, column in enumerate(columns))


def _measure(column: Column, endings: tuple[int, ...]) -> Measure:
    measures = [m for _, m in column]
    metre = _most_common((m.metre for m in measures), Metre())
    return Measure(
        number=measures[0].number,
        duration=_duration(measures, metre),
        metre=metre,
        key=_most_common((m.key for part, m in column if part.pitched), Key()),
        chords=_chords(measures),
        implicit=measures[0].implicit,
        start_repeat=any(m.start_repeat for m in measures),
        end_repeat=any(m.end_repeat for m in measures),
        endings=endings,
        tempos=_tempos(measures),
    )


def _most_common(values: Iterable[_T | None], default: _T) -> _T:
    """The value most parts have, the first of several; a part that says nothing has no vote."""
    votes = Counter(v for v in values if v is not None)
    return votes.most_common(1)[0][0] if votes else default


def _duration(measures: list[PartMeasure], metre: Metre) -> Fraction:
    senza, full = metre.symbol == "senza", metre.duration
    ends = [end for m in measures for end in m.ends.values()]
    longest = max(ends, default=Fraction(0))
    if longest == 0:
        # A measure rest is as long as the metre whatever it says, unless the measure is but a part of one.
        free = senza or measures[0].implicit
        return (max(max(m.rest, m.reach) for m in measures) if free else longest) or full
    if senza:
        return longest
    overrun_by_error = longest > full and ends.count(full) > sum(end > full for end in ends)
    return full if overrun_by_error or abs(longest - full) < _ROUNDING else longest


def _chords(measures: list[PartMeasure]) -> tuple[ChordSymbol, ...]:
    """Chord symbols of all parts in order; the same one in several parts counts once."""
    unique: dict[tuple[Fraction, str, str, str], ChordSymbol] = {}
    for chord in (c for m in measures for c in m.chords):
        unique.setdefault((chord.onset, chord.root, chord.kind, chord.bass), chord)
    return tuple(sorted(unique.values(), key=lambda c: c.onset))


def _tempos(measures: list[PartMeasure]) -> tuple[Tempo, ...]:
    """The tempos of all parts in order, of several at one place the first."""
    unique: dict[Fraction, Tempo] = {}
    for tempo in (t for m in measures for t in m.tempos):
        unique.setdefault(tempo.onset, tempo)
    return tuple(sorted(unique.values(), key=lambda tempo: tempo.onset))


def _endings(columns: Sequence[Column]) -> list[tuple[int, ...]]:
    """The ending over each measure. One that is never closed covers its first measure only."""
    result: list[tuple[int, ...]] = [()] * len(columns)
    begun: int | None = None
    for i, column in enumerate(columns):
        starts = next((m.ending_starts for _, m in column if m.ending_starts), ())
        if starts:
            begun, result[i] = i, starts
        if begun is not None and any(m.ending_stops or m.end_repeat for _, m in column):
            result[begun : i + 1] = [result[begun]] * (i + 1 - begun)
            begun = None
    return result
