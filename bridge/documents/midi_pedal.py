"""What a player's sustain pedal adds to the notes: they are written as long as they are meant to sound."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from dataclasses import replace

from bridge.documents.midi_file import Performance, Sounding, Strand


def pedalled(performance: Performance) -> Performance:
    """The performance with every note that was let go under the pedal held on.

    It ends where the pedal goes up or something new begins, whichever comes first: what rings on beyond that
    is the pedal's affair, not the rhythm's.
    """
    return replace(performance, strands=tuple(map(_held, performance.strands)))


def _held(strand: Strand) -> Strand:
    onsets = sorted({float(note.start): note.start for note in strand.notes}.items())
    downs = [float(down) for down, _ in strand.pedal]

    def held(note: Sounding) -> Sounding:
        end = float(note.end)
        span = bisect_right(downs, end) - 1
        if span < 0 or strand.pedal[span][1] <= note.end:
            return note
        following = bisect_left(onsets, (end,))
        up = strand.pedal[span][1]
        return replace(note, end=min(up, onsets[following][1]) if following < len(onsets) else up)

    return replace(strand, notes=[held(note) for note in strand.notes] if downs else strand.notes)
