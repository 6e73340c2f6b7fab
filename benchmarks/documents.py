"""Time to read a score of about 2 MB, put a part into it and write it again, beside music21 doing the same.

    python -m benchmarks.documents

Both get the same file, plain MusicXML, and the same new part, a note in every measure. Writes
benchmarks/results/documents.md.
"""

from __future__ import annotations

import platform
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import music21

from benchmarks.report import commit
from bridge.documents.document import open_document
from bridge.documents.graft import graft
from engine.exact import Fraction
from engine.pitch import Pitch
from engine.score import Note, Part, Score

WORK = "beethoven/opus18no1/movement4.mxl"
RESULT = Path(__file__).parent / "results" / "documents.md"
ROUNDS = 3
STEPS = ("read", "graft", "write")
COMMAND = "python -m benchmarks.documents"


@dataclass
class Clock:
    """Seconds of each step of one round."""

    seconds: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def measure(self, step: str) -> Iterator[None]:
        start = time.perf_counter()
        yield
        self.seconds[step] = time.perf_counter() - start


def with_part(score: Score) -> Score:
    """The score with one more part."""
    cells = tuple((Note(Fraction(0), measure.duration, Pitch("C", 0, 4)),) for measure in score.measures)
    return replace(score, parts=(*score.parts, Part("New", "Viola II", "viola", 1, cells)))


def obbligato(source: Path, target: Path, clock: Clock) -> None:
    with clock.measure("read"):
        document = open_document(source)
        score = document.score
    with clock.measure("graft"):
        graft(document.tree, score, with_part(score))
    with clock.measure("write"):
        target.write_bytes(document.to_bytes())


def theirs(source: Path, target: Path, clock: Clock) -> None:
    with clock.measure("read"):
        score: Any = music21.converter.parse(source, forceSource=True)
    with clock.measure("graft"):
        part = music21.stream.Part(id="New")
        for old in score.parts[0].getElementsByClass("Measure"):
            measure = music21.stream.Measure(number=old.number)
            measure.append(music21.note.Note("C4", quarterLength=old.duration.quarterLength))
            part.insert(old.offset, measure)
        score.insert(0, part)
    with clock.measure("write"):
        score.write("musicxml", target)


def best(work: Callable[[Path, Path, Clock], None], source: Path, target: Path) -> Clock:
    """The quickest of some rounds; before them, one that does not count."""
    rounds = [Clock() for _ in range(ROUNDS + 1)]
    for clock in rounds:
        work(source, target, clock)
        if not target.stat().st_size > source.stat().st_size / 2:
            raise RuntimeError(f"{target} holds too little")
    return min(rounds[1:], key=lambda clock: sum(clock.seconds.values()))


def unpacked(folder: Path) -> Path:
    """The work as a plain file."""
    path = folder / "score.musicxml"
    path.write_bytes(open_document(Path(music21.__file__).parent / "corpus" / WORK).source.data)
    return path


def report(size: int, own: Clock, other: Clock) -> Iterator[str]:
    yield "| step | Obbligato, s | music21, s | ratio |"
    yield "|---|---|---|---|"
    for step in STEPS:
        ours, their = own.seconds[step], other.seconds[step]
        yield f"| {step} | {ours:.3f} | {their:.2f} | {their / ours:.1f} |"
    ours, their = sum(own.seconds.values()), sum(other.seconds.values())
    yield f"| all | {ours:.3f} | {their:.2f} | {their / ours:.1f} |"
    yield ""
    yield f"A MusicXML file of {size / 1e6:.2f} MB ({WORK} of music21's corpus); the best of {ROUNDS} rounds of each."
    yield f"music21 {music21.__version__}. Commit {commit()}; {platform.machine()},"
    yield f"Python {platform.python_version()}, {platform.system()}; `{COMMAND}`."


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        source, target = unpacked(Path(name)), Path(name) / "result.musicxml"
        clocks = [best(work, source, target) for work in (obbligato, theirs)]
        lines = report(source.stat().st_size, *clocks)
        RESULT.write_text("\n".join(lines) + "\n", encoding="utf-8")
    print(RESULT.read_text(encoding="utf-8"))


if __name__ == "__main__":
    main()
