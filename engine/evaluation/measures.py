"""What can be counted in an accompaniment as it sounds. Times are ticks, shares lie between 0 and 1."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import numpy.typing as npt

from engine.evaluation.pieces import END, KEY, ON, Line, Piece, chords, cut_line, together

Floats = npt.NDArray[np.float64]

_GROOVE = 16  # places of a measure at which an onset counts as one, after Wu and Yang 2020
_ENTROPY_MEASURES = 4
_KEYS = 128
_COMMON_SHIFT = 1  # semitones that notes of a moved measure may stray: a sequence keeps to its key


def roll(lines: tuple[Line, ...] | list[Line], end: int, step: int) -> npt.NDArray[np.int64]:
    """(end / step, 128): notes of each key that sound at the middle of each step."""
    line = together(lines)
    middles = np.arange(step // 2, end, step)
    change = np.zeros((len(middles) + 1, _KEYS), np.int64)
    keys = np.clip(line[:, KEY], 0, _KEYS - 1)
    np.add.at(change, (np.searchsorted(middles, line[:, ON]), keys), 1)
    np.add.at(change, (np.searchsorted(middles, line[:, END]), keys), -1)
    return np.cumsum(change, axis=0)[:-1]


def chord_tone_share(piece: Piece) -> float:
    """Share of the given notes' time in which their pitch class sounds in the written parts too."""
    written = together(piece.written)
    shared = total = 0
    for on, end, key in together(piece.given).tolist():
        total += end - on
        same = written[(written[:, KEY] - key) % 12 == 0]
        reached = on
        for begin, finish in sorted(cut_line(same, on, end)[:, :KEY].tolist()):
            reached = max(reached, on + begin)
            shared += max(0, on + finish - reached)
            reached = max(reached, on + finish)
    return shared / total if total else 0.0


def coverage(piece: Piece) -> float:
    """Share of the measures in which the written parts have a note, of those in which the given ones do."""
    given = [sounds(together(piece.given), a, b) for a, b in pairwise(piece.starts.tolist())]
    written = [sounds(together(piece.written), a, b) for a, b in pairwise(piece.starts.tolist())]
    return sum(w for g, w in zip(given, written, strict=True) if g) / max(sum(given), 1)


def sounds(line: Line, begin: int, end: int) -> bool:
    """Whether a note of the line sounds between those times."""
    return bool(((line[:, ON] < end) & (line[:, END] > begin)).any())


def density(piece: Piece) -> float:
    """Onsets a quarter, chords counted once, mean of the written parts."""
    return float(np.mean([len(np.unique(line[:, ON])) for line in piece.written])) / piece.quarters


def polyphony(piece: Piece) -> float:
    """Notes of the written parts that sound at once, mean of the time in which any does."""
    line = together(piece.written)
    bounds = np.unique(line[:, :KEY])
    sounding = busy = 0
    for begin, end in pairwise(bounds.tolist()):
        n = int(((line[:, ON] <= begin) & (line[:, END] >= end)).sum())
        sounding, busy = sounding + n * (end - begin), busy + (end - begin) * (n > 0)
    return sounding / busy if busy else 0.0


def groove(piece: Piece) -> npt.NDArray[np.bool_]:
    """(measures, 16): where in each measure the written parts have an onset, each at the nearest place."""
    onsets = together(piece.written)[:, ON]
    index = np.clip(np.searchsorted(piece.starts, onsets, side="right") - 1, 0, piece.measures - 1)
    lengths = np.diff(piece.starts)[index]
    place = index * _GROOVE + ((onsets - piece.starts[index]) * _GROOVE / lengths + 0.5).astype(int)
    found = np.zeros((piece.measures + 1) * _GROOVE, np.bool_)  # one more for what is nearest to the end
    found[place] = True
    return found.reshape(-1, _GROOVE)[:-1]


def groove_similarity(piece: Piece, human: Piece) -> float:
    """One minus the share of places that differ, measure by measure (Wu and Yang 2020, section 4)."""
    return 1.0 - float((groove(piece) ^ groove(human)).mean())


def onset_f1(piece: Piece, human: Piece) -> float:
    """F1 of the onset times, exact to the tick, against the composer's."""
    mine, theirs = (set(together(p.written)[:, ON].tolist()) for p in (piece, human))
    return 2 * len(mine & theirs) / (len(mine) + len(theirs)) if mine or theirs else 1.0


def pitch_class_entropy(piece: Piece) -> float:
    """Bits of the histogram of pitch classes in four measures, mean (Wu and Yang 2020, section 4)."""
    spans = range(0, piece.measures - _ENTROPY_MEASURES + 1, _ENTROPY_MEASURES)
    pieces = [piece.cut(m, m + _ENTROPY_MEASURES) for m in spans] or [piece]
    return float(np.mean([entropy(np.bincount(together(p.written)[:, KEY] % 12)) for p in pieces]))


def entropy(counts: npt.NDArray[np.int64]) -> float:
    """Bits of a histogram."""
    odds = counts[counts > 0] / max(counts.sum(), 1)
    return float(-(odds * np.log2(odds)).sum())


def returning(piece: Piece) -> tuple[float, float]:
    """Shares of the measures, from the second on, that return one before: exactly; exactly or moved up or down."""
    found = [_measure(piece, m) for m in range(piece.measures)]
    exact = [m for m in range(1, piece.measures) if any(_same(found[m], b, 0) for b in found[:m])]
    moved = [m for m in range(1, piece.measures) if any(_same(found[m], b, _COMMON_SHIFT) for b in found[:m])]
    n = max(piece.measures - 1, 1)
    return len(exact) / n, len(moved) / n


def _measure(piece: Piece, index: int) -> Line:
    line, begin, end = together(piece.written), piece.starts[index], piece.starts[index + 1]
    inside: Line = line[(line[:, ON] >= begin) & (line[:, ON] < end)] - np.array([begin, begin, 0])
    return inside


def _same(a: Line, b: Line, stray: int) -> bool:
    """The same rhythm, and the same keys, or keys that are moved alike but for ``stray`` semitones."""
    if not len(a) or a.shape != b.shape or (a[:, ON] != b[:, ON]).any():
        return False
    moved = a[:, KEY] - b[:, KEY]
    return not moved.any() if stray == 0 else bool(np.ptp(moved) <= stray)


def parallels(piece: Piece) -> float:
    """Parallel fifths and octaves a measure, of all pairs of parts of which at least one is written.

    Two parts move from one fifth, octave or unison to another of the same kind in the same direction, from
    one moment at which either begins or ends a note to the next. Parts count as one voice each, their highest note.
    """
    written = [_voice(line) for line in piece.written]
    given = [_voice(line) for line in piece.given]
    pairs = [(a, b) for i, a in enumerate(written) for b in [*written[i + 1 :], *given]]
    return sum(parallels_between(a, b) for a, b in pairs) / piece.measures


def _voice(line: Line) -> Line:
    return np.array([notes[-1] for _, notes in chords(line)], np.int64).reshape(-1, 3)


def parallels_between(a: Line, b: Line) -> int:
    """Parallel fifths and octaves of two lines of single notes."""
    moments = np.union1d(a[:, :KEY], b[:, :KEY]).tolist()  # ends too: over a rest nothing is parallel
    both = [(_key_at(a, time), _key_at(b, time)) for time in moments]
    return sum(_is_parallel(before, after) for before, after in pairwise(both))


def _key_at(line: Line, time: int) -> int | None:
    index = int(np.searchsorted(line[:, ON], time, side="right")) - 1
    return int(line[index, KEY]) if index >= 0 and line[index, END] > time else None


def _is_parallel(before: tuple[int | None, int | None], after: tuple[int | None, int | None]) -> bool:
    (a, b), (c, d) = before, after
    if a is None or b is None or c is None or d is None:
        return False
    kind = abs(a - b) % 12
    return kind in (0, 7) and abs(c - d) % 12 == kind and (c - a) * (d - b) > 0
