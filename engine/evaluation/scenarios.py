"""What is asked of a writer in the evaluation: which parts are given, which are to be written, and where.

An excerpt is eight measures with up to four around them on each side, which is just what one window of the
small network sees. The written parts are missing in all of it; only the eight measures are judged. Where no part is
given, the written ones go on: up to eight measures before are known, and nothing follows.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from zlib import crc32

import numpy as np
import numpy.typing as npt

from engine.encoding import M_BEATS, M_UNIT, MEASURE, PART, EncodedScore, decode_cell
from engine.evaluation.pieces import Line, Piece, line_of, starts_of, ticks
from engine.exact import Fraction
from engine.instruments import INSTRUMENTS, SETS
from engine.interface import CHOIR, Passage, Sampling
from engine.metre import beat_of
from engine.score import Cell, Key, Measure, Metre, Part, Score
from engine.training.works import Work
from engine.vocabulary import BEATS, INSTRUMENT, UNIT

MEASURES, CONTEXT = 8, 4
PASSAGES = 2  # for each work; more where there are fewer works than asked for
_MOST = 10  # of one work
_DENOMINATOR = 96  # of the lengths of measures, which are kept as floats

Random = np.random.Generator
Roles = tuple[tuple[int, ...], tuple[int, ...]]  # given and written parts, by index


def piano_to_the_rest(instruments: Sequence[str], rng: Random) -> Roles | None:
    """The one piano is missing."""
    if instruments.count("piano") != 1 or len(instruments) < 2:
        return None
    piano = instruments.index("piano")
    return tuple(i for i in range(len(instruments)) if i != piano), (piano,)


def one_of_four(instruments: Sequence[str], rng: Random) -> Roles | None:
    """Any one player of a string quartet is missing."""
    if tuple(instruments) != SETS["string-quartet"]:
        return None
    missing = int(rng.integers(4))
    return tuple(i for i in range(4) if i != missing), (missing,)


def three_of_four(instruments: Sequence[str], rng: Random) -> Roles | None:
    """Any one player of a string quartet is left."""
    roles = one_of_four(instruments, rng)
    return roles and (roles[1], roles[0])


def under_the_soprano(instruments: Sequence[str], rng: Random) -> Roles | None:
    """Alto, tenor and bass are missing."""
    return ((0,), (1, 2, 3)) if tuple(instruments) == SETS["satb"] else None


def one_goes_on(instruments: Sequence[str], rng: Random) -> Roles | None:
    """Any one part of single notes is alone."""
    lines = [index for index, name in enumerate(instruments) if INSTRUMENTS[name].notes == 1]
    return ((), (lines[int(rng.integers(len(lines)))],)) if lines else None


@dataclass(frozen=True, slots=True)
class Scenario:
    """``roles`` says for the instruments of a work what is given and written, None where it does not fit.

    ``task``, as ``EngineInfo.tasks`` has it, is what is asked of the engine.
    """

    name: str
    title: str
    style: str  # of the works, see ``training.works.Work``
    roles: Callable[[Sequence[str], Random], Roles | None]
    sampling: Sampling = Sampling()
    task: str = "accompany"


SCENARIOS = (
    Scenario("songs", "Songs: piano to the voice", "song", piano_to_the_rest),
    Scenario("quartets-1", "Quartets: one part missing", "quartet", one_of_four),
    Scenario("quartets-3", "Quartets: three parts missing", "quartet", three_of_four),
    Scenario(
        "hymns", "Hymns: alto, tenor and bass to the soprano", "hymn", under_the_soprano, CHOIR, "harmonize"
    ),
    Scenario("pop", "Pop: piano to the melody", "pop", piano_to_the_rest),
    Scenario("melodies", "Melodies: one part goes on", "song", one_goes_on, task="continue"),
)


@dataclass(frozen=True, slots=True)
class Excerpt:
    """``score`` begins at measure ``begin`` of the work; measures ``first`` to ``last`` of the score are judged.

    It has the parts that are ``given`` and ``written``, and no others.
    """

    work: Work
    begin: int
    score: Score
    given: tuple[int, ...]
    written: tuple[int, ...]
    first: int
    last: int

    @property
    def measures(self) -> tuple[Measure, ...]:
        """Those that are judged."""
        return self.score.measures[self.first : self.last]

    @property
    def asked(self) -> range:
        """The measures in which the written parts are missing."""
        return range(0 if self.given else self.first, len(self.score.measures))

    @property
    def passage(self) -> Passage:
        """What an engine is asked for."""
        mask = frozenset((p, m) for p in self.written for m in self.asked)
        return Passage(self.score.with_cells(dict.fromkeys(mask, ())), mask)

    def cells(self, part: int) -> tuple[Cell, ...]:
        """The composer's cells in the measures that are judged."""
        return self.score.parts[part].cells[self.first : self.last]

    def piece(self, written: Sequence[Line]) -> Piece:
        """The measures that are judged, with these lines for the written parts."""
        measures = self.measures
        return Piece(
            starts_of(measures),
            measures[0].key.fifths,
            ticks(beat_of(measures[0].metre)),
            tuple(line_of(self.cells(p), measures) for p in self.given),
            tuple(written),
            tuple(self.score.parts[p].instrument for p in self.written),
        )


def draw_excerpts(works: Sequence[Work], scenario: Scenario, count: int, seed: int) -> list[Excerpt]:
    """Two excerpts of each of ``count`` works at most, or as many as that in all where there are fewer works.

    None overlaps another one in the measures that are judged.
    """
    rng = np.random.default_rng([seed, crc32(scenario.name.encode())])
    fitting = [(work, found) for work in works if (found := _excerpts(work, scenario, rng))]
    chosen = [fitting[i] for i in rng.permutation(len(fitting))[:count]]
    each = min(_MOST, -(-PASSAGES * count // max(len(chosen), 1)))
    return [
        excerpt_at(work, start, roles)
        for work, found in chosen
        for start, roles in (found[i] for i in rng.permutation(len(found))[:each])
    ]


def _excerpts(work: Work, scenario: Scenario, rng: Random) -> list[tuple[int, Roles]]:
    """Measures at which excerpts may begin that do not overlap, each with its parts."""
    total = len(work.score.measures)
    if work.style != scenario.style or total <= MEASURES:  # one more is needed, to copy from
        return []
    offset = int(rng.integers(min(MEASURES, total - MEASURES)))
    heads, whole = heads_of(work.score), whole_measures(work.score)
    found = []
    for start in range(offset, total - MEASURES + 1, MEASURES):
        roles = scenario.roles(instruments_of(work.score), rng)
        if roles and whole[start : start + MEASURES].all() and _sounds(heads, start, roles):
            found.append((start, roles))
    return found


def _sounds(heads: npt.NDArray[np.int64], start: int, roles: Roles) -> bool:
    """Whether something is given in nearly all measures, and each written part plays in half of them.

    Where nothing is given, it must have played in half of those before.
    """
    here, before = heads[start : start + MEASURES], heads[max(0, start - MEASURES) : start]
    given, written = list(roles[0]), list(roles[1])
    playing = (here if given else before)[:, given or written]
    enough = playing.any(1).sum() >= (MEASURES - 1 if given else MEASURES // 2)
    return bool(enough and ((here[:, written] > 0).sum(0) >= MEASURES // 2).all())


def heads_of(score: EncodedScore) -> npt.NDArray[np.int64]:
    """(measures, pitched parts): note heads in each cell."""
    counts = np.zeros((len(score.measures), len(score.parts)), np.int64)
    np.add.at(counts, (score.notes[:, MEASURE], score.notes[:, PART]), 1)
    return counts[:, score.parts > 0]


def whole_measures(score: EncodedScore) -> npt.NDArray[np.bool_]:
    """(measures,): whether each is as long as its metre, so no pickup, and that metre is a common one."""
    beats, unit = score.measures[:, M_BEATS], score.measures[:, M_UNIT]
    known = (beats > 0) & (unit > 0)
    metre = np.array(
        [4 * b / UNIT.value(int(u)) if k else 0 for b, u, k in zip(beats, unit, known, strict=True)]
    )
    result: npt.NDArray[np.bool_] = known & (np.abs(np.diff(score.starts) - metre) < 0.01)
    return result


def instruments_of(score: EncodedScore) -> list[str]:
    """Of the pitched parts."""
    return [INSTRUMENT.value(int(p)) for p in score.parts if p]


def excerpt_at(work: Work, start: int, roles: Roles) -> Excerpt:
    """The excerpt whose eight measures begin at ``start``."""
    given, written = roles
    before, after = (CONTEXT, CONTEXT) if given else (MEASURES, 0)
    begin = max(0, start - before)
    whole = score_of(work.score, begin, min(len(work.score.measures), start + MEASURES + after))
    kept = sorted((*given, *written))
    score = replace(whole, parts=tuple(whole.parts[part] for part in kept))
    given, written = (tuple(map(kept.index, role)) for role in roles)
    return Excerpt(work, begin, score, given, written, start - begin, start - begin + MEASURES)


def score_of(encoded: EncodedScore, first: int, last: int) -> Score:
    """Some measures as a score, without chord symbols: most were found in the notes, those to be written too."""
    measures = tuple(_measure(encoded, m) for m in range(first, last))
    lo, hi = np.searchsorted(encoded.notes[:, MEASURE], [first, last])
    notes = encoded.notes[lo:hi]
    parts = []
    for index in np.flatnonzero(encoded.parts):
        mine = notes[notes[:, PART] == index]
        cells = tuple(decode_cell(mine[mine[:, MEASURE] == m]) for m in range(first, last))
        instrument = INSTRUMENT.value(int(encoded.parts[index]))
        parts.append(Part(f"P{index + 1}", instrument, instrument, INSTRUMENTS[instrument].staves, cells))
    return Score(measures, tuple(parts))


def _measure(encoded: EncodedScore, index: int) -> Measure:
    beats, unit, _, fifths = (int(x) for x in encoded.measures[index])
    metre = Metre(BEATS.value(beats), UNIT.value(unit)) if beats and unit else Metre()
    length = float(encoded.starts[index + 1] - encoded.starts[index])
    duration = Fraction(length).limit_denominator(_DENOMINATOR)
    return Measure(str(index + 1), duration, metre, Key(fifths), implicit=duration < metre.duration)
