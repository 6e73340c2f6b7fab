"""From the notes of a cell to what an engraver writes: values, rests, tuplets, beams, accidentals, clefs."""
