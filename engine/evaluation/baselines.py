"""Two naive models of notes, scored like the network: in nats a note, field by field.

*Unigram* knows how often each value of each field occurs. *Copy* expects the event that stood at the same
place in the order of the same part one measure earlier, and is unsure to a degree fitted on training data.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from engine.encoding import Array
from engine.transformer.columns import D_, T_, TARGETS
from engine.transformer.window import START_ID
from engine.vocabulary import DURATION, ONSET, PITCH, STAFF, TIED, VOICE

Floats = npt.NDArray[np.float64]
Written = tuple[Array, Array]  # rows and targets of one window, see ``window.decoder_rows``

_SIZES = dict(
    zip(TARGETS, [len(DURATION), len(PITCH), len(STAFF), len(TIED), len(ONSET), len(VOICE)], strict=True)
)


@dataclass(frozen=True, slots=True)
class Baselines:
    """``unigram``: per field the probability of each id. ``trust``: per field how far *copy* trusts what it copies."""

    unigram: dict[str, Floats]
    trust: dict[str, float]

    @classmethod
    def fit(cls, windows: Sequence[Written]) -> Baselines:
        unigram = {name: _frequencies(windows, name) for name in TARGETS}
        trust = {name: _fit_trust(windows, name, unigram[name]) for name in TARGETS}
        return cls(unigram, trust)

    def losses(self, windows: Sequence[Written]) -> tuple[dict[str, float], dict[str, float]]:
        """Nats a note by field, of *unigram* and of *copy*."""
        notes = sum(int((targets[:, T_["pitch"]] > 0).sum()) for _, targets in windows)
        plain, copied = {}, {}
        for name in TARGETS:
            odds, hits, has_model = _odds(windows, name, self.unigram[name])
            trust = self.trust[name] * has_model
            plain[name] = float(-np.log(odds).sum() / notes)
            copied[name] = float(-np.log(trust * hits + (1 - trust) * odds).sum() / notes)
        return plain, copied


def _frequencies(windows: Sequence[Written], name: str) -> Floats:
    ids = np.concatenate([targets[:, T_[name]] for _, targets in windows])
    counts = np.bincount(ids[ids > 0], minlength=_SIZES[name]) + 0.01  # what never occurred is not impossible
    counts[0] = 0
    result: Floats = counts / counts.sum()
    return result


def _odds(windows: Sequence[Written], name: str, unigram: Floats) -> tuple[Floats, Floats, Floats]:
    """For each scored target: its unigram probability, whether the copy has it right, whether there is a copy."""
    ids, hits, has_model = [], [], []
    for rows, targets in windows:
        target = targets[:, T_[name]]
        model = _models(rows)
        scored = target > 0
        ids.append(target[scored])
        hits.append(((model >= 0) & (target[model] == target))[scored])
        has_model.append((model >= 0)[scored])
    return (
        unigram[np.concatenate(ids)],
        np.concatenate(hits).astype(float),
        np.concatenate(has_model).astype(float),
    )


def _models(rows: Array) -> npt.NDArray[np.int64]:
    """For each row that of the same number in the same part's cell before, -1 when there is none."""
    opens = np.flatnonzero(rows[:, D_["onset"]] == START_ID)
    ends = np.append(opens[1:], len(rows))
    before: dict[int, tuple[int, int]] = {}
    models = np.full(len(rows), -1)
    for first, end in zip(opens, ends, strict=True):
        slot = int(rows[first, D_["slot"]])
        if slot in before:
            start, stop = before[slot]
            n = min(stop - start, end - first)
            models[first : first + n] = np.arange(start, start + n)
        before[slot] = (int(first), int(end))
    return models


def _fit_trust(windows: Sequence[Written], name: str, unigram: Floats) -> float:
    """The likeliest weight of the copy in the mixture, by expectation maximisation."""
    odds, hits, has_model = _odds(windows, name, unigram)
    odds, hits = odds[has_model > 0], hits[has_model > 0]
    trust = 0.5
    for _ in range(30 if len(odds) else 0):
        trust = float((trust * hits / (trust * hits + (1 - trust) * odds)).mean())
    return trust
