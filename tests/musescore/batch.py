"""Many scores in one MuseScore: what it says of each, and what it says of a result but not of its input.

A list of jobs (``-j``) is worked off in one process, which ends early at the first file that it cannot load or that
crashes it; the rest is then given to a new one. What is said of a file stands behind ``convert <file>...``.
"""

from __future__ import annotations

import json
import re
import subprocess
import tempfile
from collections import Counter
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

from musescore.headless import CHATTER, LoadError, run

Said = Counter[str]  # lines without their places in the file, which move when a part is added
Pair = tuple[Path, Path]

_BEGINS = re.compile(r"convert <(.*)>\.\.\.$")
_PLACE = re.compile(
    r"\(\d+ nodes\)|line \d+ col \d+:?|0x[0-9a-f]+|-?\d+\.\d+|\b(track|staff) +\d+|(?<!\d)/[^\s'>]+"
)
_TIMEOUT = 90.0  # seconds for the first file of a list
_MORE = 5.0  # for each further one


def load_all(scores: Sequence[Path]) -> list[Said]:
    """Import each score, load it again, and let MuseScore check it: what is said on the way."""
    with tempfile.TemporaryDirectory(prefix="musescore-") as folder:
        imported = [Path(folder, f"{i}.mscx") for i in range(len(scores))]
        logs = [path.with_suffix(".mlog") for path in imported]
        said = _converted(list(zip(scores, imported, strict=True)))
        there = [i for i, path in enumerate(imported) if path.exists()]
        reloaded = _converted([(imported[i], logs[i]) for i in there])
        for i, more in zip(there, reloaded, strict=True):
            said[i] += more + _irregular(imported[i]) + _verdict(logs[i])
        return said


def _converted(pairs: list[Pair]) -> list[Said]:
    """What is said of each conversion, in as many processes as it takes."""
    said: list[Said] = []
    while len(said) < len(pairs):
        said += _one_process(pairs[len(said) :])
    return said


def _one_process(pairs: list[Pair]) -> list[Said]:
    """What is said of the pairs that one process came to; of the last of them also how the process ended."""
    with tempfile.NamedTemporaryFile("w", suffix=".json", encoding="utf-8") as jobs:
        json.dump([{"in": str(a.resolve()), "out": str(b.resolve())} for a, b in pairs], jobs)
        jobs.flush()
        try:
            status, lines = run("-j", jobs.name, timeout=_TIMEOUT + _MORE * len(pairs))
        except subprocess.TimeoutExpired as error:
            said_so_far = (error.stdout or b"").decode(errors="replace")
            status, lines = 1, [line.strip() for line in said_so_far.splitlines()]
    said: list[Said] = []
    for line in lines:
        if _BEGINS.match(line):
            said.append(Said())
        elif said and not CHATTER.match(line):
            said[-1][_PLACE.sub("", line)] += 1
    if not said or (len(said) < len(pairs) and not status):
        raise LoadError(f"MuseScore did not come to {pairs[len(said)][0]}: {lines[-3:]}")
    if status:
        said[-1][f"exit status {status}"] += 1
    return said


def _irregular(imported: Path) -> Said:
    """The measures, of all staves, whose length is not that of their metre."""
    text = imported.read_text(encoding="utf-8").rpartition("</Part>")[2].partition("</Staff>")[0]
    tags = enumerate(re.findall(r"<Measure\b[^>]*>", text), 1)
    found = [(n, re.search(r'len="([^"]+)"', tag)) for n, tag in tags]
    return Said(f"measure {n} is {Fraction(length[1])} long" for n, length in found if length)


def _verdict(log: Path) -> Said:
    if not log.exists():
        return Said(["cannot load its own import"])
    verdict = json.loads(log.read_text(encoding="utf-8"))
    lines = verdict.get("error", "").splitlines() if verdict["result"] else []
    return Said(_PLACE.sub("", line.strip()) for line in lines)


def news(before: Said, after: Said) -> list[str]:
    """What is said of the result and not, or not so often, of the input."""
    return list((after - before).elements())
