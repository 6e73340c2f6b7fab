from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

from evaluation.sounding import line, piece

from engine.evaluation.pieces import chords, cut_line, line_of, shifted
from engine.pitch import Pitch
from engine.score import Measure, Note

MEASURES = (Measure("1", Fraction(4)), Measure("2", Fraction(4)))
C = Note(Fraction(2), Fraction(2), Pitch("C", 0, 4))


def test_tied_heads_are_one_note_and_others_are_not():
    tied = replace(C, onset=Fraction(0), tied=True)
    assert line_of([(C,), (tied,)], MEASURES).tolist() == line((2, 6, 60)).tolist()
    struck = replace(tied, tied=False)
    assert line_of([(C,), (struck,)], MEASURES).tolist() == line((2, 4, 60), (4, 6, 60)).tolist()


def test_two_voices_on_one_key_are_one_note_and_a_key_struck_again_ends_before():
    long, again = replace(C, onset=Fraction(0), duration=Fraction(4)), replace(C, voice=2)
    unison = replace(long, voice=2, duration=Fraction(1))
    assert line_of([(long, unison)], MEASURES).tolist() == line((0, 4, 60)).tolist()
    assert line_of([(long, again)], MEASURES).tolist() == line((0, 2, 60), (2, 4, 60)).tolist()


def test_a_cut_starts_with_what_sounds_and_ends_what_goes_on():
    notes = line((0, 1, 60), (0, 3, 64), (3, 8, 67))
    cut = cut_line(notes, *line((2, 5, 0))[0, :2].tolist())
    assert cut.tolist() == line((0, 1, 64), (1, 3, 67)).tolist()


def test_pieces_are_cut_by_measures_and_shifted_against_what_is_given():
    whole = piece([line((4, 5, 72))], [line((0, 4, 48), (4, 8, 50))], measures=2)
    second = whole.cut(1, 2)
    assert second.measures == 1
    assert second.written[0].tolist() == line((0, 4, 50)).tolist()
    moved = shifted(whole, 2)
    assert moved.written[0][:, 2].tolist() == [50, 52]
    assert moved.given[0].tolist() == whole.given[0].tolist()


def test_chords_are_what_is_struck_at_once():
    found = chords(line((0, 1, 60), (0, 2, 64), (1, 2, 65)))
    assert [[n[2] for n in notes.tolist()] for _, notes in found] == [[60, 64], [65]]
