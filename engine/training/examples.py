"""Examples and batches: a work, a window, a mask and controls become the rows of the network.

The batch of a step is a pure function of the seed and the step, so that training resumes exactly.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from engine.encoding import M_KEY, MEASURE, PART, Array, EncodedScore
from engine.training.alone import draw_alone
from engine.training.config import Asked
from engine.training.masks import draw_mask
from engine.training.whole import whole_window
from engine.training.works import NothingToLearnError, Work
from engine.transformer.columns import CONTROLS
from engine.transformer.window import (
    Likeness,
    Mask,
    Random,
    Window,
    canonical,
    decoder_rows,
    encoder_rows,
)
from engine.vocabulary import INSTRUMENT, STYLE

Rows = tuple[npt.NDArray[np.int16], npt.NDArray[np.float32], Array, npt.NDArray[np.float32], Array]

MAX_KNOWN, MAX_WRITTEN = 512, 448  # rows; a longer window is cut at a measure
_ACCOMPANISTS = {INSTRUMENT.id(name) for name in ("piano", "organ", "harpsichord", "harp", "guitar")}
_STEP = 32  # lengths are multiples of it: matrix kernels are prepared once for each shape
_WITH_CHORDS, _ALONE_WITH_CHORDS, _OTHER_PLAYERS = 0.4, 0.8, 0.15  # shares of the windows
_GROUP = 16  # batches that are sorted by length together, so that little is padded


@dataclass(slots=True)
class Batch:
    """ids (B, L, C), positions (B, L, 3) of the known and the written rows; targets (B, L, 6)."""

    known: Tensor
    known_at: Tensor
    rows: Tensor
    rows_at: Tensor
    targets: Tensor

    def to(self, device: torch.device) -> Batch:
        return Batch(*(getattr(self, name).to(device, non_blocking=True) for name in self.__slots__))


class Examples:
    """Draws windows from works, see ``TrainingConfig.asked``; ``odds`` gives each style its share of the windows.

    Raises NothingToLearnError where no work is of a style that has a share.
    """

    def __init__(
        self,
        works: Sequence[Work],
        composers: Sequence[str],
        measures: int,
        odds: dict[str, float],
        seed: int,
        asked: Asked = "tasks",
    ) -> None:
        self.works = [w for w in works if len(w.score.measures) >= 2 and (w.score.parts > 0).any()]
        self.composers = {name: i for i, name in enumerate(composers, start=1)}
        self.measures, self.seed, self.asked = measures, seed, asked
        self._ends = np.cumsum(_work_odds(self.works, odds))
        if not self._ends.any():
            styles = ", ".join(style for style, share in odds.items() if share) or "none"
            raise NothingToLearnError(f"no work of a style in training.odds ({styles})")

    def batch(self, step: int, size: int, share: slice = slice(None)) -> Batch:
        """The batch of a step, always the same one, or a share of its examples."""
        group, place = divmod(step, _GROUP)
        seeds = self._group(group, size)[place]
        return collate([self.example(int(seed)) for seed in seeds[share]])

    @lru_cache(maxsize=2)  # noqa: B019  (one instance lives as long as its run)
    def _group(self, group: int, size: int) -> npt.NDArray[np.int64]:
        """Seeds (16, size) of the examples of a group of batches, alike in known and written rows within a batch."""
        rng = np.random.default_rng([self.seed, group])
        seeds = rng.integers(0, 2**62, size=size * _GROUP)
        known, written = np.array([self._lengths(int(s)) for s in seeds]).T
        quarters = np.argsort(written, kind="stable").reshape(4, -1)
        alike = [q[np.argsort(known[q], kind="stable")].reshape(-1, size) for q in quarters]
        return seeds[np.concatenate(alike)][rng.permutation(_GROUP)]

    def _lengths(self, seed: int) -> tuple[int, int]:
        """Notes known and notes to be written of an example."""
        window = self._window(np.random.default_rng(seed))
        notes = window.score.notes
        lo, hi = np.searchsorted(notes[:, MEASURE], [window.first, window.last])
        inside = notes[lo:hi]
        written = int(window.mask[inside[:, MEASURE] - window.first, inside[:, PART]].sum())
        return int(hi - lo) - written, written

    def example(self, seed: int) -> Rows:
        """Known rows and their positions, written rows, their positions and targets."""
        rng = np.random.default_rng(seed)
        window = self._window(rng)
        return rows_of(window)

    def _window(self, rng: Random) -> Window:
        index = int(np.searchsorted(self._ends, rng.random() * self._ends[-1]))
        work = self.works[min(index, len(self.works) - 1)]
        if self.asked == "whole":
            return whole_window(work)
        total = len(work.score.measures)
        n = min(self.measures, total)
        first = int(rng.integers(0, total - n + 1))
        parts = [int(p) for p in np.flatnonzero(work.score.parts)]
        favourites = [p for p in parts if work.score.parts[p] in _ACCOMPANISTS]
        if self.asked == "alone":
            alone = replace(work, score=draw_alone(rng, work.score, favourites))
            return alone_window(alone, first, n, rng, self.composers)
        mask = draw_mask(rng, n, len(work.score.parts), parts, favourites)
        heard = np.ones(len(work.score.parts), np.bool_)
        return make_window(work, first, mask, heard, rng, self.composers)


def alone_window(work: Work, first: int, n: int, rng: Random | None, composers: dict[str, int]) -> Window:
    """``n`` measures of all parts, of which nothing is known but the controls and, mostly, the chord symbols."""
    mask = np.ones((n, len(work.score.parts)), np.bool_)
    return make_window(work, first, mask, mask[0], rng, composers, _ALONE_WITH_CHORDS)


def make_window(
    work: Work,
    first: int,
    mask: Mask,
    heard: Mask,
    rng: Random | None,
    composers: dict[str, int],
    with_chords: float = _WITH_CHORDS,
) -> Window:
    """A window with its true controls; with ``rng`` moved up or down at random and controls dropped at random.

    ``with_chords``: the share of windows that have chord symbols, of those with ``rng``.
    """
    fifths = int(work.score.measures[first + int(np.argwhere(mask)[0][0])][M_KEY])
    upwards = None if rng is None else (None, True, False)[int(rng.choice(3, p=[0.6, 0.2, 0.2]))]
    window = Window(
        work.score,
        first,
        first + len(mask),
        mask,
        heard,
        np.zeros((0, 0), np.int16),
        canonical(fifths, upwards),
    )
    _cut(window)
    window.controls = true_controls(window, work, composers)
    window.score = _disguised(window, rng, with_chords)
    if rng is not None:
        _drop(window.controls, rng)
    return window


def _disguised(window: Window, rng: Random | None, with_chords: float) -> EncodedScore:
    """The score as the network is to see it: mostly without chord symbols, known parts at times for other players.

    So it learns to follow symbols but not to need them, and to accompany any instrument.
    """
    score = window.score
    if rng is None or rng.random() >= with_chords:
        score = replace(score, chords=score.chords[:0])
    known = np.flatnonzero((score.parts > 0) & ~window.mask.any(0))
    if rng is not None and len(known) and rng.random() < _OTHER_PLAYERS:
        parts = score.parts.copy()
        parts[rng.choice(known)] = rng.integers(1, len(INSTRUMENT))
        score = replace(score, parts=parts)
    return score


def rows_of(window: Window) -> Rows:
    known, known_at = encoder_rows(window)
    rows, rows_at, targets = decoder_rows(window)
    return known, known_at, rows, rows_at, targets


def _cut(window: Window) -> None:
    """Drop measures at the end until the rows fit; the first masked measure always stays."""
    notes = window.score.notes
    lo, hi = np.searchsorted(notes[:, MEASURE], [window.first, window.last])
    measure = notes[lo:hi, MEASURE] - window.first
    masked = window.mask[measure, notes[lo:hi, PART]]
    n = len(window.mask)
    written = np.cumsum(np.bincount(measure[masked], minlength=n) + window.mask.sum(1))
    known = np.cumsum(np.bincount(measure[~masked], minlength=n))
    fits = int(((written <= MAX_WRITTEN) & (known <= MAX_KNOWN)).sum())
    keep = max(fits, int(np.argwhere(window.mask)[0][0]) + 1)
    window.mask, window.last = window.mask[:keep], window.first + keep


def true_controls(window: Window, work: Work, composers: dict[str, int]) -> Array:
    """(n_parts, 5): what the masked notes of each part really are like."""
    notes = window.score.notes
    lo, hi = np.searchsorted(notes[:, MEASURE], [window.first, window.last])
    notes = notes[lo:hi]
    masked = window.mask[notes[:, MEASURE] - window.first, notes[:, PART]]
    controls = np.zeros((len(window.score.parts), len(CONTROLS)), np.int16)
    controls[:, 0], controls[:, 1] = STYLE.get(work.style), composers.get(work.composer, 0)
    lengths = np.diff(window.score.starts[window.first : window.last + 1])
    for part in np.flatnonzero(window.mask.any(0)):
        mine = notes[masked & (notes[:, PART] == part)]
        if len(mine):
            quarters = float(lengths[window.mask[:, part]].sum())
            controls[part, 2:] = Likeness.of(mine, quarters).ids(window.shift.chromatic)
    return controls


def _drop(controls: Array, rng: Random) -> None:
    """Hide controls, all of them or each on its own, so that every one is optional."""
    if rng.random() < 0.35:
        controls[:] = 0
    else:
        controls[:, rng.random(controls.shape[1]) < 0.4] = 0


def _work_odds(works: Sequence[Work], odds: dict[str, float]) -> npt.NDArray[np.float64]:
    sizes = np.array([len(w.score.measures) for w in works], dtype=np.float64)
    styles = np.array([w.style for w in works])
    result = np.zeros(len(works))
    for style, share in odds.items():
        of_style = styles == style
        if of_style.any():
            result[of_style] = share * sizes[of_style] / sizes[of_style].sum()
    return result


def collate(examples: Sequence[Rows]) -> Batch:
    """Pad with zeros to the longest."""
    return Batch(*(_pad([e[i] for e in examples]) for i in range(5)))


def _pad(arrays: Sequence[npt.NDArray[np.generic]]) -> Tensor:
    longest = -(-max(len(a) for a in arrays) // _STEP) * _STEP
    out = np.zeros((len(arrays), longest, *arrays[0].shape[1:]), arrays[0].dtype)
    for row, a in zip(out, arrays, strict=True):
        row[: len(a)] = a
    tensor = torch.from_numpy(out)
    return tensor.long() if tensor.dtype == torch.int16 else tensor
