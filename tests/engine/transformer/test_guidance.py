"""A style that is asked for: what the network that guides is asked, and what its answers do."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from transformer.untrained import untrained
from works import two_part_score

from engine.encoding import M_KEY, MEASURE, encode, with_cells
from engine.harmony import label_chords, with_symbols
from engine.interface import Controls, Passage, Sampling, written
from engine.limits import broken_limits
from engine.pitch import Pitch
from engine.score import Note, Score
from engine.training.examples import alone_window
from engine.training.works import Work
from engine.transformer import guidance, stream
from engine.transformer.columns import D_, E_, KINDS, LAST
from engine.transformer.engine import TransformerEngine
from engine.transformer.guidance import STRENGTH, STRENGTHS, States, readings_of
from engine.transformer.manner import Manner
from engine.transformer.window import (
    START_ID,
    Likeness,
    Window,
    canonical,
    decoder_rows,
    encoder_rows,
    with_parts,
)
from engine.vocabulary import STYLE

POP = Controls(style="pop")
LIKE_POP, OF_AN_EXAMPLE = Likeness(2.0, 3.0, 57.3), Likeness(4.0, 1.0, 84.0)


@pytest.fixture(autouse=True)
def nothing_is_typical(monkeypatch):
    """So that every draft is guided away from what it is."""
    monkeypatch.setattr(stream, "TYPICAL", np.inf)


@pytest.fixture(scope="module")
def engine() -> TransformerEngine:
    engine = untrained(ending=2.0)
    engine.manner = Manner(untrained(ending=1.0).network, {"pop": {"piano": LIKE_POP}})
    return engine


def asked(score: Score, first: int = 0) -> Passage:
    """A piano part from a measure on."""
    return Passage(score, frozenset((1, m) for m in range(first, len(score.measures))))


def window_of(score: Score, first: int) -> Window:
    encoded = encode(score)
    mask = np.zeros((len(score.measures), 2), np.bool_)
    mask[first:, 1] = True
    shift = canonical(int(encoded.measures[0, M_KEY]))
    return Window(encoded, 0, len(mask), mask, np.ones(2, np.bool_), np.full((2, 5), 1, np.int16), shift)


def test_without_a_style_the_network_reads_alone(engine):
    assert len(readings_of(engine.network, window_of(two_part_score(), 0), None, Controls())) == 1
    stream = engine.begin(asked(two_part_score()), Controls(density=1.0), Sampling())
    assert stream.manner is None and engine.begin(asked(two_part_score()), POP, Sampling()).manner


def test_what_guides_hears_nothing_and_has_the_written_part_alone(engine):
    _, pop, any_ = readings_of(engine.network, window_of(two_part_score(), 3), engine.manner, POP)
    for reading, style in ((pop, STYLE.id("pop")), (any_, 0)):
        reading.open(4, 1, np.zeros((0, 9), np.int16))
        known, at = encoder_rows(reading.window)
        kinds = [KINDS[kind - 1] for kind in known[:, E_["kind"]]]
        assert kinds == ["measure"] * 4 + ["cell"] * 4 and at[0, 0] == 0  # from that measure on
        assert set(known[4:, E_["slot"]]) == {1}
        row = reading.row(np.full(len(LAST), 3, np.int16), START_ID, 0)
        controls = {name: row[D_[name]] for name in ("slot", "style", "composer", "density")}
        assert controls == {"slot": 1, "style": style, "composer": 0, "density": 1 if style else 0}
        assert not row[: len(LAST)].any() and reading.position(4, START_ID).tolist() == [0, 0, 0]


@pytest.mark.parametrize("seed", range(3))
def test_what_guides_is_asked_as_it_was_taught(engine, monkeypatch, seed):
    rows, steps = [], engine.manner.network.steps
    monkeypatch.setattr(engine.manner.network, "steps", lambda some: rows.extend(some) or steps(some))
    score = two_part_score(seed=seed)
    # Two staves may be tidied into fewer voices after they are written; one line cannot.
    part = replace(score.parts[1], instrument="violin", staves=1, cells=((),) * 8)
    bare = replace(score, parts=(score.parts[0], part))
    wished = Controls(style="pop", composer="Someone")  # whom it does not know; the draft is not judged
    cells = [cell.notes for cell in written(engine, asked(bare), wished, Sampling(seed))]
    whole = replace(bare, parts=(bare.parts[0], replace(part, cells=tuple(cells))))
    alone = with_parts(encode(whole), [1])
    taught = alone_window(Work("w", "pop", "", alone), 0, 8, None, {})
    taught.controls[:, 2:] = 0
    ids, at = [], []
    for measure in range(8):  # each as if it were the first
        of_measure = replace(taught, first=measure, mask=taught.mask[measure:])
        found = decoder_rows(of_measure)
        count = int((of_measure.score.notes[:, MEASURE] == measure).sum()) + 1
        ids.append(found[0][:count])
        at.append(found[1][:count])
    seen = [row for row in rows if row[0][D_["style"]]]
    assert len(seen) == sum(map(len, ids)) > 16 and 2 * len(seen) == len(rows)
    assert (np.array([row for row, _, _ in seen]) == np.concatenate(ids)).all()
    np.testing.assert_allclose(np.array([place for _, place, _ in seen]), np.concatenate(at), atol=1e-5)


def test_odds_are_moved_by_what_the_style_makes_likelier_and_not_too_far(engine, monkeypatch):
    strength = STRENGTHS["pop"]
    monkeypatch.setattr(guidance, "MOST", 1 / strength)  # these weights have no strong opinions
    monkeypatch.setattr(guidance, "PLAUSIBLE", 0.8)
    readings = readings_of(engine.network, window_of(two_part_score(), 0), engine.manner, POP)
    rng = np.random.default_rng(0)
    states = [rng.standard_normal(64).astype(np.float32) for _ in readings]
    found = States(readings, states).chosen("duration", 3).logits("pitch")
    after = [r.network.heads.chosen(s, "duration", 3) for r, s in zip(readings, states, strict=True)]
    plain, pop, any_ = (r.network.heads.logits(h, "pitch")[1:] for r, h in zip(readings, after, strict=True))
    likelier = np.log(np.exp(pop) / np.exp(pop).sum()) - np.log(np.exp(any_) / np.exp(any_).sum())
    plausible = np.exp(pop) >= 0.8 * np.exp(pop).max()
    moved = np.where(plausible, np.clip(strength * likelier, -1, 1), -1)
    np.testing.assert_allclose(found[1:], plain + moved, rtol=1e-4, atol=1e-4)
    assert np.abs(moved).max() == 1 and np.abs(moved).min() < 0.5
    assert (likelier[~plausible] > 0).any()  # which is what must be plausible to count


def test_some_styles_need_less_to_be_told_and_some_more(engine):
    for style, strength in (("song", STRENGTHS["song"]), ("keyboard", STRENGTH), ("", STRENGTH)):
        asked = Controls(style=style, composer="Someone")
        readings = readings_of(engine.network, window_of(two_part_score(), 0), engine.manner, asked)
        assert [reading.strength for reading in readings] == [0, strength, 0]


@pytest.mark.parametrize("given", [False, True])
def test_all_write_for_the_harmony_of_what_was_not_asked_for(engine, monkeypatch, given):
    windows, read = [], stream.readings_of
    monkeypatch.setattr(stream, "readings_of", lambda *args: windows.append(args[1]) or read(*args))
    score = two_part_score()
    if given:
        measures = with_symbols(score.measures, np.array([(1, 3, 2, 1)], np.int16))
        score = replace(score, measures=tuple(measures))
    list(written(engine, asked(score), POP, Sampling(3)))
    if given:  # a composer's symbols stand, whatever a draft would say
        assert [window.score.chords.tolist() for window in windows] == [[[1, 3, 2, 1]]] * 2
        return
    draft = {(c.measure, c.part): c.notes for c in written(engine, asked(score), Controls(), Sampling(3))}
    assert len(windows[0].score.chords) == 0
    writing = next(window for window in windows if len(window.score.chords))
    expected = label_chords(with_cells(encode(score), draft))
    assert (writing.score.chords == expected).all()


def test_symbols_that_come_late_are_not_lost_to_the_draft_before_them(engine, monkeypatch):
    windows, read = [], stream.readings_of
    monkeypatch.setattr(stream, "readings_of", lambda *args: windows.append(args[1]) or read(*args))
    score, late = two_part_score(20), [(19, 3, 2, 1)]
    score = replace(score, measures=tuple(with_symbols(score.measures, np.array(late, np.int16))))
    list(written(engine, asked(score), POP, Sampling(3)))
    found = windows[-1].score
    assert found.chords.tolist() == [[len(found.measures) - 1, 3, 2, 1]]


@pytest.mark.parametrize(
    ("controls", "like", "expected"),
    [
        (Controls(), (), None),
        (POP, (), LIKE_POP),
        (Controls(style="song"), (), None),
        (Controls(style="pop", density=0.5), (), LIKE_POP._replace(density=0.5)),
        (Controls(style="pop", polyphony=1), (), LIKE_POP._replace(polyphony=1)),
        (Controls(style="pop", low=66), (), LIKE_POP._replace(register=66)),
        (Controls(style="pop", high=48), (), LIKE_POP._replace(register=48)),
        (Controls(style="pop", low=60, high=96), (), LIKE_POP._replace(register=78)),
        (POP, (0, 1), OF_AN_EXAMPLE),
        (Controls(), (0, 1), OF_AN_EXAMPLE),
    ],
)
def test_what_is_usual_is_asked_for_where_nothing_else_is(engine, monkeypatch, controls, like, expected):
    windows, read = [], stream.readings_of
    monkeypatch.setattr(stream, "readings_of", lambda *args: windows.append(args[1]) or read(*args))
    score = two_part_score()
    notes = tuple(Note(Fraction(n, 4), Fraction(1, 4), Pitch("C", 0, 6)) for n in range(16))
    part = replace(score.parts[1], cells=(notes, notes, *score.parts[1].cells[2:]))
    passage = replace(asked(replace(score, parts=(score.parts[0], part)), 2), like=like)
    list(written(engine, passage, controls, Sampling(1)))
    ids = windows[-1].controls[1, 2:].tolist()
    assert ids == (list(expected.ids(windows[-1].shift.chromatic)) if expected else [0, 0, 0])


def test_nothing_is_usual_for_one_hand(engine, monkeypatch):
    windows, read = [], stream.readings_of
    monkeypatch.setattr(stream, "readings_of", lambda *args: windows.append(args[1]) or read(*args))
    list(written(engine, replace(asked(two_part_score()), staves={1: (1,)}), POP, Sampling(1)))
    assert [ids[2:].any() for ids in windows[-1].controls] == [False] * 3


def test_the_draft_is_asked_for_nothing_usual(engine, monkeypatch):
    windows, read = [], stream.readings_of
    monkeypatch.setattr(stream, "readings_of", lambda *args: windows.append(args[1]) or read(*args))
    list(written(engine, asked(two_part_score()), POP, Sampling(1)))
    draft, *_ = windows
    assert not draft.controls.any()


@pytest.mark.parametrize("seed", range(3))
def test_a_style_changes_what_is_written_and_limits_hold(engine, seed):
    score = two_part_score(20, seed)  # more than a window
    limits = Controls(density=1.0, polyphony=2)
    plain, guided = (
        [c.notes for c in written(engine, asked(score, 2), controls, Sampling(seed))]
        for controls in (limits, replace(limits, style="pop"))
    )
    assert len(guided) == 18 and guided != plain
    for cell, measure in zip(guided, score.measures[2:], strict=True):
        assert not broken_limits(cell, measure, limits)
