"""The measures of MuseGAN's paper (Dong et al., AAAI 2018, section 5.1), of piano rolls.

Rolls are (measures, tracks, steps, pitches) as in ``engine.sounds.rolls``; every answer has one number for each track,
NaN where there is nothing to measure. Notes are runs of steps of a key within a measure.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from engine.sounds.rolls import PITCHES, STEPS, Roll

Floats = npt.NDArray[np.float64]

_QUALIFIED = 3  # steps of 24 to the quarter: a 32nd note
_BESIDE = 0.1  # what an onset one step beside the pattern counts, as in the code of the paper's authors
_CLASSES = 12
_RADII = (1.0, 1.0, 0.5)  # circles of fifths, of minor and of major thirds: Harte et al. 2006, section 3.1
_TURNS = (7 / 6, 3 / 2, 2 / 3)  # half turns of a semitone on each


def empty_measures(rolls: Roll) -> Floats:
    """EB: share of the measures in which nothing sounds."""
    return _mean(chroma(rolls).sum((2, 3)) == 0)


def used_pitch_classes(rolls: Roll) -> Floats:
    """UPC: pitch classes in a measure, mean of those that are not empty."""
    used = chroma(rolls).any(2).sum(2).astype(np.float64)
    return _mean(np.where(used > 0, used, np.nan))


def qualified_notes(rolls: Roll, steps: int = STEPS) -> Floats:
    """QN: share of the notes that are no shorter than a 32nd."""
    shortest = _QUALIFIED * steps // STEPS
    on, off = _edges(rolls, 1), _edges(rolls, -1)
    return np.array([_share(_lengths(on[:, t], off[:, t]) >= shortest) for t in range(rolls.shape[1])])


def patterned_onsets(rolls: Roll, steps: int = STEPS) -> Floats:
    """DP: share of the onsets on eighths and sixteenths, those one step beside them counted as a tenth.

    The paper asks this of drums; for other tracks it tells whether the rhythm is one of plain values.
    """
    grid = steps // 4
    weights = np.zeros(grid)
    weights[[-1, 1]], weights[0] = _BESIDE, 1.0
    onsets = _edges(rolls, 1)[:, :, :-1].sum((0, 3)).astype(np.float64)  # (tracks, steps)
    fitting = onsets @ np.resize(weights, onsets.shape[1])
    return _ratio(fitting, onsets.sum(1))


def tonal_distances(rolls: Roll, others: Roll | None = None, steps: int = STEPS) -> Floats:
    """TD: (tracks, tracks) Euclidean distance of tonal centroids, mean of the quarters in which both tracks sound.

    With ``others``, of the same shape, columns are tracks of these: of measures in another order, say.
    """
    here = tonal_centroids(rolls, steps)
    there = here if others is None else tonal_centroids(others, steps)
    apart = np.linalg.norm(here[:, :, None] - there[:, None], axis=-1)  # (measures, tracks, tracks, quarters)
    return _mean(np.moveaxis(apart, 3, 1).reshape(-1, *apart.shape[1:3]))


def tonal_centroids(rolls: Roll, steps: int = STEPS) -> Floats:
    """(measures, tracks, quarters, 6): tonal centroid of each quarter (Harte et al. 2006), NaN in silence."""
    of_steps = chroma(rolls).astype(np.float64)
    weights = of_steps.reshape(*of_steps.shape[:2], -1, steps, _CLASSES).sum(3)
    total = weights.sum(-1, keepdims=True)
    result: Floats = _ratio(weights @ _circles(), total)
    return result


def chroma(rolls: Roll) -> npt.NDArray[np.int64]:
    """(measures, tracks, steps, 12): keys of each pitch class that sound; ``engine.sounds.rolls.LOW`` is a C."""
    result: npt.NDArray[np.int64] = rolls.reshape(*rolls.shape[:3], PITCHES // _CLASSES, _CLASSES).sum(3)
    return result


def _circles() -> Floats:
    """(12, 6): where each pitch class lies on the three circles."""
    turns = np.pi * np.outer(np.arange(_CLASSES), _TURNS)
    both: Floats = np.stack([np.sin(turns), np.cos(turns)], -1) * np.array(_RADII)[:, None]
    return both.reshape(_CLASSES, -1)


def _edges(rolls: Roll, way: int) -> Roll:
    """(measures, tracks, steps + 1, pitches): where notes begin (1) or end (-1), the step after the last included."""
    sides = ((0, 0), (0, 0), (1, 1), (0, 0))
    result: Roll = np.diff(np.pad(rolls, sides).astype(np.int8), axis=2) == way
    return result


def _lengths(on: Roll, off: Roll) -> npt.NDArray[np.int64]:
    """Steps of the notes of one track, from where they begin and end (measures, steps + 1, pitches)."""
    result: npt.NDArray[np.int64] = np.nonzero(off.swapaxes(1, 2))[2] - np.nonzero(on.swapaxes(1, 2))[2]
    return result


def _share(found: npt.NDArray[np.bool_]) -> float:
    return float(found.mean()) if len(found) else np.nan


def _ratio(part: Floats, whole: Floats) -> Floats:
    with np.errstate(invalid="ignore", divide="ignore"):
        return part / whole


def _mean(values: Roll | Floats) -> Floats:
    """Over the first axis, without what is NaN."""
    numbers = values.astype(np.float64)
    there = ~np.isnan(numbers)
    return _ratio(np.where(there, numbers, 0).sum(0), there.sum(0).astype(np.float64))
