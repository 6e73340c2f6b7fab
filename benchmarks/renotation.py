"""Human piano parts stripped to onset, duration and key, and notated again: by Obbligato and by music21.

    python -m benchmarks.renotation --data DIR [--songs 200]

The validation songs of the Lieder that have a piano part of two staves, and training songs, those whose
hashes come first, up to the number wanted. Writes benchmarks/results/renotation.md.
"""

from __future__ import annotations

import argparse
import platform
import time
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from benchmarks.music21_notation import in_key, notated_by_music21
from benchmarks.report import commit
from benchmarks.stripped import (
    HANDS,
    Human,
    Shown,
    best_ranks,
    human_notes,
    score_of,
    shown_by,
    starts_of,
)
from bridge.corpus import read_manifest
from bridge.documents.document import open_document
from engine.notator.notate import place
from engine.notator.sounds import Placed, placed_of
from engine.score import Measure, Part, Score

RESULT = Path(__file__).parent / "results" / "renotation.md"
ROWS = {  # what is counted, and the least share that is wanted
    "spelling": 0.99,
    "staff": 0.97,
    "printed staff": None,
    "voice": 0.95,
    "ties": 0.98,
    "tuplets": 0.98,
    "ties and tuplets": None,
}
NOTES = """
Every sounding note (a chain of tied heads is one; grace notes are not in the model) is stripped to onset, duration
and MIDI key; measures, metres and key signatures stay. Shares are of sounding notes, tuplets of written values.

- spelling: step, alteration and octave are the human's.
- staff: that of the human's voice at home; printed staff: where the first head is printed, also where a voice crosses.
- voice: staff and rank in it (upper or lower; all beyond the second count as that) are the human's.
- ties: the list of written values (onset, duration) of the note is the human's.
- tuplets: for each value that the human wrote, what stands at its onset has the same ratio, in smallest numbers.
- Obbligato hears the other parts of the score, mostly a voice, as they stand on the page; in the column beside it, and
  to music21, the piano is alone.
- Obbligato, human staves: each staff alone, as music21 has them, and its voices named as music21's are.
- Obbligato, human voices: only the rhythm is ours; staff and voice are given.
- music21 has no rule for hands, so it was given the human's two staves as two tracks (its staff is then a split at
  middle C) and did what it does with a MIDI file, with exact times: makeMeasures, makeVoices, makeTies and
  splitAtDurations. Its voices have no rank: each got the human's of most of its notes, measure by measure.
  Its MIDI reader spells every black key one way; the last column is pitch.simplifyMultipleEnharmonics of the keys
  of each measure in its key signature.
- The notator was not trained on the songs of validation, nor on the first 140 training songs by hash; the few beyond
  these, taken because not every song has a piano part of two staves, it has seen.
"""


def songs(data: Path, count: int) -> Iterator[tuple[str, Score, Part]]:
    """Split, score and piano part; the first by hash that have one."""
    rows = [row for row in read_manifest(data) if row["collection"] == "lieder"]
    rows.sort(key=lambda row: (row["split"] != "valid", row["sha256_16"]))
    found = 0
    for row in rows:
        score = open_document(data / row["path"]).score
        pianos = [part for part in score.parts if part.instrument == "piano" and part.staves == HANDS]
        if pianos and found < count:
            found += 1
            yield row["split"], score, pianos[-1]
        if found == count:
            return


def others(score: Score, part: Part) -> list[Placed]:
    """What the other parts have, as their own pages name it."""
    pages = (placed_of(other, score.measures) for other in score.parts if other is not part and other.pitched)
    return [placed for page in pages for placed in page]


def obbligato(
    humans: Sequence[Human], measures: Sequence[Measure], heard: Sequence[Placed] = ()
) -> list[Shown]:
    return shown_by(place([human.sound for human in humans], measures, HANDS, heard), measures)


def with_human_staves(
    humans: Sequence[Human], measures: Sequence[Measure], heard: Sequence[Placed] = ()
) -> list[Shown]:
    """Each staff as a part of its own, its voices taken for the human's of most of their notes, as music21's are."""
    found: dict[int, Shown] = {}
    starts = starts_of(measures)
    for staff in range(1, HANDS + 1):
        mine = {i: human for i, human in enumerate(humans) if human.staff == staff}
        placed = place([human.sound for human in mine.values()], measures, 1, heard)
        voices = {
            i: (bisect_right(starts, one.sound.onset), one.voice) for i, one in zip(mine, placed, strict=True)
        }
        ranks = best_ranks(mine, voices)
        for i, shown in zip(mine, shown_by(placed, measures), strict=True):
            found[i] = replace(shown, staff=staff, voice=(staff, ranks[voices[i]]))
    return [found[i] for i in range(len(humans))]


def with_human_voices(humans: Sequence[Human], measures: Sequence[Measure]) -> list[Shown]:
    return shown_by([Placed(human.sound, human.pitch, human.voice) for human in humans], measures)


def counted(
    humans: Sequence[Human], measures: Sequence[Measure], heard: Sequence[Placed]
) -> dict[str, Counter[str]]:
    """What each way of notating got right of one part."""
    imported = notated_by_music21(humans, measures)
    arms = {
        "Obbligato": obbligato(humans, measures, heard),
        "Obbligato, the piano alone": obbligato(humans, measures),
        "Obbligato, human staves": with_human_staves(humans, measures, heard),
        "Obbligato, human voices": with_human_voices(humans, measures),
        "music21": imported,
        "music21, spelled in key": in_key(imported, humans, measures),
    }
    return {arm: score_of(humans, shown) for arm, shown in arms.items()}


def table(totals: dict[str, Counter[str]]) -> list[str]:
    lines = [f"| | {' | '.join(totals)} | wanted |", "|---|" + "---|" * (len(totals) + 1)]
    for row, wanted in ROWS.items():
        size = "values" if row == "tuplets" else "notes"
        shares = " | ".join(f"{100 * counts[row] / counts[size]:.2f} %" for counts in totals.values())
        lines.append(f"| {row} | {shares} | {'' if wanted is None else f'{100 * wanted:.0f} %'} |")
    return lines


def report(totals: dict[str, dict[str, Counter[str]]], sizes: Counter[str], header: str) -> str:
    lines = ["# Human piano parts, notated again", "", header]
    for split, by_arm in totals.items():
        notes = by_arm["Obbligato"]["notes"]
        lines += ["", f"## {split}: {sizes[split]} songs, {notes:,} notes", "", *table(by_arm)]
    return "\n".join(lines) + "\n" + NOTES


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--songs", type=int, default=200)
    arguments = parser.parse_args()
    start = time.perf_counter()
    totals: dict[str, dict[str, Counter[str]]] = {}
    sizes: Counter[str] = Counter()
    for split, score, part in songs(arguments.data, arguments.songs):
        humans = human_notes(part, score.measures)
        sizes.update([split, "all"])
        for arm, counts in counted(humans, score.measures, others(score, part)).items():
            for name in (split, "all"):
                totals.setdefault(name, {}).setdefault(arm, Counter()).update(counts)
    header = (
        f"Commit {commit()}; {platform.machine()}, Python {platform.python_version()}, "
        f"{time.perf_counter() - start:.0f} s; `python -m benchmarks.renotation --songs {arguments.songs}`."
    )
    RESULT.write_text(report(totals, sizes, header), encoding="utf-8")
    print(RESULT.read_text(encoding="utf-8"))


if __name__ == "__main__":
    main()
