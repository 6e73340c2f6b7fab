"""``obbligato evaluate``."""

from __future__ import annotations

import json
import subprocess
from dataclasses import asdict, replace
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from bridge.cli.progress import progress_bar
from bridge.errors import InputError, RequestError
from bridge.version import version

if TYPE_CHECKING:
    from engine.evaluation.report import ScenarioReport

_FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)
_WORKS, _QUICK_WORKS = 40, 6


@click.command(short_help="Print the quality table of engines.")
@click.option(
    "--data", metavar="DIR", required=True, type=_FOLDER, help="Folder of scores with manifest.csv."
)
@click.option("--split", default="valid", show_default=True, help="Works of the manifest to be written for.")
@click.option(
    "--engine",
    "engine_names",
    metavar="NAME",
    multiple=True,
    default=("transformer",),
    show_default=True,
    help="Who writes. Repeatable: each further one answers the same.",
)
@click.option(
    "--works", type=click.IntRange(min=1), help=f"Works of each kind, at most.  [default: {_WORKS}]"
)
@click.option(
    "--quick", is_flag=True, help=f"Only {_QUICK_WORKS} works of each kind: minutes, and wide intervals."
)
@click.option(
    "--scenario",
    "names",
    metavar="NAME",
    multiple=True,
    help="Only this: songs, quartets-1, quartets-3, hymns, pop or melodies. Repeatable.",
)
@click.option(
    "--temperature",
    type=click.FloatRange(min=0, max=5, min_open=True),
    help="Instead of that of each task.",
)
@click.option(
    "--top-p", type=click.FloatRange(min=0, max=1, min_open=True), help="Instead of that of each task."
)
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True)
@click.option("--json", "as_json", is_flag=True, help="Print the figures for machines.")
@click.option(
    "-o",
    "--output",
    metavar="FILE",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write the tables to a Markdown file too.",
)
@click.option("--force", is_flag=True, help="Overwrite that file if it is there already.")
def evaluate(
    data: Path,
    split: str,
    engine_names: tuple[str, ...],
    works: int | None,
    quick: bool,
    names: tuple[str, ...],
    temperature: float | None,
    top_p: float | None,
    seed: int,
    as_json: bool,
    output: Path | None,
    force: bool,
) -> None:
    """Let engines, the composer and three simple writers fill the same eight measures, and tell them apart.

    DIR is a folder like that of `obbligato train`; the works of its other split, train, are what is searched for
    copies. docs/evaluation.md says what each figure is. Figures come with 95 % intervals over works.

    \b
    Examples:
      obbligato evaluate --data scores/ --quick
      obbligato evaluate --data scores/ -o quality.md
      obbligato evaluate --data scores/ --engine transformer --engine musegan
      obbligato evaluate --data scores/ --scenario songs --temperature 0.8 --json
    """
    _require_judges()
    from bridge.cli.messages import usage_error
    from bridge.cli.trainers import read_works
    from bridge.engines import open_engine
    from bridge.output import require_writable, write_whole
    from engine.evaluation.arms import COLUMNS
    from engine.evaluation.report import evaluate as run
    from engine.evaluation.scenarios import SCENARIOS
    from engine.evaluation.tables import scenario_table

    known = {scenario.name: scenario for scenario in SCENARIOS}
    if unknown := [name for name in names if name not in known]:
        raise click.BadParameter(f"{unknown[0]} is none of {', '.join(known)}", param_hint="--scenario")
    wishes = {"temperature": temperature, "top_p": top_p}
    own: dict[str, Any] = {name: value for name, value in wishes.items() if value is not None}
    chosen = [
        replace(scenario, sampling=replace(scenario.sampling, **own))
        for scenario in ([known[name] for name in names] or SCENARIOS)
    ]
    try:
        engines = {name: open_engine(name) for name in engine_names}
    except RequestError as error:
        raise usage_error(error) from None
    if taken := [name for name in list(engines)[1:] if name in COLUMNS]:
        hint = f'Give --engine "{taken[0]}" first: the column of the first is "engine".'
        raise usage_error(RequestError(f'the table has a column "{taken[0]}" of its own', hint))
    if output:
        require_writable([output], force)  # now, not after hours
    training, judged = read_works(data, "train"), read_works(data, split)
    count = works or (_QUICK_WORKS if quick else _WORKS)
    reports: list[ScenarioReport] = []
    with progress_bar("evaluating") as advance:
        tell = lambda what, done, total: advance(done, total, what)  # noqa: E731
        for report in run(engines, training, judged, count, seed, tell, chosen):
            reports.append(report)
            if not as_json:
                click.echo(scenario_table(report))
    if not reports:
        raise InputError(
            f"{data}: no works for {' or '.join(engines)} in its {split} split",
            "Give a folder that holds some with --data, or another --split.",
        )
    if as_json:
        figures = [asdict(report) for report in reports]
        click.echo(json.dumps({"version": version(), "engines": list(engines), "scenarios": figures}))
    if output:
        options = [f"--engine {name}" for name in engines]
        options += [f"--works {count}", f"--split {split}", f"--seed {seed}"]
        options += [f"--scenario {name}" for name in names]
        options += [f"--{name.replace('_', '-')} {value:g}" for name, value in own.items()]
        command = f"obbligato evaluate --data DIR {' '.join(options)}"
        head = f"# Quality\n\n95 % intervals over works. Commit {_commit()}; `{command}`.\n"
        write_whole(output, "\n".join([head, *map(scenario_table, reports)]).encode(), force)


def _require_judges() -> None:
    """Raises ``RequestError`` where scikit-learn is missing, which only this command wants."""
    if find_spec("sklearn") is None:
        raise RequestError("scikit-learn is not installed", "pip install 'obbligato[evaluate]'")


def _commit() -> str:
    """Of the checkout that this runs from, marked when it is not as committed; else the version."""
    command = ["git", "describe", "--always", "--dirty"]
    try:
        found = subprocess.run(command, cwd=Path(__file__).parent, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return f"of version {version()}"
    return found.stdout.strip()
