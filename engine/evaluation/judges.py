"""Two judges that try to tell a writer from the composer: a forest on features, a small network on tokens.

The classifier two-sample test (Lopez-Paz and Oquab, "Revisiting Classifier Two-Sample Tests", 2017): 0.5 means
that a judge cannot tell, 1 that it always can. Every work is judged by a judge that has not seen it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from sklearn.ensemble import RandomForestClassifier
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import GroupKFold
from torch import Tensor, nn

from engine.evaluation.bootstrap import Estimate, Floats, draws, interval
from engine.evaluation.tokens import FIELDS, Tokens

Ints = npt.NDArray[np.int64]
Judge = Callable[
    [Ints, Ints], Floats
]  # rows to learn from and rows to judge -> how likely each is the writer's

_FOLDS = 5
_TREES, _LEAF = 400, 2
_WIDTH, _EPOCHS, _BATCH, _RATE, _DROPOUT = 32, 14, 32, 4e-3, 0.2
_DRAWS = 300


@dataclass(frozen=True, slots=True)
class Telling:
    """A feature by which a writer is told from the composer.

    ``weight``: its share of the mean decrease in impurity at the forest's splits. ``human``, ``writer``: means.
    ``apart``: their difference in standard deviations of the composer's.
    """

    feature: str
    weight: float
    human: float
    writer: float
    apart: float


def forest_auc(
    human: Floats, writer: Floats, names: Sequence[str], works: Sequence[str], seed: int
) -> tuple[Estimate, list[Telling]]:
    """How well a forest tells (pieces, features) of both, and by what, the most telling first."""
    x, y = np.concatenate([human, writer]), _labels(human, writer)
    weights: list[Floats] = []

    def judge(learn: Ints, test: Ints) -> Floats:
        forest = RandomForestClassifier(_TREES, min_samples_leaf=_LEAF, random_state=seed)
        forest.fit(x[learn], y[learn])
        weights.append(forest.feature_importances_)
        result: Floats = forest.predict_proba(x[test])[:, 1]
        return result

    estimate = _auc(judge, y, works, seed)
    spread = human.std(0)
    means = human.mean(0), writer.mean(0)
    apart = (means[1] - means[0]) / np.where(spread > 0, spread, 1.0)
    weight = np.mean(weights, axis=0)
    return estimate, [
        Telling(names[i], float(weight[i]), float(means[0][i]), float(means[1][i]), float(apart[i]))
        for i in np.argsort(-weight)
    ]


def network_auc(human: Tokens, writer: Tokens, works: Sequence[str], seed: int) -> Estimate:
    """How well a small network tells (pieces, notes, fields) of both."""
    x = torch.from_numpy(np.concatenate([human, writer]))
    y = _labels(human, writer)
    target = torch.from_numpy(y).float()

    def judge(learn: Ints, test: Ints) -> Floats:
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            network = _trained(x[learn], target[learn])
        with torch.no_grad():
            result: Floats = network(x[test]).double().numpy()
        return result

    return _auc(judge, y, works, seed)


def _labels(human: npt.NDArray[np.generic], writer: npt.NDArray[np.generic]) -> Ints:
    return np.repeat(np.array([0, 1], np.int64), [len(human), len(writer)])


def _auc(judge: Judge, y: Ints, works: Sequence[str], seed: int) -> Estimate:
    """The area under the curve of judgements on held-out works; ``works`` names those of one arm's pieces."""
    groups = np.array([*works, *works])
    scores = np.zeros(len(y))
    folds = GroupKFold(min(_FOLDS, len(set(works))), shuffle=True, random_state=seed)
    for learn, test in folds.split(y, groups=groups):
        scores[test] = _ranks(judge(learn, test))
    drawn = [
        roc_auc_score(y, scores, sample_weight=np.tile(times, 2)) for times in draws(works, seed, _DRAWS)
    ]
    return interval(float(roc_auc_score(y, scores)), np.array(drawn))


def _ranks(scores: Floats) -> Floats:
    """Each fold has a judge of its own, whose scale is its own: only the order within a fold counts."""
    result: Floats = (scores[:, None] > scores).mean(1) + (scores[:, None] == scores).mean(1) / 2
    return result


class NoteReader(nn.Module):
    """Embeddings of a note's fields, two convolutions over neighbours, the mean and most of each feature."""

    def __init__(self) -> None:
        super().__init__()
        self.tables = nn.ModuleList(nn.Embedding(size, _WIDTH, padding_idx=0) for size in FIELDS.values())
        self.near = nn.Conv1d(_WIDTH, _WIDTH, 5, padding=2)
        self.far = nn.Conv1d(_WIDTH, _WIDTH, 5, padding=4, dilation=2)
        self.drop, self.out = nn.Dropout(_DROPOUT), nn.Linear(2 * _WIDTH, 1)

    def forward(self, ids: Tensor) -> Tensor:
        """(B, L, fields) -> (B,): above 0 speaks for the writer."""
        real = (ids[:, :, 0] > 0)[:, None].float()
        x = torch.stack([table(ids[:, :, i]) for i, table in enumerate(self.tables)]).sum(0).mT
        for layer in (self.near, self.far):
            x = (self.drop(x) + torch.relu(layer(x))) * real
        mean = x.sum(2) / real.sum(2).clamp(min=1)
        result: Tensor = self.out(self.drop(torch.cat([mean, x.amax(2)], dim=1)))[:, 0]
        return result


def _trained(x: Tensor, y: Tensor) -> NoteReader:
    network = NoteReader()
    optimizer = torch.optim.AdamW(network.parameters(), lr=_RATE, weight_decay=0.05)
    steps = _EPOCHS * -(-len(x) // _BATCH)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, _RATE, total_steps=steps)
    network.train()
    for _ in range(_EPOCHS):
        for rows in torch.split(torch.randperm(len(x)), _BATCH):
            longest = int((x[rows, :, 0] > 0).sum(1).max())
            loss = nn.functional.binary_cross_entropy_with_logits(network(x[rows, :longest]), y[rows])
            optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            optimizer.step()
            schedule.step()
    return network.eval()
