from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from evaluation.fake_engine import FakeEngine
from works import two_part_works

pytest.importorskip("sklearn")

from engine.evaluation import judges, report
from engine.evaluation.arms import BEST, BLOCKS, CHECKS, COLUMNS, COPY, ENGINE, HUMAN, RETRIEVAL
from engine.evaluation.context import CHANGED, COMMON, LOSS
from engine.evaluation.scenarios import SCENARIOS
from engine.evaluation.tables import aligned, scenario_table
from engine.training.weights import save_weights
from engine.transformer.config import ModelConfig
from engine.transformer.info import Size
from engine.transformer.network import Network
from engine.transformer.window import canonical


@pytest.fixture(scope="module", autouse=True)
def _quick():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(judges, "_TREES", 10)
        patch.setattr(judges, "_EPOCHS", 1)
        patch.setattr(judges, "_DRAWS", 10)
        yield


@pytest.fixture(scope="module")
def evaluated(_quick):
    return run()


ARMS = (HUMAN, ENGINE, BEST, COPY, RETRIEVAL, BLOCKS)
SONGS, *_, MELODIES = SCENARIOS


def run(works=5, scenario=SONGS, training=None, validation=None, **engines):
    training = two_part_works(4, 28) if training is None else training
    validation = validation or two_part_works(12, 28)[4:]
    told = []
    found = report.evaluate(
        engines or {"fake": FakeEngine()},
        training,
        validation,
        works,
        0,
        lambda *x: told.append(x),
        [scenario],
    )
    return list(found), told


def test_a_whole_evaluation(evaluated):
    (found,), told = evaluated
    assert (found.name, found.works, found.excerpts, found.swapped) == ("songs", 5, 10, 10)
    assert list(found.arms.items()) == [(arm, 10) for arm in ARMS]
    assert {arm for row in found.figures.values() for arm in row} == set(COLUMNS)
    assert told[0][0] == "songs: writing" and ("songs: judging", 0, 0) in told
    table = found.figures
    listening = {CHANGED: {ENGINE}, COMMON: {ENGINE}}
    assert all(set(row) == listening.get(name, set(ARMS)) for name, row in table.items() if "AUC" not in name)
    assert table[CHANGED][ENGINE].value == 0 and table[COMMON][ENGINE].value == 1  # it hears nothing
    means = [f for name, row in table.items() if "AUC" not in name for f in row.values()]
    assert all(f.low - 1e-9 <= f.value <= f.high + 1e-9 for f in means)
    assert any(f.low < f.value < f.high for f in means)
    assert table["onset F1 against the human's"][HUMAN].value == 1
    assert table["onsets a quarter"][ENGINE].value == pytest.approx(1 / 4)
    assert table["onsets a quarter, against human"][ENGINE].value == pytest.approx(1 / 8)
    assert table["measures that return"][ENGINE].value == 1
    assert set(table[report.FOREST]) == {*ARMS, *CHECKS} - {HUMAN}
    assert table[report.FOREST][ENGINE].value == 1
    assert "parallel fifths and octaves a measure" not in table and LOSS not in table
    assert {arm: len(features) for arm, features in found.telling.items()} == {ENGINE: 10}


def test_the_same_seed_gives_the_same_figures(evaluated):
    assert run()[0] == evaluated[0]


def test_few_works_are_measured_and_not_judged():
    (found,), _ = run(works=3)
    assert found.works == 3 and report.FOREST not in found.figures and found.telling == {}
    assert "told from" not in scenario_table(found)


@pytest.fixture(scope="module")
def compared():
    """The second engine writes in 3/4 alone, of which the training works have nothing; the third not for a piano."""
    engines = {
        "first": FakeEngine(),
        "second": FakeEngine(pitch="C", metres=("3/4",)),
        "third": FakeEngine(instruments=("flute",)),
    }
    works = two_part_works(12, 28)[4:10] + two_part_works(5, 28, beats=3)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(report, "_TELLING", 1000)  # all features are named
        ((found,), _) = run(works=11, validation=works, **engines)
    return found


def test_each_engine_is_judged_on_what_it_can_write(compared):
    counts = {HUMAN: 22, ENGINE: 22, BEST: 22, "second": 10, COPY: 22, RETRIEVAL: 12, BLOCKS: 22}
    assert list(compared.arms.items()) == list(counts.items())
    for name, row in compared.figures.items():
        if name not in (CHANGED, COMMON):  # nothing was found to swap for the waltzes
            assert set(counts) - {HUMAN} <= set(row), name
    assert set(compared.figures[CHANGED]) == {ENGINE}
    assert list(compared.telling) == [ENGINE, "second"]


def test_it_stands_beside_the_composer_of_the_same_excerpts(compared):
    table = compared.figures
    assert table["onsets a quarter"]["second"].value == pytest.approx(1 / 3)
    assert table["onsets a quarter, against human"]["second"].value == pytest.approx(1 / 6)
    assert table["onset F1 against the human's"]["second"].value == pytest.approx(2 * 8 / (8 + 48))
    longest = {
        arm: next(t.human for t in found if t.feature == "duration over 3.2")
        for arm, found in compared.telling.items()
    }
    assert longest["second"] == 0 < longest[ENGINE]  # the bass is held for a measure


def test_few_works_of_an_arm_are_measured_and_not_judged():
    engines = {"first": FakeEngine(), "second": FakeEngine(metres=("3/4",))}
    works = two_part_works(9, 28)[4:] + two_part_works(4, 28, beats=3)
    (found,), _ = run(works=9, validation=works, **engines)
    assert found.arms["second"] == 8 and "second" in found.figures["coverage"]
    assert "second" not in found.figures[report.FOREST] and list(found.telling) == [ENGINE]
    assert ENGINE in found.figures[report.FOREST]


def test_the_first_engine_may_be_the_one_that_can_not():
    engines = {"first": FakeEngine(tasks=("continue",)), "second": FakeEngine()}
    (found,), _ = run(**engines)
    assert list(found.arms) == [HUMAN, "second", COPY, RETRIEVAL, BLOCKS]
    assert "what tells second from the human" in scenario_table(found)
    assert run(only=engines["first"])[0] == []


def test_without_training_works_there_is_no_retrieval_and_no_swap():
    (found,), _ = run(works=2, training=[])  # too few for the judges, who have no part in this
    assert RETRIEVAL not in found.arms and found.swapped == 0 and CHANGED not in found.figures
    assert found.figures[report.RUN][HUMAN].value == 0
    assert "| retrieval" not in scenario_table(found) and "2 works.\n" in scenario_table(found)


def test_copies_are_searched_for_in_training_works_of_all_styles():
    works = [replace(work, style="pop") for work in two_part_works(12, 28)]
    (found,), _ = run(works=2, training=works)
    assert RETRIEVAL not in found.arms and found.figures[report.RUN][HUMAN].value > 50


def test_melodies():
    engines = {
        "first": FakeEngine(),
        "second": FakeEngine(pitch="C", tasks=("continue",), instruments=("voice",), parts=1),
        "third": FakeEngine(tasks=("accompany",)),
    }
    (found,), _ = run(scenario=MELODIES, **engines)
    assert list(found.arms) == [HUMAN, ENGINE, BEST, "second", COPY, RETRIEVAL]
    assert found.arms["second"] == found.excerpts == 10 and found.swapped == 0
    assert not {"chord-tone share", "coverage", CHANGED} & set(found.figures)
    assert found.figures["onsets a quarter, against human"]["second"].value == pytest.approx(1 / 4)
    assert found.figures[report.FOREST]["second"].value == 1
    assert set(found.figures[report.FOREST]) == {*found.arms, *CHECKS} - {HUMAN}


def test_the_loss_of_a_network_that_knows_nothing(tmp_path):
    network = Network(
        ModelConfig(width=64, heads=1, encoder_layers=1, decoder_layers=1, feedforward=32, measures=16)
    )
    for parameter in network.parameters():
        parameter.data.mul_(0.01)
    from engine.evaluation.loss import note_losses
    from engine.evaluation.scenarios import draw_excerpts

    save_weights(tmp_path / "nothing", network, {"parameters": network.parameter_count})
    excerpts = draw_excerpts(two_part_works(2, 20), SCENARIOS[0], 2, 0)
    found = note_losses(Size("nothing", tmp_path / "nothing").load(), excerpts)
    assert [notes for _, notes in found] == [9 * len(e.score.measures) for e in excerpts]
    # nearly even odds over some 90 durations, 350 pitches, 500 onsets and the smaller fields
    assert all(math.log(90 * 350) < loss < 30 for loss, _ in found)
    assert note_losses(FakeEngine(), excerpts) == []


def test_the_loss_is_of_what_the_engine_sees_when_it_begins_to_write():
    from engine.evaluation.loss import window_of
    from engine.evaluation.scenarios import draw_excerpts

    works = two_part_works(4, 40)
    song = window_of(draw_excerpts(works, SONGS, 4, 0)[0], 16)
    assert song.mask.shape == (16, 2) and song.mask[:, 1].all() and not song.mask[:, 0].any()
    melody = next(e for e in draw_excerpts(works, MELODIES, 4, 0) if e.first == 8)
    window = window_of(melody, 16)  # begins two measures later, so that some would follow
    assert window.mask[:, 0].tolist() == [False] * 6 + [True] * 8
    assert window.shift == canonical(melody.score.measures[8].key.fifths)
    assert np.diff(window.score.starts).tolist() == [4] * 14


def test_tables_are_aligned(evaluated):
    assert aligned(["a", "bb"], [["ccc", "d"]]).splitlines() == [
        "| a   | bb |",
        "| --- | -- |",
        "| ccc | d  |",
    ]
    (found,), _ = evaluated
    text = scenario_table(found)
    assert text.startswith("## Songs: piano to the voice\n\n10 excerpts of 5 works; 10 also with other")
    tables = [block.splitlines() for block in text.split("\n\n") if block.startswith("|")]
    assert [len({len(line) for line in table}) for table in tables] == [1, 1]
    assert text.count("Check: human") == 4
