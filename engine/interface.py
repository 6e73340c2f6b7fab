"""What an engine is given and what it gives back: the one seam between scores and models."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol

from engine.exact import Fraction
from engine.score import Cell, Score


@dataclass(frozen=True, slots=True)
class Passage:
    """A score and the cells of it to be written.

    ``mask`` holds (part index, measure index) pairs, both from 0. Masked cells are unknown to the
    engine whatever they hold, but for what ``Controls`` keeps of them (see ``engine.frames``); every
    other cell is known, before the passage and after it. To write a
    new part, append it to the score with empty cells and mask those to be written. ``staves`` names the
    staves, from 1, to be written on, for parts where it is not all of them: what the masked cells hold
    on the others is known and stays. ``choir`` names the parts that are voices of the choir that is written, whatever
    their instrument: a melody that is harmonized.
    """

    score: Score
    mask: frozenset[tuple[int, int]]
    listen: frozenset[int] = frozenset()  # part indices to listen to; empty: all
    staves: Mapping[int, tuple[int, ...]] = field(default_factory=dict)  # by part index
    like: tuple[int, ...] = ()  # measures, known in the masked parts, in whose manner these are to be written
    choir: frozenset[int] = frozenset()  # part indices

    def staves_of(self, part: int) -> tuple[int, ...]:
        """The staves of a part that are written on."""
        return self.staves.get(part) or tuple(range(1, self.score.parts[part].staves + 1))


@dataclass(frozen=True, slots=True)
class Controls:
    """Wishes. None is no limit; limits (``density``, ``polyphony``, ``low``, ``high``, ``shortest``) always hold.

    ``rhythm`` and ``vary`` keep some of what the masked cells hold, see ``engine.frames``: what stays, stays whole.
    ``returns`` says whether what was written for the same given notes before is written again, see ``engine.returns``.
    """

    style: str = ""
    composer: str = ""
    density: float | None = None  # at most so many onsets per quarter note, in each measure of each part
    polyphony: int | None = None  # at most so many notes at once in each part
    low: int | None = None  # MIDI key numbers, sounding, inclusive
    high: int | None = None
    shortest: Fraction | None = None  # shortest notated note, in quarters
    rhythm: Literal["new", "keep"] = "new"  # "keep": every note stays but for its pitch
    vary: float | None = None  # that share of the passage's time is written anew, the rest stays
    returns: Literal["free", "alike"] = "free"  # "alike": all; "free": as many as composers would


@dataclass(frozen=True, slots=True)
class Sampling:
    """How to draw. The same seed, passage and version give the same notes on the same kind of processor."""

    seed: int = 0
    temperature: float = 1.0
    top_p: float = 0.95


# For a choir, whose composers dare less: see benchmarks/results/sampling.md for both.
CHOIR = Sampling(temperature=0.9, top_p=0.95)


@dataclass(frozen=True, slots=True)
class WrittenCell:
    """One finished cell; ``notes`` are sorted by ``engine.score.note_order`` and fit the measure.

    ``nats``: -ln p of the cell by the engine's own odds, where it has any; as a style or a composer that is asked for
    has moved them.
    """

    part: int
    measure: int
    notes: Cell
    nats: float = 0.0


def nats_a_note(cells: Collection[WrittenCell]) -> float:
    """How unlikely the engine found what it wrote."""
    return sum(cell.nats for cell in cells) / max(1, sum(len(cell.notes) for cell in cells))


@dataclass(frozen=True, slots=True)
class EngineInfo:
    """What an engine says of itself. What is empty or 0 it has nothing to say about, or no limit to.

    ``instruments`` are those that it writes for; with ``ensembles`` (names of ``engine.instruments`` and its sets) all
    parts that are written at once must be players of one of them. ``metres`` are those of the measures that it
    writes ("4/4"), ``measures`` is the most of them at once, ``parts`` the most parts that are written together.
    ``refuses`` names options that it can do nothing with. With a ``fault`` the engine cannot be used.
    """

    name: str
    description: str = ""
    parameters: int = 0
    licence: str = ""
    data: str = ""
    tasks: tuple[str, ...] = ()
    instruments: tuple[str, ...] = ()
    styles: tuple[str, ...] = ()
    composers: tuple[str, ...] = ()
    weights: str = ""
    ensembles: tuple[str, ...] = ()
    metres: tuple[str, ...] = ()
    measures: int = 0
    parts: int = 0
    refuses: tuple[str, ...] = ()
    fault: str = ""


class Stream(Protocol):
    """One request while it is written. Whoever holds it may drop it at any time, which cancels it."""

    @property
    def done(self) -> bool:
        """Whether nothing more comes: every masked cell was handed out, or the stream has failed."""
        ...


Outcome = (
    tuple[WrittenCell, ...] | Exception
)  # the cells that a step finished, mostly none; or what ended the stream


class Engine(Protocol):
    """Writes masked cells note by note, several requests at once; streams join and leave between two steps."""

    info: EngineInfo

    def begin(self, passage: Passage, controls: Controls, sampling: Sampling) -> Stream:
        """A stream that has yet to take its first step; this costs next to nothing."""
        ...

    def step(self, streams: Sequence[Stream]) -> list[Outcome]:
        """Each stream of this engine goes on by at most one note; an outcome for each, in their order.

        Every masked cell comes once, measures in order, parts in order within a measure, and is the same to the
        last bit whatever other streams are there (on a GPU the last bits may differ). What goes wrong in one stream
        does not end the others.
        """
        ...


def written(
    engine: Engine, passage: Passage, controls: Controls, sampling: Sampling
) -> Iterator[WrittenCell]:
    """One request alone, from its first cell to its last; raises what ends it."""
    stream = engine.begin(passage, controls, sampling)
    while not stream.done:
        (outcome,) = engine.step([stream])
        if isinstance(outcome, Exception):
            raise outcome
        yield from outcome
