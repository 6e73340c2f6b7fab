"""Which note heads need a printed accidental.

Courtesy accidentals stand where most of those stand that people engraved in piano parts: after a bar line when
the same place was altered before it (half of all cases), and when the step is altered in another octave (three of
four) or staff (half) of the measure. Other octaves and staves of the measure before are no reason (a quarter).
"""

from __future__ import annotations

from dataclasses import dataclass, field

from engine.pitch import Pitch

_FLATS = {-3: "triple-flat", -2: "flat-flat", -1: "flat"}
NAMES = _FLATS | {0: "natural", 1: "sharp", 2: "double-sharp", 3: "triple-sharp"}
_SHARPS = "FCGDAEB"

Place = tuple[int, str, int]  # staff, step, octave


def key_alter(fifths: int, step: str) -> int:
    """What a key signature does to a step, in semitones."""
    position = _SHARPS.index(step)
    return (fifths - position + 6) // 7


@dataclass(slots=True)
class AccidentalReader:
    """What a reader of a part has in mind, measure after measure: the alterations seen on each place."""

    seen: dict[Place, int] = field(default_factory=dict)  # in this measure
    tied: dict[Place, int] = field(default_factory=dict)  # in this measure, held over from the one before
    before: dict[Place, int] = field(default_factory=dict)  # in the measure before, where not settled since

    def next_measure(self) -> None:
        """Forget what a bar line cancels."""
        self.before, self.tied, self.seen = self.tied | self.seen, {}, {}

    def hold(self, staff: int, pitch: Pitch) -> None:
        """A head that a tie leads to: it needs nothing, and its accidental ends with it."""
        self.tied[staff, pitch.step, pitch.octave] = pitch.alter

    def read(self, staff: int, pitch: Pitch, fifths: int) -> str:
        """What a head that no tie leads to needs: "", "yes", or "courtesy" where it is only kind."""
        place = (staff, pitch.step, pitch.octave)
        expected = self.seen.get(place, key_alter(fifths, pitch.step))
        old = self.before.pop(place, pitch.alter)
        first = self.seen.pop(place, None) is None
        self.seen[place] = pitch.alter  # the latest stands last
        if pitch.alter != expected:
            return "yes"
        return "courtesy" if first and (old != pitch.alter or self._clashes(place, pitch.alter)) else ""

    def _clashes(self, place: Place, alter: int) -> bool:
        """Whether this measure has the same step, otherwise altered, in another octave or last on another staff."""
        staff, step, octave = place
        same = [(s, o, a) for (s, t, o), a in reversed(self.seen.items()) if t == step]
        elsewhere = next((a for s, _, a in same if s != staff), alter)
        return elsewhere != alter or any(s == staff and o != octave and a != alter for s, o, a in same)
