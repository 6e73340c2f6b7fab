"""What a command says of each input: to machines, to people, and to its own journal."""

from __future__ import annotations

from dataclasses import dataclass, field

from bridge.batch.files import Target
from bridge.batch.work import Result


@dataclass(frozen=True)
class TakeReport:
    """One file that was written; ``seconds`` of wall time since the one before it."""

    number: int
    seed: int
    output: str
    seconds: float


@dataclass
class FileReport:
    """What became of one input; ``measures`` counts those of one take."""

    input: str
    seed: int
    outputs: list[str] = field(default_factory=list)
    takes: list[TakeReport] = field(default_factory=list)
    parts: tuple[str, ...] = ()
    measures: int = 0
    seconds: dict[str, float] = field(default_factory=dict)
    losses: tuple[str, ...] = ()  # what the reader could not hold
    remarks: list[str] = field(default_factory=list)  # what the composer should know of the result
    error: dict[str, str] | None = None

    @classmethod
    def of(cls, target: Target, seed: int, result: Result) -> FileReport:
        """The report of a result that is about to be saved, or has failed."""
        paths = [str(path) for path in target.outputs[: len(result.takes)]]
        takes = [
            TakeReport(take.number, take.seed, path, round(take.seconds, 4))
            for take, path in zip(result.takes, paths, strict=True)
        ]
        about = result.parts, result.measures, result.seconds, result.losses, result.remarks
        return cls(str(target.source), seed, paths, takes, *about)

    def lines(self) -> list[str]:
        """One line for people about each file that was written."""
        measures = f"{self.measures} measure{'s' if self.measures != 1 else ''}"
        names = ", ".join(self.parts)
        return [
            f"wrote {take.output}: {measures} for {names}, seed {take.seed}, {take.seconds:.1f} s"
            for take in self.takes
        ]
