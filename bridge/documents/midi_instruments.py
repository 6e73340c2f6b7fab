"""Which instrument a General MIDI program, or a track of a MIDI file, is for."""

from __future__ import annotations

from bisect import bisect_left

from engine.instruments import INSTRUMENTS, recognise
from engine.score import Part

# The last program of each run that is for one instrument, counted from 1.
_RUNS = (
    (6, "piano"), (8, "harpsichord"), (16, "other"), (21, "organ"), (24, "other"), (32, "guitar"), (40, "bass"),
    (41, "violin"), (42, "viola"), (43, "cello"), (44, "bass"), (46, "violin"), (47, "harp"), (48, "other"),
    (52, "violin"), (55, "voice"), (56, "other"), (57, "trumpet"), (58, "trombone"), (59, "tuba"),
    (60, "trumpet"), (61, "horn"), (64, "trumpet"), (68, "clarinet"), (70, "oboe"), (71, "bassoon"),
    (72, "clarinet"), (80, "flute"), (128, "other"),
)  # fmt: skip


def instrument_of_program(program: int) -> str:
    """The instrument that a General MIDI program, from 1 to 128, is nearest to; "other" where none is."""
    return _RUNS[bisect_left(_RUNS, (program, ""))][1]


def instrument_for(name: str, program: int | None) -> str:
    """The instrument by the track's name, else by its program (from 0; None is General MIDI's first)."""
    found = recognise(name)
    return found if found != "other" else instrument_of_program((program or 0) + 1)


def program_of(part: Part) -> int:
    """The General MIDI program, from 1, that a part is played with."""
    return part.program or INSTRUMENTS[part.instrument].program


def own_program(program: int, instrument: str) -> int:
    """A program from 1, or 0 for none, as ``Part`` has it: 0 where it is the instrument's."""
    return program if program != INSTRUMENTS[instrument].program else 0
