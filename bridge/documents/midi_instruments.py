"""Which instrument a track of a MIDI file is for."""

from __future__ import annotations

from engine.instruments import INSTRUMENTS, recognise

# By families of eight programs, for those that no instrument of ours has.
_FAMILIES = ("piano", "other", "organ", "guitar", "bass", "violin", "violin", "trumpet", "clarinet", "flute")
_BY_PROGRAM = {instrument.program: instrument.name for instrument in INSTRUMENTS.values() if instrument.sound}


def instrument_for(name: str, program: int | None) -> str:
    """The instrument by the track's name, else by its program (from 0; None is General MIDI's first)."""
    found = recognise(name)
    if found != "other":
        return found
    number = program or 0
    family = _FAMILIES[number // 8] if number // 8 < len(_FAMILIES) else "other"
    return _BY_PROGRAM.get(number + 1, family)
