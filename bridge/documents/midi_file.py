"""A MIDI file as it is played: who sounds which key from when to when, and what it says of metre and key."""

from __future__ import annotations

import io
import struct
from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from itertools import accumulate

import mido
from mido.midifiles.meta import KeySignatureError

from bridge.errors import InputError, UnsafeInputError
from engine.exact import Fraction
from engine.pitch import Pitch
from engine.score import Key, Metre

MAX_NOTES = 50_000
DRUMS = 9  # the channel of the drums, counted from 0
_MAX_UNIT = 64  # no metre counts finer notes
_MAX_MEASURE = 64  # nor has longer measures, in quarters
_SUSTAIN = 64  # the controller of the pedal
_PEDAL_DOWN = 64  # the least value that counts as down
_BROKEN = (OSError, EOFError, ValueError, LookupError, TypeError, struct.error, KeySignatureError)


@dataclass(frozen=True, slots=True)
class Sounding:
    """A key held from ``start`` to ``end``, in quarters from the start of the piece."""

    start: Fraction
    end: Fraction
    midi: int
    velocity: int = 64


@dataclass(slots=True)
class Strand:
    """What one track plays on one channel; ``channel`` and ``program`` (None: never said) count from 0.

    ``pedal``: when the sustain pedal went down and up again, in order.
    """

    name: str
    channel: int
    program: int | None = None
    notes: list[Sounding] = field(default_factory=list)
    pedal: list[tuple[Fraction, Fraction]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Performance:
    """A file; ``ticks`` is its resolution per quarter. Signatures come with their times in quarters, in order.

    ``tempos`` are quarters a minute, with their times, in order.
    """

    ticks: int
    title: str
    strands: tuple[Strand, ...]
    metres: tuple[tuple[Fraction, Metre], ...]
    keys: tuple[tuple[Fraction, Key], ...]
    tempos: tuple[tuple[Fraction, Fraction], ...] = ()


_MINUTE = 60_000_000  # microseconds


def clear_unisons(notes: Iterable[Sounding]) -> list[Sounding]:
    """The notes, sorted, without any that one player cannot sound: a key struck again ends its earlier note.

    Of two that begin together the longer stays.
    """
    result: list[Sounding] = []
    last: dict[int, int] = {}
    # As floats, in which different times of a file differ still, they sort many times faster.
    for note in sorted(notes, key=lambda n: (float(n.start), n.midi, -float(n.end))):
        previous = last.get(note.midi)
        if previous is not None and result[previous].start == note.start:
            continue
        if previous is not None and result[previous].end > note.start:
            result[previous] = replace(result[previous], end=note.start)
        last[note.midi] = len(result)
        result.append(note)
    return result


def open_midi(data: bytes, name: str) -> Performance:
    """Read a Standard MIDI file of type 0 or 1; notes last as long as their keys are held.

    Raises ``InputError`` for what is not MIDI, cut short, of type 2, or timed in frames (SMPTE) or not at
    all, ``UnsafeInputError`` for more than ``MAX_NOTES`` notes.
    """
    file = _parsed(data, name)
    tracks = [list(_strands(file, track)) for track in file.tracks]
    strands = tuple(strand for track in tracks for strand in track)
    if sum(len(strand.notes) for strand in strands) > MAX_NOTES:
        raise UnsafeInputError(f"{name}: more than {MAX_NOTES:,} notes", "Give a shorter piece.")
    titled = tracks and len(tracks[0]) != 1  # the whole of a type 0 file, or a track for signatures only
    title = _text(file.tracks[0].name) if titled else ""
    metres, keys = tuple(_metres(file)), tuple(_keys(file))
    return Performance(file.ticks_per_beat, title, strands, metres, keys, tuple(_tempos(file)))


def _tempos(file: mido.MidiFile) -> Iterator[tuple[Fraction, Fraction]]:
    """Whenever the tempo changes, to the hundredth of a quarter a minute."""
    last = None
    for time, message in _signatures(file, "set_tempo"):
        pace = Fraction(round(_MINUTE * 100 / max(message.tempo, 1)), 100)
        if pace != last and pace > 0:
            yield time, pace
        last = pace


def _parsed(data: bytes, name: str) -> mido.MidiFile:
    if not data.startswith(b"MThd"):
        raise InputError(f"{name}: not a MIDI file", "Give a Standard MIDI file (.mid).")
    try:
        file = mido.MidiFile(file=io.BytesIO(data), clip=True)
    except _BROKEN as error:
        why = f" ({error})" if str(error) else ""
        raise InputError(f"{name}: the MIDI file is broken or cut short{why}", "Export it again.") from error
    if file.type not in (0, 1):
        what = f"a MIDI file of type {file.type}, which holds separate pieces"
        raise InputError(f"{name}: this is {what}", "Export it as type 0 or 1.")
    if file.ticks_per_beat <= 0:
        counts = "frames (SMPTE), not beats" if file.ticks_per_beat else "0 ticks to the quarter note"
        raise InputError(f"{name}: the MIDI file counts {counts}", "Export it with ticks per quarter note.")
    return file


def _events(file: mido.MidiFile, track: mido.MidiTrack) -> Iterator[tuple[Fraction, mido.Message]]:
    tick = 0
    for message in track:
        tick += message.time
        yield Fraction(tick, file.ticks_per_beat), message


def _text(text: str) -> str:
    """A name as it was meant: mido reads Latin-1, most programs write UTF-8."""
    with suppress(UnicodeError):
        text = text.encode("latin-1").decode("utf-8")
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


def _strands(file: mido.MidiFile, track: mido.MidiTrack) -> list[Strand]:
    """Every channel of a track that has notes; the track's name is theirs only if it is one."""
    strands = [strand for strand in _channels(file, track) if strand.notes]
    if len(strands) == 1:
        strands[0].name = _text(track.name)
    return strands


def _channels(file: mido.MidiFile, track: mido.MidiTrack) -> list[Strand]:
    hands: dict[int, _Hand] = {}
    time = Fraction(0)
    for time, message in _events(file, track):
        if not message.is_meta and hasattr(message, "channel"):
            hands.setdefault(message.channel, _Hand(Strand("", message.channel))).do(time, message)
    for hand in hands.values():
        hand.let_go(time)
    return [hands[channel].strand for channel in sorted(hands)]


@dataclass(slots=True)
class _Hand:
    """What is held down on one channel of a track."""

    strand: Strand
    keys: defaultdict[int, list[tuple[Fraction, int]]] = field(
        default_factory=lambda: defaultdict(list)
    )  # since when, and how hard
    pedal: Fraction | None = None  # since when

    def do(self, time: Fraction, message: mido.Message) -> None:
        kind = message.type
        if kind == "note_on" and message.velocity > 0:
            self.keys[message.note].append((time, message.velocity))
        elif kind in ("note_on", "note_off"):
            struck = self.keys[message.note]
            if struck:
                start, velocity = struck.pop(0)
                self.strand.notes.append(Sounding(start, time, message.note, velocity))
        elif kind == "program_change" and self.strand.program is None:
            self.strand.program = message.program
        elif kind == "control_change" and message.control == _SUSTAIN:
            self._tread(time, message.value >= _PEDAL_DOWN)

    def _tread(self, time: Fraction, down: bool) -> None:
        if self.pedal is None:
            self.pedal = time if down else None
        elif not down:
            self.strand.pedal.append((self.pedal, time))
            self.pedal = None

    def let_go(self, time: Fraction) -> None:
        """End what was never ended: it lasts to the end of the track."""
        for key, struck in self.keys.items():
            self.strand.notes.extend(Sounding(start, time, key, velocity) for start, velocity in struck)
        self._tread(time, down=False)


def _metres(file: mido.MidiFile) -> Iterator[tuple[Fraction, Metre]]:
    for time, message in _signatures(file, "time_signature"):
        metre = Metre(message.numerator, message.denominator)
        if metre.unit <= _MAX_UNIT and 0 < metre.duration <= _MAX_MEASURE:
            yield time, metre


def _keys(file: mido.MidiFile) -> Iterator[tuple[Fraction, Key]]:
    for time, message in _signatures(file, "key_signature"):
        tonic, minor = message.key.removesuffix("m"), message.key.endswith("m")
        alter = tonic.count("#") - tonic[1:].count("b")
        yield time, Key(Pitch(tonic[0], alter, 4).fifths - 3 * minor, "minor" if minor else "major")


def _signatures(file: mido.MidiFile, kind: str) -> list[tuple[Fraction, mido.Message]]:
    found: list[tuple[Fraction, mido.Message]] = []
    for track in file.tracks:
        ticks = accumulate(message.time for message in track)
        found += (
            (Fraction(tick, file.ticks_per_beat), message)
            for tick, message in zip(ticks, track, strict=True)
            if message.type == kind
        )
    return sorted(found, key=lambda event: event[0])
