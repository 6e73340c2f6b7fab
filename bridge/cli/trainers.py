"""How each kind of model is trained: works read, progress shown, the outcome said."""

from __future__ import annotations

import csv
import tomllib
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from bridge.cli.progress import progress_bar
from bridge.errors import OutputError, RequestError

if TYPE_CHECKING:
    from engine.training.works import Work

T = TypeVar("T")
Trainer = Callable[[str, Path, Path], None]  # configuration, data, output


def train_transformer(config: str, data: Path, out: Path) -> None:
    """Also as one of several processes under torchrun."""
    from engine.training import processes
    from engine.training.config import load_config
    from engine.training.run import train as run

    model, recipe = usable(config, lambda: load_config(config))
    try:
        processes.join(recipe.batch)
    except ValueError as error:
        raise RequestError(str(error), "Start fewer with --nproc-per-node.") from None
    first = processes.rank() == 0
    training, validation = processes.from_first(
        lambda: tuple(read_works(data, split, recipe.collections) for split in ("train", "valid"))
    )
    losses: dict[str, float] = {}
    with progress_bar("training") if first else nullcontext(_unseen) as advance:

        def report(step: int, numbers: dict[str, float]) -> None:
            losses.update(numbers)
            advance(step, recipe.steps, remark(losses))

        _learnt(data, lambda: run(model, recipe, training, validation, out, report))
    processes.leave()
    if first:
        click.echo(f"trained {recipe.steps} steps: {remark(losses)}; weights in {out / 'model.safetensors'}")


def _unseen(done: int, total: int, remark: str) -> None:
    """Where a progress bar would be, in processes that do not report."""


def _train_notator(config: str, data: Path, out: Path) -> None:
    from engine.notator import training

    shape, recipe = usable(config, lambda: training.read_recipe(read_tables(config)))
    works, validation = (read_works(data, split) for split in ("train", "valid"))
    kept = held_out_songs(data, recipe.held_out)
    learnt = [work for work in works if work.id not in kept]
    songs = [work for work in validation if work.style == "song"] + [w for w in works if w.id in kept]
    with progress_bar("training") as advance:

        def report(step: int, steps: int, loss: float) -> None:
            advance(step, steps, remark({"loss": loss}))

        found = training.run(shape, recipe, learnt, songs, out, report)
    shares = ", ".join(f"{name} {found[name] / found['sounds']:.1%}" for name in training.COUNTED if found)
    click.echo(f"right of {found['sounds']:,} notes: {shares}; weights in {out / 'model.safetensors'}")


def _train_critic(config: str, data: Path, out: Path) -> None:
    from engine.critic import training
    from engine.registry import load_engine

    recipe = usable(config, lambda: training.read_recipe(read_tables(config)))
    works = read_works(data, "train")
    with progress_bar("training") as advance:
        told = training.run(recipe, load_engine(), works, out, lambda what, done, of: advance(done, of, what))
    click.echo(f"told apart on works held out: AUC {told:.3f}; weights in {out / 'model.safetensors'}")


def _train_musegan(config: str, data: Path, out: Path) -> None:
    from engine.musegan.config import read_models
    from engine.musegan.training import train as run

    models = usable(config, lambda: read_models(read_tables(config)))
    works = read_works(data, "train")
    for name, (shape, recipe) in models.items():
        with progress_bar(name) as advance:

            def report(step: int, numbers: dict[str, float], steps: int = recipe.steps) -> None:
                advance(step, steps, f"distance {numbers['distance']:.2f}")

            figures = _learnt(data, partial(run, name, shape, recipe, works, out, report))
        click.echo(f"{name}: {_listed(figures)}; weights in {out / f'musegan-{name}.safetensors'}")


def _train_lstm(config: str, data: Path, out: Path) -> None:
    from engine.lstm import training
    from engine.lstm.config import read_recipe

    shape, recipe = usable(config, lambda: read_recipe(read_tables(config)))
    works, validation = (read_works(data, split) for split in ("train", "valid"))
    with progress_bar("training") as advance:

        def report(step: int, numbers: dict[str, float]) -> None:
            advance(step, recipe.steps, remark({"loss": sum(numbers.values())}))

        figures = _learnt(data, lambda: training.train(shape, recipe, works, validation, out, report))
    click.echo(f"trained {recipe.steps} steps: {_listed(figures)}; weights in {out / 'lstm.safetensors'}")


def _train_crnngan(config: str, data: Path, out: Path) -> None:
    from bridge.corpus.melodies import load_melodies
    from bridge.folders import cache_folder
    from engine.crnngan import training
    from engine.crnngan.config import read_recipe

    shape, recipe = usable(config, lambda: read_recipe(read_tables(config)))
    with progress_bar("reading (train)") as advance:
        melodies = load_melodies(data, "train", cache_folder(), lambda done, of: advance(done, of, ""))
    total = recipe.pretraining + recipe.steps
    with progress_bar("training") as advance:

        def report(step: int, numbers: dict[str, float]) -> None:
            advance(step, total, " ".join(f"{name} {value:.2f}" for name, value in numbers.items()))

        _learnt(data, lambda: training.train(shape, recipe, melodies, out, report))
    click.echo(f"trained {total} steps; weights in {out / 'c-rnn-gan.safetensors'}")


# By the table that a configuration has; one with none of these is for the Transformer.
_WAYS: dict[str, Trainer] = {
    "notator": _train_notator,
    "critic": _train_critic,
    "musegan": _train_musegan,
    "lstm": _train_lstm,
    "crnngan": _train_crnngan,
}


def trainer_of(config: str) -> Trainer:
    """Who trains what a configuration describes. Raises ``click.BadParameter``."""
    return next((_WAYS[table] for table in read_tables(config) if table in _WAYS), train_transformer)


def _listed(figures: dict[str, float]) -> str:
    return ", ".join(f"{name} {value:.3f}" for name, value in figures.items())


def _learnt(data: Path, run: Callable[[], T]) -> T:
    """What ``run`` gives; that there is nothing to learn, or no going on, is said in the user's terms."""
    from engine.training.checkpoint import OtherRunError
    from engine.training.works import NothingToLearnError

    try:
        return run()
    except NothingToLearnError as error:
        raise RequestError(f"{data}: {error}", "Give a folder that holds some with --data.") from None
    except OtherRunError as error:
        hint = "Give another folder with --output, or the configuration and data that it was begun with."
        raise OutputError(str(error), hint) from None


def read_tables(config: str) -> dict[str, Any]:
    """The tables of a configuration, a bare name meaning a shipped one. Raises ``click.BadParameter``."""
    from engine.training.config import CONFIGS

    path = Path(config) if Path(config).suffix else CONFIGS / f"{config}.toml"
    return usable(config, lambda: tomllib.loads(path.read_text(encoding="utf-8")))


def usable(config: str, read: Callable[[], T]) -> T:
    """What ``read`` makes of a configuration. Raises ``click.BadParameter`` for a missing or wrong file."""
    try:
        return read()
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise click.BadParameter(f"{config}: {' '.join(str(error).split())}", param_hint="CONFIG") from None


def read_works(data: Path, split: str, collections: Sequence[str] = ()) -> list[Work]:
    """The works of a split, of those collections only; the first time takes minutes, later ones come from the cache."""
    from bridge.corpus import load_corpus
    from bridge.folders import cache_folder

    with progress_bar(f"reading ({split})") as advance:
        return load_corpus(
            data, split, cache_folder(), lambda done, total: advance(done, total, ""), collections
        )


def held_out_songs(data: Path, count: int) -> set[str]:
    """The ids of that many songs of the training split, an arbitrary choice that stays: the smallest hashes."""
    with (data / "manifest.csv").open(encoding="utf-8", newline="") as file:
        rows = [r for r in csv.DictReader(file) if r["split"] == "train" and r["collection"] == "lieder"]
    rows.sort(key=lambda row: row["sha256_16"])
    return {row["id"] for row in rows[:count]}


def remark(losses: dict[str, float]) -> str:
    """The newest losses in nats per note."""
    known = {"loss": "loss", "validation": "validation loss"}
    return ", ".join(f"{label} {losses[name]:.3f}" for name, label in known.items() if name in losses)
