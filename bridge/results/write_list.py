"""From a score to the list of what a program writes into its own: the same notation as in a document.

Nothing is decided here. Values, rests, ties, tuplets, clefs and accidentals are those of ``bridge.notation``.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from bridge.documents.midi_instruments import program_of
from bridge.notation.attributes import later_clefs
from bridge.notation.clefs import CLEFS
from bridge.notation.measures import Sheet, new_sheet
from bridge.notation.notes import printed_accidental
from bridge.notation.voices import Event, Head, tuplet_members
from bridge.results import entries
from bridge.results.chord_names import chord_name
from engine import score as model
from engine.exact import Fraction
from engine.instruments import INSTRUMENTS
from engine.pitch import Pitch
from engine.score import Score, first_voice, home_staff

_TPC_OF_C = 14  # MuseScore's tonal pitch class of C
_START = Fraction(0)


def write_list(
    score: Score, parts: Sequence[int], measures: Sequence[int], first: int = 0
) -> entries.WriteList:
    """Those measures of those parts, indices from 0 in ascending order.

    Where ``score`` is not the whole, ``first`` is the place of its first measure there, from which the list counts.

    Ties to and from neighbouring measures that are not listed are told too. Raises EngineError when a rhythm has no
    notation.
    """
    pages = [_Page(index, first, new_sheet(score.parts[index], score.measures)) for index in parts]
    return entries.WriteList(
        version=1,
        parts=tuple(page.part() for page in pages),
        measures=tuple(_measure(score.measures[index], first + index) for index in measures),
        events=tuple(event for index in measures for page in pages for event in page.events(index)),
        chords=tuple(
            entries.Chord(measure=first + index, onset=_whole(chord.onset), text=chord_name(chord))
            for index in measures
            for chord in score.measures[index].chords
        ),
        clef_changes=tuple(c for index in measures for page in pages for c in page.clef_changes(index)),
    )


@dataclass(frozen=True, slots=True)
class _Page:
    """One part of the score, by its index, with its notation; ``first`` as of ``write_list``."""

    index: int
    first: int
    sheet: Sheet

    def part(self) -> entries.Part:
        part = self.sheet.part
        instrument, moved = INSTRUMENTS[part.instrument], part.transposition
        clefs = self.sheet.states[0].clefs
        return entries.Part(
            index=self.index,
            id=part.id,
            name=part.name,
            instrument=part.instrument,
            sound=instrument.sound,
            program=program_of(part) - 1,
            staves=part.staves,
            transposition=entries.Transposition(diatonic=moved.diatonic, chromatic=moved.chromatic),
            clefs=tuple(_clef(name, staff) for staff, ((_, name), *_) in enumerate(clefs, start=1)),
        )

    def clef_changes(self, measure: int) -> Iterator[entries.ClefChange]:
        """At the start of a measure those that lead there from the measure before, listed or not."""
        state = self.sheet.states[measure]
        before = self.sheet.states[measure - 1] if measure else state
        at_start = [
            (_START, staff, now[0][1])
            for staff, (old, now) in enumerate(zip(before.clefs, state.clefs, strict=True), start=1)
            if measure and old[-1][1] != now[0][1]
        ]
        for onset, staff, name in at_start + later_clefs(state):
            yield entries.ClefChange(
                part=self.index, measure=self.first + measure, onset=_whole(onset), clef=_clef(name, staff)
            )

    def events(self, measure: int) -> Iterator[entries.Event]:
        for voice, events in self.sheet.voices(measure).items():
            staff = home_staff(voice)
            for event in events:
                yield entries.Event(
                    measure=self.first + measure,
                    part=self.index,
                    staff=staff,
                    voice=voice - first_voice(staff) + 1,
                    onset=_whole(event.onset),
                    duration=_whole(event.duration),
                    value=_value(event),
                    kind="chord" if event.heads else "rest",
                    visible=not event.hidden,
                    notes=tuple(self._note(measure, event, head) for head in event.heads),
                    tuplet=_tuplet(event, events),
                )

    def _note(self, measure: int, event: Event, head: Head) -> entries.Note:
        pitch, state = head.note.pitch, self.sheet.states[measure]
        return entries.Note.model_validate(
            {
                "pitch": pitch.midi,
                "tpc1": _tpc(pitch),
                "tpc2": _tpc(state.written(head.note)),
                "staff": head.note.staff,
                "tie": head.start,
                "tie_back": head.stop,
                "accidental": printed_accidental(event, head, self.sheet.accidentals[measure]),
            }
        )


def _measure(measure: model.Measure, index: int) -> entries.Measure:
    metre = measure.metre
    return entries.Measure(
        index=index,
        number=measure.number,
        duration=_whole(measure.duration),
        metre=None if metre.symbol == "senza" else (metre.beats, metre.unit),
        fifths=measure.key.fifths,
        implicit=measure.implicit,
    )


def _value(event: Event) -> tuple[int, int] | None:
    value = event.value
    return None if value is None else _whole(replace(value, tuplet=model.PLAIN).duration)


def _tuplet(event: Event, events: Sequence[Event]) -> entries.Tuplet | None:
    group, value = event.group, event.value
    if group is None or value is None:
        return None
    members = [events[i] for i in tuplet_members(event, events)]
    return entries.Tuplet(
        actual=group.tuplet.actual,
        normal=group.tuplet.normal,
        duration=_whole(group.end - group.start),
        index=members.index(event),
        last=members[-1] is event,
        nested=value.tuplet != group.tuplet,
    )


def _clef(name: str, staff: int) -> entries.Clef:
    clef = CLEFS[name]
    return entries.Clef.model_validate(
        {"staff": staff, "sign": clef.sign, "line": clef.line, "octave": clef.octave}
    )


def _tpc(pitch: Pitch) -> int:
    return pitch.fifths + _TPC_OF_C


def _whole(quarters: Fraction) -> tuple[int, int]:
    """Quarters as a fraction of a whole note."""
    return (quarters / 4).as_integer_ratio()
