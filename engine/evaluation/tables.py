"""Reports as tables that read well in a terminal and in Markdown."""

from __future__ import annotations

from collections.abc import Sequence

from engine.evaluation.arms import CHECKS, ENGINE
from engine.evaluation.bootstrap import Estimate
from engine.evaluation.judges import Telling
from engine.evaluation.report import LONGEST, ScenarioReport

_NONE = "–"


def scenario_table(report: ScenarioReport) -> str:
    """One scenario: its heading, a row for each measure, the checks of the judges, and what tells the engines."""
    rows = [["excerpts", *map(str, report.arms.values())]] + [
        [name, *(_cell(name, figures.get(arm)) for arm in report.arms)]
        for name, figures in report.figures.items()
    ]
    amount = f"{report.excerpts} excerpts of {report.works} works"
    amount += f"; {report.swapped} also with other given parts." if report.swapped else "."
    checks = [
        f"Check: {arm}, {name} {_cell(name, figures[arm])}."
        for arm in CHECKS
        for name, figures in report.figures.items()
        if arm in figures
    ]
    blocks = [
        f"## {report.title}",
        amount,
        aligned(["", *report.arms], rows),
        "\n".join(f"- {c}" for c in checks),
    ]
    blocks += [_telling(arm, found) for arm, found in report.telling.items()]
    return "\n\n".join(filter(None, blocks)) + "\n"


def _telling(arm: str, found: Sequence[Telling]) -> str:
    rows = [
        [t.feature, f"{t.weight:.3f}", f"{t.human:.3f}", f"{t.writer:.3f}", f"{t.apart:+.2f}"] for t in found
    ]
    who = "the engine" if arm == ENGINE else arm
    return aligned([f"what tells {who} from the human", "weight", "human", arm, "apart, sd"], rows)


def _cell(name: str, figure: Estimate | None) -> str:
    if figure is None:
        return _NONE
    if name == LONGEST:
        return f"{figure.value:.0f}"
    return f"{figure.value:.2f} [{figure.low:.2f}, {figure.high:.2f}]"


def aligned(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table with columns of even width."""
    widths = [max(len(row[i]) for row in [heads, *rows]) for i in range(len(heads))]
    lines = [[text.ljust(width) for text, width in zip(row, widths, strict=True)] for row in [heads, *rows]]
    lines.insert(1, ["-" * width for width in widths])
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
