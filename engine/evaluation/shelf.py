"""Other works, and what of them can stand in an excerpt: the same players in the same metres, moved into its key."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from engine.encoding import M_UNIT, EncodedScore
from engine.evaluation.scenarios import Excerpt, Random, Scenario, heads_of, instruments_of, score_of
from engine.pitch import Interval
from engine.score import Cell
from engine.training.works import Work
from engine.transformer.window import canonical

_SAME = 0.01  # quarters: starts of measures are kept as floats

Cells = tuple[Cell, ...]  # of one part, measure for measure


class Shelf:
    """Works of a scenario's style, from which parts are taken."""

    def __init__(self, works: Sequence[Work], scenario: Scenario) -> None:
        self.works = [work for work in works if work.style == scenario.style]

    def parts_like(
        self, excerpt: Excerpt, parts: Sequence[int], measures: range, rng: Random
    ) -> tuple[Cells, ...] | None:
        """Those parts and measures of the excerpt as another work has them, anywhere in it, in the excerpt's key.

        A measure for each measure, of the same metre and length. None where no work fits.
        """
        for index in rng.permutation(len(self.works)):
            work = self.works[index]
            found = _same_players(excerpt, parts, instruments_of(work.score))
            if found and work.id != excerpt.work.id and (places := _places(work, found, excerpt, measures)):
                start = places[int(rng.integers(len(places)))]
                score = score_of(work.score, start, start + len(measures))
                by = canonical(score.measures[0].key.fifths - excerpt.measures[0].key.fifths)
                return tuple(tuple(_moved(cell, by) for cell in score.parts[p].cells) for p in found)
        return None


def _same_players(excerpt: Excerpt, parts: Sequence[int], instruments: Sequence[str]) -> list[int]:
    """For each of those parts the one of the same instrument, the second violin for a second one; else nothing."""
    own = [part.instrument for part in excerpt.score.parts]
    wanted = [(own[p], own[:p].count(own[p])) for p in parts]
    places = [[i for i, name in enumerate(instruments) if name == wish] for wish, _ in wanted]
    fits = all(len(found) > nth for found, (_, nth) in zip(places, wanted, strict=True))
    return [found[nth] for found, (_, nth) in zip(places, wanted, strict=True)] if fits else []


def _places(work: Work, parts: Sequence[int], excerpt: Excerpt, measures: range) -> list[int]:
    """Where in the work metres and lengths go on as in those measures, with each of the parts in half of them."""
    begin, n = excerpt.begin + measures.start, len(measures)
    wanted, found = _metres(excerpt.work.score)[begin : begin + n], _metres(work.score)
    plays = heads_of(work.score)[:, list(parts)] > 0
    return [
        m
        for m in range(len(found) - n + 1)
        if (np.abs(found[m : m + n] - wanted) < _SAME).all() and (plays[m : m + n].sum(0) >= n // 2).all()
    ]


def _metres(score: EncodedScore) -> npt.NDArray[np.float64]:
    """(measures, 3): ids of beats and unit, length in quarters."""
    return np.column_stack([score.measures[:, : M_UNIT + 1], np.diff(score.starts)]).astype(np.float64)


def _moved(cell: Cell, by: Interval) -> Cell:
    return tuple(replace(note, pitch=note.pitch.transposed(by)) for note in cell)
