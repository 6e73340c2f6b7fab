"""Which tracks of a MIDI file are one player's: a keyboard's two hands are often two tracks."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import groupby

from bridge.documents.midi_file import DRUMS, Strand
from bridge.documents.midi_instruments import instrument_for
from engine.instruments import INSTRUMENTS

_HANDS = (
    ("right", re.compile(r"\W*\b(right(\W?hand)?|r\W?h)\b\W*", re.IGNORECASE)),
    ("left", re.compile(r"\W*\b(left(\W?hand)?|l\W?h)\b\W*", re.IGNORECASE)),
)
_Player = tuple[str, int, bool]  # name, channel (-1: that of either hand), and whether it plays a keyboard


def players(strands: Sequence[Strand]) -> Iterator[tuple[str, list[Strand]]]:
    """The name and the strands of each part, one for each staff if there are several.

    Neighbours are the two staves of one keyboard if one is called the right and one the left hand, or if they
    share name and channel.
    """
    for (name, _, keyboard), group in groupby(strands, key=_player):
        found = list(group)
        hands = [_hand(strand.name)[0] for strand in found]
        if keyboard and name and len(found) == 2 and not any(hands):
            yield name, found
        elif keyboard and sorted(hands) == ["left", "right"]:
            yield name, found if hands[0] == "right" else found[::-1]
        else:
            yield from ((strand.name, [strand]) for strand in found)


def _player(strand: Strand) -> _Player:
    """The same for both hands, which may have channels of their own."""
    hand, name = _hand(strand.name)
    keyboard = INSTRUMENTS[instrument_for(strand.name, strand.program)].staves == 2
    return name, -1 if hand else strand.channel, keyboard and strand.channel != DRUMS


def _hand(name: str) -> tuple[str, str]:
    """The hand that a track is called after, "" if it is not, and the name without it."""
    for hand, pattern in _HANDS:
        if pattern.search(name):
            return hand, pattern.sub(" ", name).strip()
    return "", name
