"""How long a run of notes a writer shares with the training data, against what a composer shares by chance.

A part is a sequence of (interval from the note before, time since it), notes in order of onset and then upwards,
its heads joined as in every line (see ``pieces``), so that another key or other ties do not hide a copy. All training
parts together are put into a suffix array (Manber and Myers, "Suffix arrays: a new method for on-line string searches",
1993), sorted by doubling: the longest match is beside the place where a sequence would stand.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import chain, combinations

import numpy as np
import numpy.typing as npt

from engine.encoding import MEASURE, N_DURATION, N_MIDI, N_ONSET, N_TIED, PART
from engine.evaluation.pieces import KEY, ON, TICKS, Line, joined, ticks
from engine.training.works import Work
from engine.vocabulary import DURATION_QUARTERS, INSTRUMENT, ONSET_QUARTERS, TIED

Steps = npt.NDArray[np.int64]

_PER_QUARTER = 48  # times are compared on this grid
_FAR = 16 * _PER_QUARTER  # longer gaps are alike
_LONGEST = 256  # notes; runs are counted up to here
_ONSETS, _LENGTHS = (np.array([*map(ticks, table)]) for table in (ONSET_QUARTERS, DURATION_QUARTERS))


def steps_of(line: Line) -> Steps:
    """The sequence of a part; one shorter than its notes."""
    gaps = np.minimum(np.rint(np.diff(line[:, ON]) * (_PER_QUARTER / TICKS)).astype(np.int64), _FAR)
    found: Steps = (np.diff(line[:, KEY]) + 128) * (_FAR + 1) + gaps + 1
    return found


class Corpus:
    """The parts of training works for some instruments, searched for what they share with a line."""

    def __init__(self, works: Sequence[Work], instruments: Iterable[str]) -> None:
        wanted = [INSTRUMENT.id(name) for name in set(instruments)]
        runs = [steps for work in works for steps in _parts(work, wanted)]
        ends = (np.array([-i]) for i in range(1, len(runs) + 1))  # each unlike all else, so no run crosses it
        both = [array for pair in zip(runs, ends, strict=True) for array in pair]
        self._steps = np.concatenate([*both, np.array([-len(runs) - 1])])
        self._order = suffix_order(self._steps)

    def longest_run(self, line: Line) -> int:
        """Notes of the longest run of a line that stands in the corpus too, in any key; 0 for none.

        A run may leave out notes that open the line: a tie may lead to them from before, where the corpus has them.
        """
        opening, steps = int((line[:, ON] == 0).sum()), steps_of(line)
        rest = range(opening, len(line))
        held = (kept for n in range(opening) for kept in combinations(range(opening), n + 1))
        begun = chain((steps_of(line[[*kept, *rest]]) for kept in held), (steps[i:] for i in rest))
        longest = max(map(self._match, begun), default=0)
        return longest + 1 if longest else 0

    def _match(self, steps: Steps) -> int:
        """Length of the longest beginning of ``steps`` in the corpus: that of a neighbour in the order."""
        wanted = tuple(steps[:_LONGEST].tolist())
        lo, hi = 0, len(self._order)
        while lo < hi:
            middle = (lo + hi) // 2
            if self._suffix(middle) < wanted:
                lo = middle + 1
            else:
                hi = middle
        near = [self._suffix(i) for i in (lo - 1, lo) if 0 <= i < len(self._order)]
        return max((_common(suffix, wanted) for suffix in near), default=0)

    def _suffix(self, rank: int) -> tuple[int, ...]:
        start = int(self._order[rank])
        return tuple(self._steps[start : start + _LONGEST].tolist())


def _parts(work: Work, instruments: Sequence[int]) -> list[Steps]:
    """Of each part for those instruments, its heads joined as those of the lines that are searched for."""
    score, found = work.score, []
    lengths = np.rint(np.diff(score.starts.astype(np.float64)) * TICKS).astype(np.int64)
    starts = np.cumsum([0, *lengths])
    for part in np.flatnonzero(np.isin(score.parts, instruments)):
        notes = score.notes[score.notes[:, PART] == part]
        onsets = starts[notes[:, MEASURE]] + _ONSETS[notes[:, N_ONSET]]
        ends = onsets + _LENGTHS[notes[:, N_DURATION]]
        tied = notes[:, N_TIED] == TIED.id(True)
        columns = (column.tolist() for column in (onsets, ends, notes[:, N_MIDI], tied))
        found.append(steps_of(joined(zip(*columns, strict=True))))
    return found


def suffix_order(values: Steps) -> Steps:
    """Where each suffix begins, in lexical order of their first 256 values."""
    rank = np.unique(values, return_inverse=True)[1].astype(np.int64)
    length = 1
    while True:
        later = np.concatenate([rank[length:], np.full(min(length, len(rank)), -1)])
        pairs = rank * (len(rank) + 1) + later + 1
        if length >= _LONGEST:
            return np.argsort(rank, kind="stable")
        rank = np.unique(pairs, return_inverse=True)[1].astype(np.int64)
        length *= 2


def _common(a: tuple[int, ...], b: tuple[int, ...]) -> int:
    n = 0
    for x, y in zip(a, b, strict=False):
        if x != y:
            break
        n += 1
    return n
