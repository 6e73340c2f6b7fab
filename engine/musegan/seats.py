"""Who sits where in a passage: which notes of the score are the given tracks of a model, and which it is to write."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from engine.instruments import INSTRUMENTS, SETS
from engine.interface import Passage
from engine.musegan.ensembles import ENSEMBLES, Ensemble
from engine.score import Cell
from engine.staves import Track

_OCTAVE = 12


@dataclass(frozen=True, slots=True)
class Seating:
    """For each seat of the ensemble the track that sits there, ``NOBODY`` where none does; ``written`` are seats.

    Where the first seat has no given part, what leads the passage sits there, moved by ``octaves``, until the other
    seats are written; ``leader`` is its part.
    """

    ensemble: Ensemble
    tracks: tuple[Track, ...]
    written: frozenset[int]
    leader: int | None
    octaves: int = 0

    @property
    def given(self) -> frozenset[int]:
        """Seats of which the score says what is played there."""
        return frozenset(i for i, track in enumerate(self.tracks) if track != NOBODY) - self.written


NOBODY = Track(-1)


def seating_of(passage: Passage) -> Seating:
    """The seating of a passage of whole parts (see ``engine.staves``). Raises ValueError where no ensemble has them."""
    parts = passage.score.parts
    asked = {part for part, _ in passage.mask}
    ensemble = _ensemble([parts[index].instrument for index in sorted(asked)])
    places: dict[int, Track] = {}
    for instrument, staff in dict.fromkeys((seat.instrument, seat.staff) for seat in ensemble.seats):
        seats = [
            i for i, seat in enumerate(ensemble.seats) if (seat.instrument, seat.staff) == (instrument, staff)
        ]
        places |= dict(zip(seats, _sitting(passage, asked, instrument, staff, len(seats)), strict=False))
    tracks = tuple(places.get(i, NOBODY) for i in range(len(ensemble.seats)))
    written = frozenset(i for i, track in places.items() if track.part in asked)
    seating = Seating(ensemble, tracks, written, None)
    if 0 in seating.given:
        return seating
    others = {tracks[i].part for i in seating.given}
    leader = _leader(passage, asked | others)
    if leader is None:
        return seating
    return Seating(ensemble, tracks, written, leader, _octaves(passage, leader, ensemble))


def _ensemble(instruments: Sequence[str]) -> Ensemble:
    for ensemble in ENSEMBLES.values():
        if Counter(instruments) <= Counter(SETS.get(ensemble.players, (ensemble.players,))):
            return ensemble
    raise ValueError(f"no ensemble of {', '.join(instruments)}")


def _sitting(passage: Passage, asked: set[int], instrument: str, staff: int, seats: int) -> list[Track]:
    """The parts that sit on so many seats, in the order of the score: those that are written, then those given."""
    mine = [i for i, part in enumerate(passage.score.parts) if part.instrument == instrument and part.pitched]
    written = [i for i in mine if i in asked and (not staff or staff in passage.staves_of(i))]
    given = [i for i in _heard(passage, asked) if i in mine and _plays(passage, i, staff)]
    return [Track(i, staff) for i in sorted((written + given)[:seats])]


def _heard(passage: Passage, asked: set[int]) -> Iterator[int]:
    """Given parts, those to be listened to."""
    for index, part in enumerate(passage.score.parts):
        if part.pitched and index not in asked and (not passage.listen or index in passage.listen):
            yield index


def _plays(passage: Passage, part: int, staff: int = 0) -> bool:
    return any(_on(cell, staff) for cell in _cells(passage, part))


def _cells(passage: Passage, part: int) -> list[Cell]:
    """Of the measures that are written."""
    return [passage.score.parts[part].cells[measure] for measure in sorted({m for _, m in passage.mask})]


def _on(cell: Cell, staff: int) -> bool:
    return any(not staff or note.staff == staff for note in cell)


def _leader(passage: Passage, taken: set[int]) -> int | None:
    """The given part that leads: one that sings, if there is one, or else the first that plays there."""
    found = [index for index in _heard(passage, taken) if _plays(passage, index)]
    singing = [i for i in found if INSTRUMENTS[passage.score.parts[i].instrument].family == "voice"]
    return next(iter(singing + found), None)


def _octaves(passage: Passage, leader: int, ensemble: Ensemble) -> int:
    """By how many octaves the leader's notes are moved to lie where those of the first seat do."""
    keys = [note.pitch.midi for cell in _cells(passage, leader) for note in cell]
    seat = INSTRUMENTS[ensemble.seats[0].instrument]
    return round(((seat.low + seat.high) / 2 - float(np.mean(keys))) / _OCTAVE)
