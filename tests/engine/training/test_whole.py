from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from works import two_part_works

from engine.encoding import MEASURE, N_DIATONIC, N_MIDI, PART
from engine.harmony import label_chords
from engine.pitch import Pitch
from engine.training.config import load_config
from engine.training.examples import MAX_WRITTEN, Examples, collate, rows_of
from engine.training.run import train
from engine.training.validation import whole_batches
from engine.training.whole import in_other_keys, spelled, whole_window
from engine.training.works import Work
from engine.transformer.columns import CONTROLS, D_, E_, KINDS, T_
from engine.transformer.config import ModelConfig
from engine.transformer.network import Network


def network() -> Network:
    """Random weights everywhere: fresh ones let nothing through that attention finds."""
    torch.manual_seed(0)
    made = Network(ModelConfig(width=64, heads=1, encoder_layers=1, decoder_layers=2, feedforward=64)).eval()
    with torch.no_grad():
        for weight in made.parameters():
            weight.normal_(std=0.2)
    return made


def hidden(made: Network, works: list[Work]) -> torch.Tensor:
    batch = collate([rows_of(whole_window(work)) for work in works])
    with torch.no_grad():
        return made(batch.known, batch.known_at, batch.rows, batch.rows_at)


def losses(made: Network, works: list[Work]) -> torch.Tensor:
    batch = collate([rows_of(whole_window(work)) for work in works])
    with torch.no_grad():
        return made.losses(made(batch.known, batch.known_at, batch.rows, batch.rows_at), batch.targets)


def labelled(work: Work) -> Work:
    return replace(work, score=replace(work.score, chords=label_chords(work.score)))


def test_everything_is_to_be_written_however_long():
    work = two_part_works(1, measures=64)[0]
    _, _, rows, _, targets = rows_of(whole_window(work))
    notes, cells = len(work.score.notes), 64 * 2
    assert len(rows) == notes + cells > MAX_WRITTEN
    counted = {name: int((targets[:, column] > 0).sum()) for name, column in T_.items()}
    ends = {"next onset": notes + cells}  # of each cell, too
    ties = {"tied": int((targets[:, T_["tied"]] > 0).sum())}  # where one is possible, see test_recall
    assert counted == dict.fromkeys(T_, notes) | ends | ties


def test_nothing_is_told_but_measures_and_players():
    work = labelled(two_part_works(1)[0])
    assert len(work.score.chords)
    other = replace(work, score=replace(work.score, notes=work.score.notes[:1]))
    known, at = rows_of(whole_window(work))[:2]
    assert set(known[:, E_["kind"]].tolist()) == {KINDS.index("measure") + 1, KINDS.index("cell") + 1}
    assert np.array_equal(known, rows_of(whole_window(other))[0])
    assert np.array_equal(at, rows_of(whole_window(other))[1])
    rows = rows_of(whole_window(work))[2]
    assert not rows[:, [D_[name] for name in CONTROLS]].any()


def test_no_note_is_seen_before_its_turn():
    work = two_part_works(1)[0]
    made, at = network(), len(work.score.notes) // 2
    changed = work.score.notes.copy()
    changed[at, N_MIDI] += 12
    changed[at, N_DIATONIC] += 7
    measure, part = changed[at, MEASURE], changed[at, PART]
    opened = measure * 2 + part + 1  # rows that open its cell and those before
    one = hidden(made, [work])[0]
    other = hidden(made, [replace(work, score=replace(work.score, notes=changed))])[0]
    assert torch.equal(one[: at + opened + 1], other[: at + opened + 1])
    assert not torch.allclose(one[at + opened + 1], other[at + opened + 1])


def test_padding_counts_nothing():
    made = network()
    short, long = two_part_works(1, measures=2)[0], two_part_works(1, measures=40)[0]
    alone = losses(made, [short]) + losses(made, [long])
    torch.testing.assert_close(losses(made, [short, long]), alone, rtol=1e-4, atol=1e-2)


@pytest.mark.parametrize("midi", range(128))
def test_bare_keys_are_spelled_within_two_flats_and_three_sharps(midi):
    pitch = spelled(midi)
    assert pitch.midi == midi and -3 <= pitch.fifths <= 8


@settings(max_examples=20)
@given(st.integers(0, 6))
def test_works_in_other_keys(semitones):
    works = two_part_works(2)
    found = in_other_keys(works, semitones)
    assert len(found) == 2 * (2 * semitones + 1)
    assert found[semitones] is works[0] and found[-semitones - 1] is works[1]
    for work, by in zip(found[: 2 * semitones + 1], range(-semitones, semitones + 1), strict=True):
        assert (work.score.notes[:, N_MIDI] == works[0].score.notes[:, N_MIDI] + by).all()
        for diatonic, midi in work.score.notes[:, [N_DIATONIC, N_MIDI]].tolist():
            assert Pitch.from_diatonic(diatonic, midi) == spelled(midi)
        same = [c for c in range(9) if c not in (N_MIDI, N_DIATONIC)]
        assert np.array_equal(work.score.notes[:, same], works[0].score.notes[:, same])


def test_whole_works_are_drawn_where_they_are_asked_for():
    works = [labelled(work) for work in two_part_works(3)]
    drawn, whole = (Examples(works, (), 4, {"song": 1.0}, 0, asked) for asked in ("tasks", "whole"))
    lengths = {len(rows_of(whole_window(work))[2]) for work in works}
    assert all(len(whole.example(seed)[2]) in lengths for seed in range(20))
    assert len({len(drawn.example(seed)[2]) for seed in range(20)}) > len(lengths)
    assert not any(whole.example(seed)[2][:, [D_[name] for name in CONTROLS]].any() for seed in range(20))


def test_a_run_on_whole_works(tmp_path):
    model, recipe = load_config("tiny")
    works = two_part_works(4)
    settings = replace(recipe, asked="whole", transpose=1, steps=40, validate_every=10)
    train(model, settings, works[:3], works[3:], tmp_path, lambda step, numbers: None)
    found = [json.loads(line)["validation"] for line in (tmp_path / "log.jsonl").read_text().splitlines()]
    assert found[-1] < found[0] - 1
    assert json.loads((tmp_path / "model.json").read_text())["works"] == 3


def test_all_works_are_validated_on():
    works = two_part_works(9)
    batches = whole_batches(works)
    assert [len(batch.rows) for batch in batches] == [8, 1]
    written = sum(int((batch.targets[:, :, T_["pitch"]] > 0).sum()) for batch in batches)
    assert written == sum(len(work.score.notes) for work in works)
