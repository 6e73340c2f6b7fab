from __future__ import annotations

import math

import pytest
from evaluation.fake_engine import FakeEngine
from works import two_part_works

pytest.importorskip("sklearn")

from engine.evaluation import judges, report
from engine.evaluation.arms import ARMS, CHECKS, ENGINE, HUMAN
from engine.evaluation.context import CHANGED, COMMON, LOSS
from engine.evaluation.scenarios import SCENARIOS
from engine.evaluation.tables import aligned, scenario_table
from engine.training.weights import save_weights
from engine.transformer.config import ModelConfig
from engine.transformer.engine import TransformerEngine
from engine.transformer.network import Network


@pytest.fixture(scope="module", autouse=True)
def _quick():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(judges, "_TREES", 10)
        patch.setattr(judges, "_EPOCHS", 1)
        patch.setattr(judges, "_DRAWS", 50)
        yield


@pytest.fixture(scope="module")
def evaluated(_quick):
    return run()


def run(engine=None, works=5, seed=0):
    training, validation = two_part_works(4, 28), two_part_works(12, 28)[4:]
    told = []
    found = report.evaluate(
        engine or FakeEngine(), training, validation, works, seed, lambda *x: told.append(x)
    )
    return list(found), told


def test_a_whole_evaluation(evaluated):
    (found,), told = evaluated
    assert (found.name, found.works, found.excerpts, found.swapped) == ("songs", 5, 10, 10)
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
    assert len(found.telling) == 10


def test_the_same_seed_gives_the_same_figures(evaluated):
    assert run()[0] == evaluated[0]


def test_few_works_are_measured_and_not_judged():
    (found,), _ = run(works=3)
    assert found.works == 3 and report.FOREST not in found.figures and found.telling == ()
    assert "told from" not in scenario_table(found)


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
    found = note_losses(TransformerEngine.load(tmp_path / "nothing"), excerpts)
    assert [notes for _, notes in found] == [9 * len(e.score.measures) for e in excerpts]
    # nearly even odds over some 90 durations, 350 pitches, 500 onsets and the smaller fields
    assert all(math.log(90 * 350) < loss < 30 for loss, _ in found)
    assert note_losses(FakeEngine(), excerpts) == []


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
