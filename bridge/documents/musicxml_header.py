"""Title, composer, and the name and instrument of each part."""

from __future__ import annotations

from lxml import etree

from bridge.documents.midi_instruments import instrument_of_program
from bridge.documents.musicxml_values import text_of
from engine.instruments import INSTRUMENTS, recognise

_DEFAULT = 1  # the program that exporters give to what they know nothing of


def title_of(root: etree._Element) -> str:
    """The title of the work, else of the movement, else the one printed on the page."""
    return text_of(root, "work/work-title") or text_of(root, "movement-title") or _credit(root, "title")


def composer_of(root: etree._Element) -> str:
    """The composer as the document writes the name."""
    creators = root.findall("identification/creator")
    named = [c for c in creators if (c.get("type") or "composer").lower() == "composer" and c.text]
    return " ".join((named[0].text or "").split()) if named else _credit(root, "composer")


def _credit(root: etree._Element, kind: str) -> str:
    credits = (c for c in root.findall("credit") if text_of(c, "credit-type") == kind)
    return next((text_of(c, "credit-words") for c in credits), "")


def part_name(score_part: etree._Element | None) -> str:
    """The name of a part, "" when the document gives none."""
    return text_of(score_part, "part-name")


def instrument_of(score_part: etree._Element | None, staves: int) -> str:
    """The instrument a part is for: by its name, else by its sound, else by its MIDI program."""
    found = recognise(part_name(score_part))
    if found == "other":
        found = recognise(text_of(score_part, "score-instrument/instrument-name"))
    if found == "other":
        found = _by_sound(text_of(score_part, "score-instrument/instrument-sound"))
    if found == "other" and (program := program_in(score_part)):
        found = instrument_of_program(program)
    return found if found != "other" else recognise("", staves)


def _by_sound(sound: str) -> str:
    matches = [i for i in INSTRUMENTS.values() if i.sound and sound.startswith(i.sound)]
    return max(matches, key=lambda i: len(i.sound)).name if matches else "other"


def program_in(score_part: etree._Element | None) -> int:
    """The General MIDI program of a part's first player, from 1; 0 where none is told from every exporter's default."""
    text = text_of(score_part, "midi-instrument/midi-program")
    number = int(text) if text.isascii() and text.isdigit() and len(text) < 4 else 0
    return number if _DEFAULT < number <= 128 else 0
