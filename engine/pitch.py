"""Spelled pitches and intervals, exact in both directions."""

from __future__ import annotations

from dataclasses import dataclass

STEPS = "CDEFGAB"
_SEMITONES = (0, 2, 4, 5, 7, 9, 11)  # of the natural steps above C
_FIFTHS = (0, 2, 4, -1, 1, 3, 5)  # of the natural steps on the line of fifths, C = 0


@dataclass(frozen=True, slots=True)
class Interval:
    """A directed interval.

    ``diatonic`` counts staff steps and ``chromatic`` semitones, both positive upwards, as in
    MusicXML's ``<transpose>`` with its octave change added in. A written B flat clarinet note
    sounds at ``Interval(-1, -2)`` from itself.
    """

    diatonic: int = 0
    chromatic: int = 0

    def __neg__(self) -> Interval:
        return Interval(-self.diatonic, -self.chromatic)

    @property
    def fifths(self) -> int:
        """How far the interval moves a key or a note name along the line of fifths."""
        return 7 * self.chromatic - 12 * self.diatonic


@dataclass(frozen=True, slots=True)
class Pitch:
    """A spelled pitch: ``step`` (one of C D E F G A B), ``alter`` in semitones, ``octave`` (4 holds middle C)."""

    step: str
    alter: int
    octave: int

    @property
    def midi(self) -> int:
        """MIDI key number; middle C is 60. Not clipped to 0..127."""
        return 12 * (self.octave + 1) + _SEMITONES[STEPS.index(self.step)] + self.alter

    @property
    def diatonic(self) -> int:
        """Staff steps above C0; middle C is 28."""
        return 7 * self.octave + STEPS.index(self.step)

    @property
    def fifths(self) -> int:
        """Place on the line of fifths: F = -1, C = 0, G = 1, F sharp = 6, B flat = -2."""
        return _FIFTHS[STEPS.index(self.step)] + 7 * self.alter

    @classmethod
    def from_diatonic(cls, diatonic: int, midi: int) -> Pitch:
        """The pitch on that staff step whose sound is ``midi``."""
        octave, index = divmod(diatonic, 7)
        natural = 12 * (octave + 1) + _SEMITONES[index]
        return cls(STEPS[index], midi - natural, octave)

    @classmethod
    def from_fifths(cls, fifths: int, octave: int) -> Pitch:
        """The pitch of that place on the line of fifths in that (written) octave."""
        alter, index = divmod(fifths + 1, 7)
        return cls("FCGDAEB"[index], alter, octave)

    def transposed(self, interval: Interval) -> Pitch:
        """This pitch moved by ``interval``, spelled exactly (double and triple accidentals included)."""
        return Pitch.from_diatonic(self.diatonic + interval.diatonic, self.midi + interval.chromatic)

    @property
    def name(self) -> str:
        """Step and accidentals: "C", "F#", "Bb"."""
        return self.step + ("#" * self.alter if self.alter >= 0 else "b" * -self.alter)

    def __str__(self) -> str:
        return f"{self.name}{self.octave}"
