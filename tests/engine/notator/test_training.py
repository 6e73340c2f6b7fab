from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from works import two_part_score, two_part_works

from engine.encoding import encode
from engine.notator.accuracy import accuracy, agreement
from engine.notator.examples import examples_of, measures_of, parts_of
from engine.notator.features import COLUMNS
from engine.notator.network import Notator, Shape
from engine.notator.sounds import LOWEST_NAME, placed_of
from engine.notator.training import Recipe, read_recipe, run, train
from engine.notator.weights import load_notator, save_notator
from engine.training.works import NothingToLearnError

SHAPE = Shape(width=16, hidden=16, layers=1, dropout=0.0)
RECIPE = Recipe(
    passes=30,
    length=24,
    batch=4,
    alone=0.5,
    deaf=0.3,
    learning_rate=0.01,
    weight_decay=0.0,
    seed=1,
    held_out=0,
)


def silent(step: int, steps: int, loss: float) -> None:
    pass


def test_works_come_back_as_the_parts_they_were() -> None:
    score = two_part_score(seed=2)
    encoded = encode(score)
    assert [part.cells for part in parts_of(encoded)] == [part.cells for part in score.parts]
    found = [(m.duration, m.metre, m.key) for m in measures_of(encoded)]
    assert found == [(m.duration, m.metre, m.key) for m in score.measures]


def test_a_keyboard_is_also_two_parts_of_one_staff() -> None:
    voice, piano, upper, lower = examples_of(two_part_works(1)[0])
    assert [example.alone for example in (voice, piano, upper, lower)] == [False, False, True, True]
    assert len(piano.rows) == len(upper.rows) + len(lower.rows)
    staves = list(COLUMNS).index("staves")
    assert piano.rows[:, staves].all() and not lower.rows[:, staves].any()
    assert sorted(set(piano.answers[:, 1])) == [0, 1]


def test_answers_name_the_pitch_against_the_signature() -> None:
    score = two_part_score(seed=2)
    melody = next(examples_of(two_part_works(3)[2]))
    pitches = [note.pitch for note in placed_of(score.parts[0], score.measures)]
    assert melody.answers[:, 0].tolist() == [p.fifths - 2 - LOWEST_NAME for p in pitches]


def test_a_run_learns_and_tells_how_much(tmp_path: Path) -> None:
    losses: list[float] = []
    works = two_part_works(6)
    found = run(SHAPE, RECIPE, works[:5], works[5:], tmp_path, lambda step, steps, loss: losses.append(loss))
    assert losses[-1] < losses[0] / 2
    assert found["sounds"] == 72 and found["staff"] > 64 and found["spelling"] > 50
    meta = json.loads((tmp_path / "model.json").read_text())
    assert (meta["works"], meta["right"], found["parts"]) == (5, dict(found), 1)
    assert meta["parameters"] == load_notator(tmp_path / "model").parameter_count


def test_without_a_part_there_is_nothing_to_learn(tmp_path: Path) -> None:
    with pytest.raises(NothingToLearnError, match="no part with notes"):
        run(SHAPE, RECIPE, [], two_part_works(1), tmp_path / "run", silent)
    assert not (tmp_path / "run").exists()


def test_the_same_recipe_gives_the_same_network() -> None:
    examples = list(examples_of(two_part_works(1)[0]))
    short = replace(RECIPE, passes=2)
    first, second = (train(SHAPE, short, examples, silent).state_dict() for _ in range(2))
    assert all(torch.equal(first[name], second[name]) for name in first)


def test_weights_come_back_in_half_precision(tmp_path: Path) -> None:
    network = Notator(SHAPE)
    save_notator(tmp_path / "own", network, {"works": 3})
    loaded = load_notator(tmp_path / "own")
    assert loaded.shape == SHAPE and not loaded.training
    for name, weight in network.state_dict().items():
        assert torch.equal(loaded.state_dict()[name], weight.half().float())


def test_recipes_are_checked() -> None:
    with pytest.raises(KeyError):
        read_recipe({"training": {}})
    with pytest.raises(ValueError, match="no setting colour"):
        read_recipe({"notator": {"colour": 1}, "training": {}})


def test_agreement_counts_what_is_alike() -> None:
    score = two_part_score()
    true = placed_of(score.parts[1], score.measures)
    wrong = [replace(note, voice=1) for note in true]
    lower = sum(note.staff == 2 for note in true)
    assert agreement(true, true) == dict.fromkeys(("sounds", "spelling", "staff", "voice"), len(true))
    assert agreement(wrong, true)["staff"] == len(true) - lower
    assert agreement([replace(true[0], voice=3)], [replace(true[0], voice=2)])["voice"] == 1


def test_accuracy_is_of_pianos_with_two_staves() -> None:
    torch.manual_seed(0)
    works = two_part_works(2)
    piano = sum(int(np.sum(work.score.notes[:, 1] == 1)) for work in works)
    assert accuracy(Notator(SHAPE), works)["sounds"] == piano
