"""How long a run of notes a writer shares with the training data, against what a composer shares by chance.

A part is a sequence of (interval from the note before, time since it), notes in order of onset and then upwards,
so that another key or other ties do not hide a copy. All training parts together are put into a suffix array
(Manber and Myers, "Suffix arrays: a new method for on-line string searches", 1993), sorted by doubling: the
longest match is beside the place where a sequence would stand.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
import numpy.typing as npt

from engine.encoding import MEASURE, N_MIDI, N_ONSET, N_TIED, PART
from engine.evaluation.pieces import KEY, ON, TICKS, Line
from engine.training.works import Work
from engine.vocabulary import INSTRUMENT, ONSET, TIED

Steps = npt.NDArray[np.int64]

_PER_QUARTER = 48  # times are compared on this grid
_FAR = 16 * _PER_QUARTER  # longer gaps are alike
_LONGEST = 256  # notes; runs are counted up to here
_QUARTERS = np.array([0.0] + [float(p.quarters) for p in ONSET.values])


def steps_of(line: Line) -> Steps:
    """The sequence of a part; one shorter than its notes."""
    return _steps(line[:, ON] / TICKS, line[:, KEY])


def _steps(onsets: npt.NDArray[np.float64], keys: npt.NDArray[np.int64]) -> Steps:
    gaps = np.minimum(np.rint(np.diff(onsets) * _PER_QUARTER).astype(np.int64), _FAR)
    found: Steps = (keys[1:].astype(np.int64) - keys[:-1] + 128) * (_FAR + 1) + gaps + 1
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
        """Notes of the longest run of a line that stands in the corpus too, in any key; 0 for none."""
        steps = steps_of(line)
        longest = max((self._match(steps[i:]) for i in range(len(steps))), default=0)
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
    score, found = work.score, []
    for part in np.flatnonzero(np.isin(score.parts, instruments)):
        notes = score.notes[(score.notes[:, PART] == part) & (score.notes[:, N_TIED] != TIED.id(True))]
        onsets = score.starts[notes[:, MEASURE]].astype(np.float64) + _QUARTERS[notes[:, N_ONSET]]
        order = np.lexsort((notes[:, N_MIDI], onsets))
        found.append(_steps(onsets[order], notes[order, N_MIDI]))
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
