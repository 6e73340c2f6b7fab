"""``obbligato train``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from bridge.cli.progress import progress_bar

if TYPE_CHECKING:
    from engine.training.config import TrainingConfig
    from engine.training.works import Work

_FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)


@click.command(short_help="Train an engine, or go on with training.")
@click.argument("config")
@click.option(
    "--data",
    metavar="DIR",
    required=True,
    type=_FOLDER,
    help="Folder of scores to learn from, with manifest.csv.",
)
@click.option(
    "-o",
    "--output",
    metavar="DIR",
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder for checkpoints, log and weights. Default: runs/NAME for a configuration NAME.toml.",
)
def train(config: str, data: Path, output: Path | None) -> None:
    """Train the engine that CONFIG describes, from the last checkpoint if there is one.

    CONFIG is a .toml file or the name of a shipped one (small, tiny). Progress is shown in steps, the loss in
    nats per note.

    \b
    Examples:
      obbligato train engine/configs/small.toml --data scores/
      obbligato train tiny --data scores/ -o runs/first
    """
    from engine.training.run import train as run

    model, recipe = read_config(config)
    training, validation = (read_works(data, split) for split in ("train", "valid"))
    out = output or Path("runs") / Path(config).stem
    losses: dict[str, float] = {}
    with progress_bar("training") as advance:

        def report(step: int, numbers: dict[str, float]) -> None:
            losses.update(numbers)
            advance(step, recipe.steps, remark(losses))

        run(model, recipe, training, validation, out, report)
    click.echo(f"trained {recipe.steps} steps: {remark(losses)}; weights in {out / 'model.safetensors'}")


def read_config(config: str) -> tuple[dict[str, Any], TrainingConfig]:
    """The model's table and the recipe. Raises ``click.BadParameter`` for a missing or wrong file."""
    from engine.training.config import load_config

    try:
        return load_config(config)
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise click.BadParameter(f"{config}: {' '.join(str(error).split())}", param_hint="CONFIG") from None


def read_works(data: Path, split: str) -> list[Work]:
    """The works of a split; the first time takes minutes, later ones come from the cache."""
    from bridge.cli.folders import cache_folder
    from bridge.corpus import load_corpus

    with progress_bar(f"reading ({split})") as advance:
        return load_corpus(data, split, cache_folder(), lambda done, total: advance(done, total, ""))


def remark(losses: dict[str, float]) -> str:
    """The newest losses in nats per note."""
    known = {"loss": "loss", "validation": "validation loss"}
    return ", ".join(f"{label} {losses[name]:.3f}" for name, label in known.items() if name in losses)
