"""One run of a writing command over its inputs: each stands or falls alone, the engine is loaded once."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import click

from bridge.cli.messages import explain, show_error
from bridge.cli.progress import progress_bar
from bridge.documents.document import open_document
from bridge.engines import open_engine, resolved
from bridge.errors import OutputError, RequestError
from bridge.options import WritingOptions
from bridge.output import output_paths, require_writable, save
from bridge.service import Progress, Take, Timings, write
from bridge.version import version
from engine.interface import Engine


@dataclass(frozen=True)
class TakeReport:
    """One file that was written; ``seconds`` of wall time since the one saved before it."""

    number: int
    seed: int
    output: str
    seconds: float


@dataclass
class FileReport:
    """What became of one input; ``measures`` counts those of one take."""

    input: str
    seed: int | None
    outputs: list[str] = field(default_factory=list)
    takes: list[TakeReport] = field(default_factory=list)
    parts: tuple[str, ...] = ()
    measures: int = 0
    seconds: dict[str, float] = field(default_factory=dict)
    losses: tuple[str, ...] = ()  # what the reader could not hold
    remarks: list[str] = field(default_factory=list)  # what the composer should know of the result
    error: dict[str, str] | None = None

    def add(self, take: Take, path: Path, seconds: float) -> None:
        """A take that was saved."""
        self.parts, self.measures = take.parts, len(take.measures)
        self.remarks += [remark for remark in take.remarks if remark not in self.remarks]
        self.takes.append(TakeReport(take.number, take.seed, str(path), round(seconds, 4)))
        self.outputs = [report.output for report in self.takes]

    def lines(self) -> list[str]:
        """One line for people about each file that was written."""
        measures = f"{self.measures} measure{'s' if self.measures != 1 else ''}"
        names = ", ".join(self.parts)
        return [
            f"wrote {take.output}: {measures} for {names}, seed {take.seed}, {take.seconds:.1f} s"
            for take in self.takes
        ]


@dataclass
class Batch:
    """The validated command; ``run`` does it."""

    targets: list[tuple[Path, tuple[Path, ...]]]  # each input and where its takes go
    options: WritingOptions
    force: bool
    as_json: bool
    timings: Timings = field(default_factory=Timings)
    _engine: Engine | None = None

    @classmethod
    def prepare(
        cls,
        task: type[WritingOptions],
        inputs: Sequence[Path],
        output: str | None,
        force: bool,
        as_json: bool,
        given: Mapping[str, Any],
    ) -> Batch:
        """Raises ``click.UsageError`` for everything that is wrong whatever the files hold."""
        try:
            options = task.parse(given).seeded()
            several = len(inputs) > 1
            targets = [(source, output_paths(source, output, options.takes, several)) for source in inputs]
        except RequestError as error:
            raise usage_error(error) from None
        return cls(targets, options, force, as_json)

    def run(self) -> bool:
        """Write every take of every input and report; True when nothing failed."""
        start = time.perf_counter() - self.timings.seconds.get("import", 0.0)
        reports = []
        claimed: dict[Path, Path] = {}
        for source, paths in self.targets:
            report = self._run_file(source, paths, claimed)
            claimed.update((Path(path).absolute(), source) for path in report.outputs)
            reports.append(report)
        self.timings.add("total", time.perf_counter() - start)
        if self.as_json:
            whole = {
                "version": version(),
                "files": [asdict(r) for r in reports],
                "seconds": self.timings.rounded(),
            }
            click.echo(json.dumps(whole, ensure_ascii=False))
        return all(report.error is None for report in reports)

    def _run_file(self, source: Path, paths: tuple[Path, ...], claimed: Mapping[Path, Path]) -> FileReport:
        report, timings = FileReport(str(source), self.options.seed), Timings()
        failure: Exception | None = None
        try:
            require_unclaimed(paths, claimed)
            require_writable(paths, self.force)
            self._write(source, paths, report, timings)
        except click.ClickException:
            raise
        except Exception as error:
            failure = error
        finally:
            # Also after Ctrl-C: what is written is there to stay.
            for line in report.lines():
                click.echo(line, err=self.as_json)
            for remark in report.remarks:
                click.echo(f"note: {remark}", err=True)
        if failure:
            report.error = explain(failure)
            show_error(failure, source)
        report.seconds = timings.rounded()
        return report

    def _write(self, source: Path, paths: tuple[Path, ...], report: FileReport, timings: Timings) -> None:
        """Read one input, have its takes written, and save each as it comes."""
        start = time.perf_counter()
        with progress_bar(source.name) as advance:
            with timings.measure("read"):
                document = open_document(source)
                report.losses = document.score.losses
                report.remarks += document.remarks
            for event in write(document, self.options, self.engine(), timings):
                if isinstance(event, Progress):
                    advance(event.done, event.total, f"measure {event.number}")
                    continue
                path = paths[event.number - 1]
                with timings.measure("save"):
                    save(document, event, path, self.force)
                report.add(event, path, time.perf_counter() - start)
                start = time.perf_counter()

    def engine(self) -> Engine:
        """The engine, loaded when the first input turned out to be readable."""
        if self._engine is None:
            with self.timings.measure("import"):
                try:
                    self._engine = open_engine(self.options.engine)
                    resolved(self.options, self._engine.info)
                except RequestError as error:
                    raise usage_error(error) from None
        return self._engine


def usage_error(error: RequestError) -> click.UsageError:
    """Wrong whatever the files hold: exit status 2."""
    return click.UsageError(f"{error.message}\nhint: {error.hint}" if error.hint else error.message)


def require_unclaimed(paths: Sequence[Path], claimed: Mapping[Path, Path]) -> None:
    """Two inputs of one name in different folders must not end in one file, whatever --force says."""
    for path in paths:
        if (other := claimed.get(path.absolute())) is not None:
            raise OutputError(
                f"{path} is already written from {other}", "Write these inputs into different folders."
            )
