"""The plugin's walker run inside MuseScore 3, without a window, beside MuseScore's own export of the same score."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from musescore.headless import LoadError, convert, run

from bridge.documents.document import open_document
from engine.score import ChordSymbol, Measure, Note, Part, Score

_ROOT = Path(__file__).parents[2]
_HOST = Path(__file__).with_name("walker_host.qml")


@dataclass(frozen=True)
class Walk:
    """``document`` is what the walker wrote; ``said`` holds what its functions gave, and ``ms``."""

    document: Path
    said: dict[str, Any]


@dataclass
class Comparison:
    """Of each kind, how many there are in MuseScore's export and how many the walker has too."""

    equal: Counter[str] = field(default_factory=Counter)
    total: Counter[str] = field(default_factory=Counter)
    differences: list[str] = field(default_factory=list)

    def take(self, kind: str, ours: object, theirs: object, place: str) -> None:
        """One thing that should be the same."""
        self.total[kind] += 1
        self.equal[kind] += ours == theirs
        if ours != theirs:
            self.differences.append(f"{place}: {kind}: {ours} for {theirs}")


def walk(score: Path, folder: Path, **job: object) -> Walk:
    """Open ``score`` in MuseScore and walk it. ``job``: first, last, staves, select (commands). Raises LoadError."""
    (folder / "job.json").write_text(json.dumps({"folder": str(folder), **job}), encoding="utf-8")
    plugin = str(_ROOT / "plugin_musescore" / "obbligato")
    text = _HOST.read_text(encoding="utf-8").replace("{OBBLIGATO}", plugin)
    host = folder / "host.qml"
    host.write_text(text.replace("{JOB}", str(folder / "job.json")), encoding="utf-8")
    _, lines = run("-p", str(host), str(score))
    result = folder / "result.json"
    said = json.loads(result.read_text(encoding="utf-8")) if result.exists() else {"error": "; ".join(lines)}
    if "error" in said:
        raise LoadError(f"{score.name}: {said['error']}")
    return Walk(folder / "walked.musicxml", said)


def compared(score: Path, folder: Path) -> tuple[Comparison, Walk]:
    """The walker's document held against MuseScore's export, both as Obbligato reads them."""
    exported = folder / "exported.musicxml"
    convert(score, exported)
    walked = walk(score, folder)
    return compare(open_document(walked.document).score, open_document(exported).score), walked


def compare(ours: Score, theirs: Score) -> Comparison:
    """Measure by measure, part by part and note by note."""
    found = Comparison()
    found.take("scores", _shape(ours), _shape(theirs), "score")
    for number, (own, other) in enumerate(zip(ours.measures, theirs.measures, strict=False)):
        place = f"measure {other.number} ({number})"
        found.take("measures", _measure(own), _measure(other), place)
        _take_each(found, "chord symbols", map(_symbol, own.chords), map(_symbol, other.chords), place)
    for own_part, other_part in zip(ours.parts, theirs.parts, strict=False):
        found.take("parts", _part(own_part), _part(other_part), other_part.name)
        for number, (cell, other_cell) in enumerate(zip(own_part.cells, other_part.cells, strict=False)):
            _take_notes(found, cell, other_cell, f"{other_part.name} ({number})")
    return found


def _take_notes(found: Comparison, ours: tuple[Note, ...], theirs: tuple[Note, ...], place: str) -> None:
    _take_each(found, "notes", map(_note, ours), map(_note, theirs), place)
    kinds: dict[str, Callable[[Note], bool]] = {
        "ties": lambda note: note.tied,
        "notes in tuplets": lambda note: note.tuplet.ratio != 1,
    }
    for kind, chosen in kinds.items():
        _take_each(found, kind, map(_note, filter(chosen, ours)), map(_note, filter(chosen, theirs)), place)


def _take_each(
    found: Comparison, kind: str, ours: Iterable[object], theirs: Iterable[object], place: str
) -> None:
    """Both as bags of things; what only one has is a difference, also what is too much."""
    mine, other = Counter(ours), Counter(theirs)
    found.total[kind] += max(mine.total(), other.total())
    found.equal[kind] += (mine & other).total()
    found.differences += [f"{place}: {kind}: too much {thing}" for thing in mine - other]
    found.differences += [f"{place}: {kind}: missing {thing}" for thing in other - mine]


def _shape(score: Score) -> tuple[int, int]:
    return len(score.measures), len(score.parts)


def _measure(measure: Measure) -> tuple[object, ...]:
    metre = (measure.metre.beats, measure.metre.unit, measure.metre.groups, measure.metre.symbol)
    repeats = (measure.start_repeat, measure.end_repeat, measure.endings)
    return measure.number, str(measure.duration), metre, measure.key.fifths, repeats


def _symbol(chord: ChordSymbol) -> tuple[str, ...]:
    return str(chord.onset), chord.root, chord.kind, chord.bass


def _part(part: Part) -> tuple[object, ...]:
    interval = part.transposition
    return part.name, part.staves, (interval.diatonic, interval.chromatic), part.pitched


def _note(note: Note) -> tuple[object, ...]:
    tuplet = note.tuplet.reduced
    return (
        *(str(note.onset), str(note.duration), str(note.pitch), note.voice, note.staff),
        *(tuplet.actual, tuplet.normal, note.tied),
    )
