"""The passages of the listening page: a composer's accompaniment and the engine's, blind, side by side.

    python -m benchmarks.listen --data DIR [--passages 20] [--seed 0]     writes docs/listen/passages.js
    python -m benchmarks.listen --demonstration                           writes docs/listen/demonstration.js

Passages are eight measures of validation songs, one of each song, with the voice given and the piano written.
Both sides go the same way: from cells through our writer to MusicXML and Verovio, and as plain notes to the
page's own sound, with one tempo and without anything that is not notes, so that only the music tells them apart.
"""

from __future__ import annotations

import argparse
import base64
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate, islice
from pathlib import Path
from typing import Any
from zlib import crc32

import numpy as np
import verovio
from lxml import etree

from bridge import open_score
from bridge.corpus import load_corpus, read_manifest
from bridge.documents.midi_file import clear_unisons
from bridge.documents.midi_writer import sounding_notes
from bridge.documents.musicxml_writer import write_musicxml
from bridge.engines import open_engine
from bridge.errors import EngineError
from bridge.folders import cache_folder
from engine.encoding import encode
from engine.evaluation.scenarios import SCENARIOS, Excerpt, draw_excerpts, excerpt_at
from engine.exact import Fraction
from engine.interface import Controls, Engine, Sampling, written
from engine.metre import beat_of
from engine.registry import DEFAULT
from engine.score import Cell, Part, Score
from engine.training.works import Work

PAGE = Path(__file__).parent.parent / "docs" / "listen"
SONGS = next(scenario for scenario in SCENARIOS if scenario.name == "songs")
BEATS = 72  # a minute, in every passage; the listener may change it
VEROVIO = {
    "adjustPageHeight": True,
    "breaks": "auto",
    "footer": "none",
    "header": "none",
    "pageHeight": 60000,  # all on one page, which is then made as high as it must be
    "pageMarginBottom": 20,
    "pageMarginLeft": 60,  # room for names in a wider font than Verovio reckons with
    "pageMarginRight": 0,
    "pageMarginTop": 20,
    "pageWidth": 1500,
    "scale": 40,
    "svgRemoveXlink": True,
    "svgViewBox": True,
}
SVG = "{http://www.w3.org/2000/svg}"

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Source:
    """An excerpt and what it is from, which the listener is told in the end."""

    excerpt: Excerpt
    title: str
    composer: str


def engine_cells(engine: Engine, excerpt: Excerpt, seed: int) -> dict[int, list[Cell]]:
    """What an engine writes in the judged measures, by part; raises what ends its stream."""
    found: dict[int, list[Cell]] = {part: [] for part in excerpt.written}
    for cell in written(engine, excerpt.passage, Controls(), Sampling(seed)):
        if cell.measure >= excerpt.last:
            break  # what lies behind the judged measures need not be written
        if cell.measure >= excerpt.first:
            found[cell.part].append(cell.notes)
    return found


def human_cells(excerpt: Excerpt) -> dict[int, list[Cell]]:
    """What the composer wrote there."""
    return {part: list(excerpt.cells(part)) for part in excerpt.written}


def shown(excerpt: Excerpt, cells: Mapping[int, Sequence[Cell]]) -> Score:
    """The judged measures, from 1: the given parts, then the written ones with these cells."""
    whole = {part: excerpt.cells(part) for part in excerpt.given} | dict(cells)
    parts = [
        replace(part, name=part.instrument.replace("-", " ").capitalize(), cells=tuple(own))
        for part, own in ((excerpt.score.parts[index], own) for index, own in whole.items())
    ]
    measures = [replace(m, number=str(i), implicit=False) for i, m in enumerate(excerpt.measures, start=1)]
    return Score(tuple(measures), tuple(parts))


def engraved(score: Score, seed: int) -> str:
    """The score as one SVG of Verovio, its ids made from ``seed``; only the whole and its glyphs keep theirs.

    Raises EngineError when a rhythm has no notation.
    """
    verovio.enableLog(verovio.LOG_ERROR)
    toolkit = verovio.toolkit()
    toolkit.setOptions(VEROVIO | {"xmlIdSeed": seed})
    toolkit.loadData(etree.tostring(write_musicxml(score, final=False), encoding="unicode"))
    root = etree.fromstring(toolkit.renderToSVG(1), etree.XMLParser(remove_blank_text=True))
    glyphs = root.find(f"{SVG}defs")
    inner = [e for e in root.iterdescendants() if e.getparent() is not glyphs]
    ids = {element.attrib.pop("id", None) for element in inner}
    for element in inner:
        if "class" in element.attrib:  # which for some names the id of another one
            element.set(
                "class", " ".join(name for name in element.get("class", "").split() if name not in ids)
            )
    return etree.tostring(root, encoding="unicode")


def sounds(parts: Iterable[Part], starts: Sequence[Fraction]) -> list[list[float]]:
    """(start, length, MIDI key) of each sound of some parts; times in quarters, ``starts`` those of the measures."""
    found = [sound for part in parts for sound in clear_unisons(sounding_notes(part, starts))]
    return sorted([rounded(s.start), rounded(s.end - s.start), s.midi] for s in found)


def rounded(time: Fraction) -> float:
    """For the page."""
    return round(float(time), 4)


def passage(source: Source, engine: Engine, seed: int, engine_side: int) -> Json:
    """One passage as the page reads it; side 0 is A. Raises EngineError when a rhythm has no notation."""
    excerpt, given = source.excerpt, len(source.excerpt.given)
    cells = [human_cells(excerpt)] * 2
    cells[engine_side] = engine_cells(engine, excerpt, seed)
    scores = [shown(excerpt, own) for own in cells]
    starts = list(accumulate((m.duration for m in excerpt.measures), initial=Fraction(0)))
    return {
        "pace": rounded(BEATS * beat_of(excerpt.measures[0].metre)),  # quarters a minute
        "starts": [rounded(start) for start in starts],
        "melody": sounds(scores[0].parts[:given], starts),
        "sides": [
            {"notes": sounds(score.parts[given:], starts), "svg": engraved(score, 2 * seed + side + 1)}
            for side, score in enumerate(scores)
        ],
        "key": hidden({"engine": engine_side, "title": source.title, "composer": source.composer}),
    }


def hidden(answer: Json) -> str:
    """So that nobody reads by accident what they are to guess."""
    return base64.b64encode(json.dumps(answer).encode()).decode()


def passages(sources: Iterable[Source], engine: Engine, seed: int) -> Iterator[Json]:
    """Of all that can be notated. A coin, thrown by ``seed`` for each in turn, says which side is the engine's."""
    coins = np.random.default_rng([seed, crc32(b"sides")])
    for number, source in enumerate(sources):
        try:
            yield passage(source, engine, seed + number, int(coins.integers(2)))
        except EngineError as error:
            print(f"left out, {source.title}: {error.message}")


def script(found: Sequence[Json], demonstration: bool) -> str:
    """A script that hands the passages to the page: a page that is opened as a file may load nothing else."""
    text = json.dumps(found, ensure_ascii=False)
    whole = {"set": f"{crc32(text.encode()):08x}", "demonstration": demonstration, "passages": found}
    return f"window.LISTEN = {json.dumps(whole, ensure_ascii=False, separators=(',', ':'))};\n"


def validation_songs(data: Path, seed: int) -> Iterator[Source]:
    """One excerpt of each validation song, songs in an order drawn by ``seed``."""
    titles = {row["id"]: row["title"] for row in read_manifest(data)}
    works = load_corpus(data, "valid", cache_folder())
    of_works = {e.work.id: e for e in draw_excerpts(works, SONGS, len(works), seed)}
    return (Source(e, titles.get(id_, id_), e.work.composer) for id_, e in of_works.items())


def demonstration() -> Iterator[Source]:
    """Passages that may be shown anywhere: a minuet in our own encoding, and a song of music21's corpus that is CC0."""
    from music21 import corpus

    minuet = open_score(PAGE / "minuet-in-g.musicxml").score
    song = open_score(Path(str(corpus.getWork("liliuokalani/aloha_oe")))).score
    voice, piano = (next(i for i, p in enumerate(song.parts) if p.name == n) for n in ("Solo Voice", "Piano"))
    for score, start, roles in (
        (minuet, 0, ((0,), (1,))),
        (song, 6, ((voice,), (piano,))),
        (minuet, 8, ((0,), (1,))),
    ):
        work = Work(score.title, SONGS.style, "", encode(score))
        yield Source(excerpt_at(work, start, roles), score.title, score.composer)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--data", type=Path)
    what.add_argument("--demonstration", action="store_true")
    parser.add_argument("--passages", type=int, default=20)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    seed, shows = arguments.seed, arguments.demonstration
    sources = demonstration() if shows else validation_songs(arguments.data, seed)
    found: list[Json] = []
    for one in islice(passages(sources, open_engine(DEFAULT), seed), arguments.passages):
        found.append(one)
        print(f"passage {len(found)}", flush=True)
    target = PAGE / ("demonstration.js" if shows else "passages.js")
    target.write_text(script(found, shows), encoding="utf-8")
    print(f"{target} is written; open {PAGE / 'index.html'}")


if __name__ == "__main__":
    main()
