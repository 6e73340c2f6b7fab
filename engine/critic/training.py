"""Training the critic: the engine writes for works that composers have written for, and the critic learns to tell."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from pydantic import NonNegativeFloat, NonNegativeInt, PositiveFloat, PositiveInt
from torch import Tensor, nn

from engine.critic.critic import Critic, normal, save_critic
from engine.critic.material import MEASURES, Floats, matrix
from engine.evaluation.arms import Lines, cells_of, human, lines_of, seeded
from engine.evaluation.loss import note_losses
from engine.evaluation.pieces import Piece
from engine.evaluation.scenarios import SCENARIOS, Excerpt, Scenario, draw_excerpts
from engine.interface import Engine, nats_a_note
from engine.settings import Share, settled
from engine.training.works import NothingToLearnError, Work

Report = Callable[[str, int, int], None]  # what is done, how much of it, of how much


@dataclass(frozen=True, slots=True)
class Recipe:
    """``works`` of each scenario, by name, give two excerpts each. There is a network for each of the ``folds``."""

    works: dict[str, PositiveInt]
    folds: PositiveInt
    hidden: PositiveInt
    passes: PositiveInt
    batch: PositiveInt
    learning_rate: PositiveFloat
    weight_decay: NonNegativeFloat
    dropout: Share
    seed: NonNegativeInt

    def __post_init__(self) -> None:
        names = [scenario.name for scenario in SCENARIOS]
        if unknown := [name for name in self.works if name not in names]:
            raise ValueError(f"works of {', '.join(unknown)}; the scenarios are {', '.join(names)}")


@dataclass(frozen=True, slots=True)
class Material:
    """Rows (pieces, features), whether a composer wrote each, and of which work it is."""

    rows: Floats
    names: tuple[str, ...]
    real: npt.NDArray[np.bool_]
    works: npt.NDArray[np.str_]


def read_recipe(tables: dict[str, Any]) -> Recipe:
    """The table ``critic`` of a configuration. Raises KeyError and ValueError."""
    return settled(Recipe, tables["critic"])


def run(recipe: Recipe, engine: Engine, works: Sequence[Work], out: Path, report: Report) -> float:
    """Train on those works, write ``model.safetensors`` and ``model.json`` into ``out``; the AUC on works held out.

    Each of the networks is trained without the works of one fold, so every work has one that does not know it.
    Raises NothingToLearnError as ``collect`` does.
    """
    material = collect(recipe, engine, works, report)
    out.mkdir(parents=True, exist_ok=True)
    critic, auc = train(recipe, material, report)
    meta = {"recipe": asdict(recipe), "told apart on works held out, AUC": round(auc, 3)}
    save_critic(out / "model", critic, meta)
    return auc


def collect(recipe: Recipe, engine: Engine, works: Sequence[Work], report: Report) -> Material:
    """What composers wrote in those excerpts, and what the engine does.

    Raises NothingToLearnError where fewer works than folds have any.
    """
    asked = [(scenario, recipe.works.get(scenario.name, 0)) for scenario in SCENARIOS]
    drawn = [(scenario, draw_excerpts(works, scenario, count, recipe.seed)) for scenario, count in asked]
    found = {excerpt.work.id for _, excerpts in drawn for excerpt in excerpts}
    if len(found) < recipe.folds:
        raise NothingToLearnError(f"excerpts of {len(found)} works in these, for {recipe.folds} folds")
    parts = []
    for scenario, excerpts in drawn:
        if excerpts:
            parts += _collected(recipe, engine, scenario, excerpts, report)
    rows, names = zip(*(matrix(pieces, nats) for pieces, nats, _, _ in parts), strict=True)
    real = [np.full(len(pieces), composed) for pieces, _, composed, _ in parts]
    ids = [owners for _, _, _, owners in parts]
    return Material(np.concatenate(rows), names[0], np.concatenate(real), np.concatenate(ids))


Part = tuple[
    list[Piece], list[float], bool, npt.NDArray[np.str_]
]  # pieces, nats, by a composer, of which works


def _collected(
    recipe: Recipe, engine: Engine, scenario: Scenario, excerpts: Sequence[Excerpt], report: Report
) -> list[Part]:
    samplings = seeded(replace(scenario.sampling, seed=recipe.seed), len(excerpts))
    written = cells_of(engine, excerpts, samplings, lambda done, total: report(scenario.name, done, total))
    own = [nats_a_note(cells.values()) for cells in written]
    theirs = [loss for loss, _ in note_losses(engine, excerpts)]
    lines = [lines_of(excerpt, cells) for excerpt, cells in zip(excerpts, written, strict=True)]
    both = (([human(e) for e in excerpts], theirs, True), (lines, own, False))
    return [_part(excerpts, found, nats, composed) for found, nats, composed in both]


def _part(excerpts: Sequence[Excerpt], lines: Sequence[Lines], nats: Sequence[float], composed: bool) -> Part:
    pieces = [half for e, own in zip(excerpts, lines, strict=True) for half in e.piece(own).cut_up(MEASURES)]
    each = len(pieces) // len(excerpts)
    ids = np.repeat([e.work.id for e in excerpts], each)
    return pieces, list(np.repeat(nats, each)), composed, ids


def train(recipe: Recipe, material: Material, report: Report) -> tuple[Critic, float]:
    """The critic, and its AUC where each piece is judged by the network that does not know the work."""
    mean, spread = material.rows.mean(0), material.rows.std(0)
    x = torch.from_numpy(normal(material.rows, mean, spread)).float()
    y = torch.from_numpy(material.real).float()
    names = np.unique(material.works)
    fold = np.random.default_rng(recipe.seed).permutation(len(names)) % recipe.folds
    of_piece = fold[np.searchsorted(names, material.works)]
    networks, scores = [], np.zeros(len(x))
    for i in range(recipe.folds):
        torch.manual_seed(recipe.seed + i)
        kept = torch.from_numpy(of_piece == i)
        networks.append(_trained(recipe, x[~kept], y[~kept]))
        with torch.no_grad():
            scores[kept.numpy()] = networks[-1](x[kept]).numpy()
        report("learning", i + 1, recipe.folds)
    critic = Critic(
        material.names,
        mean,
        spread,
        _stacked(network.into.weight.T for network in networks),
        _stacked(network.into.bias for network in networks),
        _stacked(network.out.weight[0] for network in networks),
        _stacked(network.out.bias[0] for network in networks),
    )
    return critic, auc(scores[material.real], scores[~material.real])


def auc(above: Floats, below: Floats) -> float:
    """The share of pairs of which the first is above the second; ties count half."""
    pairs = np.sign(above[:, None] - below[None])
    return float((pairs.mean() + 1) / 2)


class _Judge(nn.Module):
    def __init__(self, features: int, recipe: Recipe) -> None:
        super().__init__()
        self.into, self.out = nn.Linear(features, recipe.hidden), nn.Linear(recipe.hidden, 1)
        self.drop = nn.Dropout(recipe.dropout)

    def forward(self, x: Tensor) -> Tensor:
        """(B, F) -> (B,): log odds."""
        result: Tensor = self.out(self.drop(torch.relu(self.into(self.drop(x)))))[:, 0]
        return result


def _trained(recipe: Recipe, x: Tensor, y: Tensor) -> _Judge:
    network = _Judge(x.shape[1], recipe)
    optimizer = torch.optim.AdamW(
        network.parameters(), lr=recipe.learning_rate, weight_decay=recipe.weight_decay
    )
    total = recipe.passes * -(-len(x) // recipe.batch)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, total)
    for _ in range(recipe.passes):
        for rows in torch.split(torch.randperm(len(x)), recipe.batch):
            loss = nn.functional.binary_cross_entropy_with_logits(network(x[rows]), y[rows])
            optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            optimizer.step()
            schedule.step()
    return network.eval()


def _stacked(tensors: Iterable[Tensor]) -> Floats:
    return np.stack([tensor.detach().double().numpy() for tensor in tensors])
