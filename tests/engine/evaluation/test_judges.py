from __future__ import annotations

import numpy as np
import pytest
from evaluation.sounding import line, piece, row

pytest.importorskip("sklearn")

from engine.evaluation import judges
from engine.evaluation.features import features, matrix
from engine.evaluation.judges import forest_auc, network_auc
from engine.evaluation.pieces import shifted
from engine.evaluation.tokens import FIELDS, tokens

WORKS = [f"w{i // 2}" for i in range(40)]
NAMES = ["a", "b", "c"]


@pytest.fixture(autouse=True)
def _small_forest(monkeypatch):
    monkeypatch.setattr(judges, "_TREES", 60)


def test_the_forest_tells_what_differs_and_says_by_what():
    rng = np.random.default_rng(0)
    human, writer = rng.normal(size=(2, 40, 3))
    writer[:, 1] += 4
    found, telling = forest_auc(human, writer, NAMES, WORKS, 0)
    assert found.low > 0.95
    assert telling[0].feature == "b"
    assert telling[0].apart == pytest.approx(4, abs=1)
    assert sum(t.weight for t in telling) == pytest.approx(1)


def test_the_forest_cannot_tell_what_is_alike():
    human, writer = np.random.default_rng(1).normal(size=(2, 40, 3))
    found, _ = forest_auc(human, writer, NAMES, WORKS, 0)
    assert found.low < 0.5 < found.high


def test_a_judge_has_not_seen_the_works_it_judges():
    """Each work has a mark of its own that says who wrote it, which is of no use for another work."""
    marks = np.random.default_rng(2).permutation(40).astype(float)
    both = np.stack([marks, marks % 2, marks % 3], axis=1)
    human, writer = both[:20].repeat(2, 0), both[20:].repeat(2, 0)
    works = [f"w{i // 2}" for i in range(40)]
    found, _ = forest_auc(human, writer, NAMES, works, 0)
    assert found.value < 0.85


def tunes(count, rng):
    keys = rng.choice([60, 64, 67, 72], (count, 16))
    return [piece([row(k.tolist())], [row((k - 12).tolist())], measures=4) for k in keys]


def test_the_network_hears_what_does_not_fit():
    rng = np.random.default_rng(3)
    human = tunes(40, rng)
    told = network_auc(_stack(human), _stack([shifted(p, 1) for p in human]), WORKS, 0)
    assert told.low > 0.9
    alike = network_auc(_stack(human), _stack(tunes(40, rng)), WORKS, 0)
    assert alike.low < 0.6


def _stack(pieces):
    return np.stack([tokens(p) for p in pieces])


def test_ids_of_tokens_are_within_their_fields():
    rng = np.random.default_rng(4)
    notes = line(
        *((on / 6, (on + n) / 6, key) for on, n, key in rng.integers([0, 1, 0], [90, 90, 127], (250, 3)))
    )
    found = tokens(piece([row([127, 0] * 8)], [notes], measures=4))
    assert (found.max(0) < np.array(list(FIELDS.values()))).all()
    assert found.min() >= 0 and (found[:, 0] > 0).all()  # a long piece is cut, not refused


def test_features_have_the_same_names_for_all_pieces():
    tune, other = piece([row([72] * 16)], [row([60, 64, 67] * 5)], 4), piece([line()], [line()], 4)
    rows, names = matrix([tune, other])
    assert rows.shape == (2, len(names)) and np.isfinite(rows).all()
    assert len(set(names)) == len(names) > 100


def test_features_say_what_they_are_called():
    chords = line(*((t, t + 1, key) for t in range(16) for key in (48, 64, 67)))
    found = features(piece([row([72] * 16)], [chords], 4))
    assert found["chord tones"] == found["on the beat"] == found["3 notes struck"] == 1
    assert found["rest"] == found["outside the scale"] == found["clash at an onset"] == 0
    assert found["measures that return"] == found["chords struck again"] == 1
    assert found["degree 0"] == pytest.approx(1 / 3)
    assert found["chord width"] == 19 and found["bass moves -0.5 to 0.5"] == 1
    moved = features(shifted(piece([row([72] * 16)], [chords], 4), 1))
    assert moved["clash at an onset"] > 0 == moved["chord tones"]
