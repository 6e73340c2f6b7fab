"""What a sceptic would look at in four measures to tell a machine from a composer, as numbers.

Shares unless the name says otherwise. Pitch classes count from the tonic of the signature read as a major key.
"""

from __future__ import annotations

from itertools import combinations, pairwise

import numpy as np
import numpy.typing as npt

from engine.evaluation.measures import (
    Floats,
    chord_tone_share,
    coverage,
    density,
    entropy,
    groove,
    parallels,
    polyphony,
    returning,
    roll,
)
from engine.evaluation.pieces import END, KEY, ON, TICKS, Line, Piece, chords, together

Named = dict[str, float]

_STEP = TICKS // 12
_DURATIONS = (0.2, 0.3, 0.45, 0.6, 0.9, 1.2, 1.7, 2.2, 3.2)  # quarters, upper bounds of the bins
_GAPS = (0.2, 0.3, 0.45, 0.6, 0.9, 1.2, 2.2)
_PLACES = (0, 3, 4, 6, 8, 9)  # twelfths of a quarter
_MELODIC = np.array([-12.5, -7.5, -4.5, -2.5, -1.5, -0.5, 0.5, 1.5, 2.5, 4.5, 7.5, 12.5])
_SCALE = (0, 2, 4, 5, 7, 9, 11)
_TRIADS = np.array([[(r + s) % 12 for s in steps] for r in range(12) for steps in ((0, 4, 7), (0, 3, 7))])


def features(piece: Piece) -> Named:
    """All features of a piece; the same names for every piece with as many parts."""
    return features_of_all(piece) | _between_parts(piece)


def features_of_all(piece: Piece) -> Named:
    """Those of the written parts taken together; the same names for every piece."""
    line = together(piece.written)
    if not len(line):
        line = np.array([[0, 1, 60]], np.int64)  # silence: one short note, which no writer writes
    found: Named = {}
    for name, group in (
        ("", _amounts(piece, line)),
        ("duration", _histogram((line[:, END] - line[:, ON]) / TICKS, _DURATIONS)),
        ("", _rhythm(piece, line)),
        ("", _register(piece, line)),
        ("", _melodic(line)),
        ("", _harmony(piece, line)),
        ("", _beside_given(piece, line)),
        ("", _between_measures(piece)),
    ):
        found |= {f"{name} {key}".strip(): float(value) for key, value in group.items()}
    return found


def matrix(pieces: list[Piece]) -> tuple[Floats, list[str]]:
    """(pieces, features) and the features' names."""
    rows = [features(piece) for piece in pieces]
    names = list(rows[0])
    return np.nan_to_num(np.array([[row[name] for name in names] for row in rows])), names


def _mean(values: npt.ArrayLike) -> float:
    """Zero where there is nothing to count."""
    found = np.asarray(values, np.float64)
    return float(found.mean()) if found.size else 0.0


def _histogram(values: npt.NDArray[np.float64], bounds: tuple[float, ...]) -> Named:
    counts = np.bincount(np.searchsorted(bounds, values), minlength=len(bounds) + 1) / max(len(values), 1)
    names = [*(f"up to {b}" for b in bounds), f"over {bounds[-1]}"]
    return dict(zip(names, counts, strict=True))


def _amounts(piece: Piece, line: Line) -> Named:
    struck = [len(notes) for _, notes in chords(line)]
    sounding = roll([line], int(piece.starts[-1]), _STEP).sum(1)
    in_measure = np.array(
        [((line[:, ON] >= a) & (line[:, ON] < b)).sum() for a, b in pairwise(piece.starts.tolist())]
    )
    found = {
        "coverage": coverage(piece),
        "onsets a quarter": density(piece),
        "notes a quarter": len(line) / piece.quarters,
        "notes a measure, spread": in_measure.std() / max(in_measure.mean(), 1e-9),
        "polyphony": polyphony(piece),
        "rest": (sounding == 0).mean(),
        "notes struck, mean": _mean(struck),
        "notes struck, spread": np.std(struck),
        "polyphony, spread": sounding.std(),
    }
    return found | {f"{n} notes struck": _mean(np.minimum(struck, 6) == n) for n in range(1, 7)}


def _rhythm(piece: Piece, line: Line) -> Named:
    onsets = np.unique(line[:, ON])
    places = (onsets % TICKS) * 12 / TICKS
    index = np.searchsorted(piece.starts, onsets, side="right") - 1
    in_measure = onsets - piece.starts[np.clip(index, 0, piece.measures - 1)]
    on_beat = in_measure % piece.beat == 0
    gaps = np.diff(onsets) / TICKS
    grid = groove(piece)
    durations = line[:, END] - line[:, ON]
    found = {f"onset at {p}/12 of a quarter": _mean(np.abs(places - p) < 0.1) for p in _PLACES}
    found |= {f"gap {name}": share for name, share in _histogram(gaps, _GAPS).items()}
    return found | {
        "onset elsewhere": _mean([np.abs(p - np.array(_PLACES)).min() > 0.1 for p in places]),
        "on the beat": on_beat.mean(),
        "on the downbeat": (in_measure == 0).sum() / piece.measures,
        "beats struck": on_beat.sum() / max((piece.starts[-1] - piece.starts[0]) / piece.beat, 1),
        "gap like the one before": _mean(gaps[1:] == gaps[:-1]),
        "entropy of gaps, bits": entropy(np.unique(gaps, return_counts=True)[1]),
        "entropy of durations, bits": entropy(np.unique(durations, return_counts=True)[1]),
        "entropy of places, bits": entropy(grid.sum(0)),
        "rhythms of measures that differ": len({row.tobytes() for row in grid}) / piece.measures,
        "held over the bar line": _mean(
            [((line[:, ON] < b) & (line[:, END] > b)).any() for b in piece.starts[1:-1]]
        ),
        "ends when another begins": np.isin(line[:, END], onsets).mean(),
        "duration to the next onset": _mean(_legato(line, onsets)),
    }


def _legato(line: Line, onsets: Line) -> Floats:
    following = np.append(onsets, line[:, END].max())[np.searchsorted(onsets, line[:, ON], side="right")]
    return np.minimum((line[:, END] - line[:, ON]) / np.maximum(following - line[:, ON], 1), 8.0)


def _outer(line: Line) -> tuple[Line, Line]:
    """Onset, end and key of the lowest and of the highest note of each chord."""
    struck = chords(line)
    return np.array([n[0] for _, n in struck]), np.array([n[-1] for _, n in struck])


def _register(piece: Piece, line: Line) -> Named:
    keys = line[:, KEY]
    low, high = _outer(line)
    widths = [n[-1, KEY] - n[0, KEY] for _, n in chords(line)]
    sounding = [np.flatnonzero(row) for row in roll([line], int(piece.starts[-1]), _STEP)]
    spans = [row[-1] - row[0] for row in sounding if len(row)]
    found = {
        "key, mean": keys.mean(),
        "key, spread": keys.std(),
        "key, lowest": keys.min(),
        "key, highest": keys.max(),
        "keys that differ": len(set(keys.tolist())) / len(keys),
        "lowest line, mean": low[:, KEY].mean(),
        "highest line, mean": high[:, KEY].mean(),
        "chord width": _mean(widths),
        "chord width, spread": np.std(widths),
        "sounding width": _mean(spans),
        "sounding width, most": np.max(spans or [0]),
    }
    for name, other in (("measure", piece.starts), ("half", piece.starts[:: max(piece.measures // 2, 1)])):
        means = [keys[(line[:, ON] >= a) & (line[:, ON] < b)] for a, b in pairwise(other.tolist())]
        found[f"key, spread between {name}s"] = np.std([m.mean() for m in means if len(m)] or [0])
    return found


def _melodic(line: Line) -> Named:
    low, high = _outer(line)
    found: Named = {}
    moves = {"bass": np.diff(low[:, KEY]), "top": np.diff(high[:, KEY])}
    for name, steps in moves.items():
        counts = np.bincount(np.digitize(steps, _MELODIC), minlength=len(_MELODIC) + 1) / max(len(steps), 1)
        bounds = ["-inf", *_MELODIC.tolist(), "inf"]
        found |= {f"{name} moves {a} to {b}": c for (a, b), c in zip(pairwise(bounds), counts, strict=True)}
        found |= {
            f"{name} moves, mean": _mean(np.abs(steps)),
            f"{name} turns": _mean(steps[1:] * steps[:-1] < 0),
            f"{name} goes on": _mean(steps[1:] * steps[:-1] > 0),
        }
    both = moves["bass"] * moves["top"]
    return found | {"outer lines contrary": _mean(both < 0), "outer lines parallel": _mean(both > 0)}


def _harmony(piece: Piece, line: Line) -> Named:
    tonic = piece.fifths * 7 % 12
    length = line[:, END] - line[:, ON]
    degrees = np.bincount((line[:, KEY] - tonic) % 12, length, 12) / length.sum()
    found = {f"degree {d}": degrees[d] for d in range(12)}
    above = np.zeros(12)
    for _, notes in chords(line):
        np.add.at(above, (notes[1:, KEY] - notes[0, KEY]) % 12, 1)
    found |= {f"struck {i} above the lowest": a for i, a in enumerate(above / max(above.sum(), 1))}
    written = _classes(roll([line], int(piece.starts[-1]), _STEP))
    per_beat = [written[a : a + 12].sum(0) for a in range(0, len(written), 12)]
    classes = [int((beat > 0).sum()) for beat in per_beat]
    fits = [beat[_TRIADS].sum(1).max() / beat.sum() for beat in per_beat if beat.sum()]
    clashes = [_clashes(np.flatnonzero(row)) for row in written]
    return found | {
        "outside the scale": 1 - degrees[list(_SCALE)].sum(),
        "entropy of degrees, bits": float(-(degrees[degrees > 0] * np.log2(degrees[degrees > 0])).sum()),
        "pitch classes a beat": _mean(classes),
        "pitch classes a beat, spread": np.std(classes),
        "best triad a beat": _mean(fits),
        "best triad a beat, worst": np.min(fits or [0]),
        "semitone within": _mean([c[0] for c in clashes]),
        "tone within": _mean([c[1] for c in clashes]),
        "tritone within": _mean([c[2] for c in clashes]),
        "doubled": 1 - written.sum() / max(roll([line], int(piece.starts[-1]), _STEP).sum(), 1),
    }


def _classes(keys: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """(steps, 12): whether each pitch class sounds."""
    padded = np.pad(keys, ((0, 0), (0, -keys.shape[1] % 12)))
    found: npt.NDArray[np.int64] = (padded.reshape(len(keys), -1, 12).sum(1) > 0).astype(np.int64)
    return found


def _clashes(classes: npt.NDArray[np.int64]) -> tuple[bool, bool, bool]:
    found = {min((a - b) % 12, (b - a) % 12) for a, b in combinations(classes.tolist(), 2)}
    return 1 in found, 2 in found, 6 in found


def _beside_given(piece: Piece, line: Line) -> Named:
    end = int(piece.starts[-1])
    given, mine = roll(piece.given, end, _STEP), roll([line], end, _STEP)
    both = _classes(given), _classes(mine)
    meeting = np.array([(both[0] * np.roll(both[1], -i, axis=1)).sum() for i in range(12)], np.float64)
    tune = together(piece.given)
    begins, own = set(tune[:, ON].tolist()), set(line[:, ON].tolist())
    starts = {(on, key % 12) for on, _, key in tune.tolist()}
    twins = {(on, key % 12) for on, _, key in line.tolist()} & starts
    same = {(on, key) for on, _, key in line.tolist()} & {(on, key) for on, _, key in tune.tolist()}
    top = np.array([np.flatnonzero(row)[-1] if row.any() else -1 for row in given])
    highest = np.array([np.flatnonzero(row)[-1] if row.any() else -1 for row in mine])
    heard = (top >= 0) & (highest >= 0)
    at_onset = [_onset_clash(tune, key, on) for on, _, key in line.tolist()]
    found = {f"{i} above a given note": m for i, m in enumerate(meeting / max(meeting.sum(), 1))}
    fits = [
        beat for a in range(0, end // _STEP, 12) if (beat := (both[0] + both[1])[a : a + 12].sum(0)).sum()
    ]
    return found | {
        "chord tones": chord_tone_share(piece),
        "onsets with a given one": len(begins & own) / max(len(own), 1),
        "given onsets with an own one": len(begins & own) / max(len(begins), 1),
        "given onsets doubled": len(twins) / max(len(starts), 1),
        "given onsets doubled in unison": len(same) / max(len(starts), 1),
        "above the given notes": _mean((highest > top)[heard]),
        "distance to the given notes": _mean((top - highest)[heard]),
        "clash at an onset": _mean([a for a in at_onset if a is not None]),
        "best triad with the given": _mean([b[_TRIADS].sum(1).max() / b.sum() for b in fits]),
        "rests while the given sounds": ((top >= 0) & (highest < 0)).mean(),
        "sounds while the given rests": ((top < 0) & (highest >= 0)).mean(),
        "parallels": parallels(piece),
    }


def _onset_clash(given: Line, key: int, time: int) -> bool | None:
    """Whether a semitone, in any octave, to a given note sounds at a time; None without given notes."""
    sounding = given[(given[:, ON] <= time) & (given[:, END] > time), KEY]
    return bool(np.isin((sounding - key) % 12, (1, 11)).any()) if len(sounding) else None


def _between_measures(piece: Piece) -> Named:
    exact, moved = returning(piece)
    grid = groove(piece)
    classes = [
        _classes(roll(piece.cut(m, m + 1).written, int(piece.starts[m + 1] - piece.starts[m]), _STEP)).any(0)
        for m in range(piece.measures)
    ]
    likeness = [(a & b).sum() / max((a | b).sum(), 1) for a, b in pairwise(classes)]
    pairs = list(combinations(range(piece.measures), 2))
    return {
        "measures that return": exact,
        "measures that return or are moved": moved,
        "rhythm like the measure before": _mean([(a == b).mean() for a, b in pairwise(grid)]),
        "rhythm equal to the measure before": _mean([(a == b).all() for a, b in pairwise(grid)]),
        "rhythm alike, all pairs": _mean([(grid[a] == grid[b]).mean() for a, b in pairs]),
        "pitch classes like the measure before": _mean(likeness),
        "pitch classes like the measure before, least": np.min(likeness or [0]),
        "chords struck again": _struck_again(together(piece.written)),
    }


def _struck_again(line: Line) -> float:
    sets = [tuple(notes[:, KEY].tolist()) for _, notes in chords(line)]
    return _mean([a == b for a, b in pairwise(sets)])


def _between_parts(piece: Piece) -> Named:
    """For two and more written parts: each part's own register and how the parts go together."""
    if len(piece.written) < 2:
        return {}
    found: Named = {}
    for i, line in enumerate(piece.written, start=1):
        keys = line[:, KEY] if len(line) else np.array([0])
        found |= {
            f"part {i}, key": keys.mean(),
            f"part {i}, moves": _mean(np.abs(np.diff(keys))),
            f"part {i}, repeats": _mean(np.diff(keys) == 0),
            f"part {i}, onsets a quarter": len(np.unique(line[:, ON])) / piece.quarters,
        }
    onsets = [set(line[:, ON].tolist()) for line in piece.written]
    alike = [len(a & b) / max(len(a | b), 1) for a, b in combinations(onsets, 2)]
    tops = [roll([line], int(piece.starts[-1]), _STEP).argmax(1) for line in piece.written]
    crossed = [((a > 0) & (b > 0) & (a < b)).mean() for a, b in pairwise(tops)]
    return found | {"onsets shared by parts": _mean(alike), "parts crossed": _mean(crossed)}
