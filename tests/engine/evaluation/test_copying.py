from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from evaluation.sounding import line, row
from works import two_part_works

from engine.encoding import encode
from engine.evaluation.copying import Corpus, steps_of, suffix_order
from engine.evaluation.pieces import line_of
from engine.pitch import Pitch
from engine.score import Measure, Note, Part, Score
from engine.training.works import Work


def work_of(*parts):
    """A work of piano parts, each a list of MIDI keys in quarters, all in measures of four."""
    sharp = {1: "C", 3: "D", 6: "F", 8: "G", 10: "A"}
    plain = {0: "C", 2: "D", 4: "E", 5: "F", 7: "G", 9: "A", 11: "B"}

    def note(i, key):
        step = plain.get(key % 12) or sharp[key % 12]
        return Note(Fraction(i % 4), Fraction(1), Pitch(step, int(key % 12 in sharp), key // 12 - 1))

    n = max(map(len, parts)) // 4
    measures = tuple(Measure(str(i), Fraction(4)) for i in range(n))
    cells = [tuple(tuple(note(i, k[i]) for i in range(4 * m, 4 * m + 4)) for m in range(n)) for k in parts]
    return Work("w", "song", "", encode(Score(measures, tuple(Part("P", "P", "piano", 2, c) for c in cells))))


TUNE = [60, 64, 67, 72, 71, 67, 65, 62]


def test_a_copy_is_found_in_any_key_and_measured_in_notes():
    corpus = Corpus([work_of(TUNE)], ["piano"])
    assert corpus.longest_run(row(TUNE)) == 8
    assert corpus.longest_run(row([key + 5 for key in TUNE])) == 8
    assert corpus.longest_run(row([30, 80, *TUNE[2:7], 80, 30])) == 5
    assert corpus.longest_run(row([60, 90, 20])) == 0
    assert corpus.longest_run(line()) == 0


def test_a_copy_has_the_same_rhythm_and_instrument():
    assert Corpus([work_of(TUNE)], ["piano"]).longest_run(row(TUNE, 2)) == 0
    assert Corpus([work_of(TUNE)], ["violin"]).longest_run(row(TUNE)) == 0


def test_no_run_crosses_from_one_part_into_another():
    corpus = Corpus([work_of(TUNE[:4], TUNE[4:])], ["piano"])
    assert corpus.longest_run(row(TUNE)) == 4


@pytest.mark.parametrize("seed", range(3))
def test_the_order_of_suffixes(seed):
    values = np.random.default_rng(seed).integers(0, 3, 200)
    suffixes = [tuple(values[i:].tolist()) for i in range(len(values))]
    assert suffix_order(values).tolist() == sorted(range(len(values)), key=suffixes.__getitem__)


def test_runs_are_those_of_a_plain_search():
    rng = np.random.default_rng(0)
    keys = (rng.integers(0, 3, 400) * 2 + 60).tolist()
    text = steps_of(row(keys)).tolist()
    corpus = Corpus([work_of(keys)], ["piano"])
    for _ in range(10):
        own = row((rng.integers(0, 3, 30) * 2 + 60).tolist())
        steps = steps_of(own).tolist()
        runs = [
            length
            for length in range(len(steps) + 1)
            for i in range(len(steps) - length + 1)
            if any(text[j : j + length] == steps[i : i + length] for j in range(len(text)))
        ]
        assert corpus.longest_run(own) == max(runs) + 1


def test_a_work_of_the_corpus_is_found_whole():
    works = two_part_works(3)
    from works import two_part_score

    score = two_part_score(8, 1)
    own = line_of(score.parts[1].cells, score.measures)
    assert Corpus(works, ["piano"]).longest_run(own) == len(own)


def test_unisons_ties_and_keys_struck_again_hide_no_copy():
    quarters = [Note(Fraction(i), Fraction(1), Pitch("CDEC"[i], 0, 4)) for i in range(4)]
    unison, bass = Note(Fraction(0), Fraction(4), Pitch("C", 0, 4), 2), Pitch("B", 0, 4)
    held, struck = Note(Fraction(0), Fraction(2), bass, 3, tied=True), Note(Fraction(2), Fraction(2), bass, 3)
    cells = ((*quarters, unison, struck), *[(*quarters, unison, held, struck)] * 3)
    measures = tuple(Measure(str(i), Fraction(4)) for i in range(4))
    score = Score(measures, (Part("P", "P", "piano", 2, cells),))
    corpus = Corpus([Work("w", "song", "", encode(score))], ["piano"])
    own = line_of(cells, measures)
    assert corpus.longest_run(own) == len(own) == 20
    excerpt = line_of(cells[2:], measures[2:])
    assert corpus.longest_run(excerpt) == len(excerpt) - 1 == 10  # all but what a tie leads to from before
