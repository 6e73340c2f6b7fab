"""Any score in, nothing else changed: real scores accompanied, and every result held against its input.

    python -m benchmarks.preservation --data DIR [--limit N] [--musescore]

All MusicXML of music21's corpus, and of DIR the validation split and some of the training split of four
collections: four measures at a place, and for an instrument, drawn from the file's name. The results, and one line
for each, stay in a folder (--work), from which an interrupted run goes on. Writes
benchmarks/results/preservation.md.
"""

from __future__ import annotations

import argparse
import json
import platform
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from hashlib import sha256
from pathlib import Path

from benchmarks.report import commit
from benchmarks.trials import (
    CHECKS,
    COLLECTIONS,
    TASKS,
    Outcome,
    Work,
    data_works,
    music21_works,
    spread,
    tried,
)
from benchmarks.verify import short
from bridge.engines import open_engine

RESULT = Path(__file__).parent / "results" / "preservation.md"
TESTS = Path(__file__).parent.parent / "tests"
BATCH = 10  # scores that MuseScore is given at a time
MUSESCORE = "in MuseScore"


def recorded(path: Path) -> dict[tuple[str, str, str], Outcome]:
    """The outcomes of earlier runs, the newest of each score."""
    if not path.exists():
        return {}
    outcomes = [Outcome(**json.loads(line)) for line in path.read_text(encoding="utf-8").splitlines()]
    return {(o.task, o.collection, o.name): o for o in outcomes}


def run(works: Sequence[Work], task: str, folder: Path, again: bool) -> Iterator[Outcome]:
    """An outcome per score; what was fine in an earlier run is not made anew unless ``again``."""
    record = folder / "outcomes.jsonl"
    folder.mkdir(parents=True, exist_ok=True)
    done = {} if again else recorded(record)
    engine = open_engine("transformer")
    for work in works:
        outcome = done.get((task, work.collection, work.name))
        if outcome is None or outcome.outcome == "failed" or outcome.problems:
            outcome = tried(work, task, engine, folder / task)
            append(record, asdict(outcome))
        yield outcome


def said_by_musescore(scores: Sequence[Path], record: Path) -> list[Counter[str]]:
    """What MuseScore says of each score, kept in ``record`` by the digest of the file."""
    sys.path.append(str(TESTS))
    from musescore import batch  # type: ignore[import-not-found]

    lines = record.read_text(encoding="utf-8").splitlines() if record.exists() else []
    known: dict[str, dict[str, int]] = dict(json.loads(line) for line in lines)
    digests = [sha256(score.read_bytes()).hexdigest() for score in scores]
    missing = {d: score for d, score in zip(digests, scores, strict=True) if d not in known}
    for first in range(0, len(missing), BATCH):
        some = dict(list(missing.items())[first : first + BATCH])
        for digest, said in zip(some, batch.load_all(list(some.values())), strict=True):
            known[digest] = dict(said)
            append(record, [digest, known[digest]])
        print(f"\rMuseScore: {first + len(some)} of {len(missing)}", end="", file=sys.stderr, flush=True)
    return [Counter(known[digest]) for digest in digests]


def append(path: Path, item: object) -> None:
    """One more line of JSON."""
    with path.open("a", encoding="utf-8") as file:
        file.write(json.dumps(item, ensure_ascii=False) + "\n")


def shown(outcomes: Iterator[Outcome], total: int) -> Iterator[Outcome]:
    """The outcomes as they come; what is not as it should be is told at once on standard error."""
    for count, outcome in enumerate(outcomes, 1):
        if outcome.reason or outcome.problems:
            print("\n" + described(outcome), file=sys.stderr)
        print(f"\r{count} of {total}", end="", file=sys.stderr, flush=True)
        yield outcome


def described(outcome: Outcome) -> str:
    """A refusal, a failure or what is wrong with a result, as items of a list."""
    what = f"- {outcome.collection}/{outcome.name} ({outcome.add} over {outcome.measures}): {outcome.outcome}"
    lines = [f"{what}: {outcome.reason}" if outcome.reason else what]
    lines += [f"  - {kind}: `{said}`" for kind, texts in outcome.problems.items() for said in texts]
    return "\n".join(lines)


def table(outcomes: Sequence[Outcome], checks: Sequence[str]) -> list[str]:
    """A row of counts per collection, and one of all."""
    columns = ("collection", "scores", "written", "refused", "failed", *checks, "s a score")
    lines = ["| " + " | ".join(columns) + " |", "|---" * len(columns) + "|"]
    for name in (*dict.fromkeys(o.collection for o in outcomes), "all"):
        rows = [o for o in outcomes if name in (o.collection, "all")]
        ends = Counter(o.outcome for o in rows)
        wrong = Counter(kind for o in rows for kind in o.problems)
        counts = [
            len(rows),
            *(ends[end] for end in ("written", "refused", "failed")),
            *map(wrong.get, checks),
        ]
        pace = sum(o.seconds for o in rows) / len(rows)
        lines.append(f"| {name} | " + " | ".join(str(count or 0) for count in counts) + f" | {pace:.2f} |")
    return lines


def report(outcomes: Sequence[Outcome], checks: Sequence[str], command: str) -> str:
    """The counts, every refusal and failure with its reason, and how all this was made."""
    told = [described(outcome) for outcome in outcomes if outcome.reason or outcome.problems]
    machine = f"{platform.machine()}, {platform.system()}, Python {platform.python_version()}"
    return "\n".join(
        [
            *table(outcomes, checks),
            "\nWritten results that differ from their input outside the new parts, break the schema where the",
            "input kept to it, have faults of the checker that the input has not, or have notes in the wrong place",
            f"or none at all are counted by kind. Commit {commit()}; {machine}; `{command}`.",
            "\n## Refusals, failures and what is wrong\n",
            *(told or ["None."]),
            "",
        ]
    )


def works_of(arguments: argparse.Namespace) -> list[Work]:
    """The scores to be tried, collection by collection."""
    collections = [music21_works()]
    if arguments.data is not None:
        collections += [data_works(arguments.data, name, arguments.train) for name in COLLECTIONS]
    return [work for works in collections for work in spread(works, arguments.limit or len(works))]


def parsed() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, help="folder of training scores with its manifest.csv")
    parser.add_argument("--limit", type=int, help="so many scores of each collection, evenly chosen")
    parser.add_argument("--train", type=int, default=200, help="training scores of each collection of --data")
    parser.add_argument("--task", choices=TASKS, default="accompany")
    parser.add_argument("--musescore", action="store_true", help="load inputs and results in MuseScore 3 too")
    parser.add_argument("--again", action="store_true", help="also what was fine in an earlier run")
    default = Path(tempfile.gettempdir(), "obbligato-preservation")
    parser.add_argument(
        "--work", type=Path, default=default, help=f"folder of the results, by default {default}"
    )
    parser.add_argument("--results", type=Path, default=RESULT.parent, help="folder of preservation.md")
    return parser.parse_args()


def command(arguments: argparse.Namespace) -> str:
    """What was asked for, without the folders of this machine."""
    words = ["python -m benchmarks.preservation"]
    words += ["--data DIR"] if arguments.data is not None else []
    words += [f"--limit {arguments.limit}"] if arguments.limit else []
    words += [f"--train {arguments.train}", f"--task {arguments.task}"]
    return " ".join(words + ["--musescore"] * arguments.musescore)


def main() -> None:
    arguments = parsed()
    works = works_of(arguments)
    ran = run(works, arguments.task, arguments.work, arguments.again)
    outcomes = list(shown(ran, len(works)))
    checks: tuple[str, ...] = CHECKS
    if arguments.musescore:
        checks = (*CHECKS, MUSESCORE)
        written = [(w, o) for w, o in zip(works, outcomes, strict=True) if o.outcome == "written"]
        record = arguments.work / "musescore.jsonl"
        inputs = said_by_musescore([work.path for work, _ in written], record)
        results = [arguments.work / arguments.task / work.result for work, _ in written]
        for (_, outcome), old, new in zip(written, inputs, said_by_musescore(results, record), strict=True):
            if news := list((new - old).elements()):
                outcome.problems[MUSESCORE] = short(news)
    text = report(outcomes, checks, command(arguments))
    (arguments.results / RESULT.name).write_text(text, encoding="utf-8")
    print(f"\n{text}")


if __name__ == "__main__":
    main()
