from __future__ import annotations

import json
from math import isnan
from pathlib import Path

import pytest
from works import two_part_works

from benchmarks import ablations
from benchmarks.ablations import ALONE, BASE, CHANGES, CONFIG, SEEDS, Figures, figures, table
from engine.training.config import load_config
from engine.training.works import Work
from engine.transformer.columns import TARGETS


@pytest.fixture
def works(monkeypatch: pytest.MonkeyPatch) -> dict[str, list[Work]]:
    """And runs of a few steps of a model for tests."""
    monkeypatch.setattr(ablations, "CONFIG", "tiny")
    monkeypatch.setattr(ablations, "BASE", ("training.validate_every=3",))
    made = two_part_works(4)
    return {"train": made[:3], "valid": made[3:]}


def test_every_change_is_one_that_training_takes() -> None:
    reference = load_config(CONFIG, BASE)
    found = [load_config(CONFIG, [*BASE, change]) for change in (*SEEDS, *CHANGES)]
    assert all(other != reference for other in found)


def test_a_run_that_has_ended_is_not_run_again(works: dict[str, list[Work]], tmp_path: Path) -> None:
    first = figures(["model.encoder_layers=0"], works.__getitem__, tmp_path)
    assert first["parameters"] < figures([], works.__getitem__, tmp_path / "other")["parameters"]
    assert first["seconds"] > 0 and first["notes"] > 0
    meta = json.loads((tmp_path / "model.json").read_text(encoding="utf-8"))
    assert meta["model"]["encoder_layers"] == 0

    def none(split: str) -> list[Work]:
        raise AssertionError("trained again")

    assert figures(["model.encoder_layers=0"], none, tmp_path) == first


def test_a_run_that_was_stopped_before_it_was_measured_is_measured(
    works: dict[str, list[Work]], tmp_path: Path
) -> None:
    first = figures([], works.__getitem__, tmp_path)
    (tmp_path / "figures.json").unlink()
    again = figures([], works.__getitem__, tmp_path)
    assert again["validation"] == first["validation"]
    assert isnan(again["seconds"]) and isnan(again["notes"])


def test_all_runs_are_measured_on_the_windows_of_the_reference(
    works: dict[str, list[Work]], tmp_path: Path
) -> None:
    same = figures([], works.__getitem__, tmp_path / "a")
    trained = json.loads((tmp_path / "a/model.json").read_text(encoding="utf-8"))["validation"]
    assert same["validation"] == pytest.approx(trained["validation"])
    longer = figures(["model.measures=8"], works.__getitem__, tmp_path / "b")
    trained = json.loads((tmp_path / "b/model.json").read_text(encoding="utf-8"))["validation"]
    assert longer["validation"] != pytest.approx(trained["validation"])


def found(loss: float) -> Figures:
    fields = {f"validation {name}": loss / 6 for name in TARGETS}
    return {"parameters": 12345, "seconds": 0.5, "notes": 1000.0, "validation": loss} | fields


def test_a_row_says_how_far_a_run_is_from_the_reference_and_whether_seeds_are_as_far() -> None:
    losses = [3.0, 3.1, 2.95, 3.2, 2.5, 2.9]  # seeds: 0.15 apart
    rows = table({change: found(loss) for change, loss in zip([ALONE, *SEEDS, *"abc"], losses, strict=True)})
    cells = [[cell.strip() for cell in row.strip("|").split("|")] for row in rows]
    assert {len(row) for row in cells} == {6 + len(TARGETS)}
    assert [row[0] for row in cells[2:]] == [ALONE, *(f"`{name}`" for name in (*SEEDS, *"abc"))]
    assert [row[4] for row in cells[2:]] == ["3.000", "3.100", "2.950", "3.200", "2.500", "2.900"]
    assert [row[5] for row in cells[2:]] == [ALONE, "+0.100", "-0.050", "**+0.200**", "**-0.500**", "-0.100"]
    assert cells[5][1:4] == ["12,345", "0.50", "1,000"] and cells[5][6] == "0.533"
