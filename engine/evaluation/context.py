"""Whether an engine listens: the given parts of each excerpt, and those of another work in their place.

What the composer wrote should be likelier beside the given parts that it was written for, and beside other ones the
engine should write something else from the same seed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from engine.evaluation.arms import HUMAN, Lines, Progress, written_by
from engine.evaluation.bootstrap import Estimate, Table, mean
from engine.evaluation.loss import note_losses
from engine.evaluation.scenarios import Excerpt, Random
from engine.evaluation.shelf import Shelf
from engine.interface import Engine, Sampling

LOSS, OTHER_LOSS = "loss, nats a note", "loss beside another work's given parts"
LIKELIER = "likelier beside its own given parts"
CHANGED = "changed by another work's given parts"
COMMON = "notes in common with what is so changed"

Swapped = dict[int, Excerpt]  # excerpts with other given parts, by the index of the one with its own


def swapped(excerpts: Sequence[Excerpt], shelf: Shelf, rng: Random) -> Swapped:
    """Each excerpt with the given parts of another work, in all its measures and in its key; none where none fits."""
    found = {}
    for index, excerpt in enumerate(excerpts):
        cells = shelf.parts_like(excerpt, excerpt.given, range(len(excerpt.score.measures)), rng)
        if cells:
            parts = list(excerpt.score.parts)
            for part, own in zip(excerpt.given, cells, strict=True):
                parts[part] = replace(parts[part], cells=own)
            found[index] = replace(excerpt, score=replace(excerpt.score, parts=tuple(parts)))
    return found


def likelihood(engine: Engine, excerpts: Sequence[Excerpt], others: Swapped, seed: int) -> Table:
    """How likely what the composer wrote is beside its own given parts, and beside other ones."""
    own = note_losses(engine, excerpts)
    if not own:
        return {}
    table = {LOSS: {HUMAN: _mean_loss(own, excerpts, seed)}}
    if others:
        beside = note_losses(engine, list(others.values()))
        wins = [float(own[index] < loss) for index, loss in zip(others, beside, strict=True)]
        table[OTHER_LOSS] = {HUMAN: _mean_loss(beside, others.values(), seed)}
        table[LIKELIER] = {HUMAN: mean(wins, _works(others.values()), seed)}
    return table


def output(
    engine: Engine,
    arm: str,
    written: Mapping[int, Lines],
    samplings: Sequence[Sampling],
    others: Swapped,
    seed: int,
    progress: Progress,
) -> Table:
    """What the engine writes beside other given parts, against what it has ``written`` beside those of the excerpts.

    Only every second excerpt is written once more: that takes time.
    """
    indices = [index for index in others if index in written][::2]
    if not indices:
        return {}
    excerpts = [others[index] for index in indices]
    found = written_by(engine, excerpts, [samplings[index] for index in indices], progress)
    shares = [in_common(written[index], lines) for index, lines in zip(indices, found, strict=True)]
    works = _works(excerpts)
    return {
        CHANGED: {arm: mean([float(share < 1) for share in shares], works, seed)},
        COMMON: {arm: mean(shares, works, seed)},
    }


def in_common(one: Lines, other: Lines) -> float:
    """Notes of the same part, onset, end and key in both, of the mean of their numbers; 1 for silence in both."""
    a, b = (
        Counter((part, *note) for part, line in enumerate(lines) for note in line.tolist())
        for lines in (one, other)
    )
    return 2 * (a & b).total() / (a.total() + b.total()) if a or b else 1.0


def _mean_loss(losses: Sequence[tuple[float, int]], excerpts: Iterable[Excerpt], seed: int) -> Estimate:
    return mean([loss for loss, _ in losses], _works(excerpts), seed, [notes for _, notes in losses])


def _works(excerpts: Iterable[Excerpt]) -> list[str]:
    return [excerpt.work.id for excerpt in excerpts]
