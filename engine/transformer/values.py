"""Which note values can stand next in a voice, as masks over the ids of durations.

What can stand at a place follows from the measure and from the tuplet groups that are open there. The groups of each
value are found once for a place, whatever the voice has done before it.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable
from functools import lru_cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from engine.exact import Fraction
from engine.rhythm import Group, VoiceState, groups_around, is_fine
from engine.score import PLAIN, NoteValue, Tuplet
from engine.vocabulary import DURATION, DURATION_QUARTERS

Allowed = npt.NDArray[np.bool_]

_SHORTEST_GROUP = Fraction(1, 2)  # quarters that a tuplet fills at least
_NONE = np.zeros(len(DURATION), np.bool_)
_PLAIN = [id for id, value in enumerate(DURATION.values, 1) if value.tuplet == PLAIN]
# Only a copyist would write sextuplets for two triplets.
_TUPLETS = {v.tuplet for v in DURATION.values if v.tuplet != PLAIN and v.tuplet.reduced == v.tuplet}


def notatable(state: VoiceState, onset: Fraction) -> Allowed:
    """Values that read well next in a voice: those that ``VoiceState.accepts``, but no tuplet within a 16th."""
    if not is_fine(state.length):
        return _NONE
    if onset < state.free_from:
        return _again(state) if state.last and state.last[0] == onset else _NONE
    here, floor = _place(onset, state.length, state.offset), state.floor
    allowed = here.tuplets_from(floor)
    if floor <= onset:
        allowed = allowed | here.plain
    for group in state.groups:
        if group in here.groups:
            allowed = allowed | here.groups[group]
    return allowed


class _Place(NamedTuple):
    """What can stand at an onset of a measure; the values of ``tuplets[i]`` have a group from ``starts[i]`` on."""

    plain: Allowed
    groups: dict[Group, Allowed]
    starts: list[Fraction]  # of the groups, rising
    tuplets: list[Allowed]  # one more than starts

    def tuplets_from(self, floor: Fraction) -> Allowed:
        """Values of a group that begins there or later."""
        return self.tuplets[bisect_left(self.starts, floor)]


@lru_cache(maxsize=4096)
def _place(onset: Fraction, length: Fraction, offset: Fraction) -> _Place:
    found = (group for tuplet in _TUPLETS for group in groups_around(onset, tuplet, length, offset))
    groups = {group: _inside(group.tuplet, group.unit, group.end - onset) for group in found if _fills(group)}
    starts = sorted({group.start for group in groups})
    later = ([mask for group, mask in groups.items() if group.start >= start] for start in starts)
    tuplets = [np.logical_or.reduce(masks) for masks in later]
    return _Place(_plain(onset, length), groups, starts, [*tuplets, _NONE])


@lru_cache(maxsize=4096)
def _inside(tuplet: Tuplet, unit: Fraction, time: Fraction) -> Allowed:
    """Values that a group of that unit holds with so much time left in it."""
    group = Group(Fraction(0), unit * tuplet.normal, tuplet, unit)
    onset = group.end - time
    values = enumerate(DURATION.values, 1)
    return _mask(id for id, v in values if v.tuplet == tuplet and group.holds(onset, DURATION_QUARTERS[id]))


def _plain(onset: Fraction, length: Fraction) -> Allowed:
    fits = [id for id in _PLAIN if is_fine(DURATION_QUARTERS[id]) and onset + DURATION_QUARTERS[id] <= length]
    return _mask(fits if is_fine(onset) else ())


def _again(state: VoiceState) -> Allowed:
    """The value of the last note, for another head of its chord."""
    assert state.last
    _, duration, tuplet = state.last
    value = NoteValue.from_duration(duration, tuplet)
    in_group = tuplet.reduced == tuplet and any(_fills(group) for group in state.groups)
    return _mask([DURATION.get(value)] if value and (tuplet == PLAIN or in_group) else ())


def _fills(group: Group) -> bool:
    return group.end - group.start >= _SHORTEST_GROUP


def _mask(ids: Iterable[int]) -> Allowed:
    allowed = _NONE.copy()
    allowed[list(ids)] = True
    allowed[0] = False  # no value of the vocabulary
    return allowed


@lru_cache(maxsize=4096)
def over_by(state: VoiceState, onset: Fraction, end: Fraction) -> Allowed:
    """Durations of notes, tuplet groups included, that are over by then."""
    return np.array([False] + [_is_over_by(state, onset, end, value) for value in DURATION.values], np.bool_)


def _is_over_by(state: VoiceState, onset: Fraction, end: Fraction, value: NoteValue) -> bool:
    if onset + value.duration > end:
        return False
    groups = state.after(onset, value.duration, value.tuplet).groups
    return value.tuplet == PLAIN or any(group.end <= end for group in groups)


@lru_cache(maxsize=64)
def not_shorter(shortest: Fraction, on_grid: bool) -> Allowed:
    """Values that are no shorter; plain ones only where the onset is on its grid."""
    fits = [v.duration >= shortest and (on_grid or v.tuplet.actual > 1) for v in DURATION.values]
    return np.array([False, *fits], np.bool_)
