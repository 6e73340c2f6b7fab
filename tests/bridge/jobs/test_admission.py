from pathlib import Path

import pytest

from bridge.engines import engine_info
from bridge.errors import UnsafeInputError
from bridge.jobs import admission
from bridge.jobs.admission import admit
from bridge.jobs.messages import Order
from bridge.options import TASKS

SCORE = Path("examples/ode-to-joy.musicxml").read_bytes()


def order(data=SCORE, **options):
    return Order("1", TASKS["accompany"].parse(options), data, "the score")


def test_what_is_asked_for_is_counted_over_all_takes():
    admitted, total = admit(order(measures="1-4", takes=3, style="so"), engine_info("transformer"))
    assert total == 12
    assert admitted.options.seed is not None and admitted.options.style == "song"


@pytest.mark.parametrize(
    ("limit", "what"), [("MAX_PARTS", "parts"), ("MAX_MEASURES", "measures"), ("MAX_NOTES", "notes")]
)
def test_scores_with_too_much_in_them_are_refused(monkeypatch, limit, what):
    monkeypatch.setattr(admission, limit, 0)
    with pytest.raises(UnsafeInputError, match=what):
        admit(order(), engine_info("transformer"))


def test_large_scores_are_read_when_their_turn_comes(monkeypatch):
    monkeypatch.setattr(admission, "READ_AT_ONCE", 1000)
    assert admit(order(measures="99"), engine_info("transformer"))[1] == 0
