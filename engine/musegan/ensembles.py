"""The ensembles that there are models of, and which part of a score sits where."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from engine.instruments import SETS
from engine.staves import Track


@dataclass(frozen=True, slots=True)
class Seat:
    """A track of the rolls: an instrument, and which of its staves, or 0 where it has but one."""

    instrument: str
    staff: int = 0


@dataclass(frozen=True, slots=True)
class Ensemble:
    """``seats`` from the highest to the lowest; who sits on the first one leads where nothing else is given.

    ``players`` names who can be written for, as ``EngineInfo.ensembles`` does.
    """

    players: str
    seats: tuple[Seat, ...]

    @property
    def instruments(self) -> tuple[str, ...]:
        """Of the parts of a score for just this ensemble."""
        return tuple(seat.instrument for seat in self.seats if seat.staff < 2)

    def tracks(self, instruments: Sequence[str]) -> tuple[Track, ...] | None:
        """The tracks of a score with parts of these instruments ("" for one that is not pitched), if it is for them."""
        if tuple(instruments) != self.instruments:
            return None
        parts = [index for index, seat in enumerate(self.seats) if seat.staff < 2]
        return tuple(
            Track(sum(first <= index for first in parts) - 1, seat.staff)
            for index, seat in enumerate(self.seats)
        )


ENSEMBLES = {
    ensemble.players: ensemble
    for ensemble in (
        Ensemble("string-quartet", tuple(map(Seat, SETS["string-quartet"]))),
        Ensemble("satb", tuple(map(Seat, SETS["satb"]))),
        Ensemble("piano", (Seat("voice"), Seat("piano", 1), Seat("piano", 2))),
    )
}
