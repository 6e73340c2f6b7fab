"""What a document calls the voices of a part, and which of the score's voices each note is in."""

from __future__ import annotations

from itertools import count

from lxml import etree

from bridge.documents.musicxml_part import read_part
from bridge.documents.musicxml_voices import VoiceKey, voice_numbers
from engine.score import first_voice


class VoiceLabels:
    """The labels of one ``<part>``, as its reader numbered them; voices that only rest get numbers too."""

    def __init__(self, part: etree._Element) -> None:
        reading = read_part(part, "")
        self._split = reading.split_labels
        self._numbers = voice_numbers(reading)
        for note in part.iterfind("measure/note"):
            key = self._key(note)
            if key not in self._numbers:
                self._numbers[key] = self._free_number(staff_of(note))
        self._taken = {label for label, _ in self._numbers}
        # A voice without a label is left so only in a part that has no labels at all.
        named = [(n, label) for (label, _), n in self._numbers.items() if label or self._taken == {""}]
        self._labels = dict(reversed(named))

    def number(self, note: etree._Element) -> int:
        """The voice of the score that a ``<note>`` is in."""
        return self._numbers[self._key(note)]

    def label(self, number: int) -> str:
        """What the document calls a voice, "" if nothing; a free number for one that it does not have."""
        if number not in self._labels:
            names = (str(n) for n in count(number))
            self._labels[number] = next(name for name in names if name not in self._taken)
            self._taken.add(self._labels[number])
        return self._labels[number]

    def _key(self, note: etree._Element) -> VoiceKey:
        label = (note.findtext("voice") or "").strip()
        return label, staff_of(note) if label in self._split else 0

    def _free_number(self, staff: int) -> int:
        block = range(first_voice(staff), first_voice(staff + 1))
        taken = set(self._numbers.values())
        return next((number for number in block if number not in taken), block[-1])


def staff_of(note: etree._Element) -> int:
    """The staff, from 1, that a ``<note>`` stands on."""
    return int(note.findtext("staff") or 1)
