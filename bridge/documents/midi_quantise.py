"""From the times that were played to times that can be written.

Every quarter of a part gets one grid, chosen for all its notes at once: the one with the least sum of
squared distances, in units of how unsteady the file is, plus the price of reading so fine a grid.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from math import ceil, floor, inf
from statistics import median

from bridge.documents.midi_file import Sounding
from bridge.documents.midi_timeline import Starts
from engine.exact import Fraction
from engine.metre import metric_offset
from engine.score import Measure

Divisions = tuple[int, ...]  # of a cell; several where voices move on different grids, as 2 against 3
Choices = list[tuple[float, Divisions]]  # with their prices, the cheapest first

_PRICES: dict[int, float] = {1: 0, 2: 1, 4: 2, 8: 5, 16: 9, 32: 14}
_PRICES |= {3: 3, 6: 5, 12: 9, 24: 14, 5: 8, 10: 12, 20: 16, 7: 11, 14: 15, 28: 18}
_SINGLE: Choices = sorted((price, (n,)) for n, price in _PRICES.items())
_MIXED = sorted(
    [((_PRICES[a] + _PRICES[b] + 1), (a, b)) for a, b in combinations(sorted(_PRICES), 2) if b % a] + _SINGLE
)
_PLAYED = [choice for choice in _SINGLE if choice[1][0] <= 8 and choice[1][0] != 7]
_SHORTEST_TUPLET = Fraction(1, 4)
_FINEST = 64  # pieces of a quarter in plain notes
_COMMON = (8, 6)
_FINE = {1: 32, 3: 24, 5: 20, 7: 28}  # grids of written times, where the resolution is a multiple of the key
_STEADY = 0.95  # share of the times on a grid in a file that was not played but written
_TOLERANCES = (0.51, 1.01)  # ticks by which programs round times, and end notes early
_FINE_TICKS = 96  # below this resolution every time is near one of _FINE
_LOOSE = 1 / 8  # how far note-offs of a player stray, in quarters: articulation, not rhythm
_STEADY_ENDS = 0.015  # the most that note-offs may stray to count as rhythm, in quarters
_MOST_FOR_AN_END = 40.0  # what the distance of one note-off may count
_GAP = Fraction(1, 4)  # a shorter rest is articulation
_OVERLAP = Fraction(1, 8)  # and so is a longer overlap


@dataclass(frozen=True, slots=True)
class Steadiness:
    """How far times stray from the grid, in quarters; ``exact``: the file holds written times."""

    spread: float
    exact: bool

    @classmethod
    def of(cls, times: Sequence[Fraction], ticks: int) -> Steadiness:
        """Judge by all times of a kind in a file of that resolution."""
        fine = tuple(grid for factor, grid in _FINE.items() if ticks % factor == 0)
        grid = fine if ticks >= _FINE_TICKS else _COMMON
        distances = sorted(_distance(float(time % 1), grid) for time in times)
        for tolerance in _TOLERANCES:
            if distances[int(_STEADY * (len(times) - 1))] <= tolerance / ticks:
                return cls(tolerance / ticks, True)
        strays = median(_distance(float(time % 1), _COMMON) for time in times)
        return cls(max(1.5 * strays, 1 / ticks), False)


@dataclass(frozen=True, slots=True)
class Steadinesses:
    """Of note-ons and of note-offs."""

    starts: Steadiness
    ends: Steadiness

    @classmethod
    def of(cls, notes: Sequence[Sounding], ticks: int) -> Steadinesses:
        """Judge a file; note-offs that are far off the grid say no more than how notes were articulated."""
        ends = Steadiness.of([note.end for note in notes], ticks)
        if not ends.exact and ends.spread > _STEADY_ENDS:
            ends = Steadiness(_LOOSE, False)
        return cls(Steadiness.of([note.start for note in notes], ticks), ends)


@dataclass(frozen=True, slots=True)
class Cell:
    """A quarter of the score from ``start``; at the edge of a measure half of one, a quarter of one, ..."""

    start: Fraction
    length: Fraction
    measure: int

    def divisible(self, divisions: Divisions) -> bool:
        """Whether so fine a grid can be written."""
        if all(n & (n - 1) == 0 for n in divisions):
            return _FINEST % (self.length / divisions[-1]).denominator == 0
        return self.length >= _SHORTEST_TUPLET


def cells_of(measures: Sequence[Measure]) -> list[Cell]:
    """The cells of all measures; those of a pickup lie on the beats of the full measure."""
    cells = []
    start = Fraction(0)
    for index, measure in enumerate(measures):
        offset = metric_offset(measure)
        end = offset + measure.duration
        for beat in range(floor(offset), ceil(end)):
            for at, length in _inside(Fraction(beat), Fraction(1), offset, end):
                cells.append(Cell(start + at - offset, length, index))
        start += measure.duration
    return cells


def _inside(
    at: Fraction, length: Fraction, low: Fraction, high: Fraction
) -> Iterator[tuple[Fraction, Fraction]]:
    """The stretch itself, or the halves, quarters, ... of it that lie between ``low`` and ``high``."""
    if low <= at and at + length <= high:
        yield at, length
    elif at < high and low < at + length:
        yield from _inside(at, length / 2, low, high)
        yield from _inside(at + length / 2, length / 2, low, high)


class Grid:
    """The divisions of every cell, and the rounding to them."""

    def __init__(self, cells: Sequence[Cell]) -> None:
        self._cells = cells
        self._starts = Starts([cell.start for cell in cells])
        self._divisions: list[Divisions] = [(1,)] * len(cells)
        self._places: dict[Fraction, tuple[int, Fraction]] = {}
        self._nearest: dict[Fraction, Fraction] = {}

    def fit(self, notes: Iterable[Sounding], steady: Steadinesses) -> None:
        """Choose the divisions of all cells for those notes."""
        choices = _MIXED if steady.starts.exact else _PLAYED
        self._fit(notes, steady, choices, range(len(self._cells)))

    def simplify(self, notes: Iterable[Sounding], steady: Steadinesses, measures: set[int]) -> None:
        """Choose anew in those measures, without mixtures; such a grid can always be written."""
        spoilt = [i for i, cell in enumerate(self._cells) if cell.measure in measures]
        choices = _SINGLE if steady.starts.exact else _PLAYED
        self._fit(notes, steady, choices, spoilt)

    def _fit(
        self, notes: Iterable[Sounding], steady: Steadinesses, choices: Choices, indices: Iterable[int]
    ) -> None:
        starts: defaultdict[int, set[float]] = defaultdict(set)
        ends: defaultdict[int, set[float]] = defaultdict(set)
        for note in notes:
            for time, points in ((note.start, starts), (note.end, ends)):
                index, inside = self._place(time)
                points[index].add(float(inside))
        for index in indices:
            self._divisions[index] = _best(choices, self._cells[index], starts[index], ends[index], steady)
        self._nearest.clear()

    def _place(self, time: Fraction) -> tuple[int, Fraction]:
        """The cell that holds a time, and where in it, as a share of it."""
        found = self._places.get(time)
        if found is None:
            index = self._starts.index(time)
            cell = self._cells[index]
            share = time - cell.start
            found = self._places[time] = (index, share if cell.length == 1 else share / cell.length)
        return found

    def nearest(self, time: Fraction) -> Fraction:
        """The grid point nearest to a time."""
        found = self._nearest.get(time)
        if found is None:
            index, inside = self._place(time)
            points = [Fraction(round(inside * n), n) for n in self._divisions[index]]
            share = points[0] if len(points) == 1 else min(points, key=lambda point: abs(point - inside))
            found = self._nearest[time] = self._time(index, share)
        return found

    def after(self, time: Fraction) -> Fraction:
        """The next grid point behind a time."""
        index, inside = self._place(time)
        return self._time(index, min(Fraction(int(inside * n) + 1, n) for n in self._divisions[index]))

    def _time(self, index: int, share: Fraction) -> Fraction:
        cell = self._cells[index]
        return cell.start + share * cell.length


def _best(
    choices: Choices, cell: Cell, starts: set[float], ends: set[float], steady: Steadinesses
) -> Divisions:
    start_spread = steady.starts.spread / float(cell.length)
    end_spread = steady.ends.spread / float(cell.length)
    best: Divisions = (1,)
    least = inf
    for price, divisions in choices:
        if price >= least:
            break
        if cell.divisible(divisions):
            cost = price + sum((_distance(x, divisions) / start_spread) ** 2 for x in starts)
            cost += sum(min((_distance(x, divisions) / end_spread) ** 2, _MOST_FOR_AN_END) for x in ends)
            if cost < least:
                best, least = divisions, cost
    return best


def _distance(x: float, divisions: Divisions) -> float:
    return min(abs(x * n - round(x * n)) / n for n in divisions)


def quantised(notes: Sequence[Sounding], grid: Grid, steady: Steadinesses) -> list[Sounding]:
    """The notes of one staff on the grid, none of them empty.

    A player's note that ends just before or after the next one begins ends where that one begins.
    """
    onsets = sorted({note.start for note in notes})
    result = []
    for note in notes:
        start, end = grid.nearest(note.start), grid.nearest(note.end)
        if not steady.ends.exact:
            end = _legato_end(note.end, start, onsets, grid) or end
        result.append(replace(note, start=start, end=end if end > start else grid.after(start)))
    return result


def _legato_end(end: Fraction, start: Fraction, onsets: list[Fraction], grid: Grid) -> Fraction | None:
    near = onsets[bisect_left(onsets, end - _OVERLAP) : bisect_left(onsets, end + _GAP)]
    return next((point for onset in near if (point := grid.nearest(onset)) > start), None)
