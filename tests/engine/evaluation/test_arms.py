from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from evaluation.fake_engine import FakeEngine
from works import two_part_works

from engine.encoding import M_BEATS, M_KEY
from engine.evaluation import arms, scenarios
from engine.evaluation.arranger import block_chords
from engine.evaluation.pieces import TICKS, chords, line_of
from engine.interface import Sampling
from engine.vocabulary import BEATS

WORKS = two_part_works(12, 30)
EXCERPTS = scenarios.draw_excerpts(WORKS, scenarios.SCENARIOS[0], 10, seed=0)


def no_progress(done, total):
    pass


def test_many_streams_run_at_once_and_are_dropped_when_enough_is_written():
    engine, seen = FakeEngine(), []
    lines = arms.written_by(engine, EXCERPTS, Sampling(5), lambda done, total: seen.append((done, total)))
    assert engine.most == 16 and len(engine.streams) == len(EXCERPTS) == 20
    assert seen[-1] == (20, 20)
    for excerpt, (line,) in zip(EXCERPTS, lines, strict=True):
        assert line[:, 0].tolist() == [i * 4 * TICKS for i in range(8)]
        assert len(excerpt.score.measures) > excerpt.last or not engine.streams[0].cells
    assert any(stream.cells for stream in engine.streams)  # what lies behind the judged measures
    assert sorted(s.sampling.seed for s in engine.streams) == list(range(5, 25))


def test_what_fails_is_raised():
    with pytest.raises(RuntimeError, match="broken"):
        arms.written_by(FakeEngine(fail_at=7), EXCERPTS, Sampling(), no_progress)


def test_the_copy_is_of_the_nearest_measure_outside():
    for excerpt in EXCERPTS:
        (line,) = arms.copied(excerpt)
        piece = excerpt.piece([line])
        cells = excerpt.score.parts[1].cells
        outside = {c for m, c in enumerate(cells) if not excerpt.first <= m < excerpt.last}
        for m in range(8):
            keys = {n[2] for n in piece.cut(m, m + 1).written[0].tolist()}
            assert any(keys == {n.pitch.midi for n in cell} for cell in outside)
        near = cells[excerpt.first - 1] if excerpt.first else cells[excerpt.last]
        first = {n[2] for n in piece.cut(0, 1).written[0].tolist()}
        assert first == {n.pitch.midi for n in near}


def test_what_is_retrieved_is_another_works_and_in_the_key():
    shelf, rng = arms.Shelf(WORKS, scenarios.SCENARIOS[0]), np.random.default_rng(0)
    moved = []
    for excerpt in EXCERPTS:
        (line,) = shelf.retrieved(excerpt, rng)
        sources = [
            (work, arms.semitones(int(work.score.measures[0, M_KEY]), excerpt.measures[0].key.fifths))
            for work in WORKS
            if work is not excerpt.work
        ]
        found = [up for work, up in sources if (line - np.array([0, 0, up])).tolist() in everywhere(work)]
        assert found
        moved += found
    assert len(set(moved)) > 1


def everywhere(work):
    """The piano of every eight measures of a work."""
    scores = [scenarios.score_of(work.score, m, m + 8) for m in range(len(work.score.measures) - 7)]
    return [line_of(score.parts[1].cells, score.measures).tolist() for score in scores]


def test_nothing_is_retrieved_from_the_work_itself_or_another_metre():
    alone = arms.Shelf([EXCERPTS[0].work], scenarios.SCENARIOS[0])
    assert alone.retrieved(EXCERPTS[0], np.random.default_rng(0)) is None
    waltzes = two_part_works(3, 20)
    for work in waltzes:
        work.score.measures[:, M_BEATS] = BEATS.id(3)
        work.score.starts = np.arange(21, dtype=np.float32) * 3
    others = arms.Shelf([replace(w, id="other") for w in waltzes], scenarios.SCENARIOS[0])
    assert others.retrieved(EXCERPTS[0], np.random.default_rng(0)) is None


@pytest.mark.parametrize(
    ("of", "to", "expected"),
    [(0, 0, 0), (0, 1, -5), (0, 2, 2), (0, -1, 5), (0, 6, 6), (-3, 4, 1), (4, -3, -1)],
)
def test_the_smaller_way_from_key_to_key(of, to, expected):
    assert arms.semitones(of, to) == expected


def test_block_chords_are_block_chords():
    for excerpt in EXCERPTS:
        (line,) = block_chords(excerpt)
        struck = chords(line)
        assert [t for t, _ in struck] == [i * 2 * TICKS for i in range(16)]
        assert all(4 <= len(notes) <= 5 and np.ptp(notes[:, 1]) == 0 for _, notes in struck)


def test_single_players_get_a_tone_each():
    score = EXCERPTS[0].score
    names = ("soprano", "alto", "bass-voice")
    parts = tuple(replace(score.parts[0], instrument=name) for name in names)
    excerpt = replace(EXCERPTS[0], score=replace(score, parts=parts), given=(0,), written=(1, 2))
    alto, bass = block_chords(excerpt)
    assert len(alto) == len(bass) == 16
    assert not ((alto[:, 2] - bass[:, 2]) % 12 == 0).any()
    assert (bass[:, 2] >= 40).all() and (bass[:, 2] <= 64).all()


def test_all_arms_answer_the_same_excerpts():
    retrieved = [arms.human(e) for e in EXCERPTS]
    pieces = arms.pieces_of(FakeEngine(), EXCERPTS, retrieved, Sampling(), no_progress)
    assert list(pieces) == [*arms.ARMS, *arms.CHECKS]
    for own in pieces.values():
        assert len(own) == len(EXCERPTS)
        assert all(p.given[0] is not None and len(p.written) == 1 for p in own)
    pairs = zip(pieces[arms.HUMAN], pieces[arms.TONE], strict=True)
    assert all((b.written[0][:, 2] - a.written[0][:, 2] == 2).all() for a, b in pairs)
