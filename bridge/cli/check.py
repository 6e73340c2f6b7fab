"""``obbligato check``."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from bridge.cli.messages import explain, show_error
from bridge.version import version

if TYPE_CHECKING:
    from bridge.documents.checker import Fault

EXAMPLES = """\b
Examples:
  obbligato check song.musicxml
  obbligato check out/*.mxl --json

Exit status: 0 all sound, 1 some file has a fault or cannot be read, 2 wrong usage.
"""


@dataclass(frozen=True)
class Verdict:
    """What the checker says of one file; ``error`` where it could not be read."""

    file: Path
    findings: tuple[Fault, ...] = ()  # faults and remarks, in the order of the document
    parts: int = 0
    measures: int = 0
    error: Exception | None = None

    @property
    def sound(self) -> bool:
        return self.error is None and all(found.severity != "fault" for found in self.findings)

    def lines(self) -> list[str]:
        """One line for people about each fault and remark, and one about a file that is sound."""
        lines = [
            f"{self.file}: {'remark: ' if found.severity == 'remark' else ''}{found}"
            for found in self.findings
        ]
        size = f"{_counted(self.parts, 'part')}, {_counted(self.measures, 'measure')}"
        return [*lines, f"{self.file}: sound ({size})"] if self.sound else lines

    def as_json(self) -> dict[str, Any]:
        """The verdict for a report."""
        return {
            "input": str(self.file),
            "sound": self.sound,
            "parts": self.parts,
            "measures": self.measures,
            "findings": [
                {
                    "severity": found.severity,
                    "part": found.part,
                    "name": found.name,
                    "measure": found.measure,
                    "message": found.message,
                }
                for found in self.findings
            ],
            "error": explain(self.error) if self.error else None,
        }


def _counted(number: int, what: str) -> str:
    return f"{number} {what}{'s' if number != 1 else ''}"


@click.command(epilog=EXAMPLES, short_help="Say whether scores are sound, and where not.")
@click.argument("files", metavar="FILE...", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print a report for machines on standard output.")
def check(files: tuple[Path, ...], as_json: bool) -> None:
    """Say whether each FILE (.musicxml, .xml, .mxl or .mid) is sound, and where it is not.

    Held up are the MusicXML schema, ids, the lengths of measures and voices, notated values, ties, tuplets,
    beams, staves and ranges; each fault is named with its part and measure. A remark is no fault. Of a MIDI
    file, the score that Obbligato reads from it is checked.
    """
    verdicts = [_examined(file, as_json) for file in files]
    if as_json:
        report = {"version": version(), "files": [verdict.as_json() for verdict in verdicts]}
        click.echo(json.dumps(report, ensure_ascii=False))
    if not all(verdict.sound for verdict in verdicts):
        sys.exit(1)


def _examined(file: Path, as_json: bool) -> Verdict:
    """The verdict, said aloud at once; with --json on standard error."""
    verdict = _verdict(file)
    for line in verdict.lines():
        click.echo(line, err=as_json)
    if verdict.error is not None:
        show_error(verdict.error, file)
    return verdict


def _verdict(file: Path) -> Verdict:
    from bridge.documents.checker import examine
    from bridge.documents.document import open_document

    findings: list[Fault] = []
    try:
        document = open_document(file)
        findings = examine(document.tree)
        score = document.score
        return Verdict(file, tuple(findings), len(score.parts), len(score.measures))
    except Exception as error:
        # What makes a score unreadable may be among its faults, which say more.
        faulty = any(found.severity == "fault" for found in findings)
        return Verdict(file, tuple(findings), error=None if faulty else error)
