"""``obbligato train``."""

from __future__ import annotations

import os
from pathlib import Path

import click

from bridge.cli.trainers import Configuration, train_transformer
from bridge.errors import OutputError, RequestError

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
    "--set",
    "settings",
    metavar="TABLE.NAME=VALUE",
    multiple=True,
    help="Another value than CONFIG has, as TOML writes it; may be given again. Default: all as CONFIG has it.",
)
@click.option(
    "-o",
    "--output",
    metavar="DIR",
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder for checkpoints, log and weights. Default: runs/NAME for a configuration NAME.toml; "
    "each --set has a folder of its own in it.",
)
def train(config: str, data: Path, settings: tuple[str, ...], output: Path | None) -> None:
    """Train the engine that CONFIG describes, from the last checkpoint if there is one.

    CONFIG is a .toml file or the name of a shipped one (small, base, manner, tiny, notator, critic, jsb, musegan, lstm,
    c-rnn-gan).
    A checkpoint of another configuration or other data is refused; more steps go on from it.
    Progress is shown in steps, the loss in nats per note. The notator and the critic take minutes and have no
    checkpoints.

    \b
    Examples:
      obbligato train engine/configs/small.toml --data scores/
      obbligato train tiny --data scores/ -o runs/first
      obbligato train notator --data scores/
      obbligato train small --data scores/ --set model.measures=8 --set 'training.odds={song = 1}'
      torchrun --nproc-per-node 4 -m bridge train small --data scores/
    """
    configuration = Configuration.of(config, settings)
    run = configuration.trainer
    if run is not train_transformer and os.environ.get("WORLD_SIZE", "1") != "1":
        raise RequestError(f"{config}: trained by one process", "Run it without torchrun.")
    from engine.training.checkpoint import OtherRunError
    from engine.training.config import folder_name
    from engine.training.growth import GrowthError
    from engine.training.works import NothingToLearnError

    out = output or Path("runs", Path(config).stem, *map(folder_name, settings))
    try:
        run(configuration, data, out)
    except NothingToLearnError as error:
        hint = "Give a folder that holds some with --data, or another configuration."
        raise RequestError(f"{data}: {error}", hint) from None
    except GrowthError as error:
        hint = "Set training.grown_from to weights of at most that shape, learnt from the same works, or to nothing."
        raise RequestError(f"{config}: {error}", hint) from None
    except OtherRunError as error:
        hint = "Give another folder with --output, or the configuration and data that it was begun with."
        raise OutputError(str(error), hint) from None
