"""One ``<part>`` walked from its first element to its last: what each measure says, in document terms."""

from __future__ import annotations

import re
from collections.abc import Callable

from lxml import etree

from bridge.documents.musicxml_attributes import Attributes
from bridge.documents.musicxml_harmony import chord_symbols
from bridge.documents.musicxml_notes import (
    MAX_DURATION,
    Children,
    RawNote,
    Timing,
    pitch_of,
    staff_of,
    ties_of,
    timing_of,
)
from bridge.documents.musicxml_reading import PartMeasure, PartReading
from bridge.documents.musicxml_values import Fault, decimal
from bridge.errors import InputError
from engine.exact import Fraction
from engine.pitch import Interval, Pitch
from engine.score import Tempo

_SOME_PITCH = Pitch("C", 0, 4)  # until the note turns out to be heard


def read_part(part: etree._Element, name: str) -> PartReading:
    """Read one ``<part>`` of a score-partwise; ``name`` is the file's, for messages.

    Raises
    ------
        InputError: something in a measure makes no sense; part and measure are named.
    """
    walk = _Walk()
    part_id = part.get("id", "")
    for element in part.iterchildren("measure"):
        try:
            walk.read(element)
        except Fault as fault:
            place = f"part {part_id}, measure {walk.measure.number}"
            hint = "Correct the measure and export the score again."
            raise InputError(f"{name}: {place}: {fault}", hint) from fault
    return walk.result(part_id)


class _Walk:
    """The cursor and everything that persists from measure to measure."""

    def __init__(self) -> None:
        self.attributes = Attributes()
        self.measures: list[PartMeasure] = []
        self.staves = 1
        self.first_transposition = Interval()
        self.unheard = 0  # unpitched or tablature notes
        self.label_staff: dict[str, int] = {}
        self.split_labels: set[str] = set()
        self.losses = self.attributes.losses
        self.measure = PartMeasure("", False)
        self.at = Fraction(0)  # where the document's own counting stands
        self.drift = Fraction(0)  # from there to the exact place, where durations had to be rounded
        self.last_onset = Fraction(0)
        self.last_label = ""
        self.late_change: Fraction | None = None  # where the key or metre changed after notes of the measure
        self.handlers: dict[object, Callable[[etree._Element], None]] = {
            "note": self._note,
            "backup": self._backup,
            "forward": self._forward,
            "attributes": self._attributes,
            "harmony": self._harmony,
            "barline": self._barline,
            "figured-bass": self._figures,
            "sound": self._sound_of,
            "direction": self._direction,
        }

    def read(self, element: etree._Element) -> None:
        number = element.get("number", "")
        self.measure = PartMeasure(number, element.get("implicit") == "yes")
        self.measures.append(self.measure)
        self._hold()
        self.at = self.drift = self.last_onset = Fraction(0)
        self.late_change = None
        handlers = self.handlers
        for child in element:
            handler = handlers.get(child.tag)
            if handler is not None:
                handler(child)
        self.measure.unheard |= self.attributes.unheard
        if self.late_change is not None and any(end > self.late_change for end in self.measure.ends.values()):
            self.losses["changes of key or metre inside a measure count from the next one"] += 1

    def result(self, part_id: str) -> PartReading:
        heard = any(m.notes for m in self.measures)
        silent = self.unheard > 0 or not self.attributes.heard(1)
        self.losses["notes of percussion or tablature not listened to"] += self.unheard
        return PartReading(
            part_id,
            self.measures,
            self.staves,
            self.first_transposition,
            heard or not silent,
            frozenset(self.split_labels),
            self.losses,
        )

    def _hold(self) -> None:
        self.measure.key = self.attributes.concert_key
        self.measure.metre = self.attributes.metre

    def _attributes(self, element: etree._Element) -> None:
        self.attributes.apply(element)
        self.staves = max(self.staves, self.attributes.staves)
        if self.at == 0:
            self._hold()
            if len(self.measures) == 1:
                self.first_transposition = self.attributes.transposition(1)
        elif element.find("key") is not None or element.find("time") is not None:
            self.late_change = self.at  # counts from the next measure

    def _note(self, note: etree._Element) -> None:
        children: Children = {child.tag: child for child in note}
        if "grace" in children:
            self.losses["grace notes left out"] += 1
            return
        timing = timing_of(note, children, self.attributes.divisions)
        onset = self._place(timing, "chord" in children)
        rest = children.get("rest")
        if rest is not None and rest.get("measure") == "yes":
            self.measure.rest = max(self.measure.rest, timing.duration)
            return
        label, staff = self._voice(children), staff_of(children)
        self._occupy(label, staff, onset, onset + timing.exact, "chord" in children)
        if rest is None:
            raw = RawNote(onset, timing.exact, _SOME_PITCH, label, staff, timing.tuplet)
            self._sound(note, children, raw)

    def _voice(self, children: Children) -> str:
        """The label of a note's voice; a note of a chord may leave it to the first one."""
        if "chord" not in children or "voice" in children:
            self.last_label = _label(children)
        return self.last_label

    def _place(self, timing: Timing, in_chord: bool) -> Fraction:
        """The onset of a note that lasts so long; the cursor moves on unless it joins a chord."""
        if not in_chord:
            self.last_onset = self.at + self.drift if self.drift else self.at
            self._advance(timing.duration)
            if timing.exact is not timing.duration:
                self.drift += timing.exact - timing.duration
        return self.last_onset

    def _occupy(self, label: str, staff: int, onset: Fraction, end: Fraction, in_chord: bool) -> None:
        """Note how far a voice reaches. A label that starts anew on another staff means two voices."""
        self.staves = max(self.staves, staff)
        ends = self.measure.ends
        reached = ends.get(label)
        if reached is None:
            ends[label] = end
        else:
            if not in_chord and onset < reached and self.label_staff[label] != staff:
                self.split_labels.add(label)
            ends[label] = max(reached, end)
        self.label_staff[label] = staff

    def _sound(self, note: etree._Element, children: Children, raw: RawNote) -> None:
        """Keep a note that is there to be listened to; count what is not."""
        pitch = children.get("pitch")
        if "cue" in children:
            self.losses["cue notes left out"] += 1
            self.measure.cued.add(raw.staff)
        elif "unpitched" in children or not self.attributes.heard(raw.staff):
            self.unheard += 1
            self.measure.unheard.add(raw.staff)
        elif pitch is None:
            raise Fault("a note has neither pitch nor rest")
        elif raw.duration == 0:
            self.losses["notes without length left out"] += 1
        else:
            raw.pitch, rounded = pitch_of(pitch, self.attributes.transposition(raw.staff))
            raw.tied, raw.ties_on = ties_of(note, children)
            self.losses["microtones rounded"] += rounded
            self.measure.notes.append(raw)

    def _backup(self, element: etree._Element) -> None:
        self._move(-self._length(element))

    def _forward(self, element: etree._Element) -> None:
        self._move(self._length(element))
        self.measure.reach = max(self.measure.reach, self.at)

    def _length(self, element: etree._Element) -> Fraction:
        length = decimal(element.findtext("duration"), "duration") / self.attributes.divisions
        if not 0 <= length <= MAX_DURATION:
            raise Fault(f"duration of a backup or forward is not from 0 to {MAX_DURATION} quarters")
        return length

    def _move(self, by: Fraction) -> None:
        self.drift = Fraction(0)
        self._advance(max(by, -self.at))
        self.last_onset = self.at

    def _advance(self, by: Fraction) -> None:
        self.at += by
        if self.at > MAX_DURATION:
            raise Fault(f"the measure is longer than {MAX_DURATION} quarters")

    def _harmony(self, element: etree._Element) -> None:
        offset = decimal(element.findtext("offset") or "0", "offset") / self.attributes.divisions
        onset = max(self.at + self.drift + offset, Fraction(0))
        self.measure.chords += chord_symbols(element, onset, self.attributes.transposition(1), self.losses)

    def _direction(self, element: etree._Element) -> None:
        for sound in element.iterchildren("sound"):
            self._sound_of(sound, element)

    def _sound_of(self, sound: etree._Element, place: etree._Element | None = None) -> None:
        """Keep the tempo that a ``<sound>`` sets; its ``place`` is the direction that it stands in."""
        pace = sound.get("tempo")
        if pace is None:
            return
        offset = sound.findtext("offset") or (place.findtext("offset") if place is not None else None) or "0"
        onset = max(self.at + self.drift + decimal(offset, "offset") / self.attributes.divisions, Fraction(0))
        if decimal(pace, "tempo") > 0:
            self.measure.tempos.append(Tempo(onset, decimal(pace, "tempo")))

    def _figures(self, _: etree._Element) -> None:
        self.losses["figures of a figured bass left out"] += 1

    def _barline(self, element: etree._Element) -> None:
        repeat, ending = element.find("repeat"), element.find("ending")
        if repeat is not None:
            self.measure.start_repeat |= repeat.get("direction") == "forward"
            self.measure.end_repeat |= repeat.get("direction") == "backward"
        if ending is None:
            return
        if ending.get("type") == "start":
            self.measure.ending_starts = ending_numbers(ending.get("number", ""))
        else:
            self.measure.ending_stops = True


def _label(children: Children) -> str:
    voice = children.get("voice")
    return (voice.text or "").strip() if voice is not None else ""


def ending_numbers(text: str) -> tuple[int, ...]:
    """The numbers of an ending: "1, 2" is (1, 2)."""
    return tuple(int(n) for n in re.findall(r"[0-9]{1,4}", text))
