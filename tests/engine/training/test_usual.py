"""What is usual in a style: medians of many parts, and of no part alone."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from works import choir, two_part_score, two_part_works

from engine.encoding import N_MIDI, PART, encode
from engine.instruments import SETS
from engine.training.usual import usual_of
from engine.training.works import Work
from engine.transformer.info import MANNER
from engine.transformer.manner import usual_as_meta, usual_from
from engine.vocabulary import INSTRUMENT
from engine.weight_files import read_meta

SONGS = two_part_works(21)


def test_it_is_the_median_of_the_works():
    usual = usual_of(SONGS, ["Someone"])
    assert usual.keys() == {"song", "Someone"} and usual["song"] == usual["Someone"]
    assert usual["song"].keys() == {"voice", "piano"}
    density, polyphony, register = usual["song"]["piano"]  # eighths over whole notes
    assert (density, polyphony) == (2.0, 2.0)  # two together once in eight times
    means = [w.score.notes[w.score.notes[:, PART] == 1][:, N_MIDI].mean() for w in SONGS]
    assert register == pytest.approx(np.median(means), abs=0.01)
    assert usual["song"]["voice"][:2] == (1.0, 1.0)


def test_a_few_works_are_no_custom_and_nobody_is_asked_for_whom_no_network_knows():
    assert usual_of(SONGS[:20], ["Someone"]) == {}
    assert usual_of(SONGS, []).keys() == {"song"}
    assert usual_of([replace(work, style="", composer="") for work in SONGS], ["Someone"]) == {}


def test_unknown_instruments_and_silent_parts_are_like_nothing():
    score = two_part_score()
    unknown = replace(score, parts=(replace(score.parts[0], instrument="other"), score.parts[1]))
    silent = replace(score, parts=(replace(score.parts[0], cells=((),) * 8), score.parts[1]))
    for one in (unknown, silent):
        works = [Work(str(i), "pop", "", encode(one)) for i in range(21)]
        assert usual_of(works, [])["pop"].keys() == {"piano"}


def test_a_choir_is_sung_and_played():
    usual = usual_of([Work(str(i), "hymn", "", encode(choir())) for i in range(21)], [])["hymn"]
    assert usual.keys() == {*SETS["satb"], "piano", "organ"}
    assert usual["organ"] == (1.0, 4.0, usual["alto"].register) == usual["piano"]
    assert all(usual[name].polyphony == 1 for name in SETS["satb"])


def test_the_shipped_one_knows_its_styles():
    meta = read_meta(MANNER)
    usual = usual_from(meta)
    assert usual_as_meta(usual) == {"usual": meta["usual"]}
    assert {"song", "pop", "hymn", "keyboard", "quartet"} < usual.keys()
    assert usual.keys() - {"song", "pop", "hymn", "keyboard", "quartet"} <= {*meta["model"]["composers"]}
    for parts in usual.values():
        for instrument, (density, polyphony, register) in parts.items():
            assert INSTRUMENT.get(instrument) and 0 < density < 10 and 1 <= polyphony < 10
            assert 40 < register < 80
    assert usual["hymn"]["piano"].density < 1 < usual["pop"]["piano"].density
