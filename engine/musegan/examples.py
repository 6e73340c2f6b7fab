"""Phrases of real works as rolls: four measures of one metre, moved to a signature without accidentals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from engine.encoding import M_BEATS, M_KEY, M_UNIT, EncodedScore
from engine.musegan.config import METRES, Recipe, Shape
from engine.sounds.rolls import PITCHES, QUARTERS, S_MEASURE, S_PITCH, Ints, Roll, filled, frames_of, spans_of
from engine.training.works import NothingToLearnError, Work
from engine.transformer.window import canonical
from engine.vocabulary import BEATS, INSTRUMENT, UNIT

_FEWEST = 0.5  # share of the cells of a phrase that sound: rests are learnt, movements in which nobody plays are not

Random = np.random.Generator


@dataclass(frozen=True, slots=True)
class Batch:
    """``rolls`` (B, M, T, S, P), ``metres`` (B, M) as places in ``METRES``, ``frames`` (B, M, 2), ``given`` (B, T).

    ``others`` are rolls of other phrases in the same metre.
    """

    rolls: npt.NDArray[np.bool_]
    others: npt.NDArray[np.bool_]
    metres: Ints
    frames: Ints
    given: npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class _Source:
    spans: Ints
    frames: Ints
    metres: Ints  # -1: another one
    keys: Ints  # fifths


class Phrases:
    """Every phrase of the works that are for the ensemble; the same step draws the same ones.

    ``scores`` are those works, ``places`` (score, first measure) the phrases.
    """

    def __init__(self, works: Sequence[Work], shape: Shape, recipe: Recipe) -> None:
        self.shape, self.recipe = shape, recipe
        found = [(work.score, source) for work in works if (source := _source(work.score, shape))]
        self.scores, self._sources = [score for score, _ in found], [source for _, source in found]
        self.places = [
            (index, first) for index, source in enumerate(self._sources) for first in _firsts(source, shape)
        ]
        metres = np.array([self._sources[index].metres[first] for index, first in self.places], np.int64)
        self._alike = [np.flatnonzero(metres == metre) for metre in range(len(METRES))]
        self._metres = metres

    def batch(self, step: int, draw: int = 0) -> Batch:
        """Phrases for the critic's ``draw``-th look in a step. Raises NothingToLearnError where the works hold none."""
        if not self.places:
            raise NothingToLearnError(f"no phrase for {self.shape.ensemble} in these works")
        rng = np.random.default_rng([self.recipe.seed, step, draw])
        chosen = rng.integers(len(self.places), size=self.recipe.batch)
        return self.at(chosen, given_tracks(self.recipe, self.shape, rng), rng)

    def at(self, chosen: Sequence[int] | Ints, given: npt.NDArray[np.bool_], rng: Random) -> Batch:
        """The phrases at those places; the others are drawn."""
        found = [self._phrase(*self.places[index]) for index in chosen]
        rolls, metres, frames = (np.stack(column) for column in zip(*found, strict=True))
        others = [rng.choice(self._alike[self._metres[index]]) for index in chosen]
        return Batch(
            rolls, np.stack([self._phrase(*self.places[i])[0] for i in others]), metres, frames, given
        )

    def _phrase(self, index: int, first: int) -> tuple[Roll, Ints, Ints]:
        shape, source = self.shape, self._sources[index]
        here = slice(first, first + shape.measures)
        lo, hi = np.searchsorted(source.spans[:, S_MEASURE], [here.start, here.stop])
        spans = moved(source.spans[lo:hi], canonical(int(source.keys[first])).chromatic)
        roll = filled(spans, first, shape.measures, shape.tracks, shape.resolution)
        return roll, source.metres[here], source.frames[here]


def given_tracks(recipe: Recipe, shape: Shape, rng: Random) -> npt.NDArray[np.bool_]:
    """(B, T): the first track, or any choice but all; none from scratch."""
    given = np.zeros((recipe.batch, shape.tracks), np.bool_)
    if shape.conditional:
        choices = rng.integers(2**shape.tracks - 1, size=recipe.batch)
        given[:] = (choices[:, None] >> np.arange(shape.tracks)) & 1
        given[rng.random(recipe.batch) < recipe.lead] = np.arange(shape.tracks) == 0
    return given


def moved(spans: Ints, semitones: int) -> Ints:
    """Spans at other pitches, without those that leave the seven octaves."""
    result = spans.copy()
    result[:, S_PITCH] += semitones
    inside = (result[:, S_PITCH] >= 0) & (result[:, S_PITCH] < PITCHES)
    kept: Ints = result[inside]
    return kept


def metres_of(score: EncodedScore) -> Ints:
    """(measures,): places in ``METRES``, -1 for another one."""
    names = [
        f"{BEATS.value(int(beats))}/{UNIT.value(int(unit))}" if beats and unit else ""
        for beats, unit in score.measures[:, [M_BEATS, M_UNIT]]
    ]
    return np.array([METRES.index(name) if name in METRES else -1 for name in names], np.int64)


def _source(score: EncodedScore, shape: Shape) -> _Source | None:
    tracks = shape.players.tracks([INSTRUMENT.value(int(part)) if part else "" for part in score.parts])
    if tracks is None:
        return None
    frames = frames_of(score, shape.resolution)
    spans = spans_of(score, tracks, frames, shape.resolution)
    return _Source(spans, frames, metres_of(score), score.measures[:, M_KEY].astype(np.int64))


def _firsts(source: _Source, shape: Shape) -> list[int]:
    """Where phrases begin: measures of one metre, all whole, with enough in them."""
    count = shape.measures
    if len(source.frames) < count:
        return []
    heard = np.zeros((len(source.frames), shape.tracks), np.bool_)
    heard[source.spans[:, S_MEASURE], source.spans[:, 1]] = True
    lengths = np.array([_quarters(metre) for metre in METRES])[source.metres] * shape.resolution
    whole = (source.metres >= 0) & (source.frames == np.stack([0 * lengths, lengths], 1)).all(1)
    windows = np.lib.stride_tricks.sliding_window_view
    metres = windows(source.metres, count)
    fitting = windows(whole, count).all(1) & (metres == metres[:, :1]).all(1)
    fitting &= windows(heard.mean(1), count).mean(1) >= _FEWEST
    return [int(first) for first in np.flatnonzero(fitting)]


def _quarters(metre: str) -> int:
    beats, unit = map(int, metre.split("/"))
    return QUARTERS * beats // unit
