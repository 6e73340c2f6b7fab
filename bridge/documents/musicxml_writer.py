"""A whole MusicXML 4.0 document from a ``Score``."""

from __future__ import annotations

import re
from collections.abc import Sequence

from lxml import etree

from bridge.documents.midi_instruments import program_of
from bridge.notation.measures import part_measures
from bridge.notation.xml import add
from engine.instruments import INSTRUMENTS
from engine.score import Measure, Part, Score

DOCTYPE = (
    '<!DOCTYPE score-partwise PUBLIC "-//Recordare//DTD MusicXML 4.0 Partwise//EN" '
    '"http://www.musicxml.org/dtds/partwise.dtd">'
)
_ABBREVIATIONS = {instrument.label: instrument.abbreviation for instrument in INSTRUMENTS.values()}
_LABEL = re.compile(rf"(?<!\w)(?:{'|'.join(_ABBREVIATIONS)})(?!\w)")
_DRUMS = 10  # the MIDI channel that instruments with pitch stay clear of


def write_musicxml(score: Score, final: bool = True) -> etree._ElementTree:
    """The score as score-partwise; its last measure ends with a ``final`` bar line. The same score gives the same
    document.

    Raises EngineError when a rhythm has no notation; part, measure and voice are named.
    """
    root = etree.fromstring(f'{DOCTYPE}<score-partwise version="4.0"/>')
    if score.title:
        add(add(root, "work"), "work-title", score.title)
    _add_identification(root, score)
    part_list = add(root, "part-list")
    for number, part in enumerate(score.parts):
        part_list.append(score_part(part, part.id, midi_channel(number)))
    for number, part in enumerate(score.parts):
        element = add(root, "part", id=part.id)
        element.extend(part_measures(part, score.measures, shared=number == 0))
        for index, measure in enumerate(element):
            _add_bar_lines(measure, score.measures, index, final)
    etree.indent(root, space="  ")
    return root.getroottree()


def _add_identification(root: etree._Element, score: Score) -> None:
    identification = add(root, "identification")
    if score.composer:
        add(identification, "creator", score.composer, type="composer")
    encoding = add(identification, "encoding")
    add(encoding, "software", "Obbligato")
    add(encoding, "supports", element="accidental", type="yes")
    add(encoding, "supports", element="beam", type="yes")


def midi_channel(number: int) -> int:
    """A MIDI channel, from 1, for the part of that number, from 0."""
    channels = [channel for channel in range(1, 17) if channel != _DRUMS]
    return channels[number % len(channels)]


def player_id(part: str) -> str:
    """The id of the instrument in a part with that id."""
    return f"{part}-I1"


def score_part(part: Part, id_: str, channel: int) -> etree._Element:
    """The part-list's entry for a part, with its sound."""
    instrument = INSTRUMENTS[part.instrument]
    element = etree.Element("score-part", {"id": id_})
    add(element, "part-name", part.name)
    if abbreviation := _abbreviation(part.name):
        add(element, "part-abbreviation", abbreviation)
    player = add(element, "score-instrument", id=player_id(id_))
    add(player, "instrument-name", instrument.label)
    if instrument.sound:
        add(player, "instrument-sound", instrument.sound)
    midi = add(element, "midi-instrument", id=player_id(id_))
    add(midi, "midi-channel", channel)
    add(midi, "midi-program", program_of(part))
    return element


def _abbreviation(name: str) -> str:
    """Of a name of standard labels, numbered or not ("Violin 2", "Tenor Bass"); empty for any other, which has none."""
    standard = not _LABEL.sub("", name).strip(" 0123456789")
    return _LABEL.sub(lambda label: _ABBREVIATIONS[label[0]], name) if standard else ""


def _add_bar_lines(element: etree._Element, measures: Sequence[Measure], index: int, final: bool) -> None:
    measure = measures[index]
    before = measures[index - 1].endings if index else ()
    after = measures[index + 1].endings if index + 1 < len(measures) else ()
    numbers = ", ".join(map(str, measure.endings))
    left = _bar_line("left")
    if numbers and (measure.endings != before or measures[index - 1].end_repeat):
        add(left, "ending", number=numbers, type="start")
    if measure.start_repeat:
        left.insert(0, _bar_style("heavy-light"))
        add(left, "repeat", direction="forward")
    right = _bar_line("right")
    if numbers and (measure.endings != after or measure.end_repeat):
        add(right, "ending", number=numbers, type="stop" if measure.end_repeat else "discontinue")
    if measure.end_repeat or (final and index + 1 == len(measures)):
        right.insert(0, _bar_style("light-heavy"))
    if measure.end_repeat:
        add(right, "repeat", direction="backward")
    for bar_line in (left, right):
        if len(bar_line) and bar_line.find("bar-style") is None and bar_line.find("repeat") is None:
            bar_line.insert(0, _bar_style("regular"))  # MuseScore wants a style or a repeat beside an ending
    if len(left):
        element.insert(0, left)
    if len(right):
        element.append(right)


def _bar_line(location: str) -> etree._Element:
    return etree.Element("barline", {"location": location})


def _bar_style(name: str) -> etree._Element:
    style = etree.Element("bar-style")
    style.text = name
    return style
