"""What is asked of the engine and what it writes: every control, its adherence over validation works.

    python -m benchmarks.controls --data DIR [--works 16] [--only limits,rhythm,vary,like,returns,habits,chords]

Limits, chords: eight measures of an accompaniment to a song, nothing of it known, as ``accompany --add piano``.
Rhythm, vary, like: eight measures of a piano part that is there, as ``fill``. Returns: whole songs, and hymns with two
strophes written out, as ``harmonize``. Habits: what composers do with sections that return. Writes
benchmarks/results/controls.md.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from itertools import pairwise
from pathlib import Path
from statistics import fmean

import numpy as np

from benchmarks.report import write_report
from bridge.corpus import load_corpus, read_manifest
from bridge.documents.document import Document, open_document
from bridge.documents.musicxml_reader import read_musicxml
from bridge.errors import RequestError
from bridge.folders import cache_folder
from bridge.options import FillOptions
from bridge.service import Take, write
from bridge.suggestions import with_suggested_chords
from engine import interface
from engine.chords import chord_spans
from engine.encoding import name_fifths
from engine.evaluation.scenarios import SCENARIOS, instruments_of, score_of
from engine.exact import Fraction
from engine.frames import frames_of
from engine.interface import CHOIR, Controls, Engine, Passage, Sampling
from engine.limits import broken_limits, most_at_once
from engine.metre import beat_groups
from engine.pitch import Pitch
from engine.registry import load_engine
from engine.returns import FEWEST_DRAWN, earlier_of, sections
from engine.score import Cell, ChordSymbol, Measure, Part, Score
from engine.training import alone
from engine.training.works import Work

FIRST, LAST = 8, 16  # the measures that are written, from 0
EXAMPLE = 4  # measures at the start whose manner is asked for
FAR = 20  # measures later
LONG = 60  # measures of a song that is written from end to end
LIMITS: tuple[tuple[str, Controls], ...] = (
    ("density 0.5", Controls(density=0.5)),
    ("density 1", Controls(density=1.0)),
    ("density 2", Controls(density=2.0)),
    ("polyphony 2", Controls(polyphony=2)),
    ("polyphony 4", Controls(polyphony=4)),
    ("low C3, high C5", Controls(low=48, high=72)),
    ("shortest eighth", Controls(shortest=Fraction(1, 2))),
    ("shortest quarter", Controls(shortest=Fraction(1))),
    ("density 1, polyphony 3, low C3, high C6", Controls(density=1.0, polyphony=3, low=48, high=84)),
)
Lines = Iterator[str]


def documents(data: Path, collection: str, staves: str, count: int, least: int) -> list[Document]:
    """Validation works of so many measures at least."""
    rows = [r for r in read_manifest(data) if r["collection"] == collection and r["split"] == "valid"]
    found = (open_document(data / r["path"]) for r in rows if r["staves"] == staves)
    return [document for document in found if len(document.score.measures) >= least][:count]


def cut(score: Score, first: int, last: int) -> Score:
    """Those measures alone."""
    parts = tuple(replace(part, cells=part.cells[first:last]) for part in score.parts)
    return Score(score.measures[first:last], parts)


def accompanied(engine: Engine, score: Score, part: int, controls: Controls, seed: int = 7) -> list[Cell]:
    """The cells of a part, all written anew."""
    mask = frozenset((part, m) for m in range(len(score.measures)))
    return [cell.notes for cell in interface.written(engine, Passage(score, mask), controls, Sampling(seed))]


def density(cells: Sequence[Cell], measures: Sequence[Measure]) -> float:
    """Onsets a quarter."""
    return sum(len({n.onset for n in cell}) for cell in cells) / float(sum(m.duration for m in measures))


def polyphony(cells: Sequence[Cell]) -> float:
    """The mean over the cells of the most notes at once."""
    return fmean(most_at_once(cell) for cell in cells)


def limits(engine: Engine, songs: Sequence[Score]) -> Lines:
    yield "| limit | measures that keep it | onsets a quarter | most notes at once, mean |"
    yield "|---|---|---|---|"
    human = [song.parts[1].cells for song in songs]
    flat = [cell for cells in human for cell in cells]
    free = fmean(density(c, s.measures) for c, s in zip(human, songs, strict=True))
    yield f"| none, as the composer wrote it | | {free:.2f} | {polyphony(flat):.2f} |"
    for name, controls in (("none", Controls()), *LIMITS):
        written = [accompanied(engine, song, 1, controls) for song in songs]
        pairs = [
            (c, m)
            for cells, s in zip(written, songs, strict=True)
            for c, m in zip(cells, s.measures, strict=True)
        ]
        kept = sum(not broken_limits(cell, measure, controls) for cell, measure in pairs)
        onsets = fmean(density(c, s.measures) for c, s in zip(written, songs, strict=True))
        share = f"{kept / len(pairs):.1%}" if name != "none" else ""
        yield f"| {name} | {share} | {onsets:.2f} | {polyphony([cell for cell, _ in pairs]):.2f} |"


def filled(engine: Engine, document: Document, **options: object) -> tuple[Score, Score] | None:
    """A fill of the piano's measures: the score of the take, and the score read from its document. None: refused."""
    numbers = [document.score.measures[m].number for m in range(FIRST, LAST)]
    given = {"measures": f"{numbers[0]}-{numbers[-1]}", "into": ["2"], "seed": 7, **options}
    try:
        events = list(write(document, FillOptions.parse(given), engine))
    except RequestError:
        return None
    take = next(event for event in events if isinstance(event, Take))
    return take.score, read_musicxml(take.tree.getroot(), "result")


def rhythm_of(cell: Cell) -> list[tuple[object, ...]]:
    return sorted((n.onset, n.duration, n.voice, n.staff) for n in cell)


def rhythm(engine: Engine, songs: Sequence[Document]) -> Lines:
    """Onsets, durations, voices and staves of all heads against those that stood there; ties and new pitches."""
    equal, read, cells, ties, tied, new, notes, refused = 0, 0, 0, 0, 0, 0, 0, 0
    for song in songs:
        result = filled(engine, song, rhythm="keep")
        if result is None:
            refused += 1
            continue
        for m in range(FIRST, LAST):
            old, take, back = (score.parts[1].cells[m] for score in (song.score, *result))
            cells += 1
            equal += rhythm_of(old) == rhythm_of(take)
            read += [(n.onset, n.duration, n.staff) for n in old] == [
                (n.onset, n.duration, n.staff) for n in back
            ]
            ties += sum(n.tied for n in take)
            tied += sum(n.tied for n in old)
            notes += len(old)
            new += sum(n.pitch not in {o.pitch for o in old if o.onset == n.onset} for n in take)
    yield "| rhythm keep | |"
    yield "|---|---|"
    yield f"| measures with the same onset, duration, voice and staff of every head | {equal / cells:.1%} of {cells} |"
    yield f"| the same, without voices, read back from the document | {read / cells:.1%} |"
    yield f"| ties, of those that were there | {ties} of {tied} |"
    yield f"| heads on another pitch than any that stood there | {new / notes:.0%} of {notes} |"
    yield f"| songs refused | {refused} |"


def vary(engine: Engine, songs: Sequence[Document]) -> Lines:
    yield "| vary | quarters written anew | notes kept | works that differ |"
    yield "|---|---|---|---|"
    for share in (0.1, 0.3, 0.5, 0.8):
        kept, quarters, changed = [], [], 0
        for song in songs:
            result = filled(engine, song, vary=share)
            assert result is not None
            quarters.append(anew(song.score, share))
            old, new = (s.parts[1].cells[FIRST:LAST] for s in (song.score, result[0]))
            same = sum(n in b for a, b in zip(old, new, strict=True) for n in a)
            kept.append(same / max(sum(map(len, old)), 1))
            changed += old != new
        range_ = f"{min(kept):.0%} to {max(kept):.0%}"
        yield f"| {share} | {fmean(quarters):.0%} | {fmean(kept):.0%} ({range_}) | {changed} of {len(songs)} |"


def anew(score: Score, share: float) -> float:
    """The share of the passage's quarters that is open to new notes."""
    passage = Passage(score, frozenset((1, m) for m in range(FIRST, LAST)))
    frames = frames_of(passage, Controls(vary=share), 7).values()
    open_ = sum((end - start for frame in frames for start, end in frame.open), Fraction(0))
    return float(open_ / sum(score.measures[m].duration for m in range(FIRST, LAST)))


def likeness(
    cells: Sequence[Cell], example: Sequence[Cell], measures: Sequence[Measure]
) -> tuple[float, float, float]:
    """Mean share of onsets in common with the likest measure of the example; ratios of density and polyphony."""
    places = [{n.onset for n in cell} for cell in example]
    best = [
        max(len(p & q) / max(len(p | q), 1) for q in places) for p in ({n.onset for n in c} for c in cells)
    ]
    a, b = density(cells, measures), density(example, measures[: len(example)])
    c, d = polyphony(cells), polyphony(example)
    return fmean(best), min(a, b) / max(a, b, 0.01), min(c, d) / max(c, d, 0.01)


def like(engine: Engine, songs: Sequence[Score]) -> Lines:
    """The piano is known in the first measures only; far from them, later ones are written."""
    figures: dict[str, list[tuple[float, float, float]]] = {}
    for song in songs:
        piano = song.parts[1]
        example, later = piano.cells[:EXAMPLE], range(EXAMPLE + FAR, EXAMPLE + FAR + 8)
        known = replace(piano, cells=(*example, *((),) * (len(piano.cells) - EXAMPLE)))
        score, measures = replace(song, parts=(song.parts[0], known)), [song.measures[m] for m in later]
        if not all(example) or any(m.metre != song.measures[0].metre for m in measures):
            continue
        mask = frozenset((1, m) for m in later)
        for name, shown in (("with --like", tuple(range(EXAMPLE))), ("without", ())):
            passage = Passage(score, mask, like=shown)
            cells = [w.notes for w in interface.written(engine, passage, Controls(), Sampling(7))]
            figures.setdefault(name, []).append(likeness(cells, example, measures))
        own = [piano.cells[m] for m in later]
        figures.setdefault("the composer, later", []).append(likeness(own, example, measures))
    yield f"| like 1-4, {FAR} measures later | rhythm in common | density, ratio | polyphony, ratio |"
    yield "|---|---|---|---|"
    for name, rows in figures.items():
        yield (
            f"| {name} ({len(rows)} songs) | "
            + " | ".join(f"{fmean(c):.2f}" for c in zip(*rows, strict=True))
            + " |"
        )


def returns(engine: Engine, songs: Sequence[Score], hymns: Sequence[Score]) -> Lines:
    """Measures whose given parts stood earlier: whether they get the heads, staves and voices of those before."""
    yield "| sections that return | measures of them | alike with --returns alike | without |"
    yield "|---|---|---|---|"
    passages = [(f"songs, piano ({len(songs)})", [_masked(song, (1,)) for song in songs], Sampling(7))]
    strophes = [_masked(twice(hymn), (1, 2, 3)) for hymn in hymns]
    passages.append((f"hymns, alto, tenor and bass ({len(hymns)})", strophes, replace(CHOIR, seed=7)))
    for name, given, sampling in passages:
        places = [earlier_of(passage, Controls(returns="alike"), sampling.seed) for passage in given]
        shares = []
        for controls in (Controls(returns="alike"), Controls()):
            same = 0
            for passage, earlier in zip(given, places, strict=True):
                cells = {
                    (w.part, w.measure): rhythm_and_pitch(w.notes)
                    for w in (interface.written(engine, passage, controls, sampling) if earlier else ())
                }
                same += sum(cells[part, m] == cells[part, before] for (part, m), before in earlier.items())
            shares.append(f"{same / sum(map(len, places)):.1%}")
        yield f"| {name} | {sum(map(len, places))} | {' | '.join(shares)} |"


def habits(works: Sequence[Work]) -> Lines:
    """How often what composers wrote for a section is what they wrote when its given parts came first."""
    yield "| what composers wrote where two measures or more returned | measures of them | alike |"
    yield "|---|---|---|"
    rng = np.random.default_rng(0)
    for scenario in SCENARIOS[:4]:
        same: list[bool] = []
        for work in works:
            roles = scenario.roles(instruments_of(work.score), rng) if work.style == scenario.style else None
            if roles:
                same += _alike(score_of(work.score, 0, len(work.score.measures)), roles[1])
        yield f"| {scenario.title} | {len(same)} | {fmean(same):.0%} |"


def _alike(score: Score, written: Sequence[int]) -> list[bool]:
    """Of each cell of the ``written`` parts in a section whether it has again the heads that it had first."""
    runs = sorted(sections(_masked(score, written), FEWEST_DRAWN), key=lambda run: -len(run[0]))
    first: dict[int, int] = {}
    for measures, back in runs:
        first = {m: m - back for m in measures} | first
    pairs = [
        (score.parts[p].cells[m], score.parts[p].cells[before])
        for p in written
        for m, before in first.items()
    ]
    return [heads(cell) == heads(before) for cell, before in pairs if cell and before]


def heads(cell: Cell) -> list[tuple[Fraction, int]]:
    return sorted((note.onset, note.pitch.midi) for note in cell)


def is_choir(work: Work) -> bool:
    return work.style == "hymn" and alone.is_choir(work.score)


def _masked(score: Score, parts: Sequence[int]) -> Passage:
    return Passage(score, frozenset((part, m) for part in parts for m in range(len(score.measures))))


def twice(score: Score) -> Score:
    """Two strophes of it, written out."""
    parts = tuple(replace(part, cells=part.cells * 2) for part in score.parts)
    return Score(score.measures * 2, parts)


def rhythm_and_pitch(cell: Cell) -> list[tuple[object, ...]]:
    return sorted((n.onset, n.duration, n.voice, n.staff, n.pitch.midi) for n in cell)


def agreement(cells: Sequence[Cell], measures: Sequence[Measure]) -> tuple[int, int]:
    """Beats in which chord tones sound longer than others, and all beats with a chord symbol and a sound."""
    agree = beats = 0
    for cell, measure, spans in zip(cells, measures, chord_spans(measures), strict=True):
        groups = beat_groups(measure)
        for start, end in pairwise(groups):
            inside = outside = Fraction(0)
            for note in cell:
                sounds = _overlap((note.onset, note.end), (start, end))
                chord = sum(
                    (
                        _overlap((max(note.onset, start), min(note.end, end)), (a, b))
                        for a, b, tones in spans
                        if note.pitch.midi % 12 in tones
                    ),
                    Fraction(0),
                )
                named = sum(
                    (_overlap((max(note.onset, start), min(note.end, end)), (a, b)) for a, b, _ in spans),
                    Fraction(0),
                )
                inside, outside = inside + min(chord, sounds), outside + named - chord
            if inside + outside:
                beats += 1
                agree += inside > outside
    return agree, beats


def _overlap(a: tuple[Fraction, Fraction], b: tuple[Fraction, Fraction]) -> Fraction:
    return max(min(a[1], b[1]) - max(a[0], b[0]), Fraction(0))


def with_chords(score: Score, source: Score) -> Score:
    """The score with the chord symbols of another one, moved into its key, measure for measure."""
    moved = score.measures[0].key.fifths - source.measures[0].key.fifths
    measures = []
    for index, measure in enumerate(score.measures):
        symbols = source.measures[index % len(source.measures)].chords
        fitting = tuple(
            ChordSymbol(c.onset, _moved(c.root, moved), c.kind) for c in symbols if c.onset < measure.duration
        )
        measures.append(replace(measure, chords=fitting))
    return replace(score, measures=tuple(measures))


def with_progression(score: Score) -> Score:
    """The score with tonic, subdominant, dominant and tonic in turn, a measure each."""
    fifths = score.measures[0].key.fifths
    roots = [_moved("C", fifths + step) for step in (0, -1, 1, 0)]
    measures = tuple(
        replace(m, chords=(ChordSymbol(Fraction(0), roots[i % 4], "major"),))
        for i, m in enumerate(score.measures)
    )
    return replace(score, measures=measures)


def _moved(root: str, fifths: int) -> str:
    return str(Pitch.from_fifths(max(-15, min(19, name_fifths(root) + fifths)), 4)).removesuffix("4")


def chords(engine: Engine, songs: Sequence[Score], sheets: Sequence[Score]) -> Lines:
    """Chord symbols of songs are those found in their own piano part and melody."""
    named = [with_suggested_chords(song, range(len(song.measures))) for song in songs]
    bare = [replace(s, parts=(*s.parts, _silent_piano(s))) for s in sheets]
    other_song, other_sheet = (
        [with_chords(a, b) for a, b in _neighbours(scores)] for scores in (named, bare)
    )
    arms: list[tuple[str, list[Score]]] = [
        ("songs, their own chords", named),
        ("songs, those of another song", other_song),
        ("songs, tonic, subdominant, dominant, tonic", [with_progression(song) for song in named]),
        ("lead sheets, their own chords", bare),
        ("lead sheets, those of another one", other_sheet),
    ]
    yield "| chord symbols | beats that agree, symbols followed | symbols ignored |"
    yield "|---|---|---|"
    own = [agreement(song.parts[1].cells, song.measures) for song in named]
    yield f"| songs, their own chords, the composer's piano | {_share(own)} | |"
    for name, scores in arms:
        followed = [
            agreement(accompanied(engine, s, len(s.parts) - 1, Controls()), s.measures) for s in scores
        ]
        plain = [replace(s, measures=tuple(replace(m, chords=()) for m in s.measures)) for s in scores]
        ignored = [
            agreement(accompanied(engine, p, len(p.parts) - 1, Controls()), s.measures)
            for p, s in zip(plain, scores, strict=True)
        ]
        yield f"| {name} | {_share(followed)} | {_share(ignored)} |"


def _neighbours(scores: list[Score]) -> Iterator[tuple[Score, Score]]:
    return zip(scores, scores[1:] + scores[:1], strict=True)


def _share(counts: Sequence[tuple[int, int]]) -> str:
    agree, beats = (sum(column) for column in zip(*counts, strict=True))
    return f"{agree / beats:.1%} of {beats}"


def _silent_piano(score: Score) -> Part:
    return Part("P-new", "Piano", "piano", 2, ((),) * len(score.measures))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--works", type=int, default=16)
    parser.add_argument("--only", default="limits,rhythm,vary,like,returns,habits,chords")
    arguments = parser.parse_args()
    data, count, only = arguments.data, arguments.works, arguments.only.split(",")
    engine = load_engine()
    songs = documents(data, "lieder", "1+2", count, EXAMPLE + FAR + 8)
    sheets = documents(data, "openewld_pd", "1", count, LAST)
    whole = [song.score for song in songs if len(song.score.measures) <= LONG]
    works = load_corpus(data, "valid", cache_folder())
    hymns = [score_of(w.score, 0, len(w.score.measures)) for w in works if is_choir(w)]
    short = [cut(song.score, FIRST, LAST) for song in songs]
    leads = [cut(sheet.score, FIRST, LAST) for sheet in sheets]
    tables: dict[str, Callable[[], Lines]] = {
        "limits": partial(limits, engine, short),
        "rhythm": partial(rhythm, engine, songs),
        "vary": partial(vary, engine, songs),
        "like": partial(like, engine, [song.score for song in songs]),
        "returns": partial(returns, engine, whole, hymns[:count]),
        "habits": partial(habits, works),
        "chords": partial(chords, engine, short, leads),
    }
    lines = [line for name in only for line in (*tables[name](), "")]
    lines.append(
        f"{len(songs)} validation songs, {len(leads)} lead sheets; measures 9 to 16 where not said otherwise."
    )
    write_report(
        "controls", "Controls and what comes of them", lines, "python -m benchmarks.controls --data DIR"
    )


if __name__ == "__main__":
    main()
