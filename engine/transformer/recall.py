"""What each row of the decoder is told of what its part has just played, so that it need not search for it.

Two things: which key is *held* in the voice that it writes, that is, ends where the next note stands, so that a tie
may lead from it; and the *echo*, what the part had at this place one measure before. Everything is in ids of the
vocabulary, pitches as the network sees them.
"""

from __future__ import annotations

from bisect import bisect_right, insort
from collections import defaultdict
from collections.abc import Iterable
from typing import NamedTuple

from engine.vocabulary import DURATION_QUARTERS, END, ONSET, ONSET_QUARTERS, START, VOICE_RANKS


class Played(NamedTuple):
    """Ids of a note."""

    onset: int
    voice: int
    duration: int
    pitch: int


class Hints(NamedTuple):
    """Ids; 0 where there is nothing to be told. ``next``: where something followed in the measure before."""

    held: int
    pitch: int
    duration: int
    next: int


_START, _END = ONSET.id(START), ONSET.id(END)
_TICKS = 10_000  # to a quarter, rounded: no two times of the vocabulary are that near to each other
_QUARTERS, _DURATIONS = (list(map(float, table)) for table in (ONSET_QUARTERS, DURATION_QUARTERS))
_ONSET_TICKS = [round(quarters * _TICKS) for quarters in _QUARTERS]

Order = tuple[
    int, int, int
]  # time, voice and pitch: notes sort by it as ``engine.score.note_order`` has them


class Recall:
    """One cell while it is played; ``before`` is the cell before of its part, None where nothing is known of it."""

    def __init__(self, before: Iterable[Played] | None, quarters: float) -> None:
        """``quarters``: how long the measure before is."""
        self._last: Played | None = None
        self._held: defaultdict[tuple[int, int], list[int]] = defaultdict(list)  # by (voice, tick): pitches
        self._echo = None if before is None else sorted((_order(note), note) for note in before)
        for _, note in self._echo or ():
            end = _QUARTERS[note.onset] + _DURATIONS[note.duration]
            if abs(end - quarters) < 1 / _TICKS and note.pitch:
                insort(self._held[note.voice, 0], note.pitch)

    def add(self, note: Played) -> None:
        """It is played."""
        self._last = note
        end = round((_QUARTERS[note.onset] + _DURATIONS[note.duration]) * _TICKS)
        if note.pitch:
            insort(self._held[note.voice, end], note.pitch)

    def continues(self, onset: int, voice: int, pitch: int) -> bool:
        """Whether a note of that pitch ends there in that voice."""
        return pitch in self._held.get((voice, _ONSET_TICKS[onset]), ())

    def hints(self, onset: int, voice: int) -> Hints:
        """For the note to come at a place, the next head of its chord where one was played there."""
        if onset == _START:
            return Hints(0, 0, 0, self._place(0))
        held = self._held.get((voice, _ONSET_TICKS[onset]), [])
        last = self._last
        above = last.pitch if last and (last.onset, last.voice) == (onset, voice) else 0
        i = bisect_right(held, above)
        return Hints(held[i] if i < len(held) else 0, *self._echo_of(onset, voice, above))

    def _echo_of(self, onset: int, voice: int, above: int) -> tuple[int, int, int]:
        if self._echo is None:
            return 0, 0, 0
        i = bisect_right(
            self._echo, (_ONSET_TICKS[onset], VOICE_RANKS[voice], above), key=lambda entry: entry[0]
        )
        note = self._echo[i][1] if i < len(self._echo) else None
        if note and (note.onset, note.voice) == (onset, voice):
            return note.pitch, note.duration, self._place(i + 1)
        return 0, 0, self._place(i)

    def _place(self, i: int) -> int:
        if self._echo is None:
            return 0
        return self._echo[i][1].onset if i < len(self._echo) else _END


def _order(note: Played) -> Order:
    return _ONSET_TICKS[note.onset], VOICE_RANKS[note.voice], note.pitch
