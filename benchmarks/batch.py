"""Jobs an hour by one command for many files, process start, reading and writing included, and what kills do to it.

    python -m benchmarks.batch [--data DIR] [--files 120] [--alone 12] [--ray]

A job: eight measures of a voice get a piano. With ``--data`` the voices are those of validation songs, else copies of
the examples. The same files are written by one worker, by two, and one by one by commands of their own. Then the
whole batch is killed (SIGKILL, all processes) three times at random moments and given again each time; with
``--ray`` it runs on a local cluster of two nodes, one of which is killed. Writes benchmarks/results/batch.md.
"""

from __future__ import annotations

import argparse
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import cycle, islice
from pathlib import Path

from benchmarks.report import ROOT, write_report
from bridge import open_score
from bridge.corpus import read_manifest
from bridge.documents.musicxml_writer import write_musicxml
from bridge.documents.serial import serialised
from bridge.errors import ObbligatoError
from engine.score import Score

MEASURES = 8
SEED = 7
OPTIONS = ("--add", "piano", "--measures", f"1-{MEASURES}", "--seed", str(SEED))
KILLS = 3


@dataclass(frozen=True, slots=True)
class Place:
    """Where a benchmark works: scores to read, and a home of its own for what the command keeps."""

    folder: Path

    @property
    def scores(self) -> Path:
        return self.folder / "scores"

    def command(self, *arguments: object) -> list[str]:
        return [sys.executable, "-m", "bridge", "accompany", *map(str, arguments), *OPTIONS]

    def start(self, output: str, *options: object) -> subprocess.Popen[bytes]:
        """The whole batch, in a group of processes of its own."""
        environment = os.environ | {"OBBLIGATO_HOME": str(self.folder / "home")}
        command = self.command(self.scores, "-o", f"{self.folder / output}/", *options)
        quiet = subprocess.DEVNULL
        return subprocess.Popen(command, cwd=ROOT, env=environment, stdout=quiet, start_new_session=True)

    def finished(self, output: str) -> int:
        """Results that are there, while others come and go under the names that they have before."""
        return len(list((self.folder / output).rglob("*.obbligato.musicxml")))

    def written(self, output: str) -> dict[str, bytes]:
        """Every file there, hidden ones too."""
        folder = self.folder / output
        return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*.*")}


def copies(count: int) -> Iterator[tuple[str, bytes]]:
    """The examples again and again."""
    examples = sorted(
        path for path in (ROOT / "examples").glob("*.musicxml") if ".obbligato" not in path.name
    )
    for number, path in enumerate(islice(cycle(examples), count)):
        yield f"{number:04}-{path.name}", path.read_bytes()


def voices(data: Path, count: int) -> Iterator[tuple[str, bytes]]:
    """Eight measures of the voice of validation songs, from one song after the other."""
    rows = [row for row in read_manifest(data) if (row["collection"], row["split"]) == ("lieder", "valid")]
    passages = (cut for row in rows for cut in song_passages(data / row["path"]))
    for number, score in enumerate(islice(passages, count)):
        yield f"{number:04}.musicxml", serialised(write_musicxml(score), b"")


def song_passages(path: Path, most: int = 2) -> Iterator[Score]:
    """Stretches of whole measures in which the voice sings throughout, so many at most."""
    try:
        score = open_score(path).score
    except ObbligatoError:
        return
    voice = next((part for part in score.parts if part.pitched and part.staves == 1), None)
    start = 0
    while voice and most and start + MEASURES <= len(score.measures):
        run = score.measures[start : start + MEASURES]
        cells = voice.cells[start : start + MEASURES]
        if all(cells) and not any(measure.implicit for measure in run):
            measures = tuple(
                replace(m, number=str(n), start_repeat=False, end_repeat=False, endings=())
                for n, m in enumerate(run, start=1)
            )
            yield Score(measures, (replace(voice, cells=cells),), score.title)
            start, most = start + MEASURES, most - 1
        else:
            start += 1


def timed(place: Place, output: str, *options: object) -> float:
    """Seconds of the whole command."""
    start = time.perf_counter()
    code = place.start(output, *options).wait()
    if code:
        raise RuntimeError(f"the command ended with {code}")
    return time.perf_counter() - start


def one_by_one(place: Place, files: Sequence[Path]) -> float:
    """Seconds of a command for each file."""
    start = time.perf_counter()
    for file in files:
        command = place.command(file, "-o", f"{place.folder / 'single'}/")
        subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - start


def killed(place: Place, count: int) -> list[int]:
    """Kill the batch at random moments, then let it come to its end; how many files were there at each kill."""
    rng, found = random.Random(SEED), []
    for wanted in sorted(rng.sample(range(1, count - 8), KILLS)):
        process = place.start("killed", "--workers", 2)
        while place.finished("killed") < wanted and process.poll() is None:
            time.sleep(0.01)
        time.sleep(rng.random())
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        found.append(place.finished("killed"))
    timed(place, "killed", "--workers", 2)
    return found


def with_a_node_killed(place: Place, count: int) -> float:
    """Seconds of the batch on a cluster of two nodes of a core each, one of which is killed after a third."""
    from ray.cluster_utils import Cluster

    cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 1})
    try:
        node = cluster.add_node(num_cpus=1)
        start = time.perf_counter()
        process = place.start("cluster", "--cluster", cluster.address)
        while place.finished("cluster") < count // 3 and process.poll() is None:
            time.sleep(0.05)
        cluster.remove_node(node, allow_graceful=False)
        process.wait()
        return time.perf_counter() - start
    finally:
        cluster.shutdown()


def row(name: str, jobs: int, seconds: float, base: float) -> str:
    rate = 3600 * jobs / seconds
    return f"| {name} | {jobs} | {seconds:.1f} | {rate:,.0f} | {rate / base:.1f} |"


def verdict(place: Place, output: str) -> str:
    """How the files of a disturbed run compare with those of an undisturbed one."""
    whole, other = place.written("one"), place.written(output)
    same = sum(other.get(name) == data for name, data in whole.items())
    return f"{same} of {len(whole)} files byte-equal, {len(other.keys() - whole.keys())} that should not be there"


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path)
    parser.add_argument("--files", type=int, default=120)
    parser.add_argument("--alone", type=int, default=12)
    parser.add_argument("--ray", action="store_true")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        place = Place(Path(folder))
        place.scores.mkdir()
        source = voices(arguments.data, arguments.files) if arguments.data else copies(arguments.files)
        for name, data in source:
            (place.scores / name).write_bytes(data)
        files = sorted(place.scores.iterdir())
        alone = one_by_one(place, files[: arguments.alone])
        base = 3600 * arguments.alone / alone
        lines = [
            f"Eight measures of {'validation songs' if arguments.data else 'the examples'}, voice to piano; "
            "the time is that of the whole command.",
            "",
            "| how | jobs | s | jobs an hour | times the first |",
            "|---|---|---|---|---|",
            row("a command for each file", arguments.alone, alone, base),
            row("one command, one worker", len(files), timed(place, "one", "--workers", 1), base),
            row("one command, two workers", len(files), timed(place, "two", "--workers", 2), base),
        ]
        there = killed(place, len(files))
        lines += [
            "",
            f"Two workers beside one: {verdict(place, 'two')}.",
            f"Killed (SIGKILL, all processes) when {', '.join(map(str, there))} files were there, "
            f"and given again each time: {verdict(place, 'killed')}.",
        ]
        if arguments.ray:
            seconds = with_a_node_killed(place, len(files))
            lines.append(
                f"On a Ray cluster of two nodes, one killed after a third, {seconds:.0f} s: "
                f"{verdict(place, 'cluster')}."
            )
    command = f"python -m benchmarks.batch --files {arguments.files} --alone {arguments.alone}"
    command += " --data DIR" * bool(arguments.data) + " --ray" * arguments.ray
    write_report("batch", "Many files", lines, command)


if __name__ == "__main__":
    main()
