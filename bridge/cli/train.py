"""``obbligato train``."""

from __future__ import annotations

import os
from pathlib import Path

import click

from bridge.cli.trainers import train_transformer, trainer_of
from bridge.errors import RequestError

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

    CONFIG is a .toml file or the name of a shipped one (small, tiny, notator, critic, jsb, musegan, lstm, c-rnn-gan).
    Progress is shown in steps, the loss in nats per note. The notator and the critic take minutes and have no
    checkpoints.

    \b
    Examples:
      obbligato train engine/configs/small.toml --data scores/
      obbligato train tiny --data scores/ -o runs/first
      obbligato train notator --data scores/
      torchrun --nproc-per-node 4 -m bridge train small --data scores/
    """
    run = trainer_of(config)
    if run is not train_transformer and os.environ.get("WORLD_SIZE", "1") != "1":
        raise RequestError(f"{config}: trained by one process", "Run it without torchrun.")
    run(config, data, output or Path("runs") / Path(config).stem)
