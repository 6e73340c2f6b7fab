"""Lines of real works as pieces of events."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt

from engine.encoding import M_KEY, EncodedScore
from engine.lstm.events import FIRST_KEY, NOTES, REST, events_of
from engine.sounds.lines import line_of, starts_of
from engine.training.works import Work
from engine.transformer.window import canonical
from engine.vocabulary import INSTRUMENT

Ints = npt.NDArray[np.int64]

_LEADS = (
    "voice",
    "violin",
    "soprano",
)  # of the singers in a score, the first is learnt from if it is one of these
_FEWEST = 16  # events of a line


def lines_of(works: Sequence[Work]) -> list[Ints]:
    """(events, 3) for the leading line of each work that has one, its first signature moved to none."""
    return [line for work in works if (line := _line(work.score)) is not None]


def pieces(lines: Sequence[Ints], count: int) -> Iterator[Ints]:
    """Each line cut into pieces of ``count`` + 1 events; what remains at the end of a line is left out."""
    for line in lines:
        for first in range(0, len(line) - count, count):
            yield line[first : first + count + 1]


def batch(lines: Sequence[Ints], size: int, count: int, rng: np.random.Generator) -> Ints:
    """(size, count + 1, 3): pieces of lines drawn by their length, short ones with zeros behind them."""
    lengths = np.array([len(line) for line in lines], np.float64)
    found = np.zeros((size, count + 1, 3), np.int64)
    for row, index in enumerate(rng.choice(len(lines), size, p=lengths / lengths.sum())):
        line = lines[index]
        first = int(rng.integers(max(len(line) - count, 1)))
        piece = line[first : first + count + 1]
        found[row, : len(piece)] = piece
    return found


def _line(score: EncodedScore) -> Ints | None:
    leads = [i for i, part in enumerate(score.parts) if part and INSTRUMENT.value(int(part)) in _LEADS]
    if not leads or not len(score.measures):
        return None
    line, starts = line_of(score, leads[0]), starts_of(score)
    if len(line) < _FEWEST:
        return None
    shift = canonical(int(score.measures[0, M_KEY])).chromatic
    events = [(_moved(e.note, shift), e.duration, e.place) for e in events_of(line, starts, int(starts[-1]))]
    return np.array(events, np.int64)


def _moved(note: int, semitones: int) -> int:
    return note if note == REST else min(max(note + semitones, FIRST_KEY), NOTES - 1)
