"""One run of a writing command over its inputs: what is to be done is given out, what comes back is saved and told."""

from __future__ import annotations

import json
import time
from collections.abc import Generator, Iterator, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import click

from bridge.batch.files import Claims, Target, absolute, find_targets
from bridge.batch.journal import Entry, Journal, digest, key, open_journal
from bridge.batch.pool import perform_in_processes, usable_cores
from bridge.batch.report import FileReport
from bridge.batch.work import Order, Result, perform
from bridge.cli.messages import explain, show_error, usage_error
from bridge.cli.progress import progress_bar
from bridge.engines import engine_info, open_engine, resolved
from bridge.errors import RequestError
from bridge.options import WritingOptions
from bridge.output import clear_remains, require_writable, write_whole
from bridge.service import Progress, Timings
from bridge.version import version
from engine.device import choose, chosen, require
from engine.interface import Engine


@dataclass
class Batch:
    """The validated command; ``run`` does it."""

    targets: list[Target]
    options: WritingOptions
    key: str  # see bridge.batch.journal
    force: bool
    as_json: bool
    workers: int
    cluster: str | None
    timings: Timings = field(default_factory=Timings)

    @classmethod
    def prepare(
        cls,
        task: type[WritingOptions],
        inputs: Sequence[Path],
        output: str | None,
        force: bool,
        as_json: bool,
        workers: int | None,
        cluster: str | None,
        device: str | None,
        **music: Any,
    ) -> Batch:
        """A command by its options; those of ``music`` are None, () or False where they were not given.

        Raises ``click.UsageError`` for everything that is wrong whatever the files hold.
        """
        given = {
            name: value for name, value in music.items() if value not in (None, ()) and value is not False
        }
        try:
            if workers and cluster:
                raise RequestError("--workers counts processes of this machine, --cluster uses others")
            _choose(device)
            options = task.parse(given)
            options = resolved(options, engine_info(options.engine))
            targets = find_targets(inputs, output, options.takes)
        except RequestError as error:
            raise usage_error(error) from None
        sources, written = {absolute(target.source) for target in targets}, Claims(targets)
        command = {
            "version": version(),
            "task": task.task,
            "options": options.model_dump(mode="json"),
            "inputs": [str(absolute(i)) for i in inputs if absolute(i) in sources or i not in written],
            "device": chosen(),
            "output": output and str(absolute(Path(output))),
        }
        return cls(targets, options, key(command), force, as_json, workers or usable_cores(), cluster)

    def run(self) -> bool:
        """Write every take of every input and report; True when nothing failed."""
        start = time.perf_counter() - self.timings.seconds.get("import", 0.0)
        with open_journal(self.key, self.options.seed, self.force) as journal:
            run = _Run(self, journal)
            run.to_the_end()
            journal.finished = True
        reports = [run.reports[index] for index in range(len(self.targets))]
        failed = [report for report in reports if report["error"]]
        if failed and len(reports) > 1:
            click.echo(f"{len(failed)} of {len(reports)} files failed:", err=True)
            for report in failed:
                reason = report["error"]["message"].removeprefix(f"{report['input']}: ")
                click.echo(f"  {report['input']}: {reason}", err=True)
        self.timings.add("total", time.perf_counter() - start)
        if self.as_json:
            whole = {"version": version(), "files": reports, "seconds": self.timings.rounded()}
            click.echo(json.dumps(whole, ensure_ascii=False))
        return not failed

    def perform(self, orders: Iterator[Order], count: int) -> Generator[Progress | Result, None, None]:
        """Have the orders, so many at most, done where the command wants them done."""
        if self.cluster:
            from bridge.batch.cluster import perform_in_cluster

            return perform_in_cluster(orders, count, open_engine, self.cluster)
        if (workers := min(self.workers, count)) > 1:
            return perform_in_processes(orders, open_engine, workers)
        return perform(lambda: next(orders, None), self._open_engine)

    def _open_engine(self, name: str) -> Engine:
        with self.timings.measure("import"):
            return open_engine(name)


def _choose(device: str | None) -> None:
    """The device for the processes of this command. Raises ``RequestError`` where it is not there."""
    try:
        if device:
            choose(device)
        require(chosen())
    except ValueError as error:
        raise RequestError(str(error), "Write on the processor, with --device cpu.") from None


class _Run:
    """The command under way; ``reports`` by the input's index, as JSON has them."""

    def __init__(self, batch: Batch, journal: Journal) -> None:
        self.batch, self.journal = batch, journal
        self.options = batch.options.model_copy(update={"seed": journal.seed})
        self.reports: dict[int, dict[str, Any]] = {}
        self._claims = Claims(batch.targets)
        self._own: set[str] = set()  # results of an earlier run whose inputs are to be done again
        self._digests: dict[int, str] = {}
        self._look_back()

    def _look_back(self) -> None:
        """Take over what was done before."""
        for index, target in enumerate(self.batch.targets):
            entry = self.journal.entries.get(str(absolute(target.source)))
            if entry and entry.holds(target):
                self.reports[index] = entry.report
            elif entry:
                self._own |= entry.own()
                for path in target.outputs:
                    clear_remains(path)
        if self.reports:
            self._tell(f"{len(self.reports)} of {len(self.batch.targets)} files were written before")
        if self.journal.homeless and len(self.batch.targets) > 1:
            self._tell(f"after an interruption everything would begin anew: {self.journal.homeless}")

    def to_the_end(self) -> None:
        """Do what is not done."""
        targets = self.batch.targets
        alone = targets[0].source.name if len(targets) == 1 else None
        start, before = time.perf_counter(), len(self.reports)
        try:
            with (
                progress_bar(alone or self.options.task) as advance,
                closing(self.batch.perform(self._orders(), len(targets) - before)) as events,
            ):
                for event in events:
                    if isinstance(event, Result):
                        self._receive(event)
                    elif alone:
                        advance(event.done, event.total, f"measure {event.number}")
                    if not alone:
                        rate = 60 * (len(self.reports) - before) / (time.perf_counter() - start)
                        advance(len(self.reports), len(targets), f"{rate:.0f} files/min")
        except KeyboardInterrupt:
            if len(targets) > 1 and not self.journal.homeless:
                again = "the same command without --force" if self.batch.force else "the same command"
                self._tell(
                    f"{len(self.reports)} of {len(targets)} files are done; {again} goes on from there"
                )
            raise

    def _orders(self) -> Iterator[Order]:
        """What is to be done; what cannot be done is told at once."""
        for index, target in enumerate(self.batch.targets):
            if index in self.reports:
                continue
            try:
                self._claims.require(target)
                require_writable([p for p in target.outputs if not self._is_own(p)], self.batch.force)
                data = target.read()
            except Exception as error:
                self._receive(Result(index, error=error))
                continue
            self._digests[index] = digest(data)
            yield Order(index, str(target.source), data, target.outputs[0].suffix, self.options)

    def _receive(self, result: Result) -> None:
        error = result.error
        try:
            if not error:
                self._save(result)
        except Exception as fault:
            error = fault
        report = FileReport.of(self.batch.targets[result.index], self.journal.seed, result)
        report.error = explain(error) if error else None
        self.reports[result.index] = asdict(report)
        for line in report.lines():
            click.echo(line, err=self.batch.as_json)
        for remark in report.remarks:
            self._tell(remark)
        if error:
            show_error(error, Path(report.input))

    def _save(self, result: Result) -> None:
        """First the journal, then the files: see bridge.batch.journal. Of the takes those stay that are saved."""
        start = time.perf_counter()
        target = self.batch.targets[result.index]
        files = list(zip(target.outputs, result.takes, strict=True))
        outputs = {str(absolute(path)): digest(take.data) for path, take in files}
        report = FileReport.of(target, self.journal.seed, result)
        source, known = str(absolute(target.source)), self._digests.pop(result.index)
        self.journal.add(Entry(source, known, outputs, asdict(report)))
        result.takes = []
        for path, take in files:
            write_whole(path, take.data, self.batch.force or self._is_own(path))
            result.takes.append(take)
        result.seconds["save"] = round(time.perf_counter() - start, 4)

    def _is_own(self, path: Path) -> bool:
        return str(absolute(path)) in self._own

    @staticmethod
    def _tell(text: str) -> None:
        click.echo(f"note: {text}", err=True)
